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
