//go:build counted

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode"
	"unicode/utf8"

	"github.com/Masterminds/sprig/v3"
)

// tree is the tree of a file, or of a definition in it.
type tree struct {
	*parse.Tree
	// at is where the name of a definition is, and -1 for the file's own.
	at int
}

// file is a template of the chart.
type file struct {
	text     string
	trees    []tree
	isParsed bool
}

type line struct {
	Line int `json:"line"`
	Hits int `json:"hits"`
}

type branch struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Kind    string `json:"kind"`
	Outcome string `json:"outcome"`
	Hits    int    `json:"hits"`
}

// definition is a `define` or `block`: the line that its name is on, and that of the list that it is, which begins after `}}`
// and the white space that is trimmed.
type definition struct {
	Name string `json:"name"`
	Line int    `json:"line"`
	Body int    `json:"body"`
	Hits int    `json:"hits"`
}

type document struct {
	Path        string       `json:"path"`
	Template    string       `json:"template"`
	Lines       []line       `json:"lines"`
	Branches    []branch     `json:"branches"`
	Definitions []definition `json:"definitions"`
}

// way is an outcome of a decision. The decision is the pipeline of an `if`, a `with` or a `range`, or the command of a call.
type way struct {
	decision parse.Node
	outcome  string
}

var (
	files = map[string]*file{}
	runs  = map[parse.Node]int{}
	ways  = map[way]int{}
)

func init() {
	isEmpty := sprig.TxtFuncMap()["empty"].(func(any) bool)
	parse.Parsed = func(parsed any, text string, at int) { addTree(parsed.(*parse.Tree), text, at) }
	template.Walked = func(node parse.Node) { runs[node]++ }
	template.Branched = func(pipe *parse.PipeNode, isTrue bool) { ways[way{pipe, fmt.Sprint(isTrue)}]++ }
	template.Argued = func(command parse.Node, argument int) { ways[way{command, fmt.Sprint(argument)}]++ }
	template.Called = func(command parse.Node, name string, arguments []reflect.Value) {
		switch name {
		case "default":
			outcome := "given"
			if len(arguments) < 2 || isEmpty(arguments[1].Interface()) {
				outcome = "default"
			}
			ways[way{command, outcome}]++
		case "ternary":
			ways[way{command, fmt.Sprint(arguments[2].Bool())}]++
		}
	}
	written = write
}

// addTree adds a tree of a template of the chart itself: CHART/templates/…. What `tpl` parses has the name of the template
// that calls it, which is parsed by then.
func addTree(parsed *parse.Tree, text string, at int) {
	name := parsed.ParseName
	if parts := strings.Split(name, "/"); len(parts) < 3 || parts[1] != "templates" {
		return
	}
	of := files[name]
	if of == nil {
		of = &file{text: text}
		files[name] = of
	}
	if !of.isParsed {
		of.trees = append(of.trees, tree{parsed, at})
		of.isParsed = at < 0
	}
}

// write writes what is in each file, and its counts.
func write(path string) error {
	all := struct {
		Files []document `json:"files"`
	}{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		all.Files = append(all.Files, documented(name, files[name]))
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

func documented(name string, of *file) document {
	of.trees = slices.DeleteFunc(of.trees, func(one tree) bool { return one.Root == nil })
	seen := &counter{text: of.text, lines: map[int]int{}}
	definitions := []definition{}
	for _, one := range of.trees {
		seen.list(one.Root)
		if one.at >= 0 {
			at, _ := seen.place(parse.Pos(one.at))
			body, _ := seen.place(one.Root.Pos)
			definitions = append(definitions, definition{one.Name, at, body, runs[one.Root]})
		}
	}
	lines := []line{}
	for _, number := range slices.Sorted(maps.Keys(seen.lines)) {
		lines = append(lines, line{number, seen.lines[number]})
	}
	slices.SortFunc(definitions, func(a, b definition) int { return cmp.Or(a.Line-b.Line, strings.Compare(a.Name, b.Name)) })
	slices.SortStableFunc(seen.branches, func(a, b branch) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	_, path, _ := strings.Cut(name, "/")
	return document{path, name, lines, append([]branch{}, seen.branches...), definitions}
}

// counter collects the lines and branches of a file.
type counter struct {
	text     string
	lines    map[int]int
	branches []branch
}

// place is the line and the column of a position, both from 1; columns are characters, as in all reports, where Go has bytes.
func (c *counter) place(at parse.Pos) (int, int) {
	before := c.text[:at]
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
}

// list adds the statements of a list.
func (c *counter) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.TextNode:
			number, _ := c.place(node.Pos)
			for _, text := range strings.Split(string(node.Text), "\n") {
				if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) }) {
					c.ran(number, node)
				}
				number++
			}
			continue
		case *parse.CommentNode:
			continue
		case *parse.ActionNode:
			c.pipe(node.Pipe)
		case *parse.TemplateNode:
			c.pipe(node.Pipe)
		case *parse.IfNode:
			c.control("if", &node.BranchNode)
		case *parse.WithNode:
			c.control("with", &node.BranchNode)
		case *parse.RangeNode:
			c.control("range", &node.BranchNode)
		}
		number, _ := c.place(node.Position())
		c.ran(number, node)
	}
}

// ran adds a statement on a line, whose hits are the most of those on it.
func (c *counter) ran(number int, node parse.Node) {
	c.lines[number] = max(c.lines[number], runs[node])
}

func (c *counter) control(kind string, node *parse.BranchNode) {
	for _, outcome := range []string{"true", "false"} {
		c.branch(node.Pos, kind, outcome, way{node.Pipe, outcome})
	}
	c.pipe(node.Pipe)
	c.list(node.List)
	c.list(node.ElseList)
}

func (c *counter) branch(at parse.Pos, kind, outcome string, of way) {
	number, column := c.place(at)
	c.branches = append(c.branches, branch{number, column, kind, outcome, ways[of]})
}

// pipe adds the calls that decide something in a pipeline. What is piped into a call is its last argument.
func (c *counter) pipe(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	for index, command := range pipe.Cmds {
		if name, ok := command.Args[0].(*parse.IdentifierNode); ok {
			arguments := len(command.Args) - 1
			if index > 0 {
				arguments++
			}
			c.call(name, command, arguments)
		}
		for _, argument := range command.Args {
			c.operand(argument)
		}
	}
}

func (c *counter) call(name *parse.IdentifierNode, command *parse.CommandNode, arguments int) {
	switch name.Ident {
	case "and", "or":
		for number := 1; number <= arguments; number++ {
			outcome := fmt.Sprintf("argument %d decides", number)
			if number == arguments {
				outcome = fmt.Sprintf("argument %d is reached", number)
			}
			c.branch(name.Pos, name.Ident, outcome, way{command, fmt.Sprint(number)})
		}
	case "default":
		for _, outcome := range []string{"default", "given"} {
			c.branch(name.Pos, name.Ident, outcome, way{command, outcome})
		}
	case "ternary":
		for _, outcome := range []string{"true", "false"} {
			c.branch(name.Pos, name.Ident, outcome, way{command, outcome})
		}
	}
}

// operand goes into what is in parentheses.
func (c *counter) operand(node parse.Node) {
	switch node := node.(type) {
	case *parse.PipeNode:
		c.pipe(node)
	case *parse.ChainNode:
		c.operand(node.Node)
	}
}
