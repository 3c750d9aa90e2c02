//! Payloads of every sender, made from the examples of their documentation, and broken ones: `tests/events/payloads.jsonl`.

use serde_json::Value as Json;

use super::payload::read_payload;
use super::pushed::{Kind, Pushed};
use super::sender::Sender;

const ROWS: &str = include_str!("../../../tests/events/payloads.jsonl");

fn texts(row: &Json, field: &str) -> Vec<String> {
    let items = row.get(field).and_then(Json::as_array).into_iter().flatten();
    items.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn shown(pushed: &Pushed) -> String {
    match pushed.kind {
        Kind::Image => pushed.to_string(),
        Kind::Chart => format!("chart {pushed}"),
    }
}

#[test]
fn payloads_say_what_was_pushed() {
    let mut senders = Vec::new();
    for line in ROWS.lines() {
        let row: Json = serde_json::from_str(line).expect(line);
        let id = row["id"].as_str().expect(line);
        let body = match row.get("payload") {
            Some(payload) => payload.to_string(),
            None => row["body"].as_str().expect(id).to_owned(),
        };
        let asked = row.get("asked").and_then(Json::as_str);
        let asked = asked.map(|name| Sender::parse(name).expect(id));
        let read = read_payload(body.as_bytes(), asked);
        if let Some(wanted) = row.get("error").and_then(Json::as_str) {
            let error = read.expect_err(id);
            assert!(error.to_string().contains(wanted), "{id}: {error}");
            assert!(!error.hint().is_empty(), "{id}");
            continue;
        }
        let payload = read.unwrap_or_else(|error| panic!("{id}: {error}"));
        let pushed: Vec<String> = payload.pushed.iter().map(shown).collect();
        assert_eq!(pushed, texts(&row, "pushed"), "{id}");
        let ignored: Vec<String> = payload.ignored.into_iter().map(|ignored| ignored.reason).collect();
        assert_eq!(ignored, texts(&row, "ignored"), "{id}");
        let names: Vec<&str> = payload.senders.iter().map(|sender| sender.name()).collect();
        assert_eq!(names, [row["sender"].as_str().expect(id)], "{id}");
        senders.extend(names);
    }
    for name in Sender::names() {
        assert!(senders.contains(&name), "no example of {name}");
    }
}

#[test]
fn payloads_that_are_changed_anywhere_are_read_or_refused() {
    for line in ROWS.lines() {
        let row: Json = serde_json::from_str(line).expect(line);
        let Some(payload) = row.get("payload") else { continue };
        for value in [
            Json::Null,
            Json::from(1),
            Json::from(""),
            Json::from("a:b:c@d"),
            Json::Array(Vec::new()),
        ] {
            for number in 0.. {
                let mut changed = payload.clone();
                let mut left = number;
                if !replace(&mut changed, &mut left, &value) {
                    break;
                }
                drop(read_payload(changed.to_string().as_bytes(), None));
            }
        }
    }
}

/// Puts a value in place of a node, counted in order; false if there are not so many.
fn replace(node: &mut Json, left: &mut usize, value: &Json) -> bool {
    if *left == 0 {
        *node = value.clone();
        return true;
    }
    *left -= 1;
    match node {
        Json::Object(fields) => fields.values_mut().any(|field| replace(field, left, value)),
        Json::Array(items) => items.iter_mut().any(|item| replace(item, left, value)),
        _ => false,
    }
}
