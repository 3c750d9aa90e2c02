//! Constraints against the answers of Masterminds' `semver` 3.5.

use super::{Constraint, Version};

/// Versions that the constraints are tried on.
const VERSIONS: [&str; 18] = [
    "0.0.0",
    "0.0.3",
    "0.0.4",
    "0.2.0",
    "0.2.5",
    "0.3.0",
    "1.0.0",
    "1.2.0",
    "1.2.3",
    "1.2.4",
    "1.3.0",
    "2.0.0",
    "1.2.3-alpha",
    "1.2.3-beta",
    "1.2.9-beta",
    "1.3.0-rc.1",
    "2.0.0-0",
    "1.2.3+b1",
];

/// Constraints, and which of the versions they accept.
const ACCEPTED: &[(&str, &str)] = &[
    ("!=1.2.x", "111111100011000000"),
    ("!=1.2.3", "111111110111000000"),
    ("!=1.x", "111111000001000000"),
    ("!=1", "111111000001000000"),
    ("!=1.2.x-beta", "111111111111100111"),
    ("!=1.x-beta", "111111000001000010"),
    ("!=1.2.3-beta", "111111111111101111"),
    ("<=1", "111111111110000001"),
    ("<=1.x", "111111111110000001"),
    ("<=1.2", "111111111100000001"),
    ("<=1.2.x", "111111111100000001"),
    ("<=1.2.3", "111111111000000001"),
    ("<=1-beta", "111111111110111101"),
    ("<=1.2-beta", "111111111100111001"),
    (">1", "000000000001000000"),
    (">1.2", "000000000011000000"),
    (">1.2.3", "000000000111000000"),
    (">1.2-beta", "000000000011000110"),
    (">1.2.3-alpha", "000000001111011111"),
    (">=1", "000000111111000001"),
    (">=1.2", "000000011111000001"),
    (">=1.2.3-beta", "000000001111011111"),
    ("<1", "111111000000000000"),
    ("<1.2", "111111100000000000"),
    ("<1.2.3-beta", "111111110000100000"),
    ("~1", "000000111110000001"),
    ("~1.2", "000000011100000001"),
    ("~1.2.3", "000000001100000001"),
    ("~1.2.3-alpha", "000000001100111001"),
    ("~0", "111111000000000000"),
    ("~0.0", "111000000000000000"),
    ("~0.0.0", "111111111111000001"),
    ("~0.0.0-0", "111111111111111111"),
    ("^1", "000000111110000001"),
    ("^1.2", "000000011110000001"),
    ("^1.2.3", "000000001110000001"),
    ("^0", "111111000000000000"),
    ("^0.0", "111000000000000000"),
    ("^0.2", "000110000000000000"),
    ("^0.2.3", "000010000000000000"),
    ("^0.0.3", "010000000000000000"),
    ("^0.0.0", "100000000000000000"),
    ("^1.x", "000000111110000001"),
    ("^1.2.3-alpha", "000000001110111101"),
    ("=1.2", "000000011100000001"),
    ("=1", "000000111110000001"),
    ("1.2.x", "000000011100000001"),
    ("1.2.3", "000000001000000001"),
    ("*", "111111111111000001"),
    ("x", "111111111111000001"),
    ("=1.2.x-beta", "000000011100111001"),
    ("1.2 - 1.3", "000000011110000001"),
    ("1.2.3-alpha - 2", "000000001111111111"),
    (">=1 <2", "000000111110000001"),
    (">=1, <1.3 || ~2", "000000111101000001"),
    ("!=1.2.3, !=1.3", "111111110101000000"),
    ("v1.2.3", "000000001000000001"),
    ("=>1.2 =<1.3", "000000011110000001"),
    ("~>1.2", "000000011100000001"),
];

#[test]
fn constraints_accept_what_masterminds_accepts() {
    for (constraint, accepted) in ACCEPTED {
        let parsed = Constraint::parse(constraint).expect(constraint);
        let checked = |check: &dyn Fn(&Version) -> bool| -> String {
            let verdicts = VERSIONS
                .iter()
                .map(|version| check(&Version::parse(version).expect(version)));
            verdicts.map(|holds| if holds { '1' } else { '0' }).collect()
        };
        assert_eq!(checked(&|version| parsed.check(version)), *accepted, "{constraint}");
        assert_eq!(
            checked(&|version| parsed.validate(version).is_ok()),
            *accepted,
            "{constraint}"
        );
    }
}

#[test]
fn reasons_have_masterminds_words() {
    for (constraint, version, reason) in [
        ("!=1.2.x", "1.2.4", "\"1.2.4\" is equal to \"1.2.x\""),
        ("<=1", "2.0.0", "\"2.0.0\" is greater than \"1\""),
        (">1.2", "1.2.4", "\"1.2.4\" is less than or equal to \"1.2\""),
        ("<1", "1.0.0", "\"1.0.0\" is greater than or equal to \"1\""),
        (
            "~1.2",
            "1.3.0",
            "\"1.3.0\" does not have same major and minor version as \"1.2\"",
        ),
        ("~1", "2.0.0", "\"2.0.0\" does not have same major version as \"1\""),
        (
            "^0.2",
            "0.3.0",
            "\"0.3.0\" does not have same minor version as \"0.2\". Expected minor versions to match when constraint major version is 0",
        ),
        (
            "^0.0.3",
            "0.0.4",
            "\"0.0.4\" does not equal \"0.0.3\". Expect version and constraint to equal when major and minor versions are 0",
        ),
        ("^1.2", "2.0.0", "\"2.0.0\" does not have same major version as \"1.2\""),
        ("^0", "1.0.0", "\"1.0.0\" does not have same major version as \"0\""),
        (">=1.2.3", "1.0.0", "\"1.0.0\" is less than \"1.2.3\""),
        ("=1.2.3", "1.2.4", "\"1.2.4\" is not equal to \"1.2.3\""),
        (
            "^0.0.3",
            "0.2.0",
            "\"0.2.0\" does not have same minor version as \"0.0.3\"",
        ),
        (
            ">=1",
            "1.3.0-rc.1",
            "\"1.3.0-rc.1\" is a prerelease version and the constraint is only looking for release versions",
        ),
        ("~1.2", "1.0.0", "\"1.0.0\" is less than \"1.2\""),
        ("^0.2", "1.2.0", "\"1.2.0\" does not have same major version as \"0.2\""),
    ] {
        let constraint = Constraint::parse(constraint).expect(constraint);
        let version = Version::parse(version).expect(version);
        assert_eq!(constraint.validate(&version), Err(vec![reason.to_owned()]));
    }
}

#[test]
fn errors() {
    for (text, expected) in [
        ("", "improper constraint: \"\""),
        ("1.2.3.4", "improper constraint: \"1.2.3.4\""),
        ("> 1.0 || foo", "improper constraint: \" foo\""),
        ("1|2", "constraint parser error"),
        ("\u{200b}1\u{e9}", "improper constraint: \"\\u200b1\u{e9}\""),
    ] {
        assert_eq!(Constraint::parse(text).unwrap_err().to_string(), expected);
    }
}

/// A constraint as JSON text, then which of the versions it accepts, or why it is refused: drawn at random by a program that asked
/// Masterminds' `semver` 3.5.
const ROWS: &str = include_str!("constraint_rows.tsv");

#[test]
fn constraints_drawn_at_random_have_masterminds_answers() {
    for row in ROWS.lines() {
        let (constraint, expected) = row.split_once('\t').expect(row);
        let constraint: String = serde_json::from_str(constraint).expect(row);
        let answer = match Constraint::parse(&constraint) {
            Ok(parsed) => VERSIONS
                .iter()
                .map(|version| parsed.check(&Version::parse(version).expect(version)))
                .map(|holds| if holds { '1' } else { '0' })
                .collect(),
            Err(error) => error.to_string(),
        };
        assert_eq!(answer, expected, "{constraint:?}");
    }
}
