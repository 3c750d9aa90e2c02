#!/usr/bin/env bash
# Eight processes push five charts each to one S3 bucket at once; all forty must be in the index.
# The server is moto, from PyPI. usage: push_race.sh BINARY TOOLS
set -euo pipefail
binary=$(realpath "$1")
tools=$2
venv="$tools/moto"
[ -x "$venv/bin/moto_server" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet 'moto[server]'; }
work=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
"$venv/bin/moto_server" -p "$port" >"$work/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
export AWS_ENDPOINT_URL="http://127.0.0.1:$port"
"$venv/bin/python" - <<'PY'
import os, time, boto3
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
for attempt in range(100):
    try:
        client.create_bucket(Bucket="charts")
        break
    except Exception:
        time.sleep(0.2)
else:
    raise SystemExit("the server does not answer")
PY
for process in 1 2 3 4 5 6 7 8; do
    for chart in 1 2 3 4 5; do
        name="race-$process-$chart"
        mkdir -p "$work/$name"
        printf 'apiVersion: v2\nname: %s\nversion: 0.1.0\n' "$name" >"$work/$name/Chart.yaml"
        "$binary" package "$work/$name" -d "$work/packages" >/dev/null
    done
done
pids=()
for process in 1 2 3 4 5 6 7 8; do
    (for chart in 1 2 3 4 5; do "$binary" push "$work/packages/race-$process-$chart-0.1.0.tgz" s3://charts/stable >/dev/null; done) &
    pids+=("$!")
done
for pid in "${pids[@]}"; do wait "$pid"; done
"$venv/bin/python" - <<'PY'
import os, boto3, yaml
client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
index = yaml.safe_load(client.get_object(Bucket="charts", Key="stable/index.yaml")["Body"].read())
wanted = [f"race-{p}-{c}" for p in range(1, 9) for c in range(1, 6)]
missing = [name for name in wanted if name not in index["entries"]]
print("missing:", missing) if missing else None
print(f"{len(wanted) - len(missing)} passed, {len(missing)} failed")
raise SystemExit(1 if missing else 0)
PY
