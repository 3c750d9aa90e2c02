package main

import (
	"encoding/binary"
	"fmt"
)

// Whether the fields of a definition are required.
type requirements map[string]requirement

type requirement int

const (
	never requirement = iota
	always
	// In some versions of Kubernetes.
	changing
)

// The embedded schemas, whose layout src/kubernetes/validate/bundle.rs describes.
type reader struct{ bytes []byte }

func (r *reader) number() int {
	number, size := binary.Uvarint(r.bytes)
	if size <= 0 {
		fail(fmt.Errorf("the schemas end too early"))
	}
	r.bytes = r.bytes[size:]
	return int(number)
}

func (r *reader) take(size int) []byte {
	taken := r.bytes[:size]
	r.bytes = r.bytes[size:]
	return taken
}

// schema passes over a schema, and gives what it requires of its fields if it is of an object.
func (r *reader) schema(texts []string) requirements {
	switch r.take(1)[0] {
	case 11, 12:
		r.schema(texts)
	case 13:
		required := requirements{}
		for range r.number() {
			key := r.number()
			required[texts[key/2]] = requirement(key % 2)
			r.schema(texts)
		}
		return required
	case 14:
		r.number()
	case 16:
		for range r.number() / 2 {
			r.number()
		}
	}
	return nil
}

// readSchemas gives what the definitions of all versions require, by their names.
func readSchemas(bundle []byte) map[string]requirements {
	r := reader{bundle[len("CWKS2\n"):]}
	texts := make([]string, r.number())
	for i := range texts {
		texts[i] = string(r.take(r.number()))
	}
	definitions := make([]requirements, r.number())
	for i := range definitions {
		one := reader{r.take(r.number())}
		definitions[i] = one.schema(texts)
	}
	found := map[string]requirements{}
	for range r.number() {
		r.take(1)
		body := reader{r.take(r.number())}
		for range body.number() {
			name, definition := texts[body.number()], definitions[body.number()]
			if found[name] == nil {
				found[name] = requirements{}
			}
			for field, required := range definition {
				if known, ok := found[name][field]; ok && known != required {
					required = changing
				}
				found[name][field] = required
			}
		}
	}
	return found
}
