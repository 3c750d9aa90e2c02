//! Any bytes as the manifest of a chart in a registry, and as the Chart.yaml that a configuration is made from.
#![no_main]

use chartwright::artifact::oci::{ChartLayers, Descriptor, config_json};
use chartwright::engine::chart::{ChartFile, load_files};
use libfuzzer_sys::fuzz_target;

fn check(layer: &Descriptor) {
    let digits = layer.digest.strip_prefix("sha256:").expect("a digest");
    assert!(
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{layer:?}"
    );
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(layers) = ChartLayers::read(bytes, "a manifest") {
        check(&layers.archive);
        layers.provenance.as_ref().into_iter().for_each(check);
    }
    let files = vec![ChartFile::new("Chart.yaml".to_owned(), bytes)];
    if let Ok(chart) = load_files(files) {
        let config = config_json(&chart.metadata);
        // JSON is YAML: Chart.yaml as JSON is the same chart.
        let files = vec![ChartFile::new("Chart.yaml".to_owned(), config.clone())];
        let again = load_files(files).expect("a chart");
        assert_eq!(
            String::from_utf8_lossy(&config_json(&again.metadata)),
            String::from_utf8_lossy(&config)
        );
    }
});
