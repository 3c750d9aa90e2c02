//! Paths of archives: the templates that are refused, paths that can be read in several ways, and random parts that are read back.

use proptest::prelude::*;

use super::*;
use crate::artifact::repository::object_name::{object_names, object_url};

const DEEP: &str = "{chart}/{branch}/{chart}-{version}.tgz";
const TEMPLATES: [&str; 8] = [
    "{chart}-{version}.tgz",
    DEEP,
    "{branch}/{chart}-{version}.tgz",
    "{tag}/charts/{chart}/{version}.tgz",
    "charts/{branch}/{chart}/{version}/chart.tgz",
    "{chart}/{version}/{chart}-{version}.tgz",
    "stable-{chart}.{version}.tgz",
    "{version}/{tag}/{chart}.tgz",
];

fn template(text: &str) -> ObjectPathTemplate {
    ObjectPathTemplate::parse(text).unwrap()
}

fn parts(chart: &str, version: &str, branch: Option<&str>) -> ObjectPathParts {
    ObjectPathParts {
        chart: chart.to_owned(),
        version: version.to_owned(),
        git_ref: branch.map(|name| GitRef::Branch(name.to_owned())),
    }
}

#[test]
fn the_default_is_helms_name() {
    assert_eq!(ObjectPathTemplate::default(), template("{chart}-{version}.tgz"));
}

#[test]
fn parts_are_printed_and_read_back() {
    for (text, parts, path) in [
        (DEEP, parts("web", "1.0.0", Some("main")), "web/main/web-1.0.0.tgz"),
        (
            DEEP,
            parts("a-1.0.0", "1.0.0-b-2.0.0+c", Some("feature/x/y-1")),
            "a-1.0.0/feature/x/y-1/a-1.0.0-1.0.0-b-2.0.0+c.tgz",
        ),
        (DEEP, parts("web", "1.0", Some("fix/#1")), "web/fix/=231/web-1.0.tgz"),
        (
            "{chart}-{version}.tgz",
            parts("web-2", "1.0.0-rc.1", None),
            "web-2-1.0.0-rc.1.tgz",
        ),
        ("{chart}-{version}.tgz", parts("web", "v1.2", None), "web-v1.2.tgz"),
        (
            "x/{version}/{chart}.tgz",
            parts("c.d", "1.0.0", None),
            "x/1.0.0/c.d.tgz",
        ),
    ] {
        let template = template(text);
        assert_eq!(template.print(&parts).as_deref(), Ok(path), "{text}");
        assert_eq!(template.parse_path(path), Some(parts), "{text}");
    }
}

#[test]
fn templates_that_cannot_be_read_back_are_refused() {
    for (text, reason) in [
        ("", "a directory without a name"),
        ("/{chart}-{version}.tgz", "a directory without a name"),
        ("a//{chart}-{version}.tgz", "a directory without a name"),
        ("{chart}{version}.tgz", "nothing separates {version}"),
        ("{version}-{chart}.tgz", "put it last"),
        ("{chart}-{branch}-{version}.tgz", "{branch} may have slashes"),
        ("{branch}/{tag}/{chart}-{version}.tgz", "a branch or tag twice"),
        ("{branch}/x/{branch}/{chart}-{version}.tgz", "a branch or tag twice"),
        ("{chart}-{chart}-{version}.tgz", "{chart} is twice"),
        ("{branch}/{version}.tgz", "it needs {chart} and {version}"),
        ("{branch}/{chart}.tgz", "it needs {chart} and {version}"),
        ("{chart}/{version}", "it does not end with .tgz"),
        ("{chart/{version}.tgz", "a `{` without a `}`"),
        ("{chart}-{version.tgz", "a `{` without a `}`"),
        ("{name}-{version}.tgz", "{name} is not a placeholder: there are"),
        ("{brnch}/{chart}-{version}.tgz", "did you mean {branch}?"),
        (".x/{chart}-{version}.tgz", "begins with a dot"),
        ("../{chart}-{version}.tgz", "begins with a dot"),
        ("a b/{chart}-{version}.tgz", "` ` is not allowed"),
        ("%2e/{chart}-{version}.tgz", "`%` is not allowed"),
        ("é/{chart}-{version}.tgz", "`é` is not allowed"),
        ("a}/{chart}-{version}.tgz", "`}` is not allowed"),
    ] {
        let error = ObjectPathTemplate::parse(text).map_err(|error| error.to_string());
        let error = error.expect_err(text);
        assert!(error.contains(reason), "{text}: {error}");
    }
    let long = format!("{}/{{chart}}-{{version}}.tgz", "a".repeat(TEMPLATE_BYTES));
    assert!(ObjectPathTemplate::parse(&long).is_err());
}

#[test]
fn parts_that_are_not_what_the_template_needs_are_refused() {
    let tagged = ObjectPathParts {
        git_ref: Some(GitRef::Tag("v1".to_owned())),
        ..parts("web", "1.0.0", None)
    };
    let long = "x".repeat(300);
    for (text, parts, message) in [
        (
            DEEP,
            &parts("web", "1.0.0", None),
            "needs a branch, and this is neither a branch nor a tag",
        ),
        (DEEP, &tagged, "needs a branch, and this is tag v1"),
        ("{chart}-{version}.tgz", &tagged, "needs neither a branch nor a tag"),
        (
            DEEP,
            &parts("web", "1.0.0", Some("../x")),
            "without empty and hidden directories",
        ),
        (DEEP, &parts(".web", "1.0.0", Some("x")), "needs the name of a chart"),
        (DEEP, &parts("we/b", "1.0.0", Some("x")), "needs the name of a chart"),
        (DEEP, &parts("web", "one", Some("x")), "needs a version"),
        (
            DEEP,
            &parts("web", "1.0.0", Some(&long)),
            "is too long: 300 bytes, of at most 255",
        ),
        (
            "{chart}-{version}.tgz",
            &parts("a-1.0.0", "1.0.0", None),
            "would be read as that of a 1.0.0-1.0.0: put `{chart}/` before",
        ),
    ] {
        let error = template(text).print(parts).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn other_paths_are_not_read() {
    for path in [
        "",
        "web-1.0.0.tgz",
        "web/web-1.0.0.tgz",
        "web/main/web-1.0.0.tgz.prov",
        "web/main/other-1.0.0.tgz",
        "web/main/web-one.tgz",
        "web//web-1.0.0.tgz",
        "web/../web-1.0.0.tgz",
        "web/a/../b/web-1.0.0.tgz",
        "web/=6Dain/web-1.0.0.tgz",
        "web/%2e%2e/web-1.0.0.tgz",
        "/web/main/web-1.0.0.tgz",
        "web/main/web-1.0.0.tgz/",
        "wéb/main/wéb-1.0.0.tgz",
    ] {
        assert_eq!(template(DEEP).parse_path(path), None, "{path}");
    }
    let long = format!("web/{}/web-1.0.0.tgz", "a/".repeat(600));
    assert_eq!(template(DEEP).parse_path(&long), None);
}

/// Names and versions that look like each other.
fn charts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,4}(-[a-z0-9.]{1,3}){0,3}",
        "[a-z]{1,2}-[0-9]\\.[0-9]\\.[0-9](-[a-z]{1,2})?",
        "[A-Za-z0-9._-]{1,8}",
    ]
}

fn versions() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]\\.[0-9]\\.[0-9](-[a-z0-9-]{1,4}(\\.[1-9]){0,2})?(\\+[a-z0-9-]{1,4})?",
        "v?[0-9](\\.[0-9]){0,2}(-[a-z0-9.]{1,4})?",
    ]
}

fn refs() -> impl Strategy<Value = GitRef> {
    let names = prop_oneof!["[a-z]{1,5}(/[a-z0-9.#-]{1,5}){0,3}", "\\PC{1,12}"];
    (any::<bool>(), names).prop_map(|(is_tag, name)| {
        if is_tag {
            GitRef::Tag(name)
        } else {
            GitRef::Branch(name)
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn what_is_printed_is_read_back(number in 0..TEMPLATES.len(), chart in charts(), version in versions(), git_ref in refs()) {
        let template = template(TEMPLATES[number]);
        let parts = ObjectPathParts { chart, version, git_ref: template.ref_kind().map(|_| git_ref) };
        if let Ok(path) = template.print(&parts) {
            prop_assert_eq!(template.parse_path(&path), Some(parts), "{}", path);
            let names = object_names(&object_url(&path));
            prop_assert_eq!(names.first(), Some(&path), "the address of the object in the index");
        }
    }

    /// A path that is read is what its parts are printed as.
    #[test]
    fn what_is_read_is_printed_back(number in 0..TEMPLATES.len(), path in "[a-z0-9./=+-]{1,30}\\.tgz") {
        let template = template(TEMPLATES[number]);
        if let Some(parts) = template.parse_path(&path) {
            prop_assert_eq!(template.print(&parts).ok(), Some(path));
        }
    }

    /// Refusals are few: charts whose names end like a version, in templates with nothing else to go by.
    #[test]
    fn usual_charts_are_never_refused(
        number in 0..TEMPLATES.len(),
        chart in "[a-z]{1,9}(-[a-z0-9]{1,9}){0,3}",
        version in "[0-9]\\.[0-9]{1,2}\\.[1-9](-[a-z]{1,9}\\.[1-9][0-9]?)?(\\+[0-9a-f]{7})?",
        name in "[a-zA-Z0-9]{1,9}([-/_.][a-zA-Z0-9#]{1,9}){0,3}",
    ) {
        let template = template(TEMPLATES[number]);
        let git_ref = template.ref_kind().map(|kind| GitRef::new(kind, name));
        let printed = template.print(&ObjectPathParts { chart, version, git_ref });
        prop_assert!(printed.is_ok(), "{:?}", printed);
    }
}
