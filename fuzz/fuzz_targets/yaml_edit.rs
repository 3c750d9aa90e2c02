//! Any bytes as a file and its edits: no panic, what was set is set and stays so, what was added can be removed, and a text
//! that is refused has its reason.
#![no_main]

use chartwright::text::edit::{Edit, NewNode, NewValue, Operation, apply_edits, read_path};
use chartwright::text::yaml;
use libfuzzer_sys::fuzz_target;

/// `s` sets, `c` creates, `a` appends, `r` removes; in capitals through anchors.
fn edit(line: &str) -> Option<Edit> {
    let verb = line.chars().next()?;
    let (path, value) = read_path(line.get(verb.len_utf8()..)?, Some('=')).ok()?;
    let value = NewValue::Typed(value.unwrap_or_default().to_owned());
    let operation = match verb.to_ascii_lowercase() {
        's' | 'c' => Operation::Set(value),
        'a' => Operation::Append(NewNode::Scalar(value)),
        'r' => Operation::Remove,
        _ => return None,
    };
    Some(Edit {
        creates: verb.eq_ignore_ascii_case(&'c'),
        through_anchors: verb.is_ascii_uppercase(),
        ..Edit::new(path, operation)
    })
}

/// Whether a text has merge keys.
fn has_merge_key(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"<<")
}

/// The values of all documents; none if they are not JSON.
fn values(text: &[u8]) -> Option<Vec<serde_json::Value>> {
    let tree = yaml::parse_all(text).expect("what was written is YAML");
    let documents = tree.documents().iter();
    documents
        .map(|document| yaml::json_from_node(&tree, document.root).ok())
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|&byte| byte == 0).unwrap_or(0);
    let (lines, text) = data.split_at(end);
    let text = text.strip_prefix(b"\0").unwrap_or(text);
    let Ok(lines) = std::str::from_utf8(lines) else { return };
    for edit in lines.lines().take(8).filter_map(edit) {
        let Ok((edited, applied)) = apply_edits(text, std::slice::from_ref(&edit)) else {
            continue;
        };
        assert_eq!(applied.len(), 1);
        let after = values(&edited);
        match edit.operation {
            Operation::Set(_) => {
                let again = apply_edits(&edited, std::slice::from_ref(&edit));
                let (again, _) = again.expect("what was set can be set");
                assert_eq!(again, edited, "the second time changes nothing");
            }
            // A merge key may give the same value as the one that went.
            Operation::Remove if has_merge_key(text) => {}
            Operation::Append(_) | Operation::Remove => {
                assert!(after.is_none() || after != values(text), "a value came or went");
            }
        }
    }
});
