// Expressions of the tests of Kubernetes' CEL libraries, with what the API server's own code makes of them.
//
//	cel -harvest PACKAGE...   runs the tests of packages with code that notes every expression, and prints rows
//	cel < LINES               prints for each line {"text"} a row; the environment has no variables
//	cel -policies < LINES     prints lines {"object"}, {"spec"} or {"spec", "param"} with the decisions of the policy
//
// A row of `text` has an expression without variables; a row of `rules` has the schema of a definition, a value of it
// (nothing if the rules are only compiled), and its rules. An outcome is `value` (see print.go) and `cost`, or `error`
// with `cost` of an evaluation that fails, or `compile` with the first error that keeps the expression from compiling.
//
// Build it with `GOFLAGS=-mod=mod go build -o ../../../target/cel-oracle .` in this folder, and run it there.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
)

type outcome struct {
	Value   string `json:"value,omitempty"`
	Cost    uint64 `json:"cost,omitempty"`
	Error   string `json:"error,omitempty"`
	Compile string `json:"compile,omitempty"`
}

type textRow struct {
	Text string `json:"text"`
	outcome
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "cel:", err)
	os.Exit(1)
}

// evaluated is what the server makes of an expression without variables.
func evaluated(text string) outcome {
	env := environment.MustBaseEnvSet(version.MajorMinor(1, 35)).NewExpressionsEnv()
	ast, issues := env.Compile(text)
	if issues != nil {
		return outcome{Compile: firstLine("compilation failed: " + issues.String())}
	}
	program, err := env.Program(ast)
	if err != nil {
		return outcome{Compile: firstLine("program instantiation failed: " + err.Error())}
	}
	value, details, err := program.Eval(map[string]any{})
	answer := outcome{}
	if details != nil && details.ActualCost() != nil {
		answer.Cost = *details.ActualCost()
	}
	if err != nil {
		answer.Error = err.Error()
	} else {
		answer.Value = printed(value)
	}
	return answer
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func main() {
	harvests := flag.Bool("harvest", false, "run the tests of packages and print rows")
	judges := flag.Bool("policies", false, "judge objects by policies")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if *harvests {
		harvest(flag.Args(), out)
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	if *judges {
		policies(lines, out)
	}
	for lines.Scan() {
		var given struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			fail(err)
		}
		write(out, textRow{given.Text, evaluated(given.Text)})
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func write(out *bufio.Writer, row any) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(row); err != nil {
		fail(err)
	}
	out.Write(line.Bytes())
}
