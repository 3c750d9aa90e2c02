#!/usr/bin/env bash
# Fills the corpus of every target with this project's own fixtures, so that fuzzing starts from realistic charts.
set -euo pipefail
cd "$(dirname "$0")"
fixtures=../fixtures

seed() { # target, then files
    local target=$1 count=0
    shift
    mkdir -p "corpus/$target"
    for file in "$@"; do
        cp "$file" "corpus/$target/seed-$count"
        count=$((count + 1))
    done
}

mapfile -t templates < <(find "$fixtures" -path '*/templates/*' -type f | sort)
mapfile -t documents < <(find "$fixtures" -name '*.yaml' -type f | sort)
seed template_parse "${templates[@]}"
seed template_render "${templates[@]}"
seed yaml_read "${documents[@]}"
seed yaml_roundtrip "${documents[@]}"

# The edit cases: the edits a line each, then the file.
mkdir -p corpus/yaml_edit
for case in "$fixtures"/edits/*/; do
    for before in "$case"before.*; do
        {
            awk '/^--set/ { getline; print "s" $0; print "C" $0 } /^--append$/ { getline; print "a" $0 } /^--remove/ { getline; print "r" $0 }' "$case/arguments"
            printf '\0'
            cat "$before"
        } >"corpus/yaml_edit/$(basename "$case")"
    done
done

# The examples of the rules are manifests of every kind that has a rule.
mkdir -p corpus/validate_manifest
awk -v out=corpus/validate_manifest/rule- '/^```yaml .* manifest$/ { number++; writes = 1; next } /^```$/ { writes = 0 } writes { print > (out number) }' \
    ../docs/rules.md

# Random definitions, each with the resources that it judges.
python3 - ../tests/custom_resources corpus/validate_manifest <<'SEEDS'
import collections, json, pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
cases = collections.defaultdict(list)
for case in map(json.loads, (source / "cases.jsonl").open()):
    cases[case["definition"]].append(json.dumps(case["object"]))
for index, definition in enumerate((source / "definitions.jsonl").open()):
    (target / f"custom-{index}").write_text("\n---\n".join([definition.strip(), *cases[index][:2]]) + "\n")
SEEDS

mkdir -p corpus/set_flag corpus/archive_load
count=0
for argument in 'a=1' 'a.b[0].c=x,f={1,2,three}' 'a\.b=null' 'a={}' 'a={"b": [1, 2]}' 'a[1].b=0x10,c=1e3' 'f=' 'a.e=null'; do
    printf '%s' "$argument" >"corpus/set_flag/seed-$count"
    count=$((count + 1))
done
for chart in "$fixtures"/*/*/Chart.yaml; do
    directory=$(dirname "$chart")
    name=$(basename "$directory")
    tar -C "$(dirname "$directory")" --format=ustar -cf "corpus/archive_load/$name" "$name"
    gzip -kf "corpus/archive_load/$name"
done

mkdir -p corpus/lint_chart corpus/bump_image corpus/index_merge corpus/configuration corpus/payload_json
# A template, the values, Chart.yaml, the helpers and the schema, with a zero byte between them.
for chart in "$fixtures"/*/*/Chart.yaml; do
    directory=$(dirname "$chart")
    for template in "$directory"/templates/*.yaml; do
        seed="corpus/lint_chart/$(basename "$directory")-$(basename "$template")"
        for file in "$template" "$directory/values.yaml" "$chart" "$directory/templates/_helpers.tpl" "$directory/values.schema.json"; do
            [[ -f $file ]] && cat "$file"
            printf '\0'
        done >"$seed"
    done
done
# Files that name the image, with values at `image.tag` and `b[0].c`, in many spellings.
seed=0
while IFS= read -r text; do
    printf '%b' "$text" >"corpus/bump_image/seed-$seed"
    seed=$((seed + 1))
done <<'FILES'
image: acme/web:1.0\n---\nimage: {repository: acme/web, tag: "1.0"}\n
image:\n  registry: docker.io\n  repository: acme/web # x\n  tag: &t 1.0\n  digest: ""\nb: *t\n
spec:\r\n  containers:\r\n  - {name: a, image: "acme/web:1.0"}\r\nimage: {tag: 1}\r\nb:\r\n- c: 1\r\n
# first\nimage:\n  tag: '1.0' # second\n  repository: acme/web\nb:\n- c: x\n  d: |\n    c: y\n
{"image": {"repository": "acme\\u002fweb", "tag": 1.0},\n "b": [{"c": null}]}\n
image: !!map\n  repository:\n    acme/web\n  tag:\nb:\n  - ? c\n    : |2-\n      x\n
\xef\xbb\xbfimage: {repository: docker.io/acme/web,\n  tag: "1.\\\n    0"}\nb: [ {c: } ]
%YAML 1.1\n---\nimage: &i\n  repository: acme/web\n  tag: 0x10\nother: {<<: *i, tag: v1}\nb:\n- {c: false}\n...\n
FILES
cat >corpus/index_merge/seed-0 <<'INDEX'
apiVersion: v1
entries:
  fuzzed:
  - {apiVersion: v2, name: fuzzed, version: 0.0.9, digest: "00", created: "2025-01-01T00:00:00Z", urls: [fuzzed-0.0.9.tgz]}
  other:
  - {name: other, version: 1.0.0+a}
generated: "2025-01-01T00:00:00Z"
INDEX
cp "$fixtures"/*/chartwright.yaml corpus/configuration/
schema=0
while IFS= read -r file; do
    { cat "$file"; printf '\0{"a": [1, "x", null], "image": {"tag": 1.5e3}}'; } >"corpus/payload_json/seed-$schema"
    schema=$((schema + 1))
done < <(find "$fixtures" ../schemas -name '*.schema.json' | sort)

# A payload of each sender's kinds.
mkdir -p corpus/event_payload
python3 - ../tests/events/payloads.jsonl corpus/event_payload <<'SEEDS'
import json, pathlib, sys
for row in map(json.loads, open(sys.argv[1])):
    if "payload" in row:
        (pathlib.Path(sys.argv[2]) / row["id"]).write_text(json.dumps(row["payload"]))
SEEDS

mkdir -p corpus/challenge corpus/oci_manifest corpus/repositories corpus/docker_config corpus/dependency_files
seed keyring ../tests/keys/*.gpg ../tests/keys/*.asc ../tests/keys/*.kbx
seed provenance seeds/*.prov
# Texts of one line each, with the escapes of printf.
lines() { # target, then the texts on standard input
    local count=0
    while IFS= read -r text; do
        printf '%b' "$text" >"corpus/$1/line-$count"
        count=$((count + 1))
    done
}
lines challenge <<'HEADERS'
Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"
bearer service=x, realm="a\\"b,c"
Basic realm="x"
Negotiate
HEADERS
sha='sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
layer="{\"mediaType\":\"application/vnd.cncf.helm.chart.content.v1.tar+gzip\",\"digest\":\"$sha\",\"size\":1}"
prov="{\"mediaType\":\"application/vnd.cncf.helm.chart.provenance.v1.prov\",\"digest\":\"$sha\",\"size\":1}"
lines oci_manifest <<MANIFESTS
{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"$sha","size":2},"layers":[$prov,$layer]}
{"manifests":[{"digest":"$sha"}]}
{"name":"web","version":"1.0.0+b.1","apiVersion":"v2","dependencies":[{"name":"d","version":"1.x","import-values":["data",{"child":"c","parent":"p"}]}]}
MANIFESTS
seed oci_manifest "$fixtures"/*/*/Chart.yaml
lines repositories <<'LISTS'
apiVersion: ""\nrepositories:\n- name: shop\n  url: https://charts.example.com/stable\n  username: me\n  password: hunter2\n  pass_credentials_all: true\n
repositories: [{name: shop, url: "https://me:hunter2@charts.example.com", certFile: a, keyFile: b, caFile: c, insecure_skip_tls_verify: true}, null]\n
repositories: {}\n
LISTS
lines docker_config <<'CONFIGS'
{"auths":{"registry.example.com":{"auth":"bWU6aHVudGVyMg=="},"https://index.docker.io/v1/":{"username":"me","password":"hunter2"}}}
{"auths":{"registry.example.com/team":{"identitytoken":"hunter2"},"h:5000":{"auth":"bWU6"}},"credHelpers":{"h:5000":"none"}}
{"credsStore":"none"}
CONFIGS
lines dependency_files <<LOCKS
dependencies:\n- name: web\n  repository: https://h/charts\n  version: 1.2.3\ndigest: sha256:0\ngenerated: "2026-01-01T00:00:00Z"\n\0web 1.2.3 $sha https://h/charts\n
dependencies: []\ndigest: ""\n\0
\0a\\\\x20b 1.0.0 $sha oci://h\n\n
LOCKS
# A lock whose digest is that of the chart of the target.
printf 'dependencies:\n- name: web\n  repository: https://h/charts\n  version: 1.2.3\ndigest: sha256:%s\ngenerated: "2026-01-01T00:00:00Z"\n\0' \
    "$(printf '[[{"name":"web","version":"1.x","repository":"https://h/charts"}],[{"name":"web","version":"1.2.3","repository":"https://h/charts"}]]' | sha256sum | cut -d' ' -f1)" \
    >corpus/dependency_files/in-sync
