// The verdicts of a Kubernetes API server on objects with one change each: its own decoder (strict), defaults and
// registry strategies, without a server. Admission plugins do not run.
//
//	verdicts OBJECTS < CHANGES             prints for each line of CHANGES (object, pointer, value, ...; lines with # are passed
//	                                       over) its first three columns and "taken", or "refused" and why
//	verdicts OBJECTS -propose N -seed S    prints N random changes in the same way
//
// OBJECTS is a stream of YAML documents, all accepted by the server.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "verdicts:", err)
	os.Exit(1)
}

func readObjects(path string) ([]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var objects []any
	for i, document := range bytes.Split(append([]byte("\n"), text...), []byte("\n---\n")) {
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		var object any
		if err := yaml.Unmarshal(document, &object); err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", path, i, err)
		}
		if object != nil {
			objects = append(objects, object)
		}
	}
	return objects, nil
}

func clone(object any) any {
	text, err := json.Marshal(object)
	if err != nil {
		fail(err)
	}
	var copied any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&copied); err != nil {
		fail(err)
	}
	return copied
}

// changed puts a value (JSON, or - for nothing) at a JSON pointer.
func changed(object any, pointer, value string) (any, error) {
	object = clone(object)
	var new any
	if value != "-" {
		decoder := json.NewDecoder(strings.NewReader(value))
		decoder.UseNumber()
		if err := decoder.Decode(&new); err != nil {
			return nil, fmt.Errorf("%s: %w", value, err)
		}
	}
	steps := strings.Split(pointer, "/")[1:]
	replace := strings.NewReplacer("~1", "/", "~0", "~")
	var put func(at any, steps []string) (any, error)
	put = func(at any, steps []string) (any, error) {
		name := replace.Replace(steps[0])
		switch at := at.(type) {
		case map[string]any:
			if len(steps) > 1 {
				inner, err := put(at[name], steps[1:])
				at[name] = inner
				return at, err
			}
			if value == "-" {
				delete(at, name)
			} else {
				at[name] = new
			}
			return at, nil
		case []any:
			index, err := strconv.Atoi(name)
			if err != nil || index < 0 || index >= len(at) {
				return nil, fmt.Errorf("%s: no such item", pointer)
			}
			if len(steps) > 1 {
				inner, err := put(at[index], steps[1:])
				at[index] = inner
				return at, err
			}
			if value == "-" {
				return append(at[:index:index], at[index+1:]...), nil
			}
			at[index] = new
			return at, nil
		}
		return nil, fmt.Errorf("%s: nothing is there", pointer)
	}
	return put(object, steps)
}

func answer(object any, pointer, value string) string {
	new, err := changed(object, pointer, value)
	if err != nil {
		fail(err)
	}
	text, err := json.Marshal(new)
	if err != nil {
		fail(err)
	}
	if err := create(context.Background(), text); err != nil {
		return "refused\t" + strings.Join(strings.Fields(err.Error()), " ")
	}
	return "taken"
}

func main() {
	propose := flag.Int("propose", 0, "how many changes to make at random")
	seed := flag.Uint64("seed", 1, "which of them")
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: verdicts OBJECTS [-propose N -seed S]"))
	}
	if err := flag.CommandLine.Parse(os.Args[2:]); err != nil {
		fail(err)
	}
	objects, err := readObjects(os.Args[1])
	if err != nil {
		fail(err)
	}
	for i, object := range objects {
		text, err := json.Marshal(object)
		if err != nil {
			fail(err)
		}
		if err := create(context.Background(), text); err != nil {
			fail(fmt.Errorf("object %d is refused as it is: %w", i, err))
		}
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if *propose > 0 {
		for _, change := range proposals(objects, *propose, *seed) {
			fmt.Fprintf(out, "%d\t%s\t%s\t%s\n", change.object, change.pointer, change.value,
				answer(objects[change.object], change.pointer, change.value))
		}
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") || lines.Text() == "" {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		if len(columns) < 3 {
			fail(fmt.Errorf("three columns are wanted: %s", lines.Text()))
		}
		index, err := strconv.Atoi(columns[0])
		if err != nil || index < 0 || index >= len(objects) {
			fail(fmt.Errorf("no such object: %s", lines.Text()))
		}
		fmt.Fprintf(out, "%s\t%s\n", strings.Join(columns[:3], "\t"), answer(objects[index], columns[1], columns[2]))
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}
