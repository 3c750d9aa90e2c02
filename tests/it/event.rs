//! `chartwright event`: what a payload says was pushed is looked up and written, and nothing else is.

use serde_json::json;

use super::poll::Registry;
use super::remote_oci_server::Behaviour;

/// A notification of CNCF distribution about a tag of `acme/web`.
fn notification(registry: &Registry, tag: &str) -> String {
    let digest = format!("sha256:{}", "a".repeat(64));
    json!({"events": [
        {"action": "push", "target": {"mediaType": "application/octet-stream", "repository": "acme/web", "digest": digest},
         "request": {"host": registry.server.server.host()}},
        {"action": "push", "target": {"mediaType": "application/vnd.oci.image.index.v1+json", "repository": "acme/web",
         "digest": digest, "tag": tag}, "request": {"host": registry.server.server.host()}},
    ]})
    .to_string()
}

fn registry(values: &str) -> Registry {
    let registry = Registry::with(Behaviour::default(), &["1.0.0", "1.1.0", "1.2.0"]);
    registry.write("values.yaml", &values.replace("IMAGE", &registry.image()));
    registry
}

#[test]
fn what_was_pushed_is_written_to_the_files_that_name_it() {
    let registry = registry("# shop\nweb: {image: 'IMAGE:1.0.0'} # web\nother: {image: example.com/acme/web:1.0.0}\n");
    let before = registry.read("values.yaml");
    registry.write("event.json", &notification(&registry, "1.1.0"));
    let shown = registry.run(0, &["event", "event.json"], &[]);
    assert!(
        shown.contains("HOST/acme/web  1.0.0  1.1.0   minor   values.yaml:2"),
        "{shown}"
    );
    assert!(shown.contains("note: ignored: a blob (distribution)"), "{shown}");
    assert!(
        !shown.contains("example.com"),
        "another registry's image is another image: {shown}"
    );
    assert_eq!(registry.read("values.yaml"), before);
    registry.run(10, &["event", "event.json", "--patch", "--detailed-exitcode"], &[]);
    let after = before.replacen("1.0.0", "1.1.0", 1);
    assert_eq!(
        registry.read("values.yaml"),
        after,
        "1.2.0 is there, and was not pushed"
    );
    // The same event again, and one about an older image, change nothing.
    registry.run(0, &["event", "event.json", "--patch", "--detailed-exitcode"], &[]);
    let image = format!("{}:1.0.0", registry.image());
    for track in ["MinorVersion", "Newest"] {
        let shown = registry.run(0, &["observe", "-i", &image, "--patch", "--track", track], &[]);
        assert_eq!(registry.read("values.yaml"), after, "{track}");
        assert!(shown.contains("1.0.0 is not taken: it"), "{shown}");
    }
    let image = format!("{}:1.2.0", registry.image());
    registry.run(0, &["observe", "-i", &image, "--patch", "--track", "Newest"], &[]);
    assert_eq!(registry.read("values.yaml"), before.replacen("1.0.0", "1.2.0", 1));
}

#[test]
fn what_the_registry_does_not_have_is_not_believed() {
    let registry = registry("image: IMAGE:1.0.0\n");
    registry.write("event.json", &notification(&registry, "1.9.0"));
    let shown = registry.run(3, &["event", "event.json", "--patch"], &[]);
    assert!(shown.contains("Error: values.yaml:1: HOST/acme/web:1.0.0: "), "{shown}");
    assert!(registry.read("values.yaml").contains(":1.0.0"));
    registry.run(0, &["event", "event.json", "--patch", "--no-verify"], &[]);
    assert!(registry.read("values.yaml").contains(":1.9.0"));
}

#[test]
fn a_pin_moves_to_the_digest_of_the_registry_or_of_the_payload() {
    let pin = format!("sha256:{}", "b".repeat(64));
    let registry = registry(&format!("image: IMAGE:1.0.0@{pin}\n"));
    let before = registry.read("values.yaml");
    registry.write("event.json", &notification(&registry, "1.1.0"));
    registry.run(0, &["event", "event.json", "--patch", "--no-verify"], &[]);
    let said = format!("1.1.0@sha256:{}", "a".repeat(64));
    assert!(registry.read("values.yaml").contains(&said));
    registry.write("values.yaml", &before);
    registry.run(0, &["event", "event.json", "--patch"], &[]);
    let written = registry.read("values.yaml");
    assert!(
        written.contains(":1.1.0@sha256:") && !written.contains(&said) && !written.contains(&pin),
        "{written}"
    );
}

#[test]
fn an_event_that_concerns_nothing_says_so() {
    let registry = registry("image: IMAGE:1.0.0\n");
    let shown = registry.run(0, &["event", "-i", "ghcr.io/acme/other:2.0.0", "--patch"], &[]);
    assert_eq!(shown, "no file names ghcr.io/acme/other\n");
    registry.write(
        "event.json",
        r#"{"action": "ping", "request": {"host": "h.azurecr.io"}}"#,
    );
    let shown = registry.run(0, &["event", "event.json"], &[]);
    assert!(shown.starts_with("no image was pushed\n"), "{shown}");
    assert!(shown.contains("note: ignored: the action `ping` (acr)"), "{shown}");
}

#[test]
fn github_says_where_its_event_is() {
    let registry = registry("image: IMAGE:1.0.0\n");
    let event = json!({"action": "image", "client_payload": {"image": format!("{}:1.2.0", registry.image())}});
    registry.write("github.json", &event.to_string());
    let path = registry.home.path().join("github.json");
    let path = path.to_str().expect("is text");
    let at = ("GITHUB_EVENT_PATH", path);
    let shown = registry.run(0, &["event"], &[at, ("GITHUB_EVENT_NAME", "repository_dispatch")]);
    assert!(shown.contains("1.2.0"), "{shown}");
    let shown = registry.run(2, &["event"], &[at, ("GITHUB_EVENT_NAME", "push")]);
    assert!(shown.contains("neither a payload nor an image is given"), "{shown}");
}

#[test]
fn signatures_are_checked_with_a_secret_of_the_environment() {
    let registry = registry("image: IMAGE:1.0.0\n");
    registry.write("event.json", &notification(&registry, "1.2.0"));
    let signed = |code: i32, header: &str| {
        let arguments = ["event", "event.json", "--secret-env", "SECRET", "--header", header];
        let shown = registry.run(code, &arguments, &[("SECRET", "hunter2")]);
        assert!(!shown.contains("hunter2"), "{shown}");
        shown
    };
    signed(0, "Authorization: Bearer hunter2");
    let shown = signed(3, "Authorization: Bearer hunter3");
    assert!(
        shown.contains("event.json: the header Authorization of CNCF distribution does not fit"),
        "{shown}"
    );
    signed(3, "Other: hunter2");
    signed(2, "hunter2");
    let shown = registry.run(2, &["event", "event.json", "--secret-env", "SECRET"], &[]);
    assert!(shown.contains("--secret-env: SECRET is not set"), "{shown}");
}

#[test]
fn broken_payloads_are_refused_with_their_place() {
    let registry = registry("image: IMAGE:1.0.0\n");
    for (text, said) in [
        (
            "{\"events\":\n [x]}",
            "event.json:2:3: this is not JSON: expected value",
        ),
        (
            "{\"a\": 1}",
            "event.json: this is like the payload of no known sender: its fields are `a`",
        ),
        (
            "{\"events\": 1, \"docker_url\": 2}",
            "event.json: a payload of Quay whose `docker_url` is not a text",
        ),
    ] {
        registry.write("event.json", text);
        let shown = registry.run(3, &["event", "event.json", "--patch"], &[]);
        assert!(shown.contains(said) && shown.contains("help: "), "{shown}");
    }
    let shown = registry.run(3, &["event", "gone.json"], &[]);
    assert!(shown.contains("gone.json"), "{shown}");
    registry.run(2, &["event", "-i", "acme/web"], &[]);
    registry.run(2, &["event", "event.json", "--sender", "dockerhubb"], &[]);
}
