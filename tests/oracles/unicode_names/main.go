// Prints src/text/go/unicode_names.rs: the names that Go's `\p{…}` accepts, as regexp/syntax looks them up.
//
//	go run tests/oracles/unicode_names/main.go > src/text/go/unicode_names.rs
//	go run tests/oracles/unicode_names/main.go PATTERN...    prints for each pattern whether Go accepts it
package main

import (
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"regexp"
	"regexp/syntax"
	"runtime"
	"slices"
	"strings"
	"unicode"
)

// canonical is regexp/syntax's canonicalName: an upper-case letter and lower-case letters, without "_", "-" and blanks.
func canonical(name string) string {
	name = strings.NewReplacer("_", "", "-", "", " ", "").Replace(name)
	return strings.ToUpper(name[:1]) + strings.ToLower(name[1:])
}

func table(comment, name, of string, entries []string) {
	fmt.Printf("\n/// %s\n#[rustfmt::skip]\npub(super) static %s: [%s; %d] = [\n", comment, name, of, len(entries))
	line := "   "
	for _, entry := range entries {
		if len(line)+len(entry)+2 > 120 {
			fmt.Println(line)
			line = "   "
		}
		line += " " + entry + ","
	}
	fmt.Printf("%s\n];\n", line)
}

// checksum prints FNV-1a over the ranges of each name and U+0000 and U+0001, without surrogates, which are not characters
// in Rust. The tests of src/text/go/unicode_class.rs compare it.
func checksum(lists ...[]string) {
	hash := fnv.New64a()
	for _, name := range slices.Concat(lists...) {
		class, err := syntax.Parse(`[\x00\x01\p{`+name+`}]`, syntax.Perl)
		if err != nil {
			panic(err)
		}
		var ranges []rune
		add := func(low, high rune) {
			if n := len(ranges); n > 0 && ranges[n-1] == 0xd7ff && low == 0xe000 {
				ranges[n-1] = high
			} else if low <= high {
				ranges = append(ranges, low, high)
			}
		}
		for i := 0; i < len(class.Rune); i += 2 {
			if low, high := class.Rune[i], class.Rune[i+1]; low > 0xdfff || high < 0xd800 {
				add(low, high)
			} else {
				add(low, 0xd7ff)
				add(0xe000, high)
			}
		}
		fmt.Fprintf(hash, "%s:", name)
		for i := 0; i < len(ranges); i += 2 {
			fmt.Fprintf(hash, " %x-%x", ranges[i], ranges[i+1])
		}
		fmt.Fprint(hash, "\n")
	}
	fmt.Fprintf(os.Stderr, "classes: %x\n", hash.Sum64())
}

func main() {
	if len(os.Args) > 1 {
		for _, pattern := range os.Args[1:] {
			_, err := regexp.Compile(pattern)
			fmt.Println(pattern, err == nil)
		}
		return
	}
	version := strings.Join(strings.SplitN(strings.TrimPrefix(runtime.Version(), "go"), ".", 3)[:2], ".")
	fmt.Printf("//! The names of Unicode's categories and scripts that `\\p{…}` accepts in Go %s (Unicode %s), each sorted.\n//!\n", version, unicode.Version)
	fmt.Print("//! Made by `go run tests/oracles/unicode_names/main.go`. A newer Go needs new tables.\n")
	categories := map[string]string{}
	for alias, name := range unicode.CategoryAliases {
		categories[canonical(alias)] = name
	}
	for name := range unicode.Categories {
		categories[canonical(name)] = name
	}
	var pairs, scripts, canonicalScripts []string
	for _, key := range slices.Sorted(maps.Keys(categories)) {
		pairs = append(pairs, fmt.Sprintf("(%q, %q)", key, categories[key]))
	}
	for _, name := range slices.Sorted(maps.Keys(unicode.Scripts)) {
		// Go looks up the canonical name, so it never finds a script of two words, which is written with "_".
		if canonical(name) == name {
			canonicalScripts = append(canonicalScripts, name)
			scripts = append(scripts, fmt.Sprintf("%q", name))
		}
	}
	table("The canonical name of each category, or of an alias of it, and the short name of the category.", "CATEGORIES", "(&str, &str)", pairs)
	checksum(slices.Sorted(maps.Keys(categories)), slices.Sorted(slices.Values(canonicalScripts)))
	table("The scripts, by their canonical names. Go refuses those with two words.", "SCRIPTS", "&str", scripts)
}
