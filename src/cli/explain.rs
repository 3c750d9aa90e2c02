//! `chartwright explain`: what a rule finds and why, as `docs/rules.md` says it.

use clap::Args;

use crate::text::near::nearest;
use crate::text::rule::{RULES, Rule};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// Rule, as findings name it; without one the rules are listed.
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(super) fn run(context: RunContext, arguments: &ExplainArguments) -> Result<Exit, CommandError> {
    let text = match &arguments.rule {
        None => list(),
        Some(name) => {
            let rule = find(name)?;
            format!("{}\n\n{}\n", rule.section(), rule.page())
        }
    };
    context.write_stdout(text.as_bytes())?;
    Ok(Exit::Clean)
}

/// All rules with their severities and summaries.
fn list() -> String {
    let width = RULES.iter().map(|row| row.id.len()).max().unwrap_or_default();
    let line = |severity: &str, id: &str, summary: &str| format!("{severity:<8}  {id:<width$}  {summary}\n");
    let rows = RULES.iter().map(|row| line(row.severity.name(), row.id, row.summary));
    line("SEVERITY", "RULE", "FINDS") + &rows.collect::<String>()
}

/// The rule of a name; `range/service-port` is a part of `range`.
fn find(name: &str) -> Result<Rule, CommandError> {
    let id = name.split('/').next().unwrap_or(name);
    if let Some(rule) = Rule::find(id) {
        return Ok(rule);
    }
    let mut near: Vec<&str> = nearest(id, RULES.iter().map(|row| row.id)).into_iter().collect();
    let contains = |row: &&str| id.len() > 2 && row.contains(id) && !near.contains(row);
    let longer: Vec<&str> = RULES.iter().map(|row| row.id).filter(contains).collect();
    near.extend(longer);
    let error = CommandError::usage(format!("there is no rule {name}"));
    Err(if near.is_empty() {
        error.with_hint("`chartwright explain` lists the rules")
    } else {
        error.with_hint(format!("did you mean {}?", near.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_rules() {
        for (name, wanted) in [
            ("range", Ok(Rule::Range)),
            ("range/service-port", Ok(Rule::Range)),
            ("rnage", Err("did you mean range?")),
            (
                "secret",
                Err("did you mean plain-secret, secret-token, secret-manifest, secret-value?"),
            ),
            ("chart-icons", Err("did you mean chart-icon?")),
            ("chart-icon-", Err("did you mean chart-icon, chart-icon-url?")),
            ("xyz", Err("`chartwright explain` lists the rules")),
            ("", Err("`chartwright explain` lists the rules")),
        ] {
            match (find(name), wanted) {
                (Ok(rule), Ok(wanted)) => assert_eq!(rule, wanted, "{name}"),
                (Err(error), Err(hint)) => {
                    assert_eq!(error.exit(), Exit::Usage, "{name}");
                    assert_eq!(
                        error.to_string(),
                        format!("Error: there is no rule {name}\n  help: {hint}")
                    );
                }
                (found, wanted) => panic!("{name}: {found:?}, not {wanted:?}"),
            }
        }
    }

    #[test]
    fn the_list_has_every_rule_in_columns() {
        let text = list();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), RULES.len() + 1);
        let column = lines[0].find("FINDS").unwrap();
        for (line, row) in lines.iter().skip(1).zip(RULES) {
            assert_eq!(line.get(column..), Some(row.summary));
            assert!(
                line.starts_with(row.severity.name()) && line.contains(&format!("  {}  ", row.id)),
                "{line}"
            );
        }
    }
}
