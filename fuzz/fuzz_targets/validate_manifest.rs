//! Any bytes as manifests, judged for two versions with the definitions they bring: verdicts, and no panic.
#![no_main]

use std::sync::{Arc, OnceLock};

use chartwright::check::lint::objects::{RenderedChart, check_objects, check_texts};
use chartwright::engine::chart::{Chart, ChartFile, load_files};
use chartwright::engine::render::RenderedFile;
use chartwright::kubernetes::validate::{Catalog, CustomSchemas, Options, Target, check_text};
use libfuzzer_sys::fuzz_target;

fn targets() -> &'static [Target] {
    static TARGETS: OnceLock<Vec<Target>> = OnceLock::new();
    TARGETS.get_or_init(|| {
        let catalogs = ["1.25", "latest"]
            .into_iter()
            .filter_map(|version| Catalog::find(version).ok());
        catalogs.map(Target::embedded).collect()
    })
}

thread_local! {
    static CHART: &'static Chart = {
        let files = [("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"), ("templates/t.yaml", "")];
        let files = files.map(|(name, text)| ChartFile::new(name.to_owned(), text.as_bytes()));
        Box::leak(Box::new(load_files(files.to_vec()).expect("a chart")))
    };
}

fn chart() -> &'static Chart {
    CHART.with(|chart| *chart)
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
    let files = [RenderedFile {
        name: "c/templates/t.yaml".to_owned(),
        text: Arc::new(text.to_vec()),
        map: None,
    }];
    let rendered = RenderedChart {
        chart: chart(),
        files: &files,
        release: "release",
    };
    check_objects(rendered, true);
    check_texts(rendered);
});
