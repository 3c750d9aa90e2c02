//! Go structs and named numbers under a verb. Follows `printValue`, `badVerb` and `handleMethods` of Go's `fmt/print.go`.

use super::format::Formatter;
use super::value::{Object, Value};

impl Formatter<'_> {
    pub(super) fn write_object(&mut self, object: &dyn Object, verb: char, depth: u32) {
        let type_name = object.type_name();
        if let Some(map) = object.as_map() {
            return self.write_map(&map, type_name, verb, depth);
        }
        if let Some(list) = object.as_list() {
            return self.write_list(&list, type_name, verb, depth);
        }
        let is_text_verb = matches!(verb, 'v' | 's' | 'x' | 'X' | 'q');
        if let Some(fields) = object.printed_fields() {
            if verb != 'v' || self.flags != super::format::Flags::default() {
                return self.write_struct(object, &fields, verb, depth);
            }
        } else if let Some(number) = object.as_integer()
            && (!is_text_verb || self.flags.sharp_v)
        {
            return self.write_named_number(type_name, number, verb);
        }
        let text = object.display();
        if is_text_verb {
            let sharp_v = std::mem::replace(&mut self.flags.sharp_v, false);
            self.write_string(text.as_bytes(), verb, &Value::Str(text.clone()));
            self.flags.sharp_v = sharp_v;
            return;
        }
        self.refuse(verb, type_name, text.as_bytes());
    }

    /// `%!d(TYPE=TEXT)`
    fn refuse(&mut self, verb: char, type_name: &str, text: &[u8]) {
        self.push("%!");
        self.push(verb.encode_utf8(&mut [0; 4]));
        self.push("(");
        self.push(type_name);
        self.push("=");
        self.out.extend_from_slice(text);
        self.push(")");
    }

    /// A number that has a name as text, such as a duration, if the verb is one for numbers.
    fn write_named_number(&mut self, type_name: &str, number: i64, verb: char) {
        if matches!(verb, 'v' | 'd' | 'b' | 'o' | 'O' | 'c' | 'U') {
            return self.write_integer(number.unsigned_abs(), number < 0, true, verb, &Value::Int64(number));
        }
        self.refuse(verb, type_name, number.to_string().as_bytes());
    }

    fn write_struct(&mut self, object: &dyn Object, fields: &[(&'static str, Value)], verb: char, depth: u32) {
        let type_name = object.type_name();
        let structure = type_name.strip_prefix('*');
        if structure.is_some() {
            if depth > 0 && !matches!(verb, 'v' | 'b' | 'o' | 'd' | 'x' | 'X') {
                let text = [b"&", object.display().as_bytes()].concat();
                return self.refuse(verb, type_name, &text);
            }
            self.push("&");
        }
        let is_go_syntax = self.flags.sharp_v;
        if is_go_syntax {
            self.push(structure.unwrap_or(type_name));
        }
        self.push("{");
        for (index, (name, value)) in fields.iter().enumerate() {
            if index > 0 {
                self.push(if is_go_syntax { ", " } else { " " });
            }
            if is_go_syntax || self.flags.plus_v {
                self.push(name);
                self.push(":");
            }
            self.write_value(value, verb, depth + 1);
        }
        self.push("}");
    }
}
