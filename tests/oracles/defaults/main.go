// How Kubernetes writes the fields of its types as JSON where the OpenAPI document does not say: which of them are written although they are
// zero, and which are pointers, so that a zero somebody wrote stays.
//
//	defaults schemas/kubernetes.bin > src/kubernetes/validate/defaults/fields.txt
//
// Below the name of a group, each line has a definition, of those that the schemas have, and the fields that are not as expected, or not required in all versions
// that have them or none: a required field and `metadata`, `spec`, `status` and `template` are always written; of the others, one with
// fields of its own is a pointer, and any other is left out while it is zero. A definition that is the same in all versions of its group is written once, without a version. After the name of a field, `!` says that it is always written, `?`
// that it is a pointer, `~` that it is left out while it is zero, and `^` that it is a pointer and written as null.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// The modules with the types of the API, and where in them.
var sources = [][2]string{
	{"k8s.io/api", ""},
	{"k8s.io/apimachinery", "pkg/apis/meta/v1"},
	{"k8s.io/apimachinery", "pkg/runtime"},
	{"k8s.io/apiextensions-apiserver", "pkg/apis/apiextensions/v1"},
	{"k8s.io/kube-aggregator", "pkg/apis/apiregistration/v1"},
}

// Versions of the modules. Types of the last one that has them count; an older one has some that were removed.
var versions = []string{"v0.35.0", "v0.37.0"}

// Structs that are written as scalars.
var scalars = []string{"Quantity", "IntOrString", "Time", "MicroTime", "Duration"}

// Fields that most definitions have by value.
var written = []string{"metadata", "spec", "status", "template"}

// A named type, and what its file calls the packages it imports.
type named struct {
	pkg     string
	spec    ast.Expr
	imports map[string]string
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "defaults:", err)
		os.Exit(1)
	}
}

func directory(module string) string {
	output, err := exec.Command("go", "mod", "download", "-json", module).Output()
	fail(err)
	var found struct{ Dir string }
	fail(json.Unmarshal(output, &found))
	return found.Dir
}

func readModule(module, version, place string, types map[string]named) {
	root := directory(module + "@" + version)
	fail(filepath.WalkDir(filepath.Join(root, place), func(path string, entry fs.DirEntry, err error) error {
		fail(err)
		isTypes := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
		if !entry.IsDir() && isTypes {
			relative, err := filepath.Rel(root, filepath.Dir(path))
			fail(err)
			readFile(path, module+"/"+filepath.ToSlash(relative), types)
		}
		return nil
	}))
}

func readFile(path, pkg string, types map[string]named) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	fail(err)
	imports := map[string]string{}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := filepath.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = imported
	}
	for _, declared := range file.Decls {
		general, ok := declared.(*ast.GenDecl)
		if !ok || general.Tok != token.TYPE {
			continue
		}
		for _, spec := range general.Specs {
			typed := spec.(*ast.TypeSpec)
			types[pkg+"."+typed.Name.Name] = named{pkg, typed.Type, imports}
		}
	}
}

// resolve gives the named type an expression refers to, if it is one of ours.
func resolve(expr ast.Expr, in named, types map[string]named) (string, named, bool) {
	name := ""
	switch expr := expr.(type) {
	case *ast.Ident:
		name = in.pkg + "." + expr.Name
	case *ast.SelectorExpr:
		name = in.imports[expr.X.(*ast.Ident).Name] + "." + expr.Sel.Name
	}
	found, ok := types[name]
	return name, found, ok
}

func isScalarStruct(expr ast.Expr) bool {
	switch expr := expr.(type) {
	case *ast.Ident:
		return slices.Contains(scalars, expr.Name)
	case *ast.SelectorExpr:
		return slices.Contains(scalars, expr.Sel.Name)
	}
	return false
}

func isStruct(expr ast.Expr, in named, types map[string]named) bool {
	if isScalarStruct(expr) {
		return false
	}
	if _, ok := expr.(*ast.StructType); ok {
		return true
	}
	_, found, ok := resolve(expr, in, types)
	return ok && isStruct(found.spec, found, types)
}

// sign is how a field is written, and how it is expected to be.
func sign(field *ast.Field, tag string, in named, types map[string]named, required requirements) (found, expected string) {
	options := strings.Split(tag, ",")[1:]
	omits, omitsZero := slices.Contains(options, "omitempty"), slices.Contains(options, "omitzero")
	pointer, isPointer := field.Type.(*ast.StarExpr)
	base := field.Type
	if isPointer {
		base = pointer.X
	}
	hasFields := isStruct(base, in, types)
	switch {
	case isPointer && (omits || omitsZero):
		found = "?"
	case isPointer:
		found = "^"
	case omitsZero, omits && !hasFields && !isScalarStruct(base):
		found = "~"
	default:
		found = "!"
	}
	name := strings.Split(tag, ",")[0]
	switch {
	case hasFields && slices.Contains(written, name):
		expected = "!"
	case required[name] == changing:
		expected = ""
	case required[name] == always:
		expected = "!"
	case hasFields:
		expected = "?"
	default:
		expected = "~"
	}
	return found, expected
}

func fields(spec *ast.StructType, in named, types map[string]named, required requirements) []string {
	var list []string
	for _, field := range spec.Fields.List {
		tag := ""
		if field.Tag != nil {
			text, _ := strconv.Unquote(field.Tag.Value)
			tag = reflect.StructTag(text).Get("json")
		}
		name := strings.Split(tag, ",")[0]
		if name == "-" || (name == "" && len(field.Names) > 0) {
			continue
		}
		if name == "" {
			expr := field.Type
			if pointer, ok := expr.(*ast.StarExpr); ok {
				expr = pointer.X
			}
			if _, found, ok := resolve(expr, in, types); ok {
				if inner, ok := found.spec.(*ast.StructType); ok {
					list = append(list, fields(inner, found, types, required)...)
				}
			}
			continue
		}
		if _, isKnown := required[name]; !isKnown {
			continue
		}
		if found, expected := sign(field, tag, in, types, required); found != expected {
			list = append(list, name+found)
		}
	}
	return list
}

func main() {
	types := map[string]named{}
	for _, version := range versions {
		for _, source := range sources {
			readModule(source[0], version, source[1], types)
		}
	}
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: defaults SCHEMAS"))
	}
	bundle, err := os.ReadFile(os.Args[1])
	fail(err)
	schemas := readSchemas(bundle)
	// Exceptions by group and type, then by version.
	groups := map[[2]string]map[string]string{}
	for name, found := range types {
		name = "io.k8s." + strings.ReplaceAll(strings.TrimPrefix(name, "k8s.io/"), "/", ".")
		required, isKnown := schemas[name]
		spec, ok := found.spec.(*ast.StructType)
		for !ok {
			// A type that is another type has its fields.
			_, other, isOurs := resolve(found.spec, found, types)
			if !isOurs {
				break
			}
			found = other
			spec, ok = found.spec.(*ast.StructType)
		}
		if !ok || !isKnown || strings.HasSuffix(name, "List") {
			continue
		}
		parts := strings.Split(name, ".")
		definition := parts[len(parts)-3:]
		key := [2]string{definition[0], definition[2]}
		if groups[key] == nil {
			groups[key] = map[string]string{}
		}
		groups[key][definition[1]] = strings.Join(fields(spec, found, types, required), " ")
	}
	for _, line := range shortest(groups) {
		fmt.Println(line)
	}
}

func shortest(groups map[[2]string]map[string]string) []string {
	lines := map[string][]string{}
	for key, versions := range groups {
		distinct := map[string]bool{}
		for _, exceptions := range versions {
			distinct[exceptions] = true
		}
		for version, exceptions := range versions {
			line := " " + version + "." + key[1] + " " + exceptions
			if len(distinct) == 1 {
				line = " " + key[1] + " " + exceptions
			}
			if exceptions != "" && !slices.Contains(lines[key[0]], line) {
				lines[key[0]] = append(lines[key[0]], line)
			}
		}
	}
	var all []string
	for _, group := range slices.Sorted(maps.Keys(lines)) {
		slices.Sort(lines[group])
		all = append(append(all, group), lines[group]...)
	}
	return all
}
