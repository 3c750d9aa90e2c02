// Prints src/text/go/unicode_tables.rs: for each category, the code points at which Go's answer changes. On standard
// error are the checksums of all answers that the tests of src/text/go/unicode.rs compare.
//
// usage: go run tests/oracles/unicode/main.go > src/text/go/unicode_tables.rs
package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unicode"
)

const lineLength = 119

var tables = []struct {
	name, comment string
	contains      func(rune) bool
}{
	{"PRINTABLE", "`strconv.IsPrint`.", strconv.IsPrint},
	{"LETTERS", "`unicode.IsLetter`: the categories L*.", unicode.IsLetter},
	{"DIGITS", "`unicode.IsDigit`: the category Nd.", unicode.IsDigit},
	{"PUNCTUATION", "`unicode.IsPunct`: the categories P*.", unicode.IsPunct},
}

func main() {
	version := strings.Join(strings.SplitN(strings.TrimPrefix(runtime.Version(), "go"), ".", 3)[:2], ".")
	fmt.Printf("//! Go %s's Unicode tables (Unicode %s), which are older than Rust's: where a category begins and ends.\n//!\n", version, unicode.Version)
	fmt.Print("//! Made by `go run tests/oracles/unicode/main.go`, which asks Go for every code point and writes down each one where the\n" +
		"//! answer changes, beginning with \"no\". A newer Go needs new tables, and the checksums that the program prints for the\n" +
		"//! tests of `unicode.rs`.\n")
	for _, table := range tables {
		bounds := bounds(table.contains)
		fmt.Printf("\n/// %s\n#[rustfmt::skip]\npub(super) static %s: [u32; %d] = [\n", table.comment, table.name, len(bounds))
		fmt.Print(lines(bounds))
		fmt.Print("];\n")
	}
	checksums()
}

// bounds are the code points at which the answer changes.
func bounds(contains func(rune) bool) []string {
	var found []string
	was := false
	for code := rune(0); code <= unicode.MaxRune; code++ {
		if is := contains(code); is != was {
			found = append(found, hexadecimal(code))
			was = is
		}
	}
	return found
}

// hexadecimal is a number as Rust's style wants it: the last four digits apart.
func hexadecimal(code rune) string {
	if code > 0xffff {
		return fmt.Sprintf("0x%x_%04x", code>>16, code&0xffff)
	}
	return fmt.Sprintf("%#x", code)
}

func lines(numbers []string) string {
	var text strings.Builder
	line := "   "
	for _, number := range numbers {
		if len(line)+len(number)+2 > lineLength {
			text.WriteString(line + "\n")
			line = "   "
		}
		line += " " + number + ","
	}
	return text.String() + line + "\n"
}

// checksums are FNV-1a over the answers for all characters: surrogates, which are not characters in Rust, are left out.
func checksums() {
	answers := []struct {
		name   string
		answer func(rune) []byte
	}{
		{"print", yes(strconv.IsPrint)}, {"letter", yes(unicode.IsLetter)}, {"digit", yes(unicode.IsDigit)},
		{"number", yes(unicode.IsNumber)}, {"upper", yes(unicode.IsUpper)}, {"lower", yes(unicode.IsLower)},
		{"title", yes(unicode.IsTitle)}, {"punctuation", yes(unicode.IsPunct)},
		{"to upper", mapped(unicode.ToUpper)}, {"to lower", mapped(unicode.ToLower)}, {"to title", mapped(unicode.ToTitle)},
	}
	for _, answers := range answers {
		hash := fnv.New64a()
		for code := rune(0); code <= unicode.MaxRune; code++ {
			if code < 0xd800 || code > 0xdfff {
				hash.Write(answers.answer(code))
			}
		}
		fmt.Fprintf(os.Stderr, "%s %#x\n", answers.name, hash.Sum64())
	}
}

func yes(contains func(rune) bool) func(rune) []byte {
	return func(code rune) []byte {
		if contains(code) {
			return []byte{1}
		}
		return []byte{0}
	}
}

func mapped(change func(rune) rune) func(rune) []byte {
	return func(code rune) []byte { return []byte(string(change(code))) }
}
