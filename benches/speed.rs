//! The hot paths one by one, in bytes per second: `cargo bench`.
//!
//! Inputs are made here: a chart of ordinary shape, and manifests as it renders them. With `CORPUS_DIR` naming a directory of
//! rendered manifests, those are read as well.

#![expect(clippy::expect_used, reason = "a benchmark stops at input it cannot read")]

use std::hint::black_box;
use std::sync::Arc;

use chartwright::engine::functions::{self, yaml_value};
use chartwright::engine::render::FixedClock;
use chartwright::engine::template::{Executor, Options, TemplateSet, Value, token_count};
use chartwright::text::yaml;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const HELPERS: &str = r#"
{{- define "c.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "c.labels" -}}
app.kubernetes.io/name: {{ include "c.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}
"#;

const DEPLOYMENT: &str = r#"
{{- range $index, $app := .Values.apps }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "c.name" $ }}-{{ $app.name }}
  labels:
    {{- include "c.labels" $ | nindent 4 }}
spec:
  replicas: {{ $app.replicas | default 1 }}
  template:
    spec:
      containers:
        - name: {{ $app.name }}
          image: "{{ $app.image.repository }}:{{ $app.image.tag | default $.Chart.AppVersion }}"
          {{- if and $app.port (ne $app.kind "worker") }}
          ports:
            - containerPort: {{ $app.port }}
          {{- end }}
          {{- with $app.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
            {{- range $key, $value := $app.env }}
            - name: {{ $key | upper }}
              value: {{ printf "%v" $value | quote }}
            {{- end }}
{{- end }}
"#;

fn values() -> String {
    let mut text = "Values:\n  apps:\n".to_owned();
    for index in 0..200 {
        text.push_str(&format!(
            "    - name: app-{index}\n      kind: web\n      replicas: {index}\n      port: {port}\n      image: {{repository: registry.example.org/team/app-{index}, tag: 1.2.{index}}}\n      \
             resources:\n        limits: {{cpu: 500m, memory: 256Mi}}\n        requests: {{cpu: 100m, memory: 128Mi}}\n      env: {{log_level: info, feature_x: true, retries: 3}}\n",
            port = 8000 + index
        ));
    }
    text.push_str("Release: {Name: demo, Service: Helm}\nChart: {Name: bench, AppVersion: '1'}\n");
    text
}

fn compiled() -> TemplateSet {
    let mut set = TemplateSet::new(functions::lookup);
    set.parse("c/templates/_helpers.tpl", HELPERS).expect("compiles");
    set.parse("c/templates/deployment.yaml", DEPLOYMENT).expect("compiles");
    set
}

fn render() -> Vec<u8> {
    let dot = yaml_value::value_from_yaml(values().as_bytes()).expect("is YAML");
    execute(&Arc::new(compiled().finish()), dot)
}

fn execute(set: &Arc<chartwright::engine::template::CompiledSet>, dot: Value) -> Vec<u8> {
    let mut world = FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(1));
    let mut executor = Executor::new(Arc::clone(set), Options::default(), &mut world);
    executor
        .render("c/templates/deployment.yaml", dot)
        .expect("renders")
        .text
}

fn templates(criterion: &mut Criterion) {
    let source = DEPLOYMENT.repeat(20);
    let mut group = criterion.benchmark_group("template");
    group.throughput(Throughput::Bytes(source.len() as u64));
    group.bench_function("lex", |bencher| {
        bencher.iter(|| token_count(black_box(source.as_bytes())));
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| {
            let mut set = TemplateSet::new(functions::lookup);
            set.parse("t", black_box(source.as_str())).expect("compiles");
            set
        });
    });
    let dot = yaml_value::value_from_yaml(values().as_bytes()).expect("is YAML");
    let set = Arc::new(compiled().finish());
    group.throughput(Throughput::Bytes(execute(&set, dot.clone()).len() as u64));
    group.bench_function("execute", |bencher| {
        bencher.iter(|| execute(&set, black_box(dot.clone())));
    });
    group.finish();
}

fn yaml_text(criterion: &mut Criterion) {
    let manifests = render();
    let mut group = criterion.benchmark_group("yaml");
    group.throughput(Throughput::Bytes(manifests.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            yaml::parse_all(black_box(&manifests))
                .expect("is YAML")
                .documents()
                .len()
        });
    });
    let text = values();
    let value = yaml_value::value_from_yaml(text.as_bytes()).expect("is YAML");
    let written = yaml_value::to_yaml(&value).expect("is written");
    group.throughput(Throughput::Bytes(written.len() as u64));
    group.bench_function("write", |bencher| {
        bencher.iter(|| yaml_value::to_yaml(black_box(&value)).expect("is written"));
    });
    #[expect(clippy::disallowed_methods, reason = "the place of the data is given from outside")]
    if let Ok(directory) = std::env::var("CORPUS_DIR") {
        let files: Vec<Vec<u8>> = std::fs::read_dir(directory)
            .expect("a directory")
            .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a file"))
            .collect();
        group.throughput(Throughput::Bytes(files.iter().map(|file| file.len() as u64).sum()));
        group.sample_size(20).bench_function("read the corpus", |bencher| {
            bencher.iter(|| {
                files
                    .iter()
                    .filter(|file| yaml::parse_all(black_box(file)).is_ok())
                    .count()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, templates, yaml_text);
criterion_main!(benches);
