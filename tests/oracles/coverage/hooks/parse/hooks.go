// Package parse is added to Go's text/template/parse, whose functions call what is here.
package parse

// Parsed is called with each tree that is parsed, as a *Tree, and the text that it is part of: at -1 with that of the whole
// text, after those of its definitions, which are at the position of their names.
var Parsed = func(tree any, text string, at int) {}
