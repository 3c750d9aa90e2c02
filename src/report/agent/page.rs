//! The page of the agent: environments with what runs in them, how far they are behind, what waits for somebody, and forms for those who have
//! the token. Readable without scripts.

use crate::cluster::agent::{AgentState, ApplyResult, EnvironmentState, LiveRelease};
use crate::report::html::{Mood, Page, escaped};
use crate::text::counted::counted;
use crate::text::visible::shown_line;

/// Digits of a commit that are shown.
const DIGITS: usize = 10;

fn short(commit: &str) -> &str {
    commit.get(..DIGITS).unwrap_or(commit)
}

/// The page; `now` is in seconds since 1970. `has_token` is whether forms may be used at all.
pub fn agent_page(state: &AgentState, now: u64, has_token: bool) -> String {
    let all = &state.environments;
    let (mood, verdict) = verdict(state);
    let mut remarks = vec![format!("{}, branch {}", state.repository, state.branch)];
    if let Some(head) = state.head.as_deref().map(short) {
        let ago = duration(now.saturating_sub(state.fetched));
        remarks.push(format!("newest commit {head}, fetched {ago} ago"));
    }
    if !state.fetch_failure.is_empty() {
        remarks.push(format!("it cannot be fetched: {}", state.fetch_failure));
    }
    if !has_token {
        remarks.push("nothing can be changed on this page: the agent was started without a token".to_owned());
    }
    let remarks = remarks.into_iter().map(|remark| shown_line(&remark));
    let title = concat!("chartwright ", env!("CARGO_PKG_VERSION"), " agent");
    let mut page = Page::with_forms(title, mood, &shown_line(&verdict), remarks);
    if all.len() > 1 {
        overview(all, &mut page);
    }
    for environment in all {
        section(environment, all, (state.head.as_deref(), now, has_token), &mut page);
    }
    page.finish()
}

/// What is to be said first: what failed, what waits, what differs.
fn verdict(state: &AgentState) -> (Mood, String) {
    let all = &state.environments;
    let of = |is_wanted: &dyn Fn(&EnvironmentState) -> bool, one: &str, several: &str| {
        let names: Vec<&str> = all
            .iter()
            .filter(|environment| is_wanted(environment))
            .map(|environment| environment.name.as_str())
            .collect();
        match names.as_slice() {
            [] => None,
            [name] => Some(format!("{name} {one}")),
            [first, second] => Some(format!("{first} and {second} {several}")),
            names => Some(format!("{} {several}", counted(names.len(), "environment"))),
        }
    };
    let has = |result| move |environment: &EnvironmentState| environment.result == result;
    let parts = [
        of(&has(ApplyResult::Failed), "failed", "failed"),
        of(&has(ApplyResult::CouldNotRun), "could not run", "could not run"),
        of(
            &has(ApplyResult::WaitsForApproval),
            "waits for approval",
            "wait for approval",
        ),
        of(&|one| one.has_drift == Some(true), "has drift", "have drift"),
    ];
    let has_failure = parts.iter().take(2).any(Option::is_some);
    let mut parts: Vec<String> = parts.into_iter().flatten().collect();
    if !state.fetch_failure.is_empty() {
        parts.push("the repository cannot be fetched".to_owned());
    } else if !state.is_ready() {
        parts.push("the repository is not fetched yet".to_owned());
    }
    if parts.is_empty() {
        parts.extend(of(&has(ApplyResult::Unknown), "is not tried yet", "are not tried yet"));
    }
    let mood = match (has_failure, parts.is_empty()) {
        (true, _) => Mood::Failed,
        (false, false) => Mood::Neutral,
        (false, true) => Mood::Well,
    };
    if parts.is_empty() {
        parts.push(format!("{} as the files say", counted(all.len(), "environment")));
    }
    (mood, parts.join(", "))
}

/// The result of an environment in its colour.
fn badge(environment: &EnvironmentState) -> String {
    let class = match environment.result {
        ApplyResult::Applied => "well",
        ApplyResult::Failed | ApplyResult::CouldNotRun => "error",
        ApplyResult::WaitsForApproval => "warning",
        ApplyResult::Unknown => "info",
    };
    let mut badge = format!("<span class=\"severity {class}\">{}</span>", environment.result.name());
    if environment.has_drift == Some(true) {
        badge.push_str(" <span class=\"severity warning\">drift</span>");
    }
    badge
}

/// One line for each environment.
fn overview(all: &[EnvironmentState], page: &mut Page) {
    page.line("<table>\n<tr><th>Environment</th><th>State</th><th class=\"n\">Commit</th></tr>");
    for environment in all {
        let name = escaped(&environment.name);
        page.line(&format!(
            "<tr><td><a href=\"#{name}\">{name}</a></td><td>{}</td><td class=\"n\">{}</td></tr>",
            badge(environment),
            escaped(environment.applied.as_deref().map_or("", short))
        ));
    }
    page.line("</table>");
}

fn section(
    environment: &EnvironmentState,
    all: &[EnvironmentState],
    (head, now, has_token): (Option<&str>, u64, bool),
    page: &mut Page,
) {
    let name = escaped(&environment.name);
    page.line(&format!("<h2 id=\"{name}\">{name} {}</h2>", badge(environment)));
    for fact in facts(environment, head, now) {
        page.paragraph("remark", &shown_line(&fact));
    }
    if !environment.message.is_empty() {
        let lines = environment.message.lines();
        let lines: Vec<String> = lines
            .map(|line| format!("<span>{}</span>", escaped(&shown_line(line))))
            .collect();
        page.line(&format!("<pre class=\"diff\">{}</pre>", lines.concat()));
    }
    if !environment.releases.is_empty() {
        page.line("<div class=\"wide\">\n<table>\n<tr><th>Release</th><th>Result</th><th class=\"n\">Revision</th><th>Chart</th><th>Images</th><th>Commit</th></tr>");
        for release in &environment.releases {
            page.line(&row(release));
        }
        page.line("</table>\n</div>");
    }
    if has_token {
        forms(environment, all, head.unwrap_or_default(), page);
    }
}

/// Where an environment is, and what happens next.
fn facts(environment: &EnvironmentState, head: Option<&str>, now: u64) -> Vec<String> {
    let newest = head.map_or("the newest commit", short);
    let mut state = Vec::new();
    if let Some(applied) = &environment.applied {
        state.push(format!("commit {} is applied", short(applied)));
    }
    if let Some(since) = environment.behind_since {
        state.push(format!("behind {newest} for {}", duration(now.saturating_sub(since))));
    }
    // Where a newer commit failed or waits, the files say more than the cluster has.
    if environment.has_drift == Some(false) && environment.result == ApplyResult::Applied {
        state.push("the cluster has what the files say".to_owned());
    }
    if !environment.time.is_empty() {
        state.push(format!("last tried {}", moment(&environment.time)));
    }
    let mut facts = Vec::new();
    if !state.is_empty() {
        facts.push(state.join(", "));
    }
    match environment.result {
        ApplyResult::Failed => facts.push(format!("{newest} is not tried again; the next commit is.")),
        ApplyResult::CouldNotRun => {
            facts.push("It is tried again after a pause. The log of the agent says why it could not run.".to_owned());
        }
        ApplyResult::WaitsForApproval => facts.push(format!("{newest} is applied when somebody approves it, below.")),
        ApplyResult::Applied | ApplyResult::Unknown => {}
    }
    if environment.has_drift == Some(true) {
        facts.push(format!(
            "The cluster does not have what the files say: `chartwright drift {}` shows what differs.",
            environment.name
        ));
    }
    facts
}

/// `2026-11-29 20:45:11 UTC`
fn moment(time: &str) -> String {
    match time.strip_suffix('Z').and_then(|time| time.split('.').next()) {
        Some(time) => format!("{} UTC", time.replace('T', " ")),
        None => time.to_owned(),
    }
}

fn row(release: &LiveRelease) -> String {
    let cell = |text: &str| format!("<td>{}</td>", escaped(&shown_line(text)));
    let class = if matches!(release.result.as_str(), "deployed" | "superseded") {
        ""
    } else {
        " class=\"failed\""
    };
    // What is short and matters most is first: a phone shows it without scrolling.
    format!(
        "<tr>{}<td{class}>{}</td><td class=\"n\">{}</td>{}{}{}</tr>",
        cell(&release.name),
        escaped(&shown_line(&release.result)),
        release.revision,
        cell(&release.chart),
        images(&release.images),
        cell(short(&release.commit))
    )
}

/// One image a line.
fn images(images: &[String]) -> String {
    let shown: Vec<String> = images.iter().map(|image| escaped(&shown_line(image))).collect();
    format!("<td>{}</td>", shown.join("<br>"))
}

/// What those who have the token may do. Each form has one button, so that a line that is ended by Enter does what the form says.
fn forms(environment: &EnvironmentState, all: &[EnvironmentState], head: &str, page: &mut Page) {
    let waits = environment.result == ApplyResult::WaitsForApproval;
    page.line(&format!(
        "<details class=\"rest\"{}><summary>Actions for {}</summary>",
        if waits { " open" } else { "" },
        escaped(&environment.name)
    ));
    page.paragraph(
        "remark",
        "Each needs the token of the agent, and is done after what is at work now: reload this page to see how it ended.",
    );
    if waits {
        let fields = format!(
            "<input type=\"hidden\" name=\"commit\" value=\"{}\"><input name=\"who\" placeholder=\"your name\" aria-label=\"your name\" required>",
            escaped(head)
        );
        let label = format!("Approve {}", short(head));
        page.line(&form(environment, "approve", &fields, &label));
        page.paragraph("remark", "Applies this commit. Your name is in the record.");
    }
    let others: Vec<&str> = all
        .iter()
        .map(|other| other.name.as_str())
        .filter(|name| *name != environment.name)
        .collect();
    if !others.is_empty() {
        page.line(&form(environment, "promote", &select("to", "to", &others), "Promote"));
        let text = "Writes the versions of this environment to the files of the other, and pushes the commit.";
        page.paragraph("remark", text);
    }
    let releases: Vec<&str> = environment.releases.iter().map(|one| one.name.as_str()).collect();
    if !releases.is_empty() {
        let field = select("release", "release", &releases);
        page.line(&form(environment, "rollback", &field, "Roll back"));
        let text = "Brings back the revision before, in the cluster. The files stay as they are.";
        page.paragraph("remark", text);
    }
    page.line("</details>");
}

/// A form for an environment with fields, the token and a button.
fn form(environment: &EnvironmentState, action: &str, fields: &str, label: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"environment\" value=\"{}\">{fields} \
         <input type=\"password\" name=\"token\" placeholder=\"token\" aria-label=\"token\" autocomplete=\"off\" required> <button>{}</button></form>",
        escaped(&environment.name),
        escaped(label)
    )
}

/// A choice of names.
fn select(field: &str, label: &str, names: &[&str]) -> String {
    let options: Vec<String> = names
        .iter()
        .map(|name| format!("<option>{}</option>", escaped(&shown_line(name))))
        .collect();
    let options = options.concat();
    format!("<select name=\"{field}\" aria-label=\"{label}\">{options}</select>")
}

/// `3 min`
fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_is_wrong_and_nothing_from_clusters_is_markup() {
        let mut testing = EnvironmentState::new("testing");
        (testing.result, testing.message) = (ApplyResult::Failed, "<script>alert(1)</script>".to_owned());
        testing.releases.push(LiveRelease {
            name: "web".to_owned(),
            images: vec!["<b>".to_owned()],
            result: "rolled-back".to_owned(),
            ..LiveRelease::default()
        });
        let mut production = EnvironmentState::new("production");
        production.result = ApplyResult::WaitsForApproval;
        let state = AgentState {
            head: Some("0123456789abcdef".to_owned()),
            environments: vec![testing, production],
            ..AgentState::default()
        };
        let page = agent_page(&state, 0, true);
        assert!(
            page.contains("testing failed, production waits for approval") && page.contains("0123456789"),
            "{page}"
        );
        assert!(!page.contains("<script>") && !page.contains("<td><b>"), "{page}");
        assert!(page.contains("action=\"approve\"") && page.contains("<option>web</option>"));
        assert!(!agent_page(&state, 0, false).contains("<form"));
    }
}
