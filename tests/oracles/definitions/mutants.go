package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
)

type mapping = map[string]any

// A mutator changes one place of a definition at random; it returns false if the definition has no such place.
type mutator struct {
	random *rand.Rand
	root   mapping
	// Schemas that define, and those below allOf and the like.
	structural, nested []mapping
	what               string
}

// mutate makes mutants of definitions, each with one change.
func mutate(given []line, count int, seed uint64) []line {
	random := rand.New(rand.NewPCG(seed, seed))
	var mutants []line
	seen := map[string]bool{}
	for tries := 0; len(mutants) < count && tries < 50*count; tries++ {
		origin := given[random.IntN(len(given))]
		root := decoded(origin.Definition)
		m := &mutator{random: random, root: root}
		m.collect()
		if !m.change() {
			continue
		}
		text, err := json.Marshal(root)
		if err != nil {
			fail(err)
		}
		if seen[string(text)] || bytes.Equal(text, mustMarshal(decoded(origin.Definition))) {
			continue
		}
		seen[string(text)] = true
		mutants = append(mutants, line{ID: fmt.Sprintf("%d %s: %s", len(mutants), origin.ID, m.what), Definition: text})
	}
	return mutants
}

func mustMarshal(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		fail(err)
	}
	return text
}

func decoded(text []byte) mapping {
	var root mapping
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		fail(err)
	}
	return root
}

func keys(of mapping) []string {
	var names []string
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func pick[T any](m *mutator, from []T) T { return from[m.random.IntN(len(from))] }

func (m *mutator) versions() []mapping {
	spec, _ := m.root["spec"].(mapping)
	versions, _ := spec["versions"].([]any)
	var found []mapping
	for _, version := range versions {
		if version, ok := version.(mapping); ok {
			found = append(found, version)
		}
	}
	return found
}

func (m *mutator) collect() {
	for _, version := range m.versions() {
		schema, _ := version["schema"].(mapping)
		if schema, ok := schema["openAPIV3Schema"].(mapping); ok {
			m.schema(schema, false)
		}
	}
}

func (m *mutator) schema(at mapping, isNested bool) {
	if isNested {
		m.nested = append(m.nested, at)
	} else {
		m.structural = append(m.structural, at)
	}
	properties, _ := at["properties"].(mapping)
	for _, name := range keys(properties) {
		if property, ok := properties[name].(mapping); ok {
			m.schema(property, isNested)
		}
	}
	for _, name := range []string{"items", "additionalProperties"} {
		if inner, ok := at[name].(mapping); ok {
			m.schema(inner, isNested)
		}
	}
	if inner, ok := at["not"].(mapping); ok {
		m.schema(inner, true)
	}
	for _, name := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := at[name].([]any)
		for _, inner := range list {
			if inner, ok := inner.(mapping); ok {
				m.schema(inner, true)
			}
		}
	}
}

func (m *mutator) change() bool {
	switch m.random.IntN(20) {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		return m.changeSchema()
	case 8, 9, 10, 11:
		return m.changeRule()
	case 12, 13, 14, 15:
		return m.addRule()
	default:
		return m.changeSpec()
	}
}

func (m *mutator) where() mapping {
	all := m.structural
	if len(m.nested) > 0 && m.random.IntN(6) == 0 {
		all = m.nested
	}
	if m.random.IntN(12) == 0 {
		return all[0]
	}
	return pick(m, all)
}

var values = []string{`null`, `true`, `false`, `0`, `1`, `-1`, `1.5`, `""`, `"a"`, `"1"`, `"x y"`, `[]`, `["a"]`, `[1]`, `{}`, `{"a": "b"}`, `{"a": {}}`, `[{}]`, `[null]`, `"2020-01-01T00:00:00Z"`, `"1h"`, `"YQ=="`}

func (m *mutator) value() any {
	var value any
	decoder := json.NewDecoder(strings.NewReader(pick(m, values)))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		fail(err)
	}
	return value
}

var typeNames = []string{"string", "integer", "number", "boolean", "object", "array", "", "null", "any", "String"}

// Keys of schemas, and values for them; `*` is any value.
var additions = []string{
	`type *`, `nonsense 1`, `default *`, `default *`, `default *`, `default *`, `default {}`, `default []`, `default ""`,
	`pattern "["`, `pattern "^(?!a)b$"`, `pattern "a{2,1}"`, `pattern "^(?i)a$"`, `pattern "\\d+("`, `pattern "\\p{L}+"`,
	`x-kubernetes-list-type "atomic"`, `x-kubernetes-list-type "set"`, `x-kubernetes-list-type "map"`, `x-kubernetes-list-type "bag"`,
	`x-kubernetes-map-type "atomic"`, `x-kubernetes-map-type "granular"`, `x-kubernetes-map-type "set"`,
	`x-kubernetes-list-map-keys ["name"]`, `x-kubernetes-list-map-keys ["name", "name"]`, `x-kubernetes-list-map-keys []`, `x-kubernetes-list-map-keys ["nonsense"]`,
	`nullable true`, `nullable false`, `additionalProperties true`, `additionalProperties false`, `additionalProperties {"type": "string"}`, `additionalProperties {}`,
	`allOf [{"type": "string"}]`, `allOf [{"required": ["a"]}]`, `anyOf [{"default": 1}]`, `anyOf [{"minLength": 1}]`, `oneOf [{"nullable": true}]`, `oneOf [{"description": "a"}]`,
	`anyOf [{"properties": {"nonsense": {"minLength": 1}}}]`, `allOf [{"items": {"minLength": 1}}]`, `not {"title": "a"}`, `not {"required": ["a"]}`, `not {"enum": [1]}`,
	`anyOf [{"type": "integer"}, {"type": "string"}]`, `allOf [{"anyOf": [{"type": "integer"}, {"type": "string"}]}]`, `allOf [{"additionalProperties": true}]`,
	`allOf [{"x-kubernetes-validations": [{"rule": "true"}]}]`, `allOf [{"x-kubernetes-int-or-string": true}]`, `anyOf [{"x-kubernetes-list-type": "set"}]`, `anyOf [{"x-kubernetes-preserve-unknown-fields": true}]`,
	`not {"x-kubernetes-map-type": "atomic"}`, `oneOf [{"x-kubernetes-list-map-keys": ["a"]}]`, `oneOf [{"properties": {"metadata": {}}}]`,
	`x-kubernetes-preserve-unknown-fields true`, `x-kubernetes-preserve-unknown-fields false`, `x-kubernetes-int-or-string true`, `x-kubernetes-embedded-resource true`,
	`uniqueItems true`, `uniqueItems false`, `$ref "#/a"`, `$ref ""`, `id "a"`, `id ""`, `$schema "a"`, `definitions {"a": {}}`, `definitions {}`, `dependencies {"a": ["b"]}`, `dependencies {}`, `patternProperties {"a": {}}`, `additionalItems true`, `additionalItems {"type": "string"}`,
	`items [{"type": "string"}]`, `items {"type": "string"}`, `items {}`, `items []`, `enum *`, `enum ["a"]`, `enum [null]`, `enum [1, 1]`, `required ["a"]`, `required ["a", "a"]`, `required *`,
	`minimum 1`, `minimum "1"`, `maximum 1.5`, `exclusiveMinimum true`, `exclusiveMinimum 1`, `multipleOf 0`, `multipleOf 2`, `maxLength 1`, `maxLength -1`, `maxLength 1.5`, `maxLength "1"`, `minItems 2`, `maxItems 1`, `minProperties 1`, `maxProperties 0`,
	`format "date"`, `format "date-time"`, `format "duration"`, `format "byte"`, `format "int32"`, `format "ipv4"`, `format "uuid"`, `format "nonsense"`, `format 1`,
	`title "a"`, `title 1`, `description 1`, `description "a"`, `example *`, `externalDocs {"url": "a"}`, `externalDocs {"nonsense": 1}`,
	`properties {"metadata": {"type": "string"}}`, `properties {"a": {"type": "string", "default": "b"}}`, `properties {"a": {}}`, `properties {"a": null}`, `properties []`,
	`x-kubernetes-validations [{}]`, `x-kubernetes-validations [{"rule": " "}]`, `x-kubernetes-validations {}`, `x-kubernetes-validations []`, `x-other 1`, `x-kubernetes-group-version-kind []`,
}

func (m *mutator) changeSchema() bool {
	if len(m.structural) == 0 {
		return false
	}
	at := m.where()
	names := keys(at)
	switch m.random.IntN(8) {
	case 0:
		at["type"] = pick(m, typeNames)
		m.what = fmt.Sprintf("type %v", at["type"])
	case 1:
		if len(names) == 0 {
			return false
		}
		name := pick(m, names)
		delete(at, name)
		m.what = "without " + name
	case 2:
		if len(names) == 0 {
			return false
		}
		name := pick(m, names)
		at[name] = m.value()
		m.what = fmt.Sprintf("%s %v", name, at[name])
	case 3:
		properties, _ := at["properties"].(mapping)
		if len(properties) == 0 {
			return false
		}
		name := pick(m, keys(properties))
		switch m.random.IntN(4) {
		case 0:
			delete(properties, name)
		case 1:
			properties[name+"-x"] = properties[name]
			delete(properties, name)
		case 2:
			properties[name] = m.value()
		default:
			properties[name] = mapping{}
		}
		m.what = "property " + name
	default:
		name, text, _ := strings.Cut(pick(m, additions), " ")
		value := m.value()
		if text != "*" {
			value = decoded([]byte(`{"value":` + text + `}`))["value"]
		}
		at[name] = value
		m.what = fmt.Sprintf("with %s %v", name, text)
	}
	return true
}

func (m *mutator) changeSpec() bool {
	spec, _ := m.root["spec"].(mapping)
	versions := m.versions()
	if spec == nil || len(versions) == 0 {
		return false
	}
	version := pick(m, versions)
	set := func(at mapping, name string, texts ...string) {
		text := pick(m, texts)
		if text == "-" {
			delete(at, name)
		} else {
			at[name] = decoded([]byte(`{"value":` + text + `}`))["value"]
		}
		m.what = fmt.Sprintf("%s %s", name, text)
	}
	names, _ := spec["names"].(mapping)
	metadata, _ := m.root["metadata"].(mapping)
	if names == nil || metadata == nil {
		return false
	}
	switch m.random.IntN(16) {
	case 0:
		all, _ := spec["versions"].([]any)
		copied := decoded(mustMarshal(version))
		if m.random.IntN(2) == 0 {
			copied["name"] = "v1x1"
		}
		if m.random.IntN(2) == 0 {
			copied["storage"] = false
		}
		spec["versions"] = append(all, copied)
		m.what = "one more version"
	case 1:
		set(version, "storage", "-", "true", "false", "null", `"true"`)
	case 2:
		set(version, "served", "-", "true", "false", "null", "1")
	case 3:
		set(version, "name", "-", `""`, `"V1"`, `"1v"`, `"v1.0"`, `"v2"`, "1", "null")
	case 4:
		set(spec, "scope", "-", `"Cluster"`, `"cluster"`, `""`, "null", `"Namespaced"`)
	case 5:
		set(spec, "group", "-", `"a"`, `"A.b"`, `""`, `"k8s.io"`, `"a_b.c"`, `"x.k8s.io"`)
	case 6:
		set(names, pick(m, []string{"kind", "plural", "singular", "listKind", "shortNames", "categories"}), "-", `""`, `"A"`, `"a"`, `"a b"`, `["a"]`, `["A"]`, `[""]`, `"a-b"`, `null`, `["a", "a"]`, `1`)
	case 7:
		set(spec, "conversion", `{"strategy": "None"}`, `{"strategy": "Webhook"}`, `{}`, `{"strategy": "none"}`, `{"strategy": "None", "webhook": {}}`,
			`{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://a.b/c"}}}`,
			`{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "http://a.b/c"}}}`,
			`{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"service": {"name": "a", "namespace": "b", "path": "c"}}}}`,
			`{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"service": {"name": "a", "namespace": "b", "path": "/c", "port": 0}}}}`,
			`{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v2"], "clientConfig": {"service": {"name": "a", "namespace": "b"}}}}`,
			`{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1", "v1"], "clientConfig": {"service": {"name": "a", "namespace": "b"}, "caBundle": "Cg=="}}}`,
			`{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1", "V2"], "clientConfig": {"service": {"name": "a", "namespace": "b"}}}}`,
			`{"strategy": "Webhook", "webhook": {"clientConfig": {}}}`, `{"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"]}}`)
	case 8:
		set(version, "subresources", `{}`, `{"status": {}}`, `{"status": null}`, `{"status": {"a": 1}}`, `{"scale": {}}`, `{"nonsense": {}}`, "-", "null",
			`{"scale": {"specReplicasPath": ".spec.a", "statusReplicasPath": ".status.b"}}`, `{"scale": {"specReplicasPath": ".spec", "statusReplicasPath": ".status.b"}}`,
			`{"scale": {"specReplicasPath": ".spec.a[0]", "statusReplicasPath": "status.b"}}`, `{"scale": {"specReplicasPath": ".spec.a", "statusReplicasPath": ".status.b", "labelSelectorPath": ".a"}}`,
			`{"scale": {"specReplicasPath": ".spec.a[0]", "statusReplicasPath": ".status.b", "labelSelectorPath": ""}}`)
	case 9:
		set(version, "additionalPrinterColumns", `[{"name": "A", "type": "string", "jsonPath": ".a"}]`, `[{"name": "A", "type": "text", "jsonPath": ".a"}]`, `[{"name": "A", "type": "string", "jsonPath": "a"}]`,
			`[{"type": "string", "jsonPath": ".a"}]`, `[{"name": "A", "type": "string"}]`, `[{"name": "A", "type": "string", "jsonPath": ".a", "format": "nonsense"}]`, `[{"name": "A", "type": "date", "jsonPath": ".", "priority": -1}]`,
			`[{"name": "A", "type": "string", "jsonPath": ".a", "nonsense": 1}]`, `[{"name": "A", "type": "string", "JSONPath": ".a"}]`, `[{"name": "A", "type": "string", "jsonPath": ".a", "priority": "1"}]`, `[]`, `{}`, `[null]`)
	case 10:
		set(version, "selectableFields", `[{"jsonPath": ".spec"}]`, `[{"jsonPath": ".spec.nonsense"}]`, `[{}]`, `[{"jsonPath": "spec"}]`, `[{"jsonPath": ".metadata.name"}]`, `[]`, `[{"jsonPath": ".kind"}]`, `[{"jsonPath": ".kind"}, {"jsonPath": ".kind"}]`, `[{"jsonPath": ".spec['a']"}]`)
	case 11:
		set(version, pick(m, []string{"deprecated", "deprecationWarning"}), "true", `"old"`, `""`, "null", `"a\nb"`)
	case 12:
		set(metadata, pick(m, []string{"name", "namespace", "labels", "annotations"}), "-", `"a"`, `""`, `{"a": "b"}`, `{"a b": "c"}`, `{"api-approved.kubernetes.io": "unapproved"}`, `{"a": 1}`, "null")
	case 13:
		set(spec, pick(m, []string{"preserveUnknownFields", "nonsense", "validation", "version", "versions", "additionalPrinterColumns", "subresources"}), "true", "false", "null", `{}`, `[]`, `"v1"`)
	case 14:
		set(version, pick(m, []string{"schema", "nonsense"}), "-", `{}`, "null", `{"openAPIV3Schema": {}}`, `{"openAPIV3Schema": {"type": "object"}}`, `{"openAPIV3Schema": null}`, `{"openapiv3schema": {"type": "object"}}`, `{"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}`)
	default:
		at := pick(m, []mapping{spec, names, metadata, version, m.root})
		name := pick(m, keys(at))
		if m.random.IntN(2) == 0 {
			delete(at, name)
			m.what = "without " + name
		} else {
			at[name] = m.value()
			m.what = fmt.Sprintf("%s %v", name, at[name])
		}
	}
	return true
}
