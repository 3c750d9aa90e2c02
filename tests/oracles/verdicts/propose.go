package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
)

type change struct {
	object         int
	pointer, value string
}

type place struct {
	pointer string
	value   any
}

// places lists every value below one, with its JSON pointer, in a fixed order.
func places(at any, pointer string, found []place) []place {
	switch at := at.(type) {
	case map[string]any:
		names := make([]string, 0, len(at))
		for name := range at {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			inner := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
			found = append(found, place{inner, at[name]})
			found = places(at[name], inner, found)
		}
	case []any:
		for i, item := range at {
			inner := fmt.Sprintf("%s/%d", pointer, i)
			found = append(found, place{inner, item})
			found = places(item, inner, found)
		}
	}
	return found
}

var others = []string{"-", "null", `""`, "[]", "{}", "0", "1", "-1", "true", `"x"`, `"A"`, `"a b"`, `"-a"`, "65535", "65536", "2147483647", "2147483648", `"50%"`, `"101%"`}

// proposals changes one place of an object each, without repeating itself.
func proposals(objects []any, count int, seed uint64) []change {
	random := rand.New(rand.NewPCG(seed, 0))
	seen := map[change]bool{}
	var changes []change
	for tries := 0; len(changes) < count && tries < 100*count; tries++ {
		index := random.IntN(len(objects))
		all := places(objects[index], "", nil)
		at := all[random.IntN(len(all))]
		if at.pointer == "/apiVersion" || at.pointer == "/kind" {
			continue
		}
		value := others[random.IntN(len(others))]
		// Half of the changes are close to the old value.
		if random.IntN(2) == 0 {
			switch old := at.value.(type) {
			case float64:
				value = strconv.FormatFloat(old+float64(random.IntN(3)-1), 'f', -1, 64)
			case string:
				text, err := json.Marshal([]string{old + "x", old + "-", strings.ToUpper(old), old + old, " " + old, old[:len(old)/2]}[random.IntN(6)])
				if err != nil {
					fail(err)
				}
				value = string(text)
			case bool:
				value = strconv.FormatBool(!old)
			}
		}
		new := change{index, at.pointer, value}
		if !seen[new] {
			seen[new] = true
			changes = append(changes, new)
		}
	}
	return changes
}
