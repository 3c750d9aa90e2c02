//! Common expressions to syntax trees (the grammar of cel-go `parser/gen/CEL.g4`).
//!
//! In: an expression. Out: the tree that the crate's parser makes of it, with the same numbers and places, macros still
//! calls; nothing for an expression that is wrong, or has something rare. The crate's parser, which is made by a generator
//! and reads everything, takes a hundred times as long: a tenth of the time of `validate` for definitions.

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, EntryExpr, Expr, IdedEntryExpr, ListExpr, LiteralValue, MapEntryExpr, MapExpr, SelectExpr, SourceInfo,
    operators,
};

use super::schema_types::is_reserved;
use super::tokens::{Kind, Token, tokens, unescaped};

/// Deepest nesting that is read here.
const MAX_DEPTH: usize = 24;
/// Most digits of a whole number that always fits.
const MAX_DIGITS: usize = 18;
/// Words that are not names of fields either.
const KEYWORDS: [&str; 4] = ["in", "true", "false", "null"];

/// The syntax tree of an expression and the places of its parts.
pub(super) fn parse(expression: &str) -> Option<(IdedExpr, SourceInfo)> {
    let mut source = SourceInfo::default();
    expression.clone_into(&mut source.source);
    let mut parser = Parser {
        text: expression,
        tokens: tokens(expression)?,
        at: 0,
        next_id: 1,
        depth: 0,
        source,
    };
    let root = parser.expression()?;
    (parser.at == parser.tokens.len()).then_some((root, parser.source))
}

struct Parser<'e> {
    text: &'e str,
    tokens: Vec<Token>,
    at: usize,
    next_id: u64,
    depth: usize,
    source: SourceInfo,
}

impl<'e> Parser<'e> {
    fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind(), Some(Kind::Sign(found)) if found == sign)
    }

    /// The number of the next token, if it is this sign, which is then behind.
    fn sign(&mut self, sign: &str) -> Option<usize> {
        self.is_sign(sign).then(|| {
            self.at += 1;
            self.at - 1
        })
    }

    fn text_of(&self, token: usize) -> &'e str {
        let place = self.tokens.get(token).map(|token| token.place.clone());
        place.and_then(|place| self.text.get(place)).unwrap_or_default()
    }

    fn new_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    fn place(&mut self, id: u64, token: usize) {
        if let Some(token) = self.tokens.get(token) {
            // Places end with the last letter.
            let ends = (u32::try_from(token.place.start), u32::try_from(token.place.end));
            if let (Ok(start), Ok(end)) = ends {
                self.source.add_offset(id, start, end.saturating_sub(1));
            }
        }
    }

    fn id_at(&mut self, token: usize) -> u64 {
        let id = self.new_id();
        self.place(id, token);
        id
    }

    fn node(&mut self, token: usize, expr: Expr) -> IdedExpr {
        IdedExpr {
            id: self.id_at(token),
            expr,
        }
    }

    /// `a ? b : c`
    fn expression(&mut self) -> Option<IdedExpr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let condition = self.any()?;
        let Some(token) = self.sign("?") else {
            self.depth -= 1;
            return Some(condition);
        };
        let id = self.id_at(token);
        let then = self.any()?;
        self.sign(":")?;
        let otherwise = self.expression()?;
        self.depth -= 1;
        Some(call(id, operators::CONDITIONAL, vec![condition, then, otherwise]))
    }

    /// `a || b`
    fn any(&mut self) -> Option<IdedExpr> {
        self.logic("||", operators::LOGICAL_OR, Self::all)
    }

    /// `a && b`
    fn all(&mut self) -> Option<IdedExpr> {
        self.logic("&&", operators::LOGICAL_AND, Self::relation)
    }

    fn logic(
        &mut self,
        sign: &str,
        operator: &str,
        mut term: impl FnMut(&mut Self) -> Option<IdedExpr>,
    ) -> Option<IdedExpr> {
        let mut terms = vec![term(self)?];
        let mut ids = Vec::new();
        while let Some(token) = self.sign(sign) {
            terms.push(term(self)?);
            ids.push(self.id_at(token));
        }
        balanced(&mut terms.into_iter(), operator, &ids)
    }

    /// `a < b`
    fn relation(&mut self) -> Option<IdedExpr> {
        let mut left = self.sum()?;
        loop {
            let operator = match self.kind() {
                Some(Kind::Sign("<")) => operators::LESS,
                Some(Kind::Sign("<=")) => operators::LESS_EQUALS,
                Some(Kind::Sign(">")) => operators::GREATER,
                Some(Kind::Sign(">=")) => operators::GREATER_EQUALS,
                Some(Kind::Sign("==")) => operators::EQUALS,
                Some(Kind::Sign("!=")) => operators::NOT_EQUALS,
                Some(Kind::Name) if self.text_of(self.at) == "in" => operators::IN,
                _ => return Some(left),
            };
            left = self.binary(left, operator, Self::sum)?;
        }
    }

    /// `a + b`
    fn sum(&mut self) -> Option<IdedExpr> {
        let mut left = self.product()?;
        loop {
            let operator = match self.kind() {
                Some(Kind::Sign("+")) => operators::ADD,
                Some(Kind::Sign("-")) => operators::SUBSTRACT,
                _ => return Some(left),
            };
            left = self.binary(left, operator, Self::product)?;
        }
    }

    /// `a * b`
    fn product(&mut self) -> Option<IdedExpr> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.kind() {
                Some(Kind::Sign("*")) => operators::MULTIPLY,
                Some(Kind::Sign("/")) => operators::DIVIDE,
                Some(Kind::Sign("%")) => operators::MODULO,
                _ => return Some(left),
            };
            left = self.binary(left, operator, Self::unary)?;
        }
    }

    fn binary(
        &mut self,
        left: IdedExpr,
        operator: &str,
        right: impl Fn(&mut Self) -> Option<IdedExpr>,
    ) -> Option<IdedExpr> {
        let id = self.id_at(self.at);
        self.at += 1;
        let right = right(self)?;
        Some(call(id, operator, vec![left, right]))
    }

    /// `!a`, `-a`
    fn unary(&mut self) -> Option<IdedExpr> {
        let start = self.at;
        let sign = if self.is_sign("!") { "!" } else { "-" };
        while self.is_sign(sign) {
            self.at += 1;
        }
        let count = self.at - start;
        let is_number = matches!(self.kind(), Some(Kind::Whole | Kind::Fraction));
        match (sign, count) {
            (_, 0) => self.member(),
            // The sign belongs to the number.
            ("-", 1) if is_number => {
                self.at = start;
                self.member()
            }
            ("-", 2..) => None,
            (_, count) if count % 2 == 0 => self.member(),
            (sign, _) => {
                let id = self.id_at(start);
                let operator = if sign == "!" {
                    operators::LOGICAL_NOT
                } else {
                    operators::NEGATE
                };
                let operand = self.member()?;
                Some(call(id, operator, vec![operand]))
            }
        }
    }

    /// `a.b`, `a.b(c)`, `a[b]`
    fn member(&mut self) -> Option<IdedExpr> {
        let mut operand = self.primary()?;
        loop {
            if let Some(dot) = self.sign(".") {
                let name = self.name()?;
                operand = if let Some(open) = self.sign("(") {
                    let id = self.id_at(open);
                    let args = self.several(")")?;
                    let expr = Expr::Call(CallExpr {
                        func_name: name.to_owned(),
                        target: Some(Box::new(operand)),
                        args,
                    });
                    IdedExpr { id, expr }
                } else {
                    let select = SelectExpr {
                        operand: Box::new(operand),
                        field: name.to_owned(),
                        test: false,
                    };
                    self.node(dot, Expr::Select(select))
                };
            } else if let Some(open) = self.sign("[") {
                let id = self.id_at(open);
                let index = self.expression()?;
                self.sign("]")?;
                operand = call(id, operators::INDEX, vec![operand, index]);
            } else if self.is_sign("{") {
                return None;
            } else {
                return Some(operand);
            }
        }
    }

    /// A name of a field or a method.
    fn name(&mut self) -> Option<&'e str> {
        let name = self.text_of(self.at);
        let is_name = self.kind() == Some(Kind::Name) && !KEYWORDS.contains(&name);
        self.at += 1;
        is_name.then_some(name)
    }

    fn primary(&mut self) -> Option<IdedExpr> {
        let token = self.at;
        self.at += 1;
        let text = self.text_of(token);
        match self.tokens.get(token)?.kind {
            Kind::Sign("(") => {
                let inner = self.expression()?;
                self.sign(")")?;
                Some(inner)
            }
            Kind::Sign("[") => {
                let id = self.id_at(token);
                let expr = Expr::List(ListExpr::new(self.several("]")?));
                Some(IdedExpr { id, expr })
            }
            Kind::Sign("{") => self.map(token),
            Kind::Sign("-") => {
                let number = self.at;
                self.at += 1;
                self.number(number, "-")
            }
            Kind::Sign(_) => None,
            Kind::Whole | Kind::Fraction => self.number(token, ""),
            Kind::Text => {
                let literal = LiteralValue::String(unquoted(text)?.into());
                Some(self.node(token, Expr::Literal(literal)))
            }
            Kind::Name => self.named(token, text),
        }
    }

    fn named(&mut self, token: usize, name: &str) -> Option<IdedExpr> {
        let literal = match name {
            "true" => LiteralValue::Boolean(true.into()),
            "false" => LiteralValue::Boolean(false.into()),
            "null" => LiteralValue::Null,
            _ if is_reserved(name) => return None,
            _ => {
                let Some(open) = self.sign("(") else {
                    return Some(self.node(token, Expr::Ident(name.to_owned())));
                };
                let id = self.id_at(open);
                let args = self.several(")")?;
                return Some(call(id, name, args));
            }
        };
        Some(self.node(token, Expr::Literal(literal)))
    }

    fn number(&mut self, token: usize, sign: &str) -> Option<IdedExpr> {
        let digits = self.text_of(token);
        let signed = format!("{sign}{digits}");
        let literal = match self.tokens.get(token)?.kind {
            Kind::Whole if digits.len() <= MAX_DIGITS => LiteralValue::Int(signed.parse::<i64>().ok()?.into()),
            Kind::Fraction if digits.len() <= MAX_DIGITS => LiteralValue::Double(signed.parse::<f64>().ok()?.into()),
            _ => return None,
        };
        Some(self.node(token, Expr::Literal(literal)))
    }

    /// Expressions with commas between them, to a closing bracket.
    fn several(&mut self, close: &str) -> Option<Vec<IdedExpr>> {
        let mut all = Vec::new();
        if self.sign(close).is_some() {
            return Some(all);
        }
        loop {
            all.push(self.expression()?);
            if self.sign(",").is_none() {
                self.sign(close)?;
                return Some(all);
            }
        }
    }

    /// `{a: b}`
    fn map(&mut self, token: usize) -> Option<IdedExpr> {
        let id = self.id_at(token);
        let mut entries = Vec::new();
        while self.sign("}").is_none() {
            if !entries.is_empty() {
                self.sign(",")?;
            }
            let entry = self.new_id();
            let key = self.expression()?;
            let colon = self.sign(":")?;
            self.place(entry, colon);
            let value = self.expression()?;
            let expr = EntryExpr::MapEntry(MapEntryExpr {
                key,
                value,
                optional: false,
            });
            entries.push(IdedEntryExpr { id: entry, expr });
        }
        let expr = Expr::Map(MapExpr { entries });
        Some(IdedExpr { id, expr })
    }
}

fn call(id: u64, name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    let expr = Expr::Call(CallExpr {
        func_name: name.to_owned(),
        target: None,
        args,
    });
    IdedExpr { id, expr }
}

/// Terms with one operator between them as a balanced tree; `ids` are those of the operators.
fn balanced(terms: &mut impl Iterator<Item = IdedExpr>, operator: &str, ids: &[u64]) -> Option<IdedExpr> {
    let middle = ids.len() / 2;
    let (Some(left), Some(&id), Some(right)) = (ids.get(..middle), ids.get(middle), ids.get(middle + 1..)) else {
        return terms.next();
    };
    let left = balanced(terms, operator, left)?;
    let right = balanced(terms, operator, right)?;
    Some(call(id, operator, vec![left, right]))
}

/// A text without its quotation marks and backslashes.
fn unquoted(text: &str) -> Option<String> {
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            plain.push(unescaped(u8::try_from(letters.next()?).ok()?)?);
        } else {
            plain.push(letter);
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use cel::Env;
    use proptest::prelude::*;

    use super::*;

    /// Whether an expression is read here; then the crate must read the same.
    fn is_read(expression: &str) -> bool {
        let Some((root, source)) = parse(expression) else {
            return false;
        };
        let reference = Env::default().parser().parse_with_source_info(expression);
        let (wanted, places) = reference.unwrap_or_else(|errors| panic!("{expression}: {errors}"));
        assert_eq!(root, wanted, "{expression}");
        for id in 0..200 {
            assert_eq!(source.offset_for(id), places.offset_for(id), "{expression}: {id}");
        }
        true
    }

    #[test]
    fn common_expressions_are_read_as_the_crate_reads_them() {
        for expression in [
            "self == oldSelf",
            "has(self.a) && !has(self.b) || self.c == 'x' || self.d in ['y', \"z\"]",
            "self.all(l1, l1.from != 'Same' ? !has(l1.x) : has(l1.x) ? size(l1.x) > -1 : true)",
            "a && b && c && d && e || f || g || h || i || j || k",
            "self.items.filter(i, i.n % 2 == 1).map(i, i.n * 2 + 1 - -3)[0] <= 1.50",
            "!self.isReadOnly && !!self.b && !!!c && -a < -(1) && -1.0 > -2.5",
            "{'a': 1, b: [], c[0]: {}}.size() == 3",
            "self.matches('^[a-z]\\\\.\\n\\t\\'\"$')",
            "string(self).namespace == null\n  && \t\"\" != ''",
            "quantity(self.a).isGreaterThan(quantity('1')) == (1 + 2 * 3 / 4)",
        ] {
            assert!(is_read(expression), "{expression}");
        }
    }

    #[test]
    fn rare_and_wrong_expressions_are_left_to_the_crate() {
        for expression in [
            "",
            "a b",
            "a +",
            "(a",
            "a)",
            "[1,]",
            "{1:2,}",
            "f(1,)",
            "--1",
            "1u",
            "0x1F",
            "1e3",
            ".5",
            "1.",
            "1a",
            "r'a'",
            "b'a'",
            "'''a'''",
            "'\\x41'",
            "'a",
            "a // b",
            "a.?b",
            "a[?0]",
            "[?a]",
            "T{a: 1}",
            "a.b{}",
            ".a",
            "for",
            "a.in",
            "in",
            "a.`b`",
            "'é'",
            "a = b",
            "a & b",
            "99999999999999999999",
            "a ? b",
            "a ? b ? c : d : e",
            "@a",
            "a in",
        ] {
            assert!(!is_read(expression), "{expression}");
        }
        let deep = format!("{}a{}", "(".repeat(30), ")".repeat(30));
        assert!(!is_read(&deep));
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_the_crate_reads(parts in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "self", "has", "in", "true", "null", "for", "1", "2.5", "'x'", "\"y\\\\\"", ".", ".", ",", "(", ")", "(", ")", "[", "]", "{",
            "}", ":", "?", "!", "-", "+", "*", "/", "%", "==", "<", ">=", "&&", "||", " ", "\n",
        ]), 1..14)) {
            is_read(&parts.concat());
        }

        #[test]
        fn nested_expressions_are_read(expression in expressions()) {
            assert!(is_read(&expression), "{expression}");
        }
    }

    /// Right expressions of everything that is read here.
    fn expressions() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "a", "self", "1", "-2", "3.5", "'t'", "true", "null", "[]", "{}", "f()",
        ]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
            let operator = prop::sample::select(vec![
                "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", " in ", "&&", "||",
            ]);
            prop_oneof![
                (inner.clone(), operator, inner.clone()).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
                (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a}) ? ({b}) : {c}")),
                inner.clone().prop_map(|a| format!("!({a})")),
                inner.clone().prop_map(|a| format!("-({a}).b")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}).g({b}, x)")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}][0]")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{{({a}): ({b})}}")),
            ]
        })
    }
}
