//! Expressions and what the code of Kubernetes 1.35 makes of them: those of the tests of its libraries (`texts.jsonl`, and
//! `rules.jsonl` about values of schemas), of cel-go's tests (`language.jsonl`) and ours (`own.jsonl`). `tests/oracles/cel`
//! prints them.

use std::collections::BTreeMap;

use chartwright::kubernetes::validate::{Evaluated, RuleOf, evaluate_rule, evaluate_text};
use proptest::prelude::*;
use serde_json::Value as Json;

const TEXTS: &str = include_str!("../cel/texts.jsonl");
const OWN: &str = include_str!("../cel/own.jsonl");
const LANGUAGE: &str = include_str!("../cel/language.jsonl");
const RULES: &str = include_str!("../cel/rules.jsonl");
/// The expressions for which the outcome is another: file, kind of difference, expression.
const KNOWN: &str = include_str!("../cel/known.tsv");

/// The outcome of a row.
fn wanted(row: &Json) -> Evaluated {
    let text = |name: &str| row[name].as_str().map(str::to_owned);
    let cost = row["cost"].as_u64().unwrap_or_default();
    match (
        text("compile").filter(|fault| !fault.is_empty()),
        text("error"),
        text("value"),
    ) {
        (Some(fault), ..) => Evaluated::Refused(fault),
        (None, Some(error), _) => Evaluated::Error(error, cost),
        (None, None, value) => Evaluated::Value(value.unwrap_or_default(), cost),
    }
}

/// How two outcomes differ.
fn difference(ours: &Evaluated, wanted: &Evaluated) -> Option<&'static str> {
    // The server's names of the types of objects are made anew each time.
    let plain = |fault: &str| {
        let mut parts = fault.split("selfType");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            text + "selfType" + part.trim_start_matches(|digit: char| digit.is_ascii_digit())
        })
    };
    match (ours, wanted) {
        (Evaluated::Value(ours, _), Evaluated::Value(wanted, _)) if ours != wanted => Some("value"),
        (Evaluated::Error(ours, _), Evaluated::Error(wanted, _)) if ours != wanted => Some("words"),
        (Evaluated::Refused(ours), Evaluated::Refused(wanted)) if plain(ours) != plain(wanted) => Some("refusal"),
        (Evaluated::Value(_, ours), Evaluated::Value(_, wanted))
        | (Evaluated::Error(_, ours), Evaluated::Error(_, wanted))
            if ours != wanted =>
        {
            Some("cost")
        }
        (ours, wanted) if std::mem::discriminant(ours) != std::mem::discriminant(wanted) => Some("outcome"),
        _ => None,
    }
}

/// Every row of the files: file, expression, our outcome and the server's.
fn rows() -> Vec<(&'static str, String, Evaluated, Evaluated)> {
    let mut rows = Vec::new();
    for (file, text) in [("texts", TEXTS), ("language", LANGUAGE), ("own", OWN)] {
        for line in text.lines() {
            let row: Json = serde_json::from_str(line).expect("a row");
            let expression = row["text"].as_str().expect("an expression").to_owned();
            let ours = evaluate_text(&expression);
            rows.push((file, expression, ours, wanted(&row)));
        }
    }
    for line in RULES.lines() {
        let row: Json = serde_json::from_str(line).expect("a row");
        let is_root = row["root"] == true;
        for rule in row["rules"].as_array().expect("rules") {
            let expression = rule["rule"].as_str().expect("an expression").to_owned();
            let ours = evaluate_rule(RuleOf {
                schema: &row["schema"],
                is_root,
                rule: &expression,
                is_optional: rule["optional"] == true,
                own: row.get("self"),
                before: row.get("oldSelf"),
            });
            rows.push(("rules", expression, ours, wanted(rule)));
        }
    }
    rows
}

#[test]
fn outcomes_are_those_of_the_server() {
    let rows = rows();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for line in KNOWN.lines() {
        *known.entry(line).or_default() += 1;
    }
    let (mut new, mut differing) = (Vec::new(), 0);
    for (file, expression, ours, wanted) in &rows {
        let Some(kind) = difference(ours, wanted) else { continue };
        differing += 1;
        let line = format!("{file}\t{kind}\t{}", expression.escape_debug());
        match known.get_mut(line.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => new.push(format!("{line}\n    ours:   {ours:?}\n    server: {wanted:?}")),
        }
    }
    let agreed = rows.len() - differing;
    println!("{agreed} of {} agree", rows.len());
    let gone: Vec<&str> = known
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(line, _)| line)
        .collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{agreed} of {} agree\nnew:\n{}\nno longer:\n{}",
        rows.len(),
        new.join("\n"),
        gone.join("\n")
    );
    assert!(agreed * 100 >= rows.len() * 99, "{agreed} of {} agree", rows.len());
}

/// The tokens of the expressions, roughly.
fn tokens() -> Vec<Vec<String>> {
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '\'' | '"');
    let mut all = Vec::new();
    for line in [TEXTS, OWN, LANGUAGE].iter().flat_map(|text| text.lines()) {
        let row: Json = serde_json::from_str(line).expect("a row");
        let mut tokens: Vec<String> = Vec::new();
        for letter in row["text"].as_str().expect("an expression").chars() {
            match tokens.last_mut() {
                Some(token) if token.ends_with(is_word) && is_word(letter) => token.push(letter),
                _ => tokens.push(letter.to_string()),
            }
        }
        all.push(tokens);
    }
    all
}

proptest! {
    #[test]
    fn expressions_with_parts_of_others_have_an_outcome(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4)
    ) {
        thread_local! {
            static ALL: Vec<Vec<String>> = tokens();
        }
        let text = ALL.with(|all| {
            let mut text: Vec<String> = Vec::new();
            for (expression, start, end) in &picks {
                let other = expression.get(all);
                let (start, end) = (start.index(other.len() + 1), end.index(other.len() + 1));
                let part = &other[start.min(end)..start.max(end)];
                let at = (start * 7 + end) % (text.len() + 1);
                let tail = text.split_off(at);
                text.extend(part.iter().cloned());
                text.extend(tail);
            }
            text.concat()
        });
        // Whatever it is: it must not panic, and it must end.
        let outcome = evaluate_text(&text);
        prop_assert_eq!(evaluate_text(&text), outcome);
    }
}
