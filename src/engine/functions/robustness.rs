//! Every function called with odd arguments of its declared types: none may panic.

use super::table::all;
use crate::engine::template::{
    CallResult, Dict, Function, Host, List, ListType, Map, MapType, Parameter, Text, Tolerated, Value,
};

struct FakeHost(u8);

impl Host for FakeHost {
    fn include(&mut self, name: &Text, _: Value) -> CallResult {
        Ok(Value::Str(name.clone()))
    }

    fn tpl(&mut self, source: &Text, _: Value) -> CallResult {
        Ok(Value::Str(source.clone()))
    }

    fn tolerates(&mut self, _: Tolerated) -> bool {
        false
    }

    fn now_unix_nanos(&self) -> i128 {
        i128::from(i64::MAX)
    }

    fn fill_random(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(29).wrapping_add(71);
            *byte = self.0;
        }
    }
}

fn texts() -> Vec<Value> {
    let texts: [&[u8]; 22] = [
        b"",
        b"a b",
        b"\xff\xfe\x00",
        "é日本\u{301}🎉".as_bytes(),
        b"-9223372036854775808",
        b"1e999",
        b"2562047h47m16.854775808s",
        b"2006-01-02T15:04:05.999999999Z07:00 MST _2 002",
        b"9999-12-31T23:59:59Z",
        b"((a|b)*[^x]{2,3}?)$",
        b"[",
        b"$1${x}$$",
        b"{\"a\":[1,{\"b\":null}]}",
        b"a: [1, {b: ~}]\n",
        b"[a]\nb = [1, {c = 2020-01-01}]\n",
        b"http://u:p@[::1]:80/%zz?q#f",
        b"^1.2 || >=3 <4 - 5",
        b"America/New_York",
        b"aGVsbG8=\n",
        b"../a//./b/..",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"\\Q\\E\\x{110000}(?P<n>.)",
    ];
    texts.into_iter().map(Value::str).collect()
}

fn numbers() -> impl Iterator<Item = i64> {
    [0, 1, -1, 2, 7, 400, i64::MAX, i64::MIN].into_iter()
}

fn maps() -> Vec<Value> {
    let itself = Map::new(Dict::new());
    itself.insert(Text::from("a"), Value::Map(itself.clone()));
    vec![
        Value::Map(Map::nil(MapType::Any)),
        Value::map_of([("a", Value::map_of([("b", Value::Nil)])), ("scheme", Value::str("x"))]),
        Value::Map(itself),
    ]
}

fn anything() -> Vec<Value> {
    let mut all = vec![
        Value::Nil,
        Value::Bool(true),
        Value::Float(f64::NAN),
        Value::Float(-1e300),
        Value::Float(0.5),
        Value::Complex(0.0, 1.0),
        Value::Uint64(u64::MAX),
        Value::Int32(i32::MIN),
        Value::Bytes(vec![0, 255].into()),
        Value::list(Vec::new()),
        Value::list(vec![Value::Nil, Value::Int(3), Value::str("x")]),
        Value::List(List::nil(ListType::Any)),
        super::go_time::Duration(i64::MIN).into(),
        super::go_time::Time::zero().into(),
    ];
    all.extend(numbers().map(Value::Int));
    all.extend(numbers().map(Value::Int64));
    all.extend(texts());
    all.extend(maps());
    all
}

fn candidates(parameter: Parameter) -> Vec<Value> {
    match parameter {
        Parameter::Any => anything(),
        Parameter::Str => texts(),
        Parameter::Bool => vec![Value::Bool(false), Value::Bool(true)],
        Parameter::Int => numbers().map(Value::Int).collect(),
        Parameter::Int64 => numbers().map(Value::Int64).collect(),
        Parameter::Float => vec![Value::Float(0.5), Value::Float(f64::INFINITY)],
        Parameter::List => vec![Value::list(vec![Value::str("::1"), Value::Nil])],
        Parameter::Strings => vec![Value::List(List::typed(ListType::Strings, vec![Value::str("x")]))],
        Parameter::Map => maps(),
        Parameter::Named("time.Time") => vec![
            super::go_time::Time::zero().into(),
            super::go_time::Time::from_unix(i64::MAX / 4, super::go_time::Zone::Utc).into(),
        ],
        Parameter::Named(_) => vec![Value::Nil],
    }
}

/// Each candidate of each parameter, with a few companions for the others.
fn call_with_odd_arguments(function: &Function) {
    let sets: Vec<Vec<Value>> = function.parameters.iter().copied().map(candidates).collect();
    let mut host = FakeHost(1);
    for turn in 0..7 {
        for (place, set) in sets.iter().enumerate() {
            for value in set {
                let mut arguments: Vec<Value> = sets
                    .iter()
                    .enumerate()
                    .map(|(other, set)| set[(turn * 5 + other * 3) % set.len()].clone())
                    .collect();
                arguments[place] = value.clone();
                if function.variadic {
                    let last = arguments[arguments.len() - 1].clone();
                    arguments.push(last);
                }
                drop((function.call)(&mut host, &arguments));
            }
        }
    }
    drop((function.call)(&mut host, &[]));
}

#[test]
fn no_function_panics() {
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(|| {
        for function in all().filter(|function| !function.is_slow_by_design()) {
            call_with_odd_arguments(function);
        }
    });
    worker.expect("a thread starts").join().expect("no panic");
}
