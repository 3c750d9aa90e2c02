#!/usr/bin/env python3
"""Runs charts, schemas and manifests that are made to exhaust memory or time, at full size, and prints a table.

Usage: attacks.py path/to/chartwright [words of attacks ...]

Fails if one of them uses more than 400 MB or 5 seconds of CPU, or is ended by a signal or by the time limit. The numbers before
are those of November 2026, under a limit of 8 GB.
"""
import io
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile

MOST_MEMORY = 400  # MB
MOST_CPU = 5  # seconds
ADDRESSES = 8 << 30
SECONDS = 60

ATTACKS = []


def attack(name, before):
    def add(make):
        ATTACKS.append((name, before, make))
        return make
    return add


def chart(root, files, name="c"):
    write(root / name / "Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
    for path, text in files.items():
        write(root / name / path, text)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def template(name, before, text):
    def make(root):
        chart(root, {"templates/t.yaml": text})
        return ["template", "x", "c"]
    ATTACKS.append((f"template: {name}", before, make))


def lint(name, before, text, files=None):
    """A function in a loop, in a chart that is linted: it is rendered more than once."""
    def make(root):
        chart(root, {"templates/t.yaml": text, **(files() if files else {})})
        return ["lint", "c"]
    ATTACKS.append((f"lint: {name}", before, make))


def schema(name, before, schema, values):
    def make(root):
        chart(root, {"values.schema.json": json.dumps(schema()), "values.yaml": json.dumps(values())})
        return ["template", "x", "c"]
    ATTACKS.append((f"values.schema.json: {name}", before, make))


def workflow(name, before, text):
    def make(root):
        chart(root, {})
        write(root / ".github/workflows/w.yml", text())
        return ["init", "--dry-run", "."]
    ATTACKS.append((f"workflow: {name}", before, make))


def definition(name, before, spec, value):
    def make(root):
        root_schema = {"type": "object", "properties": {"spec": spec()}}
        version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root_schema}}
        names = {"kind": "H", "plural": "hs", "singular": "h", "listKind": "HList"}
        crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "hs.x.io"},
               "spec": {"group": "x.io", "scope": "Namespaced", "names": names, "versions": [version]}}
        resource_ = {"apiVersion": "x.io/v1", "kind": "H", "metadata": {"name": "a"}, "spec": value()}
        write(root / "crd.json", json.dumps(crd))
        write(root / "object.json", json.dumps(resource_))
        return ["validate", "crd.json", "object.json"]
    ATTACKS.append((f"definition: {name}", before, make))


template("list of large texts", "6.3 GB, 14 s",
         '{{ $l := list }}{{ range until 60 }}{{ $l = append $l (repeat 130000000 "a") }}{{ end }}')
template("many lists", "2.6 GB",
         '{{ $d := dict }}{{ range $i, $_ := until 60 }}{{ $_ := set $d (print $i) (until 4000000) }}{{ end }}')
template("many sources for tpl", "7.3 GB, aborted",
         '{{ range $i, $_ := until 1000000 }}{{ $x := tpl (print "{{/* " $i " */}}" (repeat 1000 "{{ 1 }}")) $ }}{{ end }}')
template("output", "1.9 GB", '{{ $s := repeat 1000000 "a\\n" }}{{ range until 500 }}{{ $s }}{{ end }}')
template("many patterns", "2.4 GB, 21 s",
         '{{ range $i, $_ := until 10000 }}{{ $x := regexMatch (printf "(\\\\pL{100}){9}%d" $i) "a" }}{{ end }}')
template("a quadratic pattern", "killed", '{{ regexReplaceAll "(.*)x|a" (repeat 300000 "a") "b" | len }}')
template("a pattern that is replaced everywhere", "33 s", '{{ $s := repeat 1000000 "a" }}{{ range until 200 }}{{ $x := regexReplaceAll "" $s "" }}{{ end }}')
template("groups that are replaced everywhere", "28 s", r'''{{ $s := repeat 1000000 "ab" }}{{ range until 200 }}{{ $x := regexReplaceAll "(?i)\\bA|(b)(c)?" $s "" }}{{ end }}''')
template("a pattern that matches everywhere", "1.2 GB", '{{ regexFindAll "" (repeat 10000000 "a") -1 | len }}')
template("hashes", "killed", '{{ $s := repeat 100000 "a" }}{{ range until 1000000 }}{{ $x := sha256sum $s }}{{ end }}')
template("contains", "killed",
         '{{ $s := repeat 120000000 "a" }}{{ range until 100000 }}{{ $x := contains "b" $s }}{{ end }}')
template("dates", "killed", '{{ range until 100000 }}{{ $x := date (repeat 10000 "2006") now }}{{ end }}')
template("wide numbers", "killed", '{{ range until 100000 }}{{ $x := printf "%999999d" 1 }}{{ end }}')
template("TOML", "18 s",
         '{{ $s := list }}{{ range $i, $_ := until 100000 }}{{ $s = append $s (printf "a%d=1" $i) }}{{ end }}'
         '{{ fromToml (join "\\n" $s) | len }}')
template("certificates", "killed", '{{ range until 1000 }}{{ $x := genCA "a" 1 }}{{ end }}')
template("keys", "killed", '{{ range until 1000 }}{{ $x := genPrivateKey "rsa" }}{{ end }}')
template("DSA keys", "killed", '{{ range until 1000 }}{{ $x := genPrivateKey "dsa" }}{{ end }}')
template("passwords", "killed", '{{ range until 1000 }}{{ $x := bcrypt "a" }}{{ end }}')
LOOP = "{{ range until 1000000 }}{{ $x := %s }}{{ end }}"
TEXT = '{{ $s := repeat 3000000 "ab" }}'
KEYS = '{{ $d := dict }}{{ range $i, $_ := until 200000 }}{{ $_ := set $d (printf "k%d" $i) $i }}{{ end }}'
# An RSA key of 8,192 bits whose numbers are wrong would be refused at once: a real one is made where there is openssl.
LARGE_KEY = shutil.which("openssl")


def large_key():
    made = subprocess.run([LARGE_KEY, "genrsa", "-traditional", "8192"], capture_output=True, text=True, check=True)
    return {"key.pem": made.stdout}


lint("tpl of a large text", "0.7 s", TEXT + LOOP % 'tpl (print "{{ 1 }}" $s) $')
lint("replace", "5.1 s", TEXT + LOOP % 'replace "ab" "" $s')
lint("base64", "0.7 s", TEXT + LOOP % "b64enc $s")
lint("base32", "3.0 s", TEXT + LOOP % "b32dec (b32enc $s)")
lint("shuffle", "over 15 s", TEXT + LOOP % "shuffle $s")
lint("printf %x", "5.0 s", TEXT + LOOP % 'printf "%%x" $s')
lint("urlquery", "12 s", '{{ $s := repeat 750000 "é日b " }}' + LOOP % "urlquery $s")
lint("AES", "0.7 s", TEXT + LOOP % 'encryptAES "k" $s')
lint("derived passwords", "10 s", LOOP % 'derivePassword 1 "long" "a" "b" "c"')
lint("htpasswd", "0.4 s", LOOP % 'htpasswd "a" "b"')
lint("random digits", "over 15 s", LOOP % "randNumeric 100000")
lint("semverCompare", "not tried", LOOP % 'semverCompare ">=1.2.0 <2.0.0 || ~3.1 || 4.x - 5.x" "1.2.3-rc.1"')
lint("toToml of many keys", "7.2 s", KEYS + LOOP % "toToml $d")
lint("toYaml of many keys", "over 15 s", KEYS + LOOP % "toYaml $d")
lint("toJson of many keys", "4.1 s", KEYS + LOOP % "toJson $d")
lint("print of many keys", "4.9 s", KEYS + LOOP % "print $d")
lint("pick of many keys", "over 15 s", KEYS + LOOP % 'pick $d "k1"')
lint("a list that is compacted", "not tried", '{{ $l := fromJsonArray (printf "[%s0]" (repeat 400000 "0,")) }}' + LOOP % "compact $l")
lint("a file that is read", "not tried", LOOP % '$.Files.Get "a.txt"', lambda: {"a.txt": "a" * 20_000_000})
lint("files that are looked for", "not tried", LOOP % '$.Files.Glob "**/x*"', lambda: {f"files/{n}.txt": "a" for n in range(20_000)})
lint("files as a map", "not tried", LOOP % "$.Files.AsConfig", lambda: {f"files/{n}.txt": "a" for n in range(20_000)})
lint("merge of many keys", "over 15 s", KEYS + LOOP % "merge (dict) $d")
lint("numbers in a text", "8 s", LOOP % "seq 1 1000")
lint("certificates of their own", "11 s", LOOP % 'genSelfSignedCert "a" nil nil 1')
lint("groups of a pattern", "15 s", '{{ $s := repeat 1000 "aa" }}' + LOOP % 'regexReplaceAll "(a|aa)+" $s "b"')
lint("a pattern with many positions", "over 15 s",
     '{{ $s := shuffle (repeat 50000 "ab") }}' + LOOP % 'regexMatch "[ab]*a[ab]{500}[0-9]" $s')
lint("a pattern that is refused", "over 15 s", TEXT + LOOP % 'regexMatch $s "a"')
lint("printf %x of short texts", "5.1 s", '{{ $s := repeat 1000 "ab" }}' + LOOP % 'printf "%%x" $s')
lint("decimals", "5 s", LOOP % "addf 1 2 3")
lint("items that are joined", "5 s", "{{ $l := until 1000 }}" + LOOP % 'join "," $l')
lint("addresses", "7 s", '{{ $s := repeat 150000 "é" }}' + LOOP % 'urlJoin (dict "path" $s "host" "a")')
lint("durations", "5 s", '{{ $s := repeat 300 "é " }}' + LOOP % "durationDays $s")
lint("methods of large texts", "over 15 s", TEXT + LOOP % "$.Files.Get $s")
lint("versions of the API", "over 15 s", LOOP % '$.Capabilities.APIVersions.Has "v1"')
if LARGE_KEY:
    lint("certificates with a large key", "over 15 s", LOOP % 'genCAWithKey "a" 1 ($.Files.Get "key.pem")', large_key)
template("a deep map, built", "0.9 GB",
         '{{ $d := dict }}{{ range until 1000000 }}{{ $d = dict "a" $d }}{{ end }}{{ len $d }}')
template("a deep map, merged", "1.6 GB",
         '{{ $d := dict }}{{ range until 1000000 }}{{ $d = dict "a" $d }}{{ end }}{{ merge (dict "a" dict) $d | len }}')
template("include twice", "8 s",
         "".join(f'{{{{ define "d{i}" }}}}{{{{ include "d{i + 1}" . }}}}{{{{ include "d{i + 1}" . }}}}{{{{ end }}}}'
                 for i in range(60)) + '{{ define "d60" }}x{{ end }}{{ include "d0" . }}')
template("many definitions", "15 s",
         "".join(f'{{{{ define "d{i}" }}}}x{{{{ end }}}}' for i in range(100000)))


def doubling(keyword):
    def levels():
        ref = lambda n: {"$ref": f"#/$defs/d{n}"}
        defs = {f"d{i}": {keyword: [ref(i + 1), ref(i + 1)]} for i in range(60)}
        return {"$defs": {**defs, "d60": {"type": "string"}}, "properties": {"a": ref(0)}}
    return levels


schema("allOf that doubles", "killed at 19 s", doubling("allOf"), lambda: {"a": 1})
schema("anyOf that doubles", "7.3 GB, aborted", doubling("anyOf"), lambda: {"a": 1})
schema("anyOf that doubles, in draft 4", "7.3 GB, aborted",
       lambda: {"$schema": "http://json-schema.org/draft-04/schema#", **doubling("anyOf")()}, lambda: {"a": 1})


def nested(depth):
    value = "x"
    for _ in range(depth):
        value = [value, value]
    return value


schema("anyOf of itself over lists", "killed",
       lambda: {"$defs": {"l": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/l"}, "minItems": 3},
                                         {"type": "array", "items": {"$ref": "#/$defs/l"}, "minItems": 4}]}},
                "properties": {"a": {"$ref": "#/$defs/l"}}}, lambda: {"a": nested(14)})
schema("a large enumeration", "killed",
       lambda: {"properties": {"a": {"items": {"enum": [f"value-{i}" for i in range(100000)]}}}},
       lambda: {"a": [f"other-{i}" for i in range(3000)]})


def wide(depth):
    return {"type": "integer"} if depth == 0 else {"anyOf": [wide(depth - 1) for _ in range(8)]}


schema("wide anyOf", "841 MB, killed", lambda: {"properties": {"a": wide(5)}}, lambda: {"a": "x"})
schema("anyOf 30 wide, five deep", "841 MB, killed",
       lambda: {"$defs": {**{f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 30} for i in range(5)}, "d5": {"type": "integer"}},
                "properties": {"a": {"$ref": "#/$defs/d0"}}}, lambda: {"a": "x"})
schema("unique items", "not tried", lambda: {"properties": {"a": {"uniqueItems": True}}},
       lambda: {"a": [{"k": i} for i in range(100000)]})
schema("many patterns", "not tried",
       lambda: {"properties": {f"a{i}": {"pattern": f"\\pL{{100}}{i}"} for i in range(1000)}}, lambda: {"a1": "a"})
schema("a long text, many patterns", "not tried",
       lambda: {"allOf": [{"properties": {"a": {"pattern": f"(a*)*(a|b{{50}}){{20}}{i}$"}}} for i in range(500)]},
       lambda: {"a": "a" * 1000000})
schema("many errors", "not tried",
       lambda: {"properties": {"a": {"items": {"allOf": [{"type": "integer"}] * 300}}}}, lambda: {"a": ["x"] * 20000})
schema("many schemas", "not tried", lambda: {"properties": {f"p{i}": {"title": ""} for i in range(300000)}}, lambda: {})


def ruled(*rules, **properties):
    text = {"type": "string"}
    listed = {"type": "array", "items": text}
    return {"type": "object", "properties": {"l": listed, "s": text, **properties},
            "x-kubernetes-validations": [{"rule": rule} for rule in rules]}


workflow("calls of one command", "killed", lambda: "run: xargs " + "helm lint " * 100000)
workflow("words", "killed", lambda: "a " * 500000)
workflow("continued lines", "4 s", lambda: "\\\n" * 500000)
definition("nested all", "28 s, killed",
           lambda: ruled("self.l.all(x, self.l.all(y, self.l.all(z, x != y || y != z || true)))"),
           lambda: {"l": ["a"] * 2000, "s": "x"})
definition("map of map", "6.3 GB",
           lambda: ruled("self.l.map(a, self.l.map(b, self.l.map(c, a + b + c))).size() > 0"),
           lambda: {"l": ["a"] * 2000, "s": "x"})
definition("a text that doubles", "killed",
           lambda: ruled("[self.s]" + ".map(a, a+a+a+a+a+a+a+a+a+a)" * 6 + ".size() > 0"), lambda: {"l": [], "s": "x" * 100000})
definition("matches", "killed",
           lambda: ruled("self.l.all(x, self.l.all(y, !x.matches('(' + y + '{50}){20}')))"),
           lambda: {"l": ["a" * 100] * 3000, "s": "x"})
definition("fifty rules for many items", "killed",
           lambda: ruled(o={"type": "array", "items": {"type": "integer", "x-kubernetes-validations": [
               {"rule": f"self != {i + 10}"} for i in range(50)]}}),
           lambda: {"o": [1] * 100000})
definition("exists in all", "killed", lambda: ruled("self.l.all(x, self.l.exists(y, y == x + 'b'))"),
           lambda: {"l": [f"a{i}" for i in range(30000)], "s": "x"})
definition("many wrong fields", "over 20 s",
           lambda: {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(50000)}},
           lambda: {f"p{i}": 1 for i in range(50000)})


definition("lists that are joined for each item", "3.0 GB, killed",
           lambda: ruled("self.l.map(x, self.l + self.l).size() > 0"), lambda: {"l": ["a"] * 5000, "s": "x"})
definition("a list for each item", "3.5 GB, killed",
           lambda: ruled("self.l.map(x, true ? self.l : self.l).size() > 0"), lambda: {"l": ["a" * 100] * 5000, "s": "x"})
definition("lists that are joined in a filter", "10 s",
           lambda: ruled("self.l.filter(x, (self.l + self.l).size() > 0).size() > 0"), lambda: {"l": ["a"] * 8000, "s": "x"})
definition("patterns that are compiled for each item", "not tried",
           lambda: ruled("self.l.all(x, !x.matches('(\\\\pL{100}){9}'))"), lambda: {"l": ["a"] * 5000, "s": "x"})
definition("fifty thousand rules", "7.4 s",
           lambda: ruled(*[f"self.s != 'a{i}'" for i in range(50000)]), lambda: {"l": [], "s": "x"})
definition("a rule of brackets", "not tried", lambda: ruled("(" * 4000 + "true" + ")" * 4000), lambda: {"l": [], "s": "x"})
definition("a pattern with many positions", "over 15 s",
           lambda: {"type": "object", "properties": {"s": {"type": "string", "pattern": "[ab]*a[ab]{500}[0-9]"}}},
           lambda: {"s": "".join("ab"[i * i % 7 % 2] for i in range(1000000))})


def defaults(levels):
    inner = {"type": "object", "default": {}, "properties": {"z": {"type": "string"}}}
    for _ in range(levels):
        inner = {"type": "object", "default": {}, "properties": {"a": inner, "b": inner}}
    return inner


definition("defaults that double", "3.4 GB", lambda: defaults(18), dict)
definition("a large enumeration", "not tried",
           lambda: {"type": "object", "properties": {"l": {"type": "array", "items": {
               "type": "string", "enum": [f"value-{i}" for i in range(100000)]}}}},
           lambda: {"l": [f"other-{i}" for i in range(3000)]})


def endless(name, command):
    @attack(f"{name} without an end, {command}", "4.2 GB")
    def make(root):
        chart(root, {"templates/t.yaml": "a: 1\n"})
        path = root / "c" / name
        path.unlink(missing_ok=True)
        path.symlink_to("/dev/zero")
        return [command, "c"]


for name in ["Chart.yaml", ".helmignore", "values.yaml", "values-x.yaml"]:
    endless(name, "lint")


def levels(root, depth, aliases, *files):
    """Charts beside each other, each a dependency of the one before it under several aliases."""
    for level in range(depth):
        text = "".join(f"- name: l{level + 1}\n  version: 0.1.0\n  repository: file://../l{level + 1}\n  alias: a{n}\n"
                       for n in range(aliases)) if level < depth - 1 else ""
        dependencies = f"dependencies:\n{text}" if text else ""
        write(root / f"l{level}" / "Chart.yaml", f"apiVersion: v2\nname: l{level}\nversion: 0.1.0\n{dependencies}")
        for name, text in files:
            write(root / f"l{level}" / name, text)
    return ["lint", "l0"]


@attack("charts that depend on each other by path", "46 s, 1.4 GB")
def paths(root):
    return levels(root, 9, 3, ("templates/t.yaml", "a: 1\n"))


@attack("charts under five aliases each, nine levels", "over 60 s")
def aliases(root):
    return levels(root, 9, 5, ("templates/t.yaml", "a: 1\n"))


@attack("a chart under 9,900 aliases", "not tried")
def many_aliases(root):
    return levels(root, 2, 9900, ("templates/t.yaml", "a: 1\n"))


@attack("a chart with many values under many aliases", "not tried")
def values_of_aliases(root):
    return levels(root, 2, 100, ("values.yaml", "".join(f"key{n}: value-{n}\n" for n in range(7000))))


@attack("directories linked twice each", "killed")
def links(root):
    chart(root, {"templates/t.yaml": "a: 1\n"})
    for level in range(31):
        directory = root / f"d{level}"
        directory.mkdir()
        for name in "ab":
            (directory / name).symlink_to(root / f"d{level + 1}")
    write(root / "d31" / "f", "x")
    (root / "c" / "files").symlink_to(root / "d0")
    return ["template", "x", "c"]


def packed(name, files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for path, text in {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n".encode(), **files}.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return data.getvalue()


@attack("archives in archives", "6.4 GB, killed")
def archives(root):
    inner = packed("l0", {"z": bytes(90 << 20)})
    for level in range(1, 6):
        inner = packed(f"l{level}", {f"charts/x{n}.tgz": inner for n in range(10)})
    write(root / "c.tgz", inner)
    return ["template", "x", "c.tgz"]


@attack("a directory with many archives", "2.9 GB")
def many_archives(root):
    inner = packed("z", {"z": bytes(90 << 20)})
    chart(root, {f"charts/x{n}.tgz": inner for n in range(40)})
    return ["template", "x", "c"]


@attack("a list of 20,000 broken services", "over 18 s")
def services(root):
    items = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"a{i}"}, "spec": {"ports": [{"port": "x"}]}}
             for i in range(20000)]
    write(root / "list.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return ["validate", "list.json"]


@attack("10,000 broken services in a template", "8 s, 4.1 GB")
def services_of_a_template(root):
    documents = [f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{i}}}\nspec: {{ports: [{{port: x}}], nope: 1}}\n"
                 for i in range(10000)]
    chart(root, {"templates/t.yaml": "".join(documents)})
    return ["lint", "c"]


@attack("10,000 findings on a line of a template", "26 s, 1.8 GB, killed")
def line(root):
    ports = ", ".join("{port: x}" for _ in range(10000))
    chart(root, {"templates/t.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [" + ports + "]}\n"})
    return ["lint", "c"]


@attack("a service with 60,000 ports", "over 12 s")
def ports(root):
    ports = [{"name": f"p{i}", "port": i + 1} for i in range(60000)]
    write(root / "s.json", json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": ports}}))
    return ["validate", "s.json"]


@attack("values.yaml of 32 MB", "1.3 GB")
def large_values(root):
    chart(root, {"templates/t.yaml": "a: {{ len .Values }}\n",
                 "values.yaml": "".join(f"key{i}: value-{i}\n" for i in range(1500000))})
    return ["template", "x", "c"]


@attack("six subcharts with 15 MB of values each", "not tried")
def values_of_subcharts(root):
    values = "".join(f"key{i}: value-{i}\n" for i in range(690000))
    chart(root, {f"charts/x{n}/{name}": text for n in range(6) for name, text in [
        ("Chart.yaml", f"apiVersion: v2\nname: x{n}\nversion: 0.1.0\n"), ("values.yaml", values)]})
    return ["lint", "c"]


@attack("many actions in an archive of a subchart that is switched off", "4.8 GB, 6.5 s")
def many_actions(root):
    import io, tarfile
    chart(root, {"values.yaml": "s: {enabled: false}\n"})
    with open(os.path.join(root, "c/Chart.yaml"), "a") as file:
        file.write("dependencies: [{name: s, version: 1.0.0, repository: '', condition: s.enabled}]\n")
    os.makedirs(os.path.join(root, "c/charts"), exist_ok=True)
    with tarfile.open(os.path.join(root, "c/charts/s-1.0.0.tgz"), "w:gz") as archive:
        for name, text in [("s/Chart.yaml", b"apiVersion: v2\nname: s\nversion: 1.0.0\n"), ("s/templates/t.yaml", b"{{ 1 }}" * 13000000)]:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return ["lint", "c"]


for name, file, text, before in [
    ("Chart.yaml of many keywords", "Chart.yaml", ("apiVersion: v2\nname: c\nversion: 0.1.0\nkeywords: [", "a,", 9000000, "]\n"), "3.5 GB, 11 s"),
    ("values of many items", "values.yaml", ("a: [", "1,", 7900000, "]\n"), "2.3 GB, 23 s"),
    ("a manifest of many items", "templates/t.yaml", ("a: [", "a,", 9000000, "]\n"), "1.3 GB"),
    ("a definition of many items", "crds/a.yaml", ("a: [", "a,", 9000000, "]\n"), "1.3 GB"),
    ("values.schema.json of many items", "values.schema.json", ('{"x":[', "1,", 20000000, "1]}"), "1.5 GB"),
]:
    @attack(name, before)
    def many_items(root, file=file, text=text):
        chart(root, {"templates/a.yaml": "a: 1\n"})
        os.makedirs(os.path.dirname(os.path.join(root, "c", file)), exist_ok=True)
        with open(os.path.join(root, "c", file), "w") as target:
            start, item, count, end = text
            target.write(start + item * count + end)
        return ["lint", "c"]


@attack("a comment of 20 MB in a template", "365 MB, 1.1 s")
def comment(root):
    chart(root, {"templates/t.yaml": "{{/* " + "x" * (20 << 20) + " */}}a: 1\n"})
    return ["template", "x", "c"]


@attack("lint of a template of 20 MB", "584 MB")
def large_template(root):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
    chart(root, {"templates/t.yaml": text + "".join(f"  k{i}: \"value\"\n" for i in range(1000000))})
    return ["lint", "c"]


@attack("a directory that contains itself", "434 MB, 5 s")
def loop(root):
    for number in range(200):
        write(root / "d" / f"{number}.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" * 20)
    (root / "d" / "loop").symlink_to("..")
    return ["validate", "d"]


def bump(name, before, text):
    """An image that a file names very often."""
    @attack(f"bump: {name}", before)
    def make(root):
        write(root / "v.yaml", text())
        return ["bump", "-f", "v.yaml", "--dry-run", "--image", "acme/app:2"]


bump("20,000 images in a list", "over 60 s", lambda: "- image: acme/app:1\n" * 20000)
bump("20,000 images in a mapping", "over 60 s", lambda: "".join(f"image{i}: acme/app:1\n" for i in range(20000)))
bump("20,000 images in documents", "over 60 s", lambda: "---\nimage: acme/app:1\n" * 20000)
bump("images below each other", "not tried",
     lambda: "".join(f"i{n}: " + "{image: 'acme/app:1', b: " * 400 + "1" + "}" * 400 + "\n" for n in range(40)))
bump("many values", "not tried", lambda: "image: acme/app:1\nl: [" + "0," * 990000 + "0]\n")


@attack("60,000 values of Secrets", "574 MB, 2.4 s")
def many_secrets(root):
    secrets = "".join(f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: a{i}}}\nstringData:\n"
                      + "".join(f"  k{j}: Aa{i * 300 + j:022x}\n" for j in range(300)) for i in range(200))
    write(root / "m.yaml", secrets + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: A_b}\nspec: {containers: [{name: a, imag: b}]}\n")
    return ["validate", "--strict", "m.yaml"]


CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"

lint("300,000 findings in a rendering", "5.3 GB", CONFIG_MAP + "{{ range until 300000 }}  k{{.}}: [1]\n{{ end }}")
lint("findings with long words", "508 MB", CONFIG_MAP
     + "{{ range until 40000 }}  k{{.}}-{{ repeat 400 \"x\" }}: [1]\n{{ end }}")
lint("40,000 documents", "not tried", "{{ range until 40000 }}---\n{{ end }}".replace(
    "---\n", "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a{{.}}}\nspec: {containers: [{name: x, image: a}]}\n"))
lint("800,000 documents", "not tried", "{{ range until 800000 }}---\na: b\n{{ end }}")
lint("300,000 values that are not read", "15 s", "", lambda: {
    "values.yaml": "".join(f"k{i}: 1\n" for i in range(300000))})
lint("300,000 comments that silence rules", "over 60 s", "", lambda: {
    "templates/c.yaml": "".join(f"# chartwright-ignore-file: range/rule{i} why\n" for i in range(300000))})
lint("globs of many alternatives", "11 s", '{{ range until 20000 }}{{ $.Files.Glob "' + "{**,*a*,**b}" * 20 + 'x" | len }}{{ end }}',
     lambda: {f"files/{'ab' * 40}-{i}": "" for i in range(300)})


def renderings(name, before, configuration):
    @attack(f"ci: {name}", before)
    def make(root):
        text = "{{ range until 1500 }}{{ range until 1000 }}{{ $x := add 1 . }}{{ end }}{{ end }}"
        chart(root, {"templates/t.yaml": text, "values.yaml": "a: 1\n",
                     **{f"values-{i}.yaml": f"a: {i}\n" for i in range(60)}})
        write(root / "chartwright.yaml", f"values: [values-*.yaml]\n{configuration}")
        return ["ci", "c"]


renderings("60 values files", "17 s", "")
renderings("60 values files for 13 versions", "22 s", "kubernetesVersions: [1.25..1.37]\n")


@attack("pull: an index of 400,000 versions of a chart", "700 MB")
def index_of_versions(root):
    entry = "  - {{apiVersion: v2, name: a, version: 1.0.{0}, urls: [a-1.0.{0}.tgz]}}\n".format
    write(root / "r" / "index.yaml", "apiVersion: v1\nentries:\n  a:\n" + "".join(map(entry, range(400000))))
    return ["pull", "a", "--repo", f"file://{root}/r"]


@attack("repo list: 400,000 versions", "881 MB")
def index_of_charts(root):
    entry = "  a{0}:\n  - {{apiVersion: v2, name: a{0}, version: 1.0.0, urls: [a{0}-1.0.0.tgz]}}\n".format
    write(root / "r" / "index.yaml", "apiVersion: v1\nentries:\n" + "".join(map(entry, range(400000))))
    return ["repo", "list", f"file://{root}/r"]


def with_keywords(name, before, command):
    @attack(name, before)
    def make(root):
        keywords = ",".join("k" * 20)
        entry = ("  - {{apiVersion: v2, name: a, version: 1.0.{0}, urls: [a-1.0.{0}.tgz], keywords: [" + keywords + "]}}\n").format
        write(root / "r" / "index.yaml", "apiVersion: v1\nentries:\n  a:\n" + "".join(map(entry, range(140000))))
        return [word.format(f"file://{root}/r") for word in command]


with_keywords("pull: 140,000 versions with keywords", "654 MB", ["pull", "a", "--repo", "{0}"])
with_keywords("repo list: the same as JSON", "663 MB", ["repo", "list", "{0}", "-o", "json"])


def invalid_pods(name, before, *flags):
    @attack(f"validate: 98,000 invalid Pods, {name}", before)
    def make(root):
        pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{0}}}\nspec: {{containers: [{{name: c, image: 1, x: {0}}}]}}\n".format
        write(root / "pods.yaml", "".join(map(pod, range(98000))))
        return ["validate", *flags, "pods.yaml"]


invalid_pods("text", "1.0 GB for 390,000")
invalid_pods("JSON", "3.6 GB for 390,000", "--output", "json")
invalid_pods("SARIF", "2.1 GB", "--report", "sarif")
invalid_pods("report as text", "1.3 GB", "--report", "text")


DEPLOYMENTS = """{{- range $i := until %d }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a{{ $i }}}
spec:
  selector: {matchLabels: {a: b{{ $i }}}}
  template:
    metadata: {labels: {a: b{{ $i }}}}
    spec:
      containers:
      - {name: x, image: "nginx:latest", bogus: {{ $i }}, ports: [{containerPort: x}]}
{{- end }}
"""


@attack("ci: 1,500 faulty Deployments, 60 values files, 13 versions", "7.4 s")
def faulty_deployments(root):
    files = {f"ci/v{i}-values.yaml": f"x: {i}\n" for i in range(60)}
    chart(root / "r", {"templates/d.yaml": DEPLOYMENTS % 1500, "values.yaml": "x: 1\n", **files})
    write(root / "r" / "chartwright.yaml", "kubernetesVersions: [1.25..1.37]\n")
    return ["ci", "--no-push", "r"]


@attack("ci: 20 charts with 6,000 faults each", "not measured")
def faulty_charts(root):
    for i in range(20):
        chart(root / "r", {"templates/d.yaml": DEPLOYMENTS % 2000, "values.yaml": "x: 1\n"}, name=f"c{i}")
    return ["ci", "--no-push", "r"]


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def run(program, make):
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        arguments = make(root)
        with open(root / "output", "wb") as output:
            child = subprocess.Popen([program, *arguments], cwd=root, stdin=subprocess.DEVNULL, stdout=output,
                                     stderr=output, preexec_fn=limited)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        last = (root / "output").read_bytes()[-2000:].decode(errors="replace")
    return child.returncode, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, last


def main():
    program, words = os.path.realpath(sys.argv[1]), sys.argv[2:]
    failed = []
    print("| attack | November 2026 | now | exit code |\n| --- | --- | --- | --- |")
    for name, before, make in ATTACKS:
        if words and not any(word in name for word in words):
            continue
        code, memory, cpu, last = run(program, make)
        print(f"| {name} | {before} | {memory:.0f} MB, {cpu:.1f} s | {code} |", flush=True)
        if memory > MOST_MEMORY or cpu > MOST_CPU or code not in (0, 1, 2, 3):
            failed.append(f"{name}: {memory:.0f} MB, {cpu:.1f} s, exit {code}: {last[-300:]}")
    print(*failed, sep="\n", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
