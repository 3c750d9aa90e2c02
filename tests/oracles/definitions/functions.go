package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/google/cel-go/common/types"
	"k8s.io/apiserver/pkg/cel/environment"
)

// declarations are the overloads that the server knows when it compiles a new expression, as
// `name (arguments) -> result`, or `receiver . name (arguments) -> result`; type parameters are capital letters. The
// overloads of a function are in the server's order.
func declarations() []string {
	functions := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).NewExpressionsEnv().Functions()
	names := make([]string, 0, len(functions))
	for name := range functions {
		names = append(names, name)
	}
	sort.Strings(names)
	var lines []string
	for _, name := range names {
		function := functions[name]
		for _, overload := range function.OverloadDecls() {
			arguments := make([]string, 0, len(overload.ArgTypes()))
			for _, argument := range overload.ArgTypes() {
				arguments = append(arguments, spelt(argument))
			}
			receiver := ""
			if overload.IsMemberFunction() {
				receiver, arguments = arguments[0]+" . ", arguments[1:]
			}
			lines = append(lines, fmt.Sprintf("%s%s (%s) -> %s", receiver, name, strings.Join(arguments, ", "), spelt(overload.ResultType())))
		}
	}
	return lines
}

func spelt(t *types.Type) string {
	switch t.Kind() {
	case types.TypeParamKind:
		return t.TypeName()
	case types.TypeKind, types.ListKind, types.MapKind, types.OpaqueKind:
		if len(t.Parameters()) == 0 {
			return t.TypeName()
		}
		parameters := make([]string, 0, len(t.Parameters()))
		for _, parameter := range t.Parameters() {
			parameters = append(parameters, spelt(parameter))
		}
		return t.TypeName() + "<" + strings.Join(parameters, ", ") + ">"
	default:
		return t.TypeName()
	}
}
