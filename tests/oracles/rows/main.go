// Helm's answers to rows: one template and its values, or one flag of the --set family, each a JSON object on a line.
//
//	rows < ROWS                        prints every row with Helm's answer in place of its own
//	rows -propose N -seed S < ROWS     prints N rows made from those by random changes, with their answers
//
// An answer is `output` (or `output_b64`, if it is not UTF-8) or `error` of a template, `result_json` and `types` (of
// numbers, by path) or `error` of a flag. Rows whose answer differs on a second run are left out of proposals.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"unicode/utf8"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/cli/values"
	"helm.sh/helm/v4/pkg/engine"
)

// The chart of tests/it/rows/template_rows.rs.
const chartYAML = "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\ntype: application\n" +
	"description: a chart\nkeywords: [k1, k2]\nhome: https://example.com\nannotations: {a: \"1\", b: \"2\"}\n" +
	"maintainers: [{name: m, email: m@example.com}]\n"

type row map[string]any

func (r row) text(name string) string {
	text, _ := r[name].(string)
	return text
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "rows:", err)
	os.Exit(1)
}

// answered is the row with Helm's answer.
func answered(question row) row {
	answer := row{}
	for name, value := range question {
		switch name {
		case "output", "output_b64", "error", "result_json", "types":
		default:
			answer[name] = value
		}
	}
	if _, ok := question["flag"]; ok {
		setAnswer(answer)
		return answer
	}
	output, err := render(question)
	switch {
	case err != nil:
		answer["error"] = err.Error()
	case utf8.ValidString(output):
		answer["output"] = output
	default:
		answer["output_b64"] = base64.StdEncoding.EncodeToString([]byte(output))
	}
	return answer
}

func render(question row) (output string, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	chart, err := loader.LoadFiles([]*archive.BufferedFile{
		{Name: "Chart.yaml", Data: []byte(chartYAML)},
		{Name: "templates/t.yaml", Data: []byte(question.text("template"))},
	})
	if err != nil {
		return "", err
	}
	given, _ := question["values"].(map[string]any)
	options := common.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	// Templates change values: every rendering gets its own.
	top, err := util.ToRenderValues(chart, clone(given), options, common.DefaultCapabilities.Copy())
	if err != nil {
		return "", err
	}
	files, err := engine.Engine{}.Render(chart, top)
	return files["c/templates/t.yaml"], err
}

func clone(values map[string]any) map[string]any {
	copied := map[string]any{}
	if text, err := json.Marshal(values); err != nil || json.Unmarshal(text, &copied) != nil {
		fail(fmt.Errorf("values cannot be copied: %w", err))
	}
	return copied
}

func setAnswer(answer row) {
	argument := []string{answer.text("arg")}
	var options values.Options
	switch answer.text("flag") {
	case "--set":
		options.Values = argument
	case "--set-string":
		options.StringValues = argument
	case "--set-json":
		options.JSONValues = argument
	case "--set-literal":
		options.LiteralValues = argument
	default:
		fail(fmt.Errorf("unknown flag in %v", answer))
	}
	if base := answer.text("base_values_yaml"); base != "" {
		directory, err := os.MkdirTemp("", "rows")
		if err != nil {
			fail(err)
		}
		defer os.RemoveAll(directory)
		options.ValueFiles = []string{filepath.Join(directory, "values.yaml")}
		if err := os.WriteFile(options.ValueFiles[0], []byte(base), 0o600); err != nil {
			fail(err)
		}
	}
	merged, err := merge(options)
	if err != nil {
		answer["error"] = err.Error()
		return
	}
	answer["result_json"] = merged
	types := map[string]any{}
	typesOf(merged, "", types)
	if len(types) > 0 {
		answer["types"] = types
	}
}

func merge(options values.Options) (merged map[string]any, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return options.MergeValues(nil)
}

func typesOf(value any, path string, types map[string]any) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			typesOf(inner, path+"/"+name, types)
		}
	case []any:
		for i, inner := range value {
			typesOf(inner, fmt.Sprintf("%s/%d", path, i), types)
		}
	case int64, float64:
		types[path] = fmt.Sprintf("%T", value)
	}
}

func main() {
	propose := flag.Int("propose", 0, "how many rows to make")
	seed := flag.Uint64("seed", 1, "which of them")
	flag.Parse()
	// Helm warns about values that it merges.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	var rows []row
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var question row
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			fail(err)
		}
		rows = append(rows, question)
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if *propose == 0 {
		for _, question := range rows {
			if err := encoder.Encode(answered(question)); err != nil {
				fail(err)
			}
		}
		return
	}
	generator := newGenerator(rows, *seed)
	for made, tries := 0, 0; made < *propose && tries < 100**propose; tries++ {
		question, ok := generator.next()
		if !ok {
			continue
		}
		question["id"] = fmt.Sprintf("%s/%d-%d", question.text("group"), *seed, made)
		answer := answered(question)
		if !reflect.DeepEqual(answer, answered(question)) || !reflect.DeepEqual(answer, answered(question)) {
			continue
		}
		if err := encoder.Encode(answer); err != nil {
			fail(err)
		}
		made++
	}
}
