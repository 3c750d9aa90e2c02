// Helm's answers to schemas: each line is a JSON object with the text of a values.schema.json and values.
//
//	schemas < CASES      prints every case with Helm's error (empty if the values fit)
//
// Cases whose error is not the same set of lines each time are left out: Go reads maps in random order, and some faults end
// the reading of a schema.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
)

const runs = 4

type question struct {
	ID     string          `json:"id"`
	Schema string          `json:"schema"`
	Values json.RawMessage `json:"values"`
	Error  string          `json:"error"`
}

func (q question) answer() string {
	values, err := common.ReadValues(q.Values)
	if err == nil {
		err = util.ValidateAgainstSingleSchema(values, []byte(q.Schema))
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	for input.Scan() {
		var q question
		if err := json.Unmarshal(input.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, "schemas:", err)
			os.Exit(1)
		}
		seen := map[string]bool{}
		for range runs {
			q.Error = q.answer()
			lines := strings.Split(q.Error, "\n")
			slices.Sort(lines)
			seen[strings.Join(lines, "\n")] = true
		}
		if len(seen) == 1 {
			_ = output.Encode(q)
		}
	}
}
