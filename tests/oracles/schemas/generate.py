#!/usr/bin/env python3
"""Random values.schema.json files, valid and invalid, with values that fit or do not.

    generate.py COUNT SEED > cases.jsonl          one {"id", "schema", "values"} per line; the schema is a text
    generate.py --charts DIR COUNT SEED           the same as one chart per case below DIR

Drafts 4, 6, 7, 2019-09 and 2020-12, with all keywords of each; about half of the schemas have a fault. A schema has
one fault of the kind that ends Helm's reading at the first it meets (a reference, an identifier, a pattern), since Go's
maps are read in random order.
"""

import json
import os
import random
import sys

DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019": "https://json-schema.org/draft/2019-09/schema",
    "2020": "https://json-schema.org/draft/2020-12/schema",
    "none": None,
}
NAMES = ["a", "b", "c", "image", "tag", "replicas", "x/y", "a~b", "it's", 'q"q', "é", "a b", "_x", "A-1"]
TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"]
PATTERNS = ["^a", "[a-z]+$", "^[0-9]{1,3}$", "^(a|b)*$", "\\d+", "^x-", "'", "^\\w+$", "", "^[^#]*#?$", "(?i)abc"]
BAD_PATTERNS = ["(", "[", "a{2,1}", "*", "(?=x)", "\\p{Foo}", "\\q", "a**", "(?!a)", "\\1", "[z-a]", "\\cA", "a{1001}", ")"]
FORMATS = ["email", "ipv4", "ipv6", "uri", "uri-reference", "date", "date-time", "time", "hostname", "regex", "uuid", "duration",
           "json-pointer", "relative-json-pointer", "iri", "uri-template", "unknown", "idn-email", "semver", "period"]
TEXTS = ["", "a", "abc", "12", "a@b.c", "1.2.3.4", "::1", "http://h/p?q#f", "2020-02-30", "2020-01-01", "2020-01-01T10:00:00Z",
         "10:00:00Z", "x_y.z", "[", "P1D", "/a/~1", "0#", "it's", 'say "x"', "é世", "a\nb", "{x}", "{", "%zz", "true", "1h",
         "550e8400-e29b-41d4-a716-446655440000", "-a.b", "a..b", "256.1.1.1", "1::2::3", "mailto:x"]
NUMBERS = [0, 1, -1, 2, 3, 10, 1000, 1234567, 0.5, 1.5, -2.25, 1e3, 1e21, 0.1, 12345.678, 9007199254740993, -1000]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, share):
        return self.random.random() < share

    def pick(self, items):
        return self.random.choice(items)

    def value(self, depth=0):
        kind = self.random.randrange(8 if depth < 3 else 5)
        if kind == 0:
            return None
        if kind == 1:
            return self.chance(0.5)
        if kind == 2:
            return self.pick(NUMBERS)
        if kind in (3, 4):
            return self.pick(TEXTS)
        if kind == 5:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return {self.pick(NAMES): self.value(depth + 1) for _ in range(self.random.randrange(4))}

    def count(self):
        return self.pick([0, 1, 2, 3, 5])

    def case(self, number):
        self.draft = self.pick(list(DRAFTS))
        self.level = {"none": 2020}.get(self.draft) or int(self.draft)
        self.final_fault = None
        self.definitions = [self.pick(["one", "two", "three/x", "four"]) for _ in range(self.random.randrange(3))]
        self.place = "$defs" if self.level >= 2019 and self.chance(0.7) else "definitions"
        schema = self.schema(0)
        if not isinstance(schema, dict):
            schema = {"properties": {"a": schema}}
        if self.definitions:
            schema[self.place] = {name: self.schema(2) for name in self.definitions}
        if DRAFTS[self.draft] and self.chance(0.97):
            schema = {"$schema": DRAFTS[self.draft], **schema}
        fault = self.random.random()
        if fault < 0.35:
            for _ in range(self.pick([1, 1, 1, 2, 3])):
                self.spoil(schema)
        elif fault < 0.5:
            self.break_for_good(schema)
        text = json.dumps(schema, ensure_ascii=self.chance(0.5))
        if self.chance(0.01):
            text = self.pick([text[:-1], text + "}", "", "[]", "1", "null", '"x"', "{'a': 1}", "{,}"])
        values = self.values(schema)
        return {"id": f"schema-{number:05}", "schema": text, "values": values}

    def values(self, schema):
        values = {self.pick(NAMES): self.value() for _ in range(self.random.randrange(5))}
        properties = schema.get("properties") if isinstance(schema, dict) else None
        for name, inner in (properties if isinstance(properties, dict) else {}).items():
            if self.chance(0.7):
                values[name] = self.fitting(inner) if self.chance(0.6) else self.value()
        # A null in the chart's own values deletes the key.
        return {name: value for name, value in values.items() if value is not None}

    def fitting(self, schema):
        if not isinstance(schema, dict):
            return self.value()
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self.pick(schema["enum"])
        if "const" in schema:
            return schema["const"]
        kind = schema.get("type")
        if isinstance(kind, list) and kind:
            kind = self.pick(kind)
        if kind == "object":
            inner = schema.get("properties")
            inner = inner if isinstance(inner, dict) else {}
            return {name: self.fitting(each) for name, each in inner.items() if self.chance(0.8)}
        if kind == "array":
            items = schema.get("items", schema.get("prefixItems"))
            items = items if isinstance(items, list) else [items] * self.random.randrange(4)
            return [self.fitting(each) for each in items]
        return {"string": self.pick(TEXTS), "integer": self.count(), "number": self.pick(NUMBERS), "boolean": True}.get(
            kind if isinstance(kind, str) else None, self.value())

    def schemas(self, depth, most=3):
        return [self.schema(depth + 1) for _ in range(self.random.randrange(1, most + 1))]

    def schema(self, depth):
        if depth > 3:
            return self.pick([{"type": self.pick(TYPES)}, {}, {"minLength": self.count()}])
        if self.level >= 6 and self.chance(0.05):
            return self.chance(0.5)
        schema = {}
        for _ in range(self.random.randrange(1, 5)):
            schema.update(self.keyword(depth))
        if depth == 0 or self.chance(0.3):
            schema.setdefault("properties", {self.pick(NAMES): self.schema(depth + 1) for _ in range(self.random.randrange(1, 5))})
        return schema

    def keyword(self, depth):
        pick, count = self.pick, self.count
        choices = [
            lambda: {"type": pick(TYPES + ["object", "string"] * 2)},
            lambda: {"type": sorted({pick(TYPES), pick(TYPES)})},
            lambda: {"enum": [self.value(2) for _ in range(self.random.randrange(1, 4))]},
            lambda: {"properties": {pick(NAMES): self.schema(depth + 1) for _ in range(self.random.randrange(4))}},
            lambda: {"required": sorted({pick(NAMES) for _ in range(self.random.randrange(1, 4))})},
            lambda: {"additionalProperties": self.chance(0.3) or (self.schema(depth + 1) if self.chance(0.5) else False)},
            lambda: {"patternProperties": {pick(PATTERNS): self.schema(depth + 1)}},
            lambda: {"items": self.schema(depth + 1)},
            lambda: {"minItems": count()}, lambda: {"maxItems": count()}, lambda: {"uniqueItems": self.chance(0.8)},
            lambda: {"minLength": count()}, lambda: {"maxLength": count()}, lambda: {"pattern": pick(PATTERNS)},
            lambda: {"minimum": pick(NUMBERS)}, lambda: {"maximum": pick(NUMBERS)},
            lambda: {"multipleOf": pick([1, 2, 0.5, 0.1, 3, 1000])},
            lambda: {"minProperties": count()}, lambda: {"maxProperties": count()},
            lambda: {"allOf": self.schemas(depth)}, lambda: {"anyOf": self.schemas(depth)}, lambda: {"oneOf": self.schemas(depth)},
            lambda: {"not": self.schema(depth + 1)},
            lambda: {"format": pick(FORMATS)},
            lambda: {"dependencies": {pick(NAMES): self.schema(depth + 1) if self.chance(0.5) else [pick(NAMES)]}},
            lambda: {"default": self.value()}, lambda: {"description": pick(TEXTS)}, lambda: {"title": "t"},
            lambda: {"x-unknown": self.value()},
        ]
        if self.definitions:
            choices += [lambda: {"$ref": f"#/{self.place}/" + pick(self.definitions).replace("/", "~1")}] * 3
        if self.level == 4:
            choices += [lambda: {"minimum": 3, "exclusiveMinimum": self.chance(0.5)}, lambda: {"maximum": 3, "exclusiveMaximum": True}]
        if self.level >= 6:
            choices += [
                lambda: {"const": self.value(2)}, lambda: {"contains": self.schema(depth + 1)},
                lambda: {"propertyNames": self.schema(depth + 1)},
                lambda: {"exclusiveMinimum": pick(NUMBERS)}, lambda: {"exclusiveMaximum": pick(NUMBERS)},
                lambda: {"examples": [self.value()]},
            ]
        if self.level >= 7:
            choices += [
                lambda: {"if": self.schema(depth + 1), "then": self.schema(depth + 1), "else": self.schema(depth + 1)},
                lambda: {"contentEncoding": "base64", "contentMediaType": "application/json"},
                lambda: {"$comment": "c", "readOnly": True},
            ]
        if self.level < 2020:
            choices += [lambda: {"items": self.schemas(depth), "additionalItems": self.pick([False, self.schema(depth + 1)])}]
        if self.level >= 2019:
            choices += [
                lambda: {"dependentRequired": {pick(NAMES): [pick(NAMES)]}},
                lambda: {"dependentSchemas": {pick(NAMES): self.schema(depth + 1)}},
                lambda: {"contains": self.schema(depth + 1), "minContains": count(), "maxContains": count()},
                lambda: {"unevaluatedProperties": self.chance(0.3) or (self.schema(depth + 1) if self.chance(0.5) else False)},
                lambda: {"unevaluatedItems": self.pick([False, self.schema(depth + 1)])},
                lambda: {"deprecated": True},
            ]
        if self.level >= 2020:
            choices += [lambda: {"prefixItems": self.schemas(depth)}]
        return pick(choices)()

    def subschemas(self, schema, found):
        """All dictionaries that are schemas."""
        if isinstance(schema, list):
            for each in schema:
                self.subschemas(each, found)
        elif isinstance(schema, dict):
            found.append(schema)
            for name, inner in schema.items():
                if name in ("properties", "definitions", "$defs", "patternProperties", "dependentSchemas", "dependencies"):
                    for each in inner.values() if isinstance(inner, dict) else ():
                        if isinstance(each, dict):
                            self.subschemas(each, found)
                elif name in ("allOf", "anyOf", "oneOf", "items", "prefixItems", "not", "if", "then", "else", "contains",
                              "additionalProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "additionalItems"):
                    self.subschemas(inner, found)
        return found

    def spoil(self, schema):
        """A fault that the schema of schemas refuses."""
        target = self.pick(self.subschemas(schema, []))
        faults = [
            {"type": "strin"}, {"type": ["string", "string"]}, {"type": []}, {"type": 3}, {"type": ["string", "foo"]}, {"type": None},
            {"required": "a"}, {"required": True}, {"required": []}, {"required": ["a", "a"]}, {"required": [1]},
            {"minimum": "0"}, {"exclusiveMinimum": True}, {"exclusiveMinimum": "x"}, {"multipleOf": 0}, {"multipleOf": -1},
            {"minLength": -1}, {"minLength": 1.5}, {"maxItems": "3"}, {"minItems": 2.0}, {"maxProperties": None},
            {"items": "x"}, {"items": [1]}, {"items": []}, {"items": [{}]}, {"properties": []}, {"properties": {"a": 1}},
            {"properties": {"a": "string", "b": {"type": "x"}}}, {"additionalProperties": "no"}, {"patternProperties": 3},
            {"enum": []}, {"enum": "x"}, {"enum": [1, 1]}, {"allOf": []}, {"anyOf": {}}, {"oneOf": [1, 2]}, {"not": 1},
            {"pattern": 3}, {"format": 1}, {"title": 1}, {"description": None}, {"default": {}}, {"uniqueItems": "yes"},
            {"definitions": []}, {"$defs": 1}, {"dependencies": {"a": 1}}, {"dependencies": {"a": ["b", "b"]}},
            {"if": 1}, {"contains": 1}, {"const": None}, {"examples": 1}, {"propertyNames": []}, {"readOnly": 1},
            {"dependentRequired": {"a": "b"}}, {"dependentSchemas": {"a": 1}}, {"unevaluatedProperties": 1}, {"prefixItems": {}},
            {"prefixItems": []}, {"minContains": -1}, {"$comment": 1}, {"contentEncoding": 1}, {"$anchor": "1 a"}, {"$anchor": 1},
            {"$id": "#/properties/a"}, {"$id": 1}, {"id": 1}, {"$ref": 1}, {"$recursiveAnchor": 1}, {"$vocabulary": 1},
            {"additionalItems": 1}, {"exclusiveMaximum": True}, {"maximum": 3, "exclusiveMaximum": 1}, {"deprecated": "x"},
        ]
        target.update(self.pick(faults))

    def break_for_good(self, schema):
        """A fault after which Helm does not read on: one only."""
        found = self.subschemas(schema, [])
        target = self.pick(found)
        pick = self.pick
        fault = pick([
            lambda: {"$ref": pick(["#/definitions/nope", "#/$defs/no~1pe", "#/a b", "#/properties/%25", "#nope", "#", "#/",
                                   "other.json", "/no-such-root/x.json", "foo://x", "foo:bar", "#/definitions/one/nope", "file:///none.json",
                                   "urn:x:y", "#/%zz", "%zz", "http://[::1", ":", "//h/x", "#/%", "ftp://h/x", "#/required/0", "a b.json", "?q"])},
            lambda: {"pattern": pick(BAD_PATTERNS)},
            lambda: {"patternProperties": {pick(BAD_PATTERNS): {}}},
            lambda: {"$id": pick(["x", "http://h/x.json", "urn:a:b", "#foo", "%zz", "http://[::1", "x#frag", "", "a b"])},
            lambda: {"id": pick(["x", "http://h/x.json", "#foo", "%zz", ""])},
            lambda: {"$anchor": "x", "$ref": "#x"},
            lambda: {"$dynamicAnchor": "x", "$dynamicRef": "#x"},
            lambda: {"$recursiveRef": "#"},
            lambda: {"$recursiveRef": "#", "$recursiveAnchor": True},
        ])()
        target.update(fault)
        if self.chance(0.1) and len(found) > 1:
            other = pick([each for each in found if each is not target])
            other.update({name: value for name, value in fault.items() if name in ("$id", "id", "$anchor")})
        if self.chance(0.1):
            schema["$schema"] = pick(["http://json-schema.org/draft-03/schema", "http://json-schema.org/draft-05/schema#", "foo", "file:///none",
                                      "%zz", "https://json-schema.org/schema", "http://json-schema.org/draft-07/schema#/a", "", "urn:x"])


def chart(directory, case):
    os.makedirs(f"{directory}/{case['id']}/templates")
    def write(name, text):
        with open(f"{directory}/{case['id']}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    write("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
    write("values.yaml", json.dumps(case["values"]) + "\n")
    write("values.schema.json", case["schema"])
    write("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")


def main(arguments):
    directory = None
    if arguments[0] == "--charts":
        directory, arguments = arguments[1], arguments[2:]
    count, seed = int(arguments[0]), int(arguments[1])
    for number in range(count):
        case = Generator(f"{seed}/{number}").case(number)
        if directory:
            chart(directory, case)
        else:
            print(json.dumps(case))


if __name__ == "__main__":
    main(sys.argv[1:])
