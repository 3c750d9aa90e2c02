#!/usr/bin/env python3
"""Packages of ours and of Helm's of the same charts, and signatures that each verifies of the other.

    helm_packages.py BINARY HELM

Takes the charts of the conformance data, or the bundled example where that is absent. The members and their content must be the
same; Chart.yaml and Chart.lock are compared by what they say, because Helm prints them anew."""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

BINARY, HELM = (os.path.abspath(path) for path in sys.argv[1:3])
CORPUS = os.path.abspath(os.path.join("..", "shared", "conformance", "charts-corpus", "charts"))
KEYS = os.path.abspath(os.path.join("tests", "keys"))
CHARTS = 60


def run(command, **settings):
    return subprocess.run(command, capture_output=True, text=True, **settings)


def only_file(directory):
    (name,) = [name for name in os.listdir(directory) if name.endswith(".tgz")]
    return os.path.join(directory, name)


def members(archive):
    found = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            data = tar.extractfile(member)
            found.setdefault(member.name, []).append(data.read() if data else None)
    return found


def chart_meaning(text, has_requirements, work):
    """What Helm reads in a Chart.yaml. Dependencies of a chart that has them in requirements.yaml, or may not have any in Chart.yaml, do
    not count: Helm adds or drops them when it prints the file."""
    directory = os.path.join(work, "one")
    shutil.rmtree(directory, ignore_errors=True)
    os.mkdir(directory)
    with open(os.path.join(directory, "Chart.yaml"), "wb") as file:
        file.write(text)
    shown = run([HELM, "show", "chart", directory])
    if shown.returncode:
        return text
    if has_requirements or re.search(r"^apiVersion: v1$", shown.stdout, re.M):
        return re.sub(r"^dependencies:\n([- ].*\n)*", "", shown.stdout, flags=re.M)
    return shown.stdout


def lock_meaning(text):
    lines = [re.sub(rb"""^[- ]+|["']|\s+$""", b"", line) for line in text.split(b"\n")]
    return sorted(line for line in lines if line and not line.startswith((b"generated", b"#")))


def differences(ours, theirs, work):
    found = [f"only in one: {name}" for name in sorted(set(ours) ^ set(theirs))]
    for name in sorted(set(ours) & set(theirs)):
        a, b = ours[name], theirs[name]
        if a == b:
            continue
        if name.endswith("/Chart.yaml"):
            has_requirements = name.replace("Chart.yaml", "requirements.yaml") in ours
            if chart_meaning(a[0], has_requirements, work) == chart_meaning(b[0], has_requirements, work):
                continue
        if name.endswith("/Chart.lock") and lock_meaning(a[0]) == lock_meaning(b[0]):
            continue
        found.append(f"differs: {name}")
    return found


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def packaged_elsewhere(chart, work):
    """The digest of a package of a copy, with other times, time zone and mask."""
    copy = os.path.join(work, "copy", os.path.basename(chart))
    shutil.rmtree(os.path.dirname(copy), ignore_errors=True)
    shutil.copytree(chart, copy, symlinks=True, copy_function=shutil.copy)
    target = os.path.join(work, "elsewhere")
    shutil.rmtree(target, ignore_errors=True)
    environment = {**os.environ, "TZ": "Asia/Tokyo"}
    run([BINARY, "package", copy, "-d", target], env=environment, preexec_fn=lambda: os.umask(0o077))
    return digest(only_file(target))


def check_charts(work):
    source = CORPUS if os.path.isdir(CORPUS) else os.path.abspath(os.path.join("fixtures", "shop"))
    names = sorted(name for name in os.listdir(source) if os.path.isfile(os.path.join(source, name, "Chart.yaml")))
    step = max(1, len(names) // (CHARTS + CHARTS // 2))
    passed = failed = 0
    for name in names[::step]:
        if passed + failed == CHARTS:
            break
        chart = os.path.join(source, name)
        ours, theirs = os.path.join(work, "ours", name), os.path.join(work, "theirs", name)
        for directory in (ours, theirs):
            os.makedirs(directory)
        results = [run([program, "package", chart, "-d", to]) for program, to in ((BINARY, ours), (HELM, theirs))]
        if results[1].returncode:
            continue
        if results[0].returncode:
            failed += 1
            print(f"{name}: only Helm packages it: {results[0].stderr}")
            continue
        found = differences(members(only_file(ours)), members(only_file(theirs)), work)
        if packaged_elsewhere(chart, work) != digest(only_file(ours)):
            found.append("another digest elsewhere")
        passed, failed = passed + (not found), failed + bool(found)
        for line in found:
            print(f"{name}: {line}")
    return passed, failed


def check_signatures(work):
    chart = os.path.abspath(os.path.join("fixtures", "shop", "orders"))
    public = os.path.join(KEYS, "public.asc")
    phrase = os.path.join(work, "phrase")
    with open(phrase, "w") as file:
        file.write("open sesame\n")
    passed = failed = 0
    for number, (key, ring) in enumerate((("Plain", "plain.secret.gpg"), ("Locked", "locked.secret.asc"))):
        for signer, verifier in ((BINARY, HELM), (HELM, BINARY), (BINARY, BINARY)):
            target = os.path.join(work, f"signed-{number}-{os.path.basename(signer)}-{os.path.basename(verifier)}")
            os.mkdir(target)
            command = [signer, "package", chart, "-d", target, "--sign", "--key", key]
            signed = run(command + ["--keyring", os.path.join(KEYS, ring), "--passphrase-file", phrase])
            verified = run([verifier, "verify", only_file(target), "--keyring", public]) if not signed.returncode else signed
            is_well = verified.returncode == 0 and f"{key} Tester" in verified.stdout
            passed, failed = passed + is_well, failed + (not is_well)
            if not is_well:
                print(f"{key}, signed by {signer}, verified by {verifier}: {signed.stderr}{verified.stdout}{verified.stderr}")
    return passed, failed


def main():
    with tempfile.TemporaryDirectory() as work:
        results = [check_charts(work), check_signatures(work)]
    passed, failed = (sum(column) for column in zip(*results))
    print(f"packages: {results[0][0]} passed, {results[0][1]} failed; signatures: {results[1][0]} passed, {results[1][1]} failed")
    sys.exit(1 if failed or not passed else 0)


main()
