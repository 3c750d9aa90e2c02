// The verdicts of a Kubernetes API server on custom resources: its own decoding, pruning, defaulting, field manager and
// registry strategy, without a server. Admission plugins do not run.
//
//	custom_resources DEFINITIONS < CASES            prints for each line of CASES a line with its id, and for server-side
//	                                                apply and for create the reason of a refusal, empty when accepted
//	custom_resources DEFINITIONS -propose N -seed S prints N cases: objects made from the schemas, most with one change
//
// DEFINITIONS has a CustomResourceDefinition (apiextensions.k8s.io/v1) as JSON on each line. A line of CASES is
// {"id": ..., "definition": index of the line, "object": {...}}.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

// A case, and what becomes of it.
type testCase struct {
	ID         string          `json:"id"`
	Definition int             `json:"definition"`
	Object     json.RawMessage `json:"object"`
}

type verdict struct {
	ID     string `json:"id"`
	Apply  string `json:"apply"`
	Create string `json:"create"`
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "custom_resources:", err)
	os.Exit(1)
}

func readDefinitions(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var definitions [][]byte
	for _, line := range bytes.Split(text, []byte("\n")) {
		if len(bytes.TrimSpace(line)) > 0 {
			definitions = append(definitions, line)
		}
	}
	return definitions, nil
}

func judgeAll(definitions [][]byte) error {
	servers := map[int]*server{}
	failures := map[int]error{}
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for scanner.Scan() {
		var given testCase
		if err := json.Unmarshal(scanner.Bytes(), &given); err != nil {
			return err
		}
		if given.Definition < 0 || given.Definition >= len(definitions) {
			return fmt.Errorf("%s: there is no definition %d", given.ID, given.Definition)
		}
		served, known := servers[given.Definition]
		if !known && failures[given.Definition] == nil {
			var err error
			if served, err = newServer(definitions[given.Definition]); err != nil {
				failures[given.Definition] = err
			} else {
				servers[given.Definition] = served
			}
		}
		result := verdict{ID: given.ID}
		if err := failures[given.Definition]; err != nil {
			result.Apply, result.Create = "definition: "+err.Error(), "definition: "+err.Error()
		} else {
			result.Apply, result.Create = text(served.apply(given.Object)), text(served.create(given.Object))
		}
		if err := out.Encode(result); err != nil {
			return err
		}
	}
	return scanner.Err()
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: custom_resources DEFINITIONS [-propose N -seed S] < CASES"))
	}
	flags := flag.NewFlagSet("custom_resources", flag.ExitOnError)
	count := flags.Int("propose", 0, "print so many random cases")
	seed := flags.Int64("seed", 1, "seed of the random numbers")
	if err := flags.Parse(os.Args[2:]); err != nil {
		fail(err)
	}
	definitions, err := readDefinitions(os.Args[1])
	if err != nil {
		fail(err)
	}
	if *count > 0 {
		err = propose(definitions, *count, *seed)
	} else {
		err = judgeAll(definitions)
	}
	if err != nil {
		fail(err)
	}
}
