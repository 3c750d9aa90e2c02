// Package template is added to Go's text/template, whose functions call what is here.
package template

import (
	"reflect"
	"text/template/parse"
)

// Walked is called with each node that is executed: statements, lists, and so the list of each template.
var Walked = func(node parse.Node) {}

// Branched is called once for each evaluation of an `if`, a `with` or a `range`, with its pipeline.
var Branched = func(pipe *parse.PipeNode, isTrue bool) {}

// Argued is called with each argument of `and` and `or` that decides or, as the last, is reached. The command is that of the
// function, and arguments are counted from 1; the last may come from the pipeline.
var Argued = func(command parse.Node, argument int) {}

// Called is called with each other function that is executed, and its arguments.
var Called = func(command parse.Node, name string, arguments []reflect.Value) {}
