package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

//go:embed print.go
var printSource string

// The code that notes an expression when it is compiled, in a process of the tests.
const noteText = `package cel

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

var noting sync.Mutex

func noteText(text string) {
	noting.Lock()
	defer noting.Unlock()
	line, _ := json.Marshal(map[string]string{"text": text})
	file, err := os.OpenFile(fmt.Sprintf("%s/%d", os.Getenv("CEL_NOTES"), os.Getpid()), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	file.Write(append(line, '\n'))
}
`

// The code that notes a rule with its schema, its value and the outcome.
const noteRule = `package cel

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiserver/pkg/cel/library"
)

var noting sync.Mutex

func note(row map[string]any) {
	noting.Lock()
	defer noting.Unlock()
	line, err := json.Marshal(row)
	if err != nil {
		return
	}
	file, err := os.OpenFile(fmt.Sprintf("%s/rules-%d", os.Getenv("CEL_NOTES"), os.Getpid()), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	file.Write(append(line, '\n'))
}

func ruleRow(s *schema.Structural, isRoot bool, rule apiextensions.ValidationRule) map[string]any {
	row := map[string]any{"schema": s.ToKubeOpenAPI(), "rule": rule.Rule}
	if isRoot {
		row["root"] = true
	}
	if rule.OptionalOldSelf != nil && *rule.OptionalOldSelf {
		row["optional"] = true
	}
	return row
}

func noteEvaluation(s *Validator, rule apiextensions.ValidationRule, value, before any, result ref.Val, details *celgo.EvalDetails, err error) {
	row := ruleRow(s.Schema, s.isResourceRoot, rule)
	row["self"] = value
	if before != nil {
		row["oldSelf"] = before
	}
	if details != nil && details.ActualCost() != nil {
		row["cost"] = *details.ActualCost()
	}
	if err != nil {
		row["error"] = err.Error()
	} else {
		row["value"] = printed(result)
	}
	note(row)
}

func noteCompilation(s *schema.Structural, estimator *library.CostEstimator, rule apiextensions.ValidationRule, result CompilationResult) {
	root := estimator.SizeEstimator.(*sizeEstimator).root
	_, hasMeta := root.Fields["metadata"]
	_, ownMeta := s.Properties["metadata"]
	row := ruleRow(s, root.IsObject() && hasMeta && !ownMeta && !s.XEmbeddedResource, rule)
	switch {
	case result.Error != nil:
		row["compile"], _, _ = strings.Cut(result.Error.Detail, "\n")
	case result.Program != nil:
		row["compile"] = ""
	default:
		return
	}
	note(row)
}
`

// A change of a source file: a line after which another is added.
type change struct{ module, file, after, added string }

var changes = []change{
	{"github.com/google/cel-go", "cel/env.go", "func (e *Env) CompileSource(src Source) (*Ast, *Issues) {", "\tnoteText(src.Content())"},
	{"k8s.io/apiextensions-apiserver", "pkg/apiserver/schema/cel/validation.go",
		"\t\tevalResult, evalDetails, err := compiled.Program.ContextEval(ctx, ruleActivation)",
		"\t\tnoteEvaluation(s, rule, obj, oldObj, evalResult, evalDetails, err)"},
	{"k8s.io/apiextensions-apiserver", "pkg/apiserver/schema/cel/compilation.go",
		"func compileRule(s *schema.Structural, rule apiextensions.ValidationRule, envSet *environment.EnvSet, envLoader EnvLoader, estimator *library.CostEstimator, maxCardinality uint64, perCallLimit uint64) (compilationResult CompilationResult) {",
		"\tdefer func() { noteCompilation(s, estimator, rule, compilationResult) }()"},
}

var additions = []change{
	{"github.com/google/cel-go", "cel/note.go", "", noteText},
	{"k8s.io/apiextensions-apiserver", "pkg/apiserver/schema/cel/note.go", "", noteRule},
	{"k8s.io/apiextensions-apiserver", "pkg/apiserver/schema/cel/print.go", "", strings.Replace(printSource, "package main", "package cel", 1)},
}

func directoryOf(module string) string {
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		fail(fmt.Errorf("go list %s: %w", module, err))
	}
	return strings.TrimSpace(string(output))
}

// changed writes changed copies of the modules, and a go.mod that has them in place of the modules.
func changed(folder string) string {
	copies := map[string]string{}
	for _, one := range append(append([]change{}, changes...), additions...) {
		if copies[one.module] != "" {
			continue
		}
		copied := filepath.Join(folder, fmt.Sprintf("module%d", len(copies)))
		if err := os.CopyFS(copied, os.DirFS(directoryOf(one.module))); err != nil {
			fail(err)
		}
		copies[one.module] = copied
	}
	for _, one := range changes {
		path := filepath.Join(copies[one.module], one.file)
		source, err := os.ReadFile(path)
		if err != nil {
			fail(err)
		}
		if strings.Count(string(source), one.after+"\n") != 1 {
			fail(fmt.Errorf("%s does not have the line %q", one.file, one.after))
		}
		put(path, strings.Replace(string(source), one.after+"\n", one.after+"\n"+one.added+"\n", 1))
	}
	for _, one := range additions {
		put(filepath.Join(copies[one.module], one.file), one.added)
	}
	text, err := os.ReadFile("go.mod")
	if err != nil {
		fail(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		fail(err)
	}
	for module, copied := range copies {
		text = fmt.Appendf(text, "\nreplace %s => %s\n", module, copied)
	}
	put(filepath.Join(folder, "go.mod"), string(text))
	put(filepath.Join(folder, "go.sum"), string(sums))
	return filepath.Join(folder, "go.mod")
}

func put(path, text string) {
	// What is copied from the module cache cannot be written.
	_ = os.Remove(path)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		fail(err)
	}
}

// harvest runs the tests of packages, and prints a row for each expression.
func harvest(packages []string, out *bufio.Writer) {
	folder, err := os.MkdirTemp("", "cel-notes")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(folder)
	notes := filepath.Join(folder, "notes")
	if err := os.Mkdir(notes, 0o700); err != nil {
		fail(err)
	}
	command := exec.Command("go", append([]string{"test", "-count=1", "-mod=mod", "-modfile=" + changed(folder)}, packages...)...)
	command.Env = append(os.Environ(), "CEL_NOTES="+notes)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cel: go test:", err)
	}
	files, err := filepath.Glob(filepath.Join(notes, "*"))
	if err != nil {
		fail(err)
	}
	sort.Strings(files)
	var texts, rules []string
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			fail(err)
		}
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")
		if strings.Contains(filepath.Base(path), "rules-") {
			rules = append(rules, lines...)
		} else {
			texts = append(texts, lines...)
		}
	}
	if len(rules) > 0 {
		printRules(rules, out)
		return
	}
	printTexts(texts, out)
}

var undeclared = regexp.MustCompile(`undeclared reference to '(.*)' \(in container`)

func unique(lines []string) []string {
	seen := map[string]bool{}
	var kept []string
	for _, line := range lines {
		if !seen[line] {
			seen[line] = true
			kept = append(kept, line)
		}
	}
	sort.Strings(kept)
	return kept
}

// printTexts prints rows for expressions without variables.
func printTexts(lines []string, out *bufio.Writer) {
	for _, line := range unique(lines) {
		var row textRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			fail(err)
		}
		row.outcome = evaluated(row.Text)
		// Variables and messages of the tests are not there.
		if missing := undeclared.FindStringSubmatch(row.Compile); len(row.Text) > 4000 || missing != nil && !strings.Contains(row.Text, missing[1]+"(") {
			continue
		}
		write(out, row)
	}
}

// rulesRow has rules about one value of a schema, or about none.
type rulesRow struct {
	Schema  any              `json:"schema"`
	Root    bool             `json:"root,omitempty"`
	Self    *json.RawMessage `json:"self,omitempty"`
	OldSelf *json.RawMessage `json:"oldSelf,omitempty"`
	Rules   []map[string]any `json:"rules"`
}

// printRules prints a row for each value with its schema.
func printRules(lines []string, out *bufio.Writer) {
	groups := map[string]*rulesRow{}
	var order []string
	evaluated, known := map[string]bool{}, map[string]bool{}
	parsed := make([]map[string]json.RawMessage, 0, len(lines))
	for _, line := range unique(lines) {
		var row map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			fail(err)
		}
		parsed = append(parsed, row)
	}
	// What is evaluated compiles.
	sort.SliceStable(parsed, func(i, j int) bool { return parsed[i]["self"] != nil && parsed[j]["self"] == nil })
	for _, row := range parsed {
		var schema any
		if err := json.Unmarshal(row["schema"], &schema); err != nil {
			fail(err)
		}
		schema = withoutRules(schema)
		text, err := json.Marshal(schema)
		if err != nil {
			fail(err)
		}
		one := map[string]any{}
		for _, name := range []string{"rule", "optional", "value", "cost", "error", "compile"} {
			if row[name] != nil {
				var value any
				if err := json.Unmarshal(row[name], &value); err != nil {
					fail(err)
				}
				one[name] = value
			}
		}
		compiles := string(text) + string(row["root"]) + string(row["rule"]) + string(row["optional"])
		if row["self"] != nil {
			evaluated[compiles] = true
		} else if evaluated[compiles] && one["compile"] == "" {
			continue
		}
		message, _ := one["error"].(string)
		cost, _ := one["cost"].(float64)
		if strings.HasPrefix(message, "operation interrupted") || (strings.HasPrefix(message, "operation cancelled") && cost < 1_000_000) {
			continue
		}
		key := string(text) + string(row["root"]) + "|" + string(row["self"]) + "|" + string(row["oldSelf"])
		if len(key) > 100_000 {
			continue
		}
		group := key
		if groups[key] == nil {
			entry := &rulesRow{Schema: schema, Root: row["root"] != nil}
			if self := row["self"]; self != nil {
				entry.Self = &self
			}
			if before := row["oldSelf"]; before != nil {
				entry.OldSelf = &before
			}
			groups[key] = entry
			order = append(order, key)
		}
		text, err = json.Marshal(one)
		if err != nil {
			fail(err)
		}
		if key += string(text); !known[key] {
			known[key] = true
			groups[group].Rules = append(groups[group].Rules, one)
		}
	}
	for _, key := range order {
		write(out, groups[key])
	}
}

func withoutRules(at any) any {
	switch at := at.(type) {
	case map[string]any:
		for name, value := range at {
			if name == "x-kubernetes-validations" {
				delete(at, name)
			} else {
				at[name] = withoutRules(value)
			}
		}
	case []any:
		for index, value := range at {
			at[index] = withoutRules(value)
		}
	}
	return at
}
