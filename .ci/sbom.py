#!/usr/bin/env python3
"""Writes the crates that a release is made of as a CycloneDX document, from `cargo metadata`.

Usage: sbom.py TARGET > chartwright.cdx.json
Crates that only tests, benchmarks and build scripts need are not in the program, so they are not listed. The document has no time and
no random number: the same Cargo.lock gives the same bytes."""
import json
import subprocess
import sys

TARGET = sys.argv[1]


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def component(package, checksums):
    name, version = package["name"], package["version"]
    entry = {"type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version, "purl": f"pkg:cargo/{name}@{version}"}
    if package["license"]:
        # Old manifests separate alternatives with a slash.
        entry["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if (name, version) in checksums:
        entry["hashes"] = [{"alg": "SHA-256", "content": checksums[name, version]}]
    return entry


def locked_checksums():
    """Checksums of the archives of crates, as Cargo.lock has them."""
    found, name, version = {}, None, None
    with open("Cargo.lock", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.strip().partition(" = ")
            value = value.strip('"')
            if key == "name":
                name = value
            elif key == "version":
                version = value
            elif key == "checksum":
                found[name, version] = value
    return found


def main():
    data = metadata()
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    root = data["resolve"]["root"]
    used, waiting, depends = set(), [root], {}
    while waiting:
        identity = waiting.pop()
        if identity in used:
            continue
        used.add(identity)
        direct = [entry["pkg"] for entry in nodes[identity]["deps"] if any(kind["kind"] is None for kind in entry["dep_kinds"])]
        depends[identity] = direct
        waiting.extend(direct)
    checksums = locked_checksums()

    def reference(identity):
        return f"{packages[identity]['name']}@{packages[identity]['version']}"

    program = component(packages[root], checksums)
    program["type"] = "application"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": program, "properties": [{"name": "target", "value": TARGET}]},
        "components": sorted((component(packages[identity], checksums) for identity in used - {root}), key=lambda entry: entry["bom-ref"]),
        "dependencies": sorted(
            ({"ref": reference(identity), "dependsOn": sorted(map(reference, direct))} for identity, direct in depends.items()),
            key=lambda entry: entry["ref"],
        ),
    }
    json.dump(document, sys.stdout, indent=2)
    print()


main()
