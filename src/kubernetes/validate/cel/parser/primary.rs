//! The parts of expressions without operators: names, calls of functions, literals, lists, mappings and messages.

use crate::text::go::float_parse::parse_float;
use crate::text::go::integer::{parse_int, parse_uint};

use super::super::schema_types::is_reserved;
use super::super::syntax;
use super::super::tokens::Kind;
use super::super::tree::{Entry, Expr, Item, Literal, Node, Struct};
use super::super::unescape;
use super::{Parser, Read, call};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Read<Node> {
        let token = self.at;
        let kind = self.kind();
        if kind == Kind::Name || kind.is(".") {
            return self.named();
        }
        if kind.is("(") {
            self.at += 1;
            let inner = self.expression()?;
            self.close(")")?;
            return Ok(inner);
        }
        if kind.is("[") {
            self.at += 1;
            let id = self.id_at(token);
            let expr = Expr::List(self.items()?);
            return Ok(Node { id, expr });
        }
        if kind.is("{") {
            self.at += 1;
            let id = self.id_at(token);
            let expr = Expr::Map(self.entries()?);
            return Ok(Node { id, expr });
        }
        self.literal()
    }

    fn literal(&mut self) -> Read<Node> {
        let token = self.at;
        let sign = if self.sign("-").is_some() { "-" } else { "" };
        let kind = self.kind();
        let text = self.text_of(self.at);
        let literal = match kind {
            Kind::Int => self.whole(sign, text),
            Kind::Float => {
                let number = parse_float(format!("{sign}{text}").as_bytes());
                Literal::Double(number.unwrap_or_else(|_| {
                    self.refuse(token, "invalid double literal");
                    0.0
                }))
            }
            _ if !sign.is_empty() => return Err(syntax::no_alternative(self.offset(self.at), "-", text)),
            Kind::Uint => {
                let digits = text.trim_end_matches(['u', 'U']);
                let (digits, base) = based(digits);
                Literal::Uint(parse_uint(digits.as_bytes(), base).unwrap_or_else(|_| {
                    self.refuse(token, "invalid uint literal");
                    0
                }))
            }
            Kind::String => Literal::String(unescape::text(text).unwrap_or_else(|message| {
                self.refuse(token, &message);
                String::new()
            })),
            Kind::Bytes => Literal::Bytes(unescape::bytes(text.get(1..).unwrap_or_default()).unwrap_or_else(
                |message| {
                    self.refuse(token, &message);
                    Vec::new()
                },
            )),
            kind if kind.is("true") => Literal::Bool(true),
            kind if kind.is("false") => Literal::Bool(false),
            kind if kind.is("null") => Literal::Null,
            _ => return Err(self.unexpected(&syntax::operand())),
        };
        self.at += 1;
        Ok(self.node(token, Expr::Literal(literal)))
    }

    fn whole(&mut self, sign: &str, text: &str) -> Literal {
        let (digits, base) = based(text);
        let number = parse_int(format!("{sign}{digits}").as_bytes(), base);
        Literal::Int(number.unwrap_or_else(|_| {
            self.refuse(self.at, "invalid int literal");
            0
        }))
    }

    /// A name, a function or a message.
    fn named(&mut self) -> Read<Node> {
        let start = self.at;
        let dot = if self.sign(".").is_some() { "." } else { "" };
        let token = self.at;
        if self.kind() != Kind::Name {
            return Err(syntax::no_alternative(self.offset(token), dot, self.text_of(token)));
        }
        if let Some(message) = self.message(dot)? {
            return Ok(message);
        }
        let name = self.text_of(token);
        self.at = token + 1;
        if is_reserved(name) {
            self.refuse(start, &format!("reserved identifier: {name}"));
        }
        if let Some(open) = self.sign("(") {
            let id = self.id_at(open);
            let arguments = self.arguments()?;
            return Ok(call(id, &format!("{dot}{name}"), arguments));
        }
        Ok(self.node(token, Expr::Ident(format!("{dot}{name}"))))
    }

    /// `a.b{c: d}`; nothing if no bracket follows the name.
    fn message(&mut self, dot: &str) -> Read<Option<Node>> {
        let mut end = self.at + 1;
        while self.kind_at(end).is(".") && self.kind_at(end + 1) == Kind::Name {
            end += 2;
        }
        if !self.kind_at(end).is("{") {
            return Ok(None);
        }
        let names: Vec<&str> = (self.at..end).step_by(2).map(|token| self.text_of(token)).collect();
        let name = format!("{dot}{}", names.join("."));
        let id = self.id_at(end);
        self.at = end + 1;
        let mut fields = Vec::new();
        loop {
            if self.sign("}").is_some() {
                break;
            }
            if !fields.is_empty() || self.kind().is(",") {
                self.comma("}")?;
                if self.sign("}").is_some() {
                    break;
                }
            }
            let is_optional = self.sign("?").is_some();
            let token = self.at;
            if self.kind() != Kind::Name {
                let wanted = if is_optional {
                    vec![Kind::Name, Kind::QuotedName]
                } else {
                    syntax::field()
                };
                return Err(self.unexpected(&wanted));
            }
            self.at += 1;
            self.close(":")?;
            let value = self.expression()?;
            fields.push((self.text_of(token).to_owned(), value));
        }
        let expr = Expr::Struct(Struct { name, fields });
        Ok(Some(Node { id, expr }))
    }

    /// The comma between two parts of a literal, or before its end.
    fn comma(&mut self, close: &str) -> Read<()> {
        match self.sign(",") {
            Some(_) => Ok(()),
            None => Err(self.unexpected(&[Kind::sign(close), Kind::sign(",")])),
        }
    }

    /// Expressions with commas between them, to a closing parenthesis.
    pub(super) fn arguments(&mut self) -> Read<Vec<Node>> {
        let mut all = Vec::new();
        if self.sign(")").is_some() {
            return Ok(all);
        }
        if syntax::operand().binary_search(&self.kind()).is_err() {
            return Err(self.unexpected(&syntax::argument()));
        }
        loop {
            all.push(self.expression()?);
            if self.sign(",").is_none() {
                self.close(")")?;
                return Ok(all);
            }
        }
    }

    /// The items of a list, to its end.
    fn items(&mut self) -> Read<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            if self.sign("]").is_some() {
                return Ok(items);
            }
            if !items.is_empty() || self.kind().is(",") {
                self.comma("]")?;
                if self.sign("]").is_some() {
                    return Ok(items);
                }
            }
            let is_optional = self.sign("?").is_some();
            if items.is_empty() && !is_optional && syntax::operand().binary_search(&self.kind()).is_err() {
                return Err(self.unexpected(&syntax::item("]")));
            }
            let value = self.expression()?;
            items.push(Item { value, is_optional });
        }
    }

    /// The entries of a mapping, to its end.
    fn entries(&mut self) -> Read<Vec<Entry>> {
        let mut entries = Vec::new();
        loop {
            if self.sign("}").is_some() {
                return Ok(entries);
            }
            if !entries.is_empty() || self.kind().is(",") {
                self.comma("}")?;
                if self.sign("}").is_some() {
                    return Ok(entries);
                }
            }
            let is_optional = self.sign("?").is_some();
            if entries.is_empty() && !is_optional && syntax::operand().binary_search(&self.kind()).is_err() {
                return Err(self.unexpected(&syntax::item("}")));
            }
            let key = self.expression()?;
            self.close(":")?;
            let value = self.expression()?;
            entries.push(Entry {
                key,
                value,
                is_optional,
            });
        }
    }
}

/// The digits of a number, and their base.
fn based(text: &str) -> (&str, u32) {
    match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    }
}
