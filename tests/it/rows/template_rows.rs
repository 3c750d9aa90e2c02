//! Rows that are one template in a small chart.

use base64::Engine as _;
use chartwright::engine::chart::{ChartFile, load_files, read_values};
use chartwright::engine::functions::json::from_go_json;
use chartwright::engine::render::{
    Capabilities, FixedClock, Operation, Release, SchemaCheck, compile_chart, render_templates, render_values,
};
use chartwright::engine::template::{Dict, Map, MissingKey, Options, Value};
use chartwright::kubernetes::version::KubeVersion;
use serde_json::Value as Json;

use super::report::Verdict;

const ORACLE_CHART: &str =
    "apiVersion: v2\nname: oracle\nversion: 1.2.3\nappVersion: \"4.5\"\ndescription: d\nkeywords: [a, b]\n";
/// The time at which the rows were made, which some of them show.
const NOW: i128 = 1_795_207_731_800_000_000;
const ROWS_CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\ntype: application\n\
    description: a chart\nkeywords: [k1, k2]\nhome: https://example.com\nannotations: {a: \"1\", b: \"2\"}\n\
    maintainers: [{name: m, email: m@example.com}]\n";

pub(crate) fn judge(row: &Json, base: Option<&Json>) -> Verdict {
    let wanted = match (row.get("output"), row.get("output_b64"), row.get("error")) {
        (Some(Json::String(text)), _, _) => Ok(text.clone().into_bytes()),
        (_, Some(Json::String(encoded)), _) => Ok(base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .expect("base64")),
        (_, _, Some(Json::String(text))) => Err(text.clone()),
        _ => return Verdict::Different("a row without an answer".to_owned()),
    };
    let is_oracle = base.is_some();
    let ours = if is_oracle { oracle(row, base) } else { matrix(row) };
    Verdict::compare(ours, wanted)
}

/// A file's bytes. JSON cannot contain the byte 0xff: the rows have U+FFFD in its place.
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for piece in text.split_inclusive('\u{FFFD}') {
        match piece.strip_suffix('\u{FFFD}') {
            Some(before) => {
                bytes.extend_from_slice(before.as_bytes());
                bytes.push(0xFF);
            }
            None => bytes.extend_from_slice(piece.as_bytes()),
        }
    }
    bytes
}

fn files_of(json: Option<&Json>) -> Vec<ChartFile> {
    let entries = json.and_then(Json::as_object).into_iter().flatten();
    entries
        .map(|(path, text)| ChartFile::new(path.clone(), bytes_of(text.as_str().unwrap_or_default())))
        .collect()
}

fn text<'r>(row: &'r Json, key: &str) -> &'r str {
    row.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn oracle(row: &Json, base: Option<&Json>) -> Result<Vec<u8>, String> {
    let source = if row.get("base").is_some() { base } else { None };
    let values_yaml = source.map_or_else(|| text(row, "values_yaml"), |base| text(base, "values_yaml"));
    let mut files = files_of(source.and_then(|base| base.get("files")));
    files.push(ChartFile::new(
        "Chart.yaml".to_owned(),
        ORACLE_CHART.as_bytes().to_vec(),
    ));
    files.push(ChartFile::new(
        "values.yaml".to_owned(),
        values_yaml.as_bytes().to_vec(),
    ));
    let kube_version = KubeVersion::parse("v1.31.0").expect("a version");
    let versions = ["v1", "apps/v1", "batch/v1", "networking.k8s.io/v1/Ingress"];
    let capabilities = Capabilities::of_cluster(kube_version, versions.map(str::to_owned).to_vec());
    render(row, files, &Map::new(Dict::new()), &capabilities)
}

fn matrix(row: &Json) -> Result<Vec<u8>, String> {
    let mut files = files_of(row.get("files"));
    files.extend(files_of(row.get("extra_templates")));
    files.push(ChartFile::new("Chart.yaml".to_owned(), ROWS_CHART.as_bytes().to_vec()));
    let kube_version = match row.get("kube_version").and_then(Json::as_str) {
        Some(version) => Some(KubeVersion::parse(version).map_err(|error| {
            let error = error.to_string();
            error
                .split_once("': ")
                .map_or(error.clone(), |(_, reason)| reason.to_owned())
        })?),
        None => None,
    };
    let more: Vec<String> = row
        .get("api_versions")
        .and_then(Json::as_array)
        .map(|versions| {
            versions
                .iter()
                .filter_map(|version| version.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default();
    let capabilities = Capabilities::new(kube_version, &more);
    let values = match (row.get("values"), row.get("values_yaml").and_then(Json::as_str)) {
        (Some(values), _) => match from_go_json(values.to_string().as_bytes())? {
            Value::Map(map) => map,
            _ => Map::new(Dict::new()),
        },
        (None, Some(text)) => read_values(text.as_bytes())?,
        (None, None) => Map::new(Dict::new()),
    };
    render(row, files, &values, &capabilities)
}

fn render(row: &Json, mut files: Vec<ChartFile>, values: &Map, capabilities: &Capabilities) -> Result<Vec<u8>, String> {
    files.push(ChartFile::new(
        "templates/t.yaml".to_owned(),
        text(row, "template").as_bytes().to_vec(),
    ));
    let chart = load_files(files).map_err(|error| error.to_string())?;
    let is_upgrade = row.get("is_upgrade").and_then(Json::as_bool).unwrap_or(false);
    let operation = if is_upgrade {
        Operation::Upgrade
    } else {
        Operation::Install
    };
    let release = Release {
        name: "rel".to_owned(),
        namespace: "ns".to_owned(),
        operation,
    };
    let top = render_values(
        &chart,
        values,
        &release,
        capabilities,
        SchemaCheck::Enforced,
        &mut Vec::new(),
    )
    .map_err(|error| error.to_string())?;
    let flag = |key: &str| row.get(key).and_then(Json::as_bool).unwrap_or(false);
    let options = Options {
        missing_key: if flag("strict") {
            MissingKey::Error
        } else {
            MissingKey::Zero
        },
        lint: flag("lint"),
        ..Options::default()
    };
    let templates =
        compile_chart(&chart).map_err(|error| chartwright::engine::template::helm_parse_error_text(&error))?;
    let mut world = FixedClock::new(NOW, |bytes: &mut [u8]| {
        getrandom::fill(bytes).expect("random numbers");
    });
    let rendering =
        render_templates(&chart, &templates, &top, options, &mut world).map_err(|error| error.to_string())?;
    let name = format!("{}/templates/t.yaml", chart.name());
    Ok(rendering.file(&name).map(|file| file.text.to_vec()).unwrap_or_default())
}
