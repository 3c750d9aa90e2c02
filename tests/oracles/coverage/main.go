// Helm's own program, which also says which lines, branches and definitions of a chart's templates it executed.
//
//	coverage template RELEASE CHART [FLAGS]
//
// It is Helm, unchanged: the counting is in Go's text/template, in whose files .ci/coverage.py puts calls of the functions
// below hooks (`go build -overlay -tags counted`). Nothing is put into a template, so no output and no condition can differ.
// The counts are written as JSON to the file that COVERAGE_FILE names. Without the tag this is Helm and nothing else.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	helm "helm.sh/helm/v4/pkg/cmd"
)

// written is what writes the counts, if there are any.
var written = func(string) error { return nil }

func main() {
	command, err := helm.NewRootCmd(os.Stdout, os.Args[1:], helm.SetupLogging)
	if err != nil {
		slog.Warn("command failed", slog.Any("error", err))
		os.Exit(1)
	}
	if err := command.Execute(); err != nil {
		if failure, ok := errors.AsType[helm.CommandError](err); ok {
			os.Exit(failure.ExitCode)
		}
		os.Exit(1)
	}
	if path := os.Getenv("COVERAGE_FILE"); path != "" {
		if err := written(path); err != nil {
			fmt.Fprintln(os.Stderr, "coverage:", err)
			os.Exit(2)
		}
	}
}
