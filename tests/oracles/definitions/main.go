// The verdicts of a Kubernetes API server on CustomResourceDefinitions that are created: its own strict decoder, defaults
// and validation (structural schemas, defaults, rules compiled against their schema with cost estimates), without a server.
//
//	definitions < LINES       prints for each line {"id", "definition"} a line {"id", "errors"}; the definition is a
//	                          CustomResourceDefinition of apiextensions.k8s.io/v1, as JSON
//	definitions -functions    prints the functions that an expression may call, one overload a line, as
//	                          src/kubernetes/validate/cel/functions.txt has them
//	definitions -mutants N -seed S < LINES
//	                          prints N mutants, each of a random definition of LINES with one random change, as lines
//	                          {"id", "definition"} for another run
//
// Build it with `GOFLAGS=-mod=mod go build -o ../../../target/definitions-oracle .` in this folder.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsinstall "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

type line struct {
	ID         string          `json:"id"`
	Definition json.RawMessage `json:"definition"`
}

type answer struct {
	ID     string   `json:"id"`
	Errors []string `json:"errors"`
}

var scheme = runtime.NewScheme()

func init() {
	apiextensionsinstall.Install(scheme)
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "definitions:", err)
	os.Exit(1)
}

// errorsOf is what the server finds wrong when a definition is created.
func errorsOf(definition []byte) (errors []string) {
	// A server answers 500 where its code panics.
	defer func() {
		if panicked := recover(); panicked != nil {
			errors = []string{fmt.Sprintf("panic: %v", panicked)}
		}
	}()
	errors = []string{}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	internal := schema.GroupVersion{Group: apiextensions.GroupName, Version: runtime.APIVersionInternal}
	decoded, _, err := codecs.UniversalDecoder(internal).Decode(definition, nil, nil)
	if err != nil {
		return append(errors, "decode: "+err.Error())
	}
	object, ok := decoded.(*apiextensions.CustomResourceDefinition)
	if !ok {
		return append(errors, fmt.Sprintf("decode: not a CustomResourceDefinition but %T", decoded))
	}
	ctx := context.Background()
	// The server ignores the namespace of objects that are in none.
	object.Namespace = ""
	customresourcedefinition.NewStrategy(scheme).PrepareForCreate(ctx, object)
	for _, err := range validation.ValidateCustomResourceDefinition(ctx, object) {
		errors = append(errors, err.Error())
	}
	return errors
}

// each calls visit for each line of the standard input.
func each(visit func(line)) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var given line
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			fail(err)
		}
		visit(given)
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func main() {
	functions := flag.Bool("functions", false, "print the functions that an expression may call")
	mutants := flag.Int("mutants", 0, "how many mutants to make of the definitions")
	seed := flag.Uint64("seed", 1, "which mutants")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	switch {
	case *functions:
		for _, text := range declarations() {
			fmt.Fprintln(out, text)
		}
	case *mutants > 0:
		var given []line
		each(func(one line) { given = append(given, one) })
		for _, mutant := range mutate(given, *mutants, *seed) {
			if err := encoder.Encode(mutant); err != nil {
				fail(err)
			}
		}
	default:
		each(func(one line) {
			if err := encoder.Encode(answer{ID: one.ID, Errors: errorsOf(one.Definition)}); err != nil {
				fail(err)
			}
		})
	}
}
