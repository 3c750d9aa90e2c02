//! Every spelling of an image.

use super::image_places;
use crate::text::yaml;

fn images(source: &str) -> Vec<String> {
    let tree = yaml::parse_all(source.as_bytes()).expect(source);
    let places = image_places(&tree);
    places.iter().map(|place| place.reference().to_string()).collect()
}

#[test]
fn images_are_found_in_every_spelling() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = format!("acme/app:1@{digest}");
    for (source, expected) in [
        ("image: {repository: acme/app, tag: '1'}", "acme/app:1"),
        ("image: {repository: acme/app, tag: }", "acme/app"),
        (
            "image: {registry: ghcr.io, repository: acme/app, tag: '1'}",
            "ghcr.io/acme/app:1",
        ),
        (
            "image: {prefix: eu.gcr.io/, repository: acme/app, tag: '1'}",
            "eu.gcr.io/acme/app:1",
        ),
        (
            "image: {registry: ghcr.io, org: acme, name: app, tag: '1'}",
            "ghcr.io/acme/app:1",
        ),
        ("{hub: docker.io/acme, image: app, tag: '1'}", "docker.io/acme/app:1"),
        ("{registry: ghcr.io, image: acme/app, tag: '1'}", "ghcr.io/acme/app:1"),
        ("image: acme/app:1", "acme/app:1"),
        ("{image: acme/app, tag: '1'}", "acme/app:1"),
        ("{image: acme/app, version: '1'}", "acme/app:1"),
        ("{image: acme/app, imageTag: '1'}", "acme/app:1"),
        ("{repo: acme/app, tag: '1'}", "acme/app:1"),
        ("{name: acme/app, tag: '1'}", "acme/app:1"),
        ("{imageName: acme/app, imageTag: '1'}", "acme/app:1"),
        ("{webImageRepository: acme/app, webImageTag: '1'}", "acme/app:1"),
        ("{webRepo: acme/app, webTag: '1'}", "acme/app:1"),
        ("webImage: acme/app:1", "acme/app:1"),
        ("images: {web: {image: acme/app:1}}", "acme/app:1"),
        ("images: [acme/app:1]", "acme/app:1"),
        ("containers: [{name: side, image: acme/app, tag: '1'}]", "acme/app:1"),
        (
            "containers: [{name: side, repository: acme/app, tag: '1'}]",
            "acme/app:1",
        ),
        ("image: ghcr.io/acme/app:8080", "ghcr.io/acme/app:8080"),
        ("image: localhost/app:8080", "localhost/app:8080"),
        ("- spec: {containers: [{image: acme/app:1}]}", "acme/app:1"),
    ] {
        assert_eq!(images(source), [expected], "{source}");
    }
    for key in ["digest", "sha", "imageDigest", "imageSha"] {
        assert_eq!(
            images(&format!("image: {{repository: acme/app, tag: '1', {key}: '{digest}'}}")),
            [pinned.as_str()],
            "{key}"
        );
        for empty in ["null", "~", "''"] {
            let source = format!("image: {{repository: acme/app, tag: '1', {key}: {empty}}}");
            assert_eq!(images(&source), ["acme/app:1"], "{source}");
        }
    }
    assert_eq!(
        images(&format!("image: {{repository: acme/app, tag: '1@{digest}'}}")),
        [pinned.as_str()]
    );
    assert_eq!(images(&format!("image: {pinned}")), [pinned.as_str()]);
    let untagged = format!("acme/app@{digest}");
    assert_eq!(images(&format!("image: {untagged}")), [untagged.as_str()]);
    assert!(images(&format!("image: {{digest: '{digest}'}}\nimageDigest: '{digest}'")).is_empty());
}

#[test]
fn a_merged_repository_belongs_to_the_tag_beside_it() {
    let base = "base: &base\n  repository: acme/app\n  tag: '1'\n  registry: ghcr.io\n";
    for (own, expected) in [
        (
            "image: {<<: *base, tag: '2'}",
            &["ghcr.io/acme/app:1", "ghcr.io/acme/app:2"][..],
        ),
        (
            "image: {<<: [*base], tag: '2'}",
            &["ghcr.io/acme/app:1", "ghcr.io/acme/app:2"],
        ),
        (
            "image: {<<: *base, registry: quay.io, tag: '2'}",
            &["ghcr.io/acme/app:1", "quay.io/acme/app:2"],
        ),
        (
            "image: {<<: *base, repository: acme/web, tag: '2'}",
            &["ghcr.io/acme/app:1", "ghcr.io/acme/web:2"],
        ),
        ("image: {<<: *base, pullPolicy: Always}", &["ghcr.io/acme/app:1"]),
        ("image: {<<: 1, tag: '2'}", &["ghcr.io/acme/app:1"]),
    ] {
        let source = format!("{base}{own}\n");
        assert_eq!(images(&source), expected, "{source}");
    }
}

#[test]
fn other_keys_name_no_image() {
    for source in [
        "global: {imageRegistry: 'registry.example.com:5000'}",
        "imageRegistry: registry:5000",
        "imageProxy: 'proxy.local:3128'",
        "image: 'registry.example.com:5000'",
        "image: 'localhost:5000'",
        "imageSize: '10:20'",
        "url: acme/app:1",
        "image: acme/app",
        "chart: {name: app, version: 1.2.3}",
        "image: {pullPolicy: Always, tag: '1'}",
        "image: {repository: {a: b}, tag: '1'}",
        "image: {repository: ACME/App, tag: '1'}",
        "image: https://acme.example/app:1",
    ] {
        assert!(images(source).is_empty(), "{source}: {:?}", images(source));
    }
}

#[test]
fn the_images_of_a_file_come_in_its_order() {
    let source = "web: {image: {repository: a/web, tag: '1'}, sidecar: {image: a/side:2}}\n---\nimage: a/other:3\n";
    assert_eq!(images(source), ["a/web:1", "a/side:2", "a/other:3"]);
}
