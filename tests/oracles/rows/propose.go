package main

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// Functions whose answers depend on the time, the machine or random numbers, or that take long.
var unsteady = regexp.MustCompile(`\b(now|ago|htmlDate|dateInZone|date|date_in_zone|htmlDateInZone|duration|durationRound|env|expandenv|getHostByName|lookup|uuidv4|rand\w*|shuffle|gen\w+|derivePassword|buildCustomCert|bcrypt|htpasswd|encryptAES|decryptAES|keys|values|until|untilStep|seq|repeat)\b`)

var (
	number   = regexp.MustCompile(`-?\b\d+(\.\d+)?\b`)
	quoted   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	function = regexp.MustCompile(`\b[a-z][A-Za-z0-9]+\b`)
	keyword  = regexp.MustCompile(`^(if|else|end|range|with|define|template|block|break|continue|nil|true|false|x\w*)$`)
	end      = regexp.MustCompile(` ?-?}}`)
)

var numbers = []string{"0", "1", "-1", "2", "-7", "1.5", "0.0", "1e3", "9223372036854775807", "9223372036854775808", "0x1F", "1_000", "010", "1i", "'a'"}

var texts = []string{`""`, `"a"`, `" a b "`, `"1"`, `"1.2.3"`, `"-1"`, `"true"`, `"é世"`, `"a: b"`, `"- a"`, `"{}"`, `"[1]"`, `"%v"`, `"a\nb"`, "`raw`", `"\u00e9\x41"`, `".Values"`}

var arguments = []string{"nil", "true", "(list)", `(list 1 "a" nil)`, "(dict)", `(dict "a" 1)`, ".Values", "$", "."}

// Texts that are inserted into arguments of the --set family.
var pieces = []string{"=", ",", ".", "[0]", "[", "]", "{", "}", "\\", "\"", "a", "b.c", "1", "01", "-1", "null", "true", "é", " ", "1.5", "{a,b}", "[65537]", ":", "{\"q\":1}"}

type generator struct {
	random *rand.Rand
	rows   []row
	names  []string
	seen   map[string]bool
}

func newGenerator(rows []row, seed uint64) *generator {
	g := &generator{random: rand.New(rand.NewPCG(seed, 0)), rows: rows, seen: map[string]bool{}}
	known := map[string]bool{}
	for _, row := range rows {
		g.seen[row.text("template")+row.text("flag")+row.text("arg")] = true
		for _, name := range function.FindAllString(row.text("template"), -1) {
			known[name] = true
		}
	}
	// The words of the rows, most of them functions, in a fixed order.
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if !keyword.MatchString(name) && !unsteady.MatchString(name) {
			g.names = append(g.names, name)
		}
	}
	return g
}

func pick[T any](g *generator, items []T) T {
	return items[g.random.IntN(len(items))]
}

// replace puts a different text in place of one match.
func (g *generator) replace(text string, pattern *regexp.Regexp, others []string) string {
	found := pattern.FindAllStringIndex(text, -1)
	if len(found) == 0 {
		return text
	}
	at := pick(g, found)
	return text[:at[0]] + pick(g, others) + text[at[1]:]
}

// next is a row without an answer; not every try gives one.
func (g *generator) next() (row, bool) {
	question := maps.Clone(pick(g, g.rows))
	if _, ok := question["flag"]; ok {
		argument := question.text("arg")
		for range 1 + g.random.IntN(2) {
			at := g.random.IntN(len(argument) + 1)
			to := min(len(argument), at+g.random.IntN(3))
			argument = strings.ToValidUTF8(argument[:at]+pick(g, pieces)+argument[to:], "")
		}
		question["arg"] = argument
	} else {
		template := question.text("template")
		switch g.random.IntN(6) {
		case 0:
			template = g.replace(template, number, numbers)
		case 1:
			template = g.replace(template, quoted, texts)
		case 2:
			template = g.replace(template, number, arguments)
		case 3:
			template = g.replace(template, quoted, arguments)
		case 4:
			template = g.replace(template, function, g.names)
		case 5:
			template = g.replace(template, end, []string{" | " + pick(g, g.names) + " }}"})
		}
		question["template"] = template
	}
	key := question.text("template") + question.text("flag") + question.text("arg")
	if g.seen[key] || unsteady.MatchString(question.text("template")) {
		return nil, false
	}
	g.seen[key] = true
	return question, true
}
