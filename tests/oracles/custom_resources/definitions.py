#!/usr/bin/env python3
"""Random CustomResourceDefinitions with every keyword that the API server looks at, one as JSON on each line.

    definitions.py SEED COUNT > tests/custom_resources/definitions.jsonl
"""

import json
import random
import sys

FORMATS = """bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13 creditcard ssn hexcolor
rgbcolor byte password date duration date-time datetime k8s-short-name k8s-long-name int32 int64 double float unheard-of""".split()
PATTERNS = [
    "^[a-z]+$", "^[^[\\]]+$", "\\d{2,3}", "(?i)ab", "^\\w+([-.]\\w+)*$", "^$|^a", "[[:alpha:]]+", "\\pL", "a.c", "^(a|b)?$",
]
KINDS = ["string"] * 4 + ["integer", "number", "boolean", "object", "object", "array", "array", "either", "embedded", "any"]
MAX_DEPTH = 4


class Maker:
    """Makes schemas from random numbers."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def happens(self, chance):
        return self.random.random() < chance

    def one_of(self, *choices):
        return self.random.choice(choices)

    def schema(self, depth):
        kind = self.random.choice(KINDS) if depth < MAX_DEPTH else self.one_of("string", "integer", "boolean", "number")
        if kind == "either":
            schema = {"x-kubernetes-int-or-string": True}
            if self.happens(0.5):
                schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
            if self.happens(0.3):
                schema["pattern"] = self.random.choice(PATTERNS)
            return schema
        if kind == "any":
            schema = {"x-kubernetes-preserve-unknown-fields": True}
            return {**schema, "type": "object"} if self.happens(0.5) else schema
        if kind == "embedded":
            schema = {"type": "object", "x-kubernetes-embedded-resource": True}
            if self.happens(0.7):
                schema["x-kubernetes-preserve-unknown-fields"] = True
            else:
                schema["properties"] = {"spec": self.schema(depth + 1)}
            return schema
        schema = {"type": kind}
        if self.happens(0.15):
            schema["nullable"] = True
        {"string": self.text, "integer": self.number, "number": self.number, "boolean": self.boolean}.get(
            kind, lambda schema: None)(schema)
        if kind == "object":
            self.object(schema, depth)
        if kind == "array":
            self.array(schema, depth)
        return schema

    def text(self, schema):
        choice = self.random.random()
        if choice < 0.35:
            schema["format"] = self.random.choice(FORMATS)
        elif choice < 0.5:
            schema["pattern"] = self.random.choice(PATTERNS)
        elif choice < 0.6:
            schema["enum"] = self.random.sample(["a", "b", "A", ""], 2)
        elif self.happens(0.2):
            schema["default"] = self.one_of("a", "b")
            return
        if self.happens(0.2):
            schema["minLength"] = self.one_of(0, 1, 2)
        if self.happens(0.2):
            schema["maxLength"] = self.one_of(2, 5, 40)

    def number(self, schema):
        if self.happens(0.2):
            schema["minimum"] = self.one_of(0, 1, 0.5, -3)
            schema["exclusiveMinimum"] = self.happens(0.3)
        if self.happens(0.2):
            schema["maximum"] = self.one_of(10, 3, 2.5, 100)
            schema["exclusiveMaximum"] = self.happens(0.3)
        if self.happens(0.1):
            schema["multipleOf"] = self.one_of(2, 0.5, 0.1, 3)
        if self.happens(0.1):
            schema["format"] = self.one_of("int32", "int64", "double", "float")
        if self.happens(0.1):
            schema["enum"] = [1, 2] if schema["type"] == "integer" else [1, 2.5]
        if self.happens(0.1) and len(schema) == 1:
            schema["default"] = 2

    def boolean(self, schema):
        if self.happens(0.2):
            schema["default"] = self.one_of(True, False)

    def object(self, schema, depth):
        choice = self.random.random()
        if choice < 0.65:
            names = self.random.sample(["a", "b", "c", "d", "e", "fooBar", "g"], self.random.randint(1, 5))
            schema["properties"] = {name: self.schema(depth + 1) for name in names}
            if self.happens(0.4):
                schema["required"] = self.random.sample(names, self.random.randint(1, min(2, len(names))))
            if self.happens(0.15):
                schema[self.one_of("oneOf", "anyOf")] = [{"required": [name]} for name in names[:2]]
            if self.happens(0.1):
                schema["not"] = {"required": [names[0], names[-1]]}
            if self.happens(0.1):
                schema["allOf"] = [{"properties": {names[0]: {"minLength": 1}}}]
            if self.happens(0.1):
                schema["x-kubernetes-map-type"] = self.one_of("atomic", "granular")
            if self.happens(0.1):
                schema["x-kubernetes-preserve-unknown-fields"] = True
            if self.happens(0.1) and not {"required", "oneOf", "anyOf", "not"} & set(schema):
                schema["default"] = {}
        elif choice < 0.85:
            schema["additionalProperties"] = self.schema(depth + 1)
        elif choice < 0.95:
            schema["x-kubernetes-preserve-unknown-fields"] = True
        if self.happens(0.1):
            schema["maxProperties"] = 3
        if self.happens(0.1):
            schema["minProperties"] = 1

    def array(self, schema, depth):
        choice = self.random.random()
        if choice < 0.2:
            schema["items"] = {"type": self.one_of("string", "integer")}
            schema["x-kubernetes-list-type"] = "set"
        elif choice < 0.45:
            keys = self.one_of(["name"], ["name", "port"], ["port"])
            fields = {"name": {"type": "string"}, "port": {"type": "integer"}, "value": self.schema(depth + 1)}
            if "port" in keys:
                fields["port"]["default"] = 80
            schema["items"] = {"type": "object", "properties": fields}
            if "name" in keys:
                schema["items"]["required"] = ["name"]
            schema["x-kubernetes-list-type"] = "map"
            schema["x-kubernetes-list-map-keys"] = keys
        else:
            schema["items"] = self.schema(depth + 1)
            if self.happens(0.2):
                schema["x-kubernetes-list-type"] = "atomic"
        if self.happens(0.15):
            schema["minItems"] = 1
        if self.happens(0.15):
            schema["maxItems"] = self.one_of(2, 3)

    def definition(self, index):
        spec = {"type": "object", "properties": {
            name: self.schema(1) for name in self.random.sample("abcdefghij", self.random.randint(2, 6))}}
        root = {"type": "object", "properties": {"spec": spec}}
        if self.happens(0.5):
            status = {"type": "object", "properties": {"a": self.schema(2), "b": self.schema(2)}, "required": ["a"]}
            root["properties"]["status"] = self.schema(1) if self.happens(0.3) else status
        if self.happens(0.2):
            name = {"type": "string", **self.one_of({"maxLength": 3}, {"pattern": "^[a-b.c]+$"})}
            root["properties"]["metadata"] = {"type": "object", "properties": {"name": name}}
        if self.happens(0.3):
            root["required"] = ["spec"]
        subresources = {"status": {}} if self.happens(0.6) else {}
        if self.happens(0.2):
            spec["properties"]["replicas"] = {"type": "integer"}
            subresources["scale"] = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
            if self.happens(0.5):
                subresources["scale"]["labelSelectorPath"] = ".status.selector"
        version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}
        if subresources:
            version["subresources"] = subresources
        name = f"kind{index}"
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{name}s.x.example.com"},
            "spec": {
                "group": "x.example.com",
                "scope": self.one_of("Namespaced", "Cluster"),
                "names": {"plural": f"{name}s", "singular": name, "kind": name.capitalize(),
                          "listKind": f"{name.capitalize()}List"},
                "versions": [version],
            },
        }


def main():
    maker = Maker(int(sys.argv[1]))
    for index in range(int(sys.argv[2])):
        print(json.dumps(maker.definition(index)))


main()
