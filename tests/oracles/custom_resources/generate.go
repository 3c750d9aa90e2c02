package main

import (
	"fmt"
	"math/rand"
	"regexp/syntax"
	"sort"
	"strings"

	extensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/json"
)

// Deepest nesting of a value that is made from more than what its schema requires.
const maxDepth = 8

func unmarshal(text []byte, into any) error {
	return json.UnmarshalCaseSensitivePreserveInts(text, into)
}

func sortedKeys[V any](fields map[string]V) []string {
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func upper(text string) string { return strings.ToUpper(text) }

func repeated(text string, length int) string {
	return strings.Repeat(text, length/len(text)+1)[:length]
}

// Texts that fit some format or nearly do.
var samples = []string{
	"a", "a.b", "A.b", "a_b", "1", "1.2.3.4", "01.2.3.4", "1.2.3", "::1", "fe80::1%1", "1.2.3.4/8", "::/0", "1.2.3.4/33",
	"2020-01-31", "2020-02-30", "2020-01-01T10:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01t10:00:00.5+01:00", "2020-01-01 10:00:00",
	"1h", "1.5h", "1d", "2w", "3 weeks", "1h2x", "-5s", "1", "µs", "5µs", "a@b.c", "a b <a@b>", "a@", "http://a.b/c", "/a", "a:b", "http://[", "%zz",
	"00:11:22:33:44:55", "0011.2233.4455", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b42d3a456426614174000", "YWJj", "YWJ=", "YW=", "a=b",
	"978-0321751041", "0321751043", "4111 1111 1111 1111", "111-22-3333", "#fff", "#ffff", "rgb(1,2,3)", "rgb(256,1,1)", "507f1f77bcf86cd799439011",
	"-a", "a-", "example.com", "exa_mple.com", "host.", "500m", "1Gi", "10%", "x/y", "v1", "True", "Always",
}

func sample(random *rand.Rand) string { return samples[random.Intn(len(samples))] }

// Makes values that fit a schema, as far as it can.
type maker struct {
	random *rand.Rand
	// How probable it is that a field that is not required is there.
	chance float64
}

func (m maker) value(schema *extensionsv1.JSONSchemaProps, depth int) any {
	if len(schema.Enum) > 0 {
		var value any
		if err := unmarshal(schema.Enum[m.random.Intn(len(schema.Enum))].Raw, &value); err == nil {
			return value
		}
	}
	if schema.Nullable && m.random.Intn(6) == 0 {
		return nil
	}
	kind := schema.Type
	if schema.XIntOrString {
		kind = []string{"integer", "string"}[m.random.Intn(2)]
	}
	switch kind {
	case "object":
		return m.object(schema, depth)
	case "array":
		return m.array(schema, depth)
	case "string":
		return m.text(schema)
	case "integer":
		return m.integer(schema)
	case "number":
		if m.random.Intn(2) == 0 {
			return m.integer(schema)
		}
		return float64(m.integer(schema)) + 0.5
	case "boolean":
		return m.random.Intn(2) == 0
	}
	return anything(m.random)
}

func (m maker) object(schema *extensionsv1.JSONSchemaProps, depth int) any {
	fields := map[string]any{}
	required := map[string]bool{}
	for _, name := range schema.Required {
		required[name] = true
	}
	// One alternative of several is taken.
	for _, alternatives := range [][]extensionsv1.JSONSchemaProps{schema.OneOf, schema.AnyOf} {
		if len(alternatives) > 0 {
			for _, name := range alternatives[m.random.Intn(len(alternatives))].Required {
				required[name] = true
			}
		}
	}
	isOpen := schema.AdditionalProperties != nil || (schema.XPreserveUnknownFields != nil && *schema.XPreserveUnknownFields)
	for _, name := range sortedKeys(schema.Properties) {
		property := schema.Properties[name]
		if !required[name] && (depth > maxDepth || m.random.Float64() > m.chance) {
			continue
		}
		if required[name] && property.Default != nil && m.random.Intn(2) == 0 {
			continue
		}
		fields[name] = m.value(&property, depth+1)
	}
	if schema.XEmbeddedResource {
		fields["apiVersion"], fields["kind"] = "v1", "Pod"
		if m.random.Intn(2) == 0 {
			fields["metadata"] = map[string]any{"name": "a", "labels": map[string]any{"a": "b"}}
		}
	}
	if isOpen && depth <= maxDepth {
		count := m.random.Intn(3)
		if schema.MinProperties != nil {
			count += int(*schema.MinProperties)
		}
		for i := range count {
			var value any = "b"
			if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
				value = m.value(schema.AdditionalProperties.Schema, depth+1)
			}
			fields[fmt.Sprintf("key%d", i)] = value
		}
	}
	return fields
}

func (m maker) array(schema *extensionsv1.JSONSchemaProps, depth int) any {
	items := []any{}
	if schema.Items == nil || schema.Items.Schema == nil {
		return items
	}
	count := m.random.Intn(3)
	if depth > maxDepth {
		count = 0
	}
	if schema.MinItems != nil {
		count = max(count, min(int(*schema.MinItems), 20))
	}
	if schema.MaxItems != nil {
		count = min(count, int(*schema.MaxItems))
	}
	for range count {
		items = append(items, m.value(schema.Items.Schema, depth+1))
	}
	return items
}

func (m maker) integer(schema *extensionsv1.JSONSchemaProps) int64 {
	value := int64(m.random.Intn(5))
	if schema.Minimum != nil {
		value += int64(*schema.Minimum)
	}
	if schema.ExclusiveMinimum {
		value++
	}
	if schema.Maximum != nil && float64(value) > *schema.Maximum {
		value = int64(*schema.Maximum)
	}
	return value
}

func (m maker) text(schema *extensionsv1.JSONSchemaProps) string {
	text := sample(m.random)
	if schema.Pattern != "" {
		if parsed, err := syntax.Parse(schema.Pattern, syntax.Perl); err == nil {
			var made strings.Builder
			m.match(parsed.Simplify(), &made)
			text = made.String()
		}
	}
	if schema.MinLength != nil && len(text) < int(*schema.MinLength) && *schema.MinLength < 1000 {
		text = repeated(text+"a", int(*schema.MinLength))
	}
	if schema.MaxLength != nil && len(text) > int(*schema.MaxLength) {
		text = text[:*schema.MaxLength]
	}
	return strings.ToValidUTF8(text, "")
}

// A text that a pattern matches.
func (m maker) match(pattern *syntax.Regexp, out *strings.Builder) {
	repeat := func(low, high int) {
		for range low + m.random.Intn(high-low+1) {
			m.match(pattern.Sub[0], out)
		}
	}
	switch pattern.Op {
	case syntax.OpLiteral:
		out.WriteString(string(pattern.Rune))
	case syntax.OpCharClass:
		if len(pattern.Rune) >= 2 {
			pair := m.random.Intn(len(pattern.Rune)/2) * 2
			low, high := pattern.Rune[pair], min(pattern.Rune[pair+1], 0x7e)
			if low < 0x20 && high > 0x60 {
				low = 0x61
			}
			if high >= low {
				out.WriteRune(low + rune(m.random.Intn(int(high-low)+1)))
			} else {
				out.WriteRune(low)
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte(byte('a' + m.random.Intn(26)))
	case syntax.OpStar:
		repeat(0, 3)
	case syntax.OpPlus:
		repeat(1, 3)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		high := pattern.Max
		if high < 0 || high > pattern.Min+3 {
			high = pattern.Min + 3
		}
		repeat(pattern.Min, high)
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range pattern.Sub {
			m.match(sub, out)
		}
	case syntax.OpAlternate:
		m.match(pattern.Sub[m.random.Intn(len(pattern.Sub))], out)
	}
}
