package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	token    = regexp.MustCompile(`"[^"]*"|'[^']*'|[A-Za-z_][A-Za-z_0-9]*|[0-9]+(\.[0-9]+)?|&&|\|\||[=!<>]=|[^\s]`)
	operator = []string{"==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "&&", "||", "in"}
	names    = []string{"self", "oldSelf", "size", "has", "all", "exists", "exists_one", "map", "filter", "startsWith", "matches", "contains", "int", "string", "double", "uint", "duration", "timestamp", "quantity", "isQuantity", "url", "isURL", "ip", "isIP", "cidr", "type", "dyn", "null", "true", "x", "metadata", "name", "kind", "sum", "min", "max", "isSorted", "indexOf", "find", "findAll", "format", "orValue", "optional", "value", "hasValue", "split", "join", "lowerAscii", "replace", "trim", "getSeconds", "sets", "semver", "distinct", "flatten", "first", "cel", "bind", "math", "base64"}
	literals = []string{"1", "0", "-1", "1.5", "1u", `"a"`, `'a'`, "''", "true", "false", "null", "[]", "[1]", "['a']", "{}", "{'a': 1}", `b"a"`, "duration('1h')", "timestamp('2020-01-01T00:00:00Z')", "quantity('1')"}
)

// changeRule changes a token of a rule, or another field of it.
func (m *mutator) changeRule() bool {
	var rules []mapping
	for _, at := range m.structural {
		list, _ := at["x-kubernetes-validations"].([]any)
		for _, rule := range list {
			if rule, ok := rule.(mapping); ok {
				rules = append(rules, rule)
			}
		}
	}
	if len(rules) == 0 {
		return false
	}
	rule := pick(m, rules)
	text, _ := rule["rule"].(string)
	tokens := token.FindAllStringIndex(text, -1)
	if len(tokens) == 0 {
		return false
	}
	at := pick(m, tokens)
	word := text[at[0]:at[1]]
	put := func(new string) {
		m.what = fmt.Sprintf("%s -> %s", word, new)
		rule["rule"] = text[:at[0]] + new + text[at[1]:]
	}
	isName := regexp.MustCompile(`^[A-Za-z_]`).MatchString(word)
	switch m.random.IntN(9) {
	case 0:
		put("")
	case 1:
		put(word + word)
	case 2, 3:
		switch {
		case isName && m.random.IntN(3) == 0:
			put(pick(m, names))
		case isName:
			put(word + "x")
		case regexp.MustCompile(`^["'0-9]`).MatchString(word):
			put(pick(m, literals))
		default:
			put(pick(m, operator))
		}
	case 4:
		put(pick(m, literals))
	case 5:
		put(word + pick(m, []string{" + 1", ".size()", "[0]", "['a']", ".foo", ".?foo", ".orValue('')", " == null", " != ''", " > 0", ".trim()", " in ['a']", ", 1", " ? 1 : 2"}))
	case 6:
		put(pick(m, []string{"!", "-", "size", "string", "int", "has", "dyn", "type"}) + "(" + word + ")")
	case 7:
		wrapped := pick(m, []string{"(%s) && 1", "!(%s)", "string(%s)", "size(%s) > 0", "[%s]", "(%s) == true", "(%s) ? 1 : 0", "%s || self.nonsense", "optional.of(%s)", "%s && oldSelf == self"})
		rule["rule"] = fmt.Sprintf(strings.ReplaceAll(wrapped, "%s", "%[1]s"), text)
		m.what = wrapped
	default:
		name, value, _ := strings.Cut(pick(m, []string{`messageExpression 1`, `messageExpression "self"`, `messageExpression "'a'"`, `messageExpression "'a' + string(self)"`, `messageExpression " "`, `messageExpression "self.nonsense"`,
			`reason "FieldValueInvalid"`, `reason "Nonsense"`, `reason ""`, `fieldPath "."`, `fieldPath ".nonsense"`, `fieldPath "spec"`, `fieldPath " "`, `fieldPath ".spec"`, `fieldPath ""`, `optionalOldSelf true`, `optionalOldSelf false`,
			`message " "`, `message "a\nb"`, `message ""`, `message 1`, `rule ""`, `rule 1`, `nonsense 1`, `rule "true"`, `rule "1"`}), " ")
		rule[name] = decoded([]byte(`{"value":` + value + `}`))["value"]
		m.what = fmt.Sprintf("%s %s", name, value)
	}
	return true
}

// Expressions about a value; P is a property of it.
var expressions = []string{
	"self.P > 1", "self.P == 'a'", "has(self.P)", "!has(self.P) || self.P != ''", "self.P.size() > 0", "size(self.P) < 10", "self.P.all(x, x > 0)", "self.P.all(x, x != '')", "self.P.exists(x, x.name == 'a')",
	"self.P.map(x, x.name).size() == 1", "self.P.filter(x, has(x.a)).size() == 0", "self.P.exists_one(x, x == 'a')", "self == oldSelf", "self.P == oldSelf.P", "oldSelf.P == self.P || has(self.P)", "self.P in ['a', 'b']", "'a' in self.P",
	"self.P.startsWith('a')", "self.P.matches('^a$')", "self.P.matches('[')", "self.P.contains(1)", "self.P['a'] == 'b'", "self.P[0] == 'a'", "self.?P.hasValue()", "self.?P.orValue('') == ''", "self.?P.?a.orValue(1) > 0", "self[?'P'].hasValue()", "self['P'] == 1",
	"type(self.P) == string", "type(self.P) == int ? self.P > 1 : self.P == 'a'", "quantity(self.P).isGreaterThan(quantity('1'))", "quantity(self.P) > quantity('1')", "isQuantity(self.P)", "url(self.P).getHost() == 'a'", "isURL(self.P)", "ip(self.P).family() == 4", "isIP(self.P)", "cidr(self.P).containsIP('1.2.3.4')",
	"self.P > duration('1h')", "self.P > duration('nonsense')", "self.P < timestamp('2020-01-01T00:00:00Z')", "timestamp(self.P).getFullYear() > 2000", "self.P.getSeconds() > 1", "int(self.P) > 1", "string(self.P) == '1'", "double(self.P) > 1", "self.P > 1.5", "self.P > 1u", "self.P + 1 > 2", "self.P + 'a' == 'ab'", "self.P % 2 == 0", "-self.P < 0",
	"self.P == null", "self.P != null && self.P", "self.P ? true : false", "self.P && true", "!self.P", "self.P.sum() > 1", "self.P.min() > 1", "self.P.isSorted()", "self.P.indexOf('a') == 0", "self.P.distinct().size() == 1", "self.P.sortBy(x, x.name)[0].name == 'a'", "self.P.all(i, x, i > 0 && x != 'a')", "self.P.all(k, v, k != v)", "self.P.transformList(i, x, x).size() == 0", "self.P.transformMap(k, v, v).size() == 0", "self.P.transformMapEntry(k, v, {v: k}).size() == 0", "self.P.transformList(i, x, i > 0, x) == [1]",
	"self.P.split(',').size() > 1", "self.P.join(',') == 'a'", "self.P.find('[0-9]+') == '1'", "self.P.findAll('[') == []", "'%s'.format([self.P]) == 'a'", "'%d'.format(['a']) == 'a'", "'%s %s'.format([self.P]) == 'a'", "'%q'.format([self.P]) == 'a'", "self.P.lowerAscii() == 'a'", "self.P.replace('a', 'b') == 'c'", "self.P.substring(0, 1) == 'a'", "self.P.charAt(0) == 'a'", "self.P.reverse() == []", "strings.quote(self.P) == 'a'", "self.P.upperAscii(1) == ''",
	"sets.contains(self.P, ['a'])", "sets.equivalent(self.P, [1])", "!format.dns1123Label().validate(self.P).hasValue()", "format.named('a').hasValue()", "semver(self.P).major() > 1", "isSemver(self.P, true)", "optional.of(self.P).optMap(x, x + 1).orValue(1) > 0", "self.?P.optMap(x, x == 'a').orValue(false)", "self.?P.optFlatMap(x, optional.of(1)).hasValue()", "optional.none().hasValue()",
	"cel.bind(x, self.P, x == 1)", "math.greatest(1, 2) == 2", "base64.encode(b'a') == 'a'", "lists.range(3).size() == 3", "[1, 'a'].size() == 2", "[1, 2].map(x, x * 2) == [2, 4]", "{'a': 1, 'b': 'c'}.size() == 2", "[[1], [2]].flatten() == [1, 2]", "[dyn(1), 'a'].size() == 2", "[1, 1.5].size() == 2", "self.P == 1 || self.P == 'a'", "dyn(self.P) == 1",
	"has(self)", "has(self.P.a)", "has(self.P['a'])", "self.metadata.name == 'a'", "self.metadata.labels.size() > 0", "self.kind == 'a'", "self.apiVersion == 1", "object.P == 1", "self.P.nonsense() == 1", "nonsense(self.P)", "self.P.all(x.y, true)", "self.P.all(x)", "self.all(x, x == 'a')", "self.all(k, v, v == 'a')", "self.size() > 0", "self == 'a'", "self > 1", "self.exists(x, x > 1)", "self.matches('a')", "self['a'] == 'b'", "self[0] == 1",
	"true", "1", "'a'", "self", "self.P", "null", "1 == 1.0", "1 == 1u", "1 < 1u", "1 + 1u == 2", "'a' == 1", "[] == [1]", "[] == ['a'] && [] == [1]", "{} == {'a': 1}", "self.P == []", "self.P == {}", "self.P == ['a']", "self.P == {'a': 'b'}", "(self.P", "self.P =", "self.P = 1", "self..P", "'a", "self.P == \"a\"", "self.P == 'a' ? 'b' : 1", "self.namespace == 'a'", "self.__namespace__ == 'a'", "self.`P` == 'a'", "google.protobuf.Duration{seconds: 1} == self.P", "Foo{a: 1} == self", "self.P == [?self.?P]", "[?self.?P].size() == 1", "[?self.P].size() == 1", "{?'a': self.?P}.size() == 1", "int('a') == 1", "int('1') == 1", "timestamp('a') == self.P", "duration('1h') == duration(self.P)", "bool('x')", "type(1) == int", "type(self) == object", "self.P.all(oldSelf, oldSelf == 1)", "authorizer.group('a').resource('b').check('c').allowed()", "request.name == 'a'", "x'a'", "0x10 == 16", "1.e3 > 1.0", "r'\\d' == self.P", "self.P in self.P", "self in ['a']", "self.P.first().hasValue()", "self.P.last().orValue('a') == 'a'",
}

var placeholder = regexp.MustCompile(`\bP\b`)

// addRule adds a rule about one of the properties of a schema.
func (m *mutator) addRule() bool {
	if len(m.structural) == 0 {
		return false
	}
	at := pick(m, m.structural)
	property := "nonsense"
	if properties, _ := at["properties"].(mapping); len(properties) > 0 && m.random.IntN(12) > 0 {
		property = strings.NewReplacer("-", "__dash__", ".", "__dot__", "/", "__slash__").Replace(pick(m, keys(properties)))
	}
	text := placeholder.ReplaceAllString(pick(m, expressions), property)
	rule := mapping{"rule": text}
	list, _ := at["x-kubernetes-validations"].([]any)
	at["x-kubernetes-validations"] = append(list[:len(list):len(list)], rule)
	m.what = "rule " + text
	return true
}
