//! Any bytes as manifests, judged for two versions with the definitions they bring: verdicts, and no panic.
#![no_main]

use std::sync::{Arc, OnceLock};

use chartwright::check::lint::{RenderedText, check_objects, check_text_artifacts};
use chartwright::kubernetes::validate::{Catalog, CustomSchemas, Options, Target, check_text};
use libfuzzer_sys::fuzz_target;

fn targets() -> &'static [Target] {
    static TARGETS: OnceLock<Vec<Target>> = OnceLock::new();
    TARGETS.get_or_init(|| {
        let catalogs = ["1.25", "latest"].into_iter().filter_map(|version| Catalog::find(version).ok());
        catalogs.map(Target::embedded).collect()
    })
}

fuzz_target!(|text: &[u8]| {
    let mut custom = CustomSchemas::default();
    custom.add_text(text);
    let options = Options {
        strict: true,
        custom: Some(Arc::new(custom)),
        ..Options::default()
    };
    for resource in check_text(text, targets(), &options) {
        for violation in &resource.violations {
            assert!(violation.offset <= text.len());
        }
    }
    for fault in check_objects(&[RenderedText { text }], "release") {
        assert!(fault.offset <= text.len());
    }
    check_text_artifacts(text);
});
