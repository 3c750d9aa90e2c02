//! Expressions to syntax trees (the grammar of cel-go `parser/gen/CEL.g4`, with optional syntax, and its
//! `parser/parser.go`).
//!
//! In: an expression. Out: its tree, macros still calls, or the first thing that is wrong with it, in cel-go's words as
//! far as they are known (`syntax.rs`).

mod primary;

use super::syntax::{self, Closing};
use super::tokens::{Kind, SyntaxFault, Token, tokens};
use super::tree::{Call, Expr, Literal, Node, Places, Select, Tree, operators};

/// Deepest nesting of expressions, and of operators and fields in a tree.
const MAX_DEPTH: usize = 250;
/// Most characters of an expression.
const MAX_LENGTH: usize = 100_000;

/// The syntax tree of an expression.
///
/// # Errors
/// The first thing that keeps it from being read.
pub(super) fn parse(expression: &str) -> Result<Tree, SyntaxFault> {
    let length = expression.chars().count();
    if length > MAX_LENGTH {
        return Err(syntax::nowhere(format!(
            "expression code point size exceeds limit: size: {length}, limit {MAX_LENGTH}"
        )));
    }
    let (tokens, faults) = tokens(expression);
    let mut parser = Parser {
        text: expression,
        tokens,
        at: 0,
        depth: 0,
        places: Places::default(),
        fault: None,
    };
    let parsed = parser.start();
    let lexical = faults.first().map(syntax::of_grammar);
    let fault = parsed.as_ref().err().cloned();
    let first = lexical
        .into_iter()
        .chain(fault)
        .chain(parser.fault)
        .min_by_key(|fault| fault.offset.wrapping_add(1));
    match (first, parsed) {
        (Some(fault), _) | (None, Err(fault)) => Err(fault),
        (None, Ok(root)) if is_deeper(&root, MAX_DEPTH) => {
            Err(syntax::nowhere("max recursion depth exceeded".to_owned()))
        }
        (None, Ok(root)) => Ok(Tree {
            root,
            places: parser.places,
        }),
    }
}

struct Parser<'e> {
    text: &'e str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    places: Places,
    /// The first thing that is wrong although it is in the grammar.
    fault: Option<SyntaxFault>,
}

type Read<T> = Result<T, SyntaxFault>;

impl<'e> Parser<'e> {
    fn kind_at(&self, token: usize) -> Kind {
        self.tokens.get(token).map_or(Kind::End, |token| token.kind)
    }

    fn kind(&self) -> Kind {
        self.kind_at(self.at)
    }

    /// The number of the next token, if it is this sign, which is then behind.
    fn sign(&mut self, sign: &str) -> Option<usize> {
        self.kind().is(sign).then(|| {
            self.at += 1;
            self.at - 1
        })
    }

    fn offset(&self, token: usize) -> usize {
        self.tokens
            .get(token)
            .map_or(self.text.len(), |token| token.place.start)
    }

    fn text_of(&self, token: usize) -> &'e str {
        let place = self.tokens.get(token).map(|token| token.place.clone());
        place.and_then(|place| self.text.get(place)).unwrap_or_default()
    }

    fn id_at(&mut self, token: usize) -> u32 {
        let offset = self.offset(token);
        self.places.add(offset)
    }

    fn node(&mut self, token: usize, expr: Expr) -> Node {
        Node {
            id: self.id_at(token),
            expr,
        }
    }

    /// Notes what is wrong although the grammar allows it.
    fn refuse(&mut self, token: usize, message: &str) {
        let fault = SyntaxFault {
            offset: self.offset(token),
            message: message.to_owned(),
        };
        if self.fault.as_ref().is_none_or(|known| fault.offset < known.offset) {
            self.fault = Some(fault);
        }
    }

    /// That the next token is none of these.
    fn unexpected(&self, wanted: &[Kind]) -> SyntaxFault {
        let found = self.text_of(self.at);
        syntax::unexpected(
            self.offset(self.at),
            self.kind(),
            found,
            self.kind_at(self.at + 1),
            wanted,
        )
    }

    fn close(&mut self, sign: &str) -> Read<usize> {
        if let Some(token) = self.sign(sign) {
            return Ok(token);
        }
        let closing = Closing {
            offset: self.offset(self.at),
            found: self.text_of(self.at),
            kind: self.kind(),
            next: self.kind_at(self.at + 1),
        };
        Err(closing.fault(Kind::sign(sign)))
    }

    fn start(&mut self) -> Read<Node> {
        let root = self.expression()?;
        match self.kind() {
            Kind::End => Ok(root),
            _ => Err(self.unexpected(&[Kind::End])),
        }
    }

    /// `a ? b : c`
    fn expression(&mut self) -> Read<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(syntax::nowhere(format!(
                "expression recursion limit exceeded: {MAX_DEPTH}"
            )));
        }
        let condition = self.any()?;
        let found = match self.sign("?") {
            None => condition,
            Some(token) => {
                let id = self.id_at(token);
                let then = self.any()?;
                self.close(":")?;
                let otherwise = self.expression()?;
                call(id, operators::CONDITIONAL, vec![condition, then, otherwise])
            }
        };
        self.depth -= 1;
        Ok(found)
    }

    /// `a || b`
    fn any(&mut self) -> Read<Node> {
        self.logic("||", operators::LOGICAL_OR, Self::all)
    }

    /// `a && b`
    fn all(&mut self) -> Read<Node> {
        self.logic("&&", operators::LOGICAL_AND, Self::relation)
    }

    fn logic(&mut self, sign: &str, operator: &str, term: fn(&mut Self) -> Read<Node>) -> Read<Node> {
        let first = term(self)?;
        if !self.kind().is(sign) {
            return Ok(first);
        }
        let (mut terms, mut ids) = (vec![first], Vec::new());
        while let Some(token) = self.sign(sign) {
            terms.push(term(self)?);
            ids.push(self.id_at(token));
        }
        let mut terms = terms.into_iter();
        balanced(&mut terms, operator, &ids).ok_or_else(|| self.unexpected(&[]))
    }

    /// `a < b`
    fn relation(&mut self) -> Read<Node> {
        let mut left = self.calc(0)?;
        while let Some(operator) = relation_of(self.kind()) {
            let id = self.id_at(self.at);
            self.at += 1;
            let right = self.calc(0)?;
            left = call(id, operator, vec![left, right]);
        }
        Ok(left)
    }

    /// `a + b`; operators that bind weaker than `least` are left.
    fn calc(&mut self, least: u8) -> Read<Node> {
        let mut left = self.unary()?;
        while let Some((operator, strength)) = calculation_of(self.kind()).filter(|(_, strength)| *strength > least) {
            let id = self.id_at(self.at);
            self.at += 1;
            let right = self.calc(strength)?;
            left = call(id, operator, vec![left, right]);
        }
        Ok(left)
    }

    /// `!a`, `-a`
    fn unary(&mut self) -> Read<Node> {
        let start = self.at;
        let (sign, operator) = if self.kind().is("!") {
            ("!", operators::LOGICAL_NOT)
        } else {
            ("-", operators::NEGATE)
        };
        while self.sign(sign).is_some() {}
        let count = self.at - start;
        let is_number = matches!(self.kind(), Kind::Int | Kind::Float);
        if sign == "-" && count == 1 && is_number {
            // The sign belongs to the number.
            self.at = start;
            return self.member();
        }
        if sign == "-" && count > 0 && syntax::operand().binary_search(&self.kind()).is_err() {
            return Err(syntax::no_alternative(self.offset(self.at), "-", self.text_of(self.at)));
        }
        if count.is_multiple_of(2) {
            return self.member();
        }
        let id = self.id_at(start);
        if sign == "!" && self.kind() == Kind::End {
            return Err(syntax::extraneous_end(self.offset(self.at)));
        }
        let operand = self.member()?;
        Ok(call(id, operator, vec![operand]))
    }

    /// `a.b`, `a.b(c)`, `a[b]`
    fn member(&mut self) -> Read<Node> {
        let mut operand = self.primary()?;
        while self.kind().is(".") || self.kind().is("[") {
            let token = self.at;
            self.at += 1;
            operand = if self.kind_at(token).is(".") {
                self.selected(token, operand)?
            } else {
                let operator = match self.sign("?") {
                    Some(_) => operators::OPT_INDEX,
                    None => operators::INDEX,
                };
                let id = self.id_at(token);
                if operator == operators::INDEX && syntax::operand().binary_search(&self.kind()).is_err() {
                    return Err(self.unexpected(&syntax::index()));
                }
                let index = self.expression()?;
                self.close("]")?;
                call(id, operator, vec![operand, index])
            };
        }
        Ok(operand)
    }

    /// What follows a dot.
    fn selected(&mut self, dot: usize, operand: Node) -> Read<Node> {
        let is_optional = self.sign("?").is_some();
        let token = self.at;
        let name = self.text_of(token);
        match self.kind() {
            Kind::Name => {}
            Kind::QuotedName => self.refuse(token, "unsupported syntax: '`'"),
            _ if is_optional => return Err(self.unexpected(&[Kind::Name, Kind::QuotedName])),
            kind => return Err(syntax::no_name(self.offset(token), kind, name)),
        }
        self.at += 1;
        let is_call = !is_optional && self.kind_at(token) == Kind::Name;
        if let Some(open) = is_call.then(|| self.sign("(")).flatten() {
            let id = self.id_at(open);
            let arguments = self.arguments()?;
            let call = Call {
                function: name.to_owned(),
                target: Some(Box::new(operand)),
                arguments,
            };
            return Ok(Node {
                id,
                expr: Expr::Call(call),
            });
        }
        if is_optional {
            let id = self.id_at(dot);
            let field = self.node(token, Expr::Literal(Literal::String(name.to_owned())));
            return Ok(call(id, operators::OPT_SELECT, vec![operand, field]));
        }
        let select = Select {
            operand: Box::new(operand),
            field: name.to_owned(),
        };
        Ok(self.node(dot, Expr::Select(select)))
    }
}

/// The operator that compares.
fn relation_of(kind: Kind) -> Option<&'static str> {
    const RELATIONS: [(&str, &str); 7] = [
        ("<", operators::LESS),
        ("<=", operators::LESS_EQUALS),
        (">=", operators::GREATER_EQUALS),
        (">", operators::GREATER),
        ("==", operators::EQUALS),
        ("!=", operators::NOT_EQUALS),
        ("in", operators::IN),
    ];
    let found = RELATIONS.iter().find(|(sign, _)| kind.is(sign));
    found.map(|(_, operator)| *operator)
}

/// The operator that calculates, and how strongly it binds.
fn calculation_of(kind: Kind) -> Option<(&'static str, u8)> {
    const CALCULATIONS: [(&str, &str, u8); 5] = [
        ("*", operators::MULTIPLY, 2),
        ("/", operators::DIVIDE, 2),
        ("%", operators::MODULO, 2),
        ("+", operators::ADD, 1),
        ("-", operators::SUBTRACT, 1),
    ];
    let found = CALCULATIONS.iter().find(|(sign, ..)| kind.is(sign));
    found.map(|(_, operator, strength)| (*operator, *strength))
}

fn call(id: u32, name: &str, arguments: Vec<Node>) -> Node {
    let expr = Expr::Call(Call {
        function: name.to_owned(),
        target: None,
        arguments,
    });
    Node { id, expr }
}

/// Terms with one operator between them as a balanced tree; `ids` are those of the operators.
fn balanced(terms: &mut impl Iterator<Item = Node>, operator: &str, ids: &[u32]) -> Option<Node> {
    let middle = ids.len() / 2;
    let (Some(left), Some(&id), Some(right)) = (ids.get(..middle), ids.get(middle), ids.get(middle + 1..)) else {
        return terms.next();
    };
    let left = balanced(terms, operator, left)?;
    let right = balanced(terms, operator, right)?;
    Some(call(id, operator, vec![left, right]))
}

/// Whether a tree is deeper than a number of operators and fields (`checkAndIncrementRecursionDepth`).
fn is_deeper(at: &Node, most: usize) -> bool {
    const UNCOUNTED: [&str; 5] = [
        operators::LOGICAL_AND,
        operators::LOGICAL_OR,
        operators::LOGICAL_NOT,
        operators::NEGATE,
        operators::OPT_SELECT,
    ];
    let is_operator = |name: &str| name.starts_with(['_', '@']) && !UNCOUNTED.contains(&name);
    let is_counted = match &at.expr {
        Expr::Select(_) => true,
        Expr::Call(call) => call.target.is_some() || is_operator(&call.function),
        _ => false,
    };
    let Some(most) = most.checked_sub(usize::from(is_counted)) else {
        return true;
    };
    match &at.expr {
        Expr::Literal(_) | Expr::Ident(_) => false,
        Expr::Select(select) => is_deeper(&select.operand, most),
        Expr::Call(call) => {
            let mut parts = call.target.as_deref().into_iter().chain(&call.arguments);
            parts.any(|part| is_deeper(part, most))
        }
        Expr::List(items) => items.iter().any(|item| is_deeper(&item.value, most)),
        Expr::Map(entries) => entries
            .iter()
            .any(|entry| is_deeper(&entry.key, most) || is_deeper(&entry.value, most)),
        Expr::Struct(message) => message.fields.iter().any(|(_, value)| is_deeper(value, most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(expression: &str) -> String {
        parse(expression).expect_err(expression).message
    }

    #[test]
    fn operators_bind_as_in_the_grammar() {
        for (one, other) in [
            ("a + b * c", "a + (b * c)"),
            ("a - b - c", "(a - b) - c"),
            ("a < b == c", "(a < b) == c"),
            ("a || b && c", "a || (b && c)"),
            ("!a.b", "!(a.b)"),
            ("- -1", "1"),
            ("!!a", "a"),
            ("-1.5", "(-1.5)"),
            ("a ? b : c ? d : e", "a ? b : (c ? d : e)"),
            ("a in b + c", "a in (b + c)"),
        ] {
            let shape = |text: &str| {
                let mut shape = format!("{:?}", parse(text).expect(text).root);
                while let Some((before, after)) = shape.split_once("id: ") {
                    shape = format!(
                        "{before}{}",
                        after.trim_start_matches(|letter: char| letter.is_ascii_digit())
                    );
                }
                shape
            };
            assert_eq!(shape(one), shape(other), "{one}");
        }
    }

    #[test]
    fn all_of_the_grammar_is_read() {
        for expression in [
            "a.?b[?0].c('x')[1u]",
            ".a.b(.c)",
            "{'a': 1, ?b: c,}",
            "[1, ?a,]",
            "[,]",
            "{}",
            "a.b.C{d: 1, ?e: 2}",
            "r'\\d' + b'\\xff' + \"\"\"x\"\"\"",
            "1e3 < .5 && 0x1F == 0xffu",
            "a // comment\n && b",
        ] {
            assert!(parse(expression).is_ok(), "{expression}");
        }
    }

    #[test]
    fn wrong_expressions_have_cel_gos_words() {
        for (expression, words) in [
            ("a b", "Syntax error: extraneous input 'b' expecting <EOF>"),
            ("a b c", "Syntax error: mismatched input 'b' expecting <EOF>"),
            ("f(1 2)", "Syntax error: extraneous input '2' expecting ')'"),
            ("(1", "Syntax error: missing ')' at '<EOF>'"),
            ("[1", "Syntax error: mismatched input '<EOF>' expecting {']', ','}"),
            ("a.in", "Syntax error: no viable alternative at input '.in'"),
            ("a.true", "Syntax error: mismatched input 'true' expecting IDENTIFIER"),
            ("for", "reserved identifier: for"),
            ("99999999999999999999", "invalid int literal"),
            ("a.`b`", "unsupported syntax: '`'"),
            ("'\\ud800'", "invalid unicode code point"),
            ("a = b", "Syntax error: token recognition error at: '= '"),
        ] {
            assert_eq!(fault(expression), words, "{expression}");
        }
    }

    #[test]
    fn deep_expressions_are_refused() {
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(249)).is_ok());
        assert_eq!(fault(&nested(250)), "expression recursion limit exceeded: 250");
        let chain = |length: usize| vec!["a"; length + 1].join(".");
        assert!(parse(&chain(250)).is_ok());
        assert_eq!(fault(&chain(251)), "max recursion depth exceeded");
        assert!(fault(&"[".repeat(8_000)).contains("limit exceeded"));
    }
}
