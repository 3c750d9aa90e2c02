package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
)

// How often an object that the server accepts is looked for before the next definition is taken.
const attempts = 12

// Prints cases: of five, one is an object that the server accepts and four are such an object with one change.
func propose(definitions [][]byte, count int, seed int64) error {
	random := rand.New(rand.NewSource(seed))
	servers := make([]*server, len(definitions))
	for i, text := range definitions {
		if served, err := newServer(text); err == nil {
			servers[i] = served
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for printed, tried := 0, 0; printed < count && tried < 100*count; tried++ {
		index := random.Intn(len(definitions))
		if servers[index] == nil {
			continue
		}
		object := accepted(random, servers[index])
		if object == nil {
			continue
		}
		for i := 0; i < 5 && printed < count; i++ {
			changed := object
			if i > 0 {
				changed = change(random, object)
			}
			text, err := json.Marshal(changed)
			if err != nil {
				return err
			}
			if err := out.Encode(testCase{ID: fmt.Sprintf("%d-%d", seed, printed), Definition: index, Object: text}); err != nil {
				return err
			}
			printed++
		}
	}
	return nil
}

// An object of a version of a definition that the server accepts; nil if none was found.
func accepted(random *rand.Rand, served *server) map[string]any {
	versions := served.definition.Spec.Versions
	v := versions[random.Intn(len(versions))]
	if !v.Served || v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
		return nil
	}
	for range attempts {
		maker := maker{random: random, chance: []float64{0.1, 0.3, 0.6}[random.Intn(3)]}
		object, isObject := maker.value(v.Schema.OpenAPIV3Schema, 0).(map[string]any)
		if !isObject {
			continue
		}
		object["apiVersion"] = served.definition.Spec.Group + "/" + v.Name
		object["kind"] = served.definition.Spec.Names.Kind
		object["metadata"] = map[string]any{"name": "a"}
		if random.Intn(4) == 0 {
			object["metadata"] = map[string]any{
				"name": "b.c", "labels": map[string]any{"a/b": "c"}, "annotations": map[string]any{"d": "e f"},
			}
		}
		if v.Subresources != nil && v.Subresources.Status != nil && random.Intn(3) > 0 {
			delete(object, "status")
		}
		text, err := json.Marshal(object)
		if err == nil && served.apply(text) == nil {
			return object
		}
	}
	return nil
}

// A path to a value: keys and indexes.
type place []any

func places(value any, at place, found *[]place) {
	if len(at) > 0 {
		*found = append(*found, append(place{}, at...))
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(value) {
			places(value[key], append(at, key), found)
		}
	case []any:
		for i, item := range value {
			places(item, append(at, i), found)
		}
	}
}

// A copy of an object with one value changed.
func change(random *rand.Rand, object map[string]any) map[string]any {
	text, err := json.Marshal(object)
	if err != nil {
		fail(err)
	}
	copied := map[string]any{}
	if err := unmarshal(text, &copied); err != nil {
		fail(err)
	}
	var found []place
	places(copied, nil, &found)
	at := found[random.Intn(len(found))]
	var holder any = copied
	for _, step := range at[:len(at)-1] {
		holder = inside(holder, step)
	}
	changeAt(random, copied, holder, at)
	return copied
}

func inside(holder any, step any) any {
	if key, isKey := step.(string); isKey {
		return holder.(map[string]any)[key]
	}
	return holder.([]any)[step.(int)]
}

func changeAt(random *rand.Rand, root map[string]any, holder any, at place) {
	last := at[len(at)-1]
	old := inside(holder, last)
	set := func(value any) {
		switch holder := holder.(type) {
		case map[string]any:
			holder[last.(string)] = value
		case []any:
			holder[last.(int)] = value
		}
	}
	switch kind := random.Intn(10); {
	case kind == 0:
		if fields, isMap := holder.(map[string]any); isMap {
			delete(fields, last.(string))
			return
		}
		set(nil)
	case kind == 1:
		set(nil)
	case kind == 2:
		set(anything(random))
	case kind == 3:
		if fields, isMap := holder.(map[string]any); isMap {
			fields[[]string{"unknown", last.(string) + "s", "metadata", "kind", "status"}[random.Intn(5)]] = anything(random)
			return
		}
		set(anything(random))
	case kind == 4 && random.Intn(3) == 0:
		changeMetadata(random, root)
	default:
		set(near(random, old))
	}
}

func changeMetadata(random *rand.Rand, root map[string]any) {
	metadata, isMap := root["metadata"].(map[string]any)
	if !isMap {
		return
	}
	field := []string{
		"name", "generateName", "namespace", "labels", "annotations", "finalizers", "ownerReferences",
		"creationTimestamp", "generation", "unknown", "deletionGracePeriodSeconds", "managedFields",
	}[random.Intn(12)]
	values := []any{
		"A", "a_b", "", "x-", nil, 5, true, map[string]any{}, map[string]any{"a": 1}, map[string]any{"a b": "c"},
		map[string]any{"a": "c d"}, []any{}, []any{"a"}, []any{"a.b/c"}, "2020-01-01T00:00:00Z",
		[]any{map[string]any{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"}},
		map[string]any{"a": nil},
	}
	metadata[field] = values[random.Intn(len(values))]
}

// A value of some type.
func anything(random *rand.Rand) any {
	values := []any{
		nil, true, false, 0, 1, -1, 1.5, 1e30, int64(1) << 62, json.Number("9223372036854775808"), "", "a", "A b", "1", "true",
		"2020-01-01T00:00:00Z", "1h", "10%", map[string]any{}, map[string]any{"a": "b"}, map[string]any{"a": 1}, []any{}, []any{"a"},
		[]any{nil}, []any{"a", "a"}, []any{map[string]any{}}, map[string]any{"a": nil},
	}
	return values[random.Intn(len(values))]
}

// A value of the same type, a little different.
func near(random *rand.Rand, old any) any {
	switch old := old.(type) {
	case string:
		values := []any{
			"", old + " ", old + "!", " " + old, old + old, upper(old), old + "\n", "-" + old, old + "-a", old + "é",
			repeated(old+"a", 300), sample(random), sample(random), 7, true,
		}
		return values[random.Intn(len(values))]
	case int64:
		values := []any{old + 1, old - 1, -old, old * 1000, float64(old) + 0.5, int64(1) << 40, fmt.Sprint(old), json.Number("18446744073709551616"), 0}
		return values[random.Intn(len(values))]
	case float64:
		values := []any{old + 1, -old, old * 1e10, int64(old), fmt.Sprint(old)}
		return values[random.Intn(len(values))]
	case bool:
		values := []any{!old, fmt.Sprint(old), 0, nil}
		return values[random.Intn(len(values))]
	case []any:
		switch random.Intn(5) {
		case 0:
			return []any{}
		case 1:
			if len(old) > 0 {
				return append(append([]any{}, old...), old[random.Intn(len(old))])
			}
		case 2:
			return append(append([]any{}, old...), anything(random))
		case 3:
			if len(old) > 0 {
				return old[0]
			}
		}
		return map[string]any{"0": old}
	case map[string]any:
		keys := sortedKeys(old)
		copied := map[string]any{}
		for _, key := range keys {
			copied[key] = old[key]
		}
		switch random.Intn(5) {
		case 0:
			return map[string]any{}
		case 1:
			if len(keys) > 0 {
				delete(copied, keys[random.Intn(len(keys))])
			}
			return copied
		case 2:
			if len(keys) > 0 {
				key := keys[random.Intn(len(keys))]
				copied[upper(key)] = copied[key]
				delete(copied, key)
			}
			return copied
		case 3:
			return []any{old}
		}
		copied["a"] = anything(random)
		return copied
	}
	return anything(random)
}
