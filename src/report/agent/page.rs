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
    let failed = all
        .iter()
        .filter(|one| matches!(one.result, ApplyResult::Failed | ApplyResult::CouldNotRun))
        .count();
    let waiting = all
        .iter()
        .filter(|one| one.result == ApplyResult::WaitsForApproval)
        .count();
    let drifted = all.iter().filter(|one| one.has_drift == Some(true)).count();
    let (mood, verdict) = if failed > 0 {
        (Mood::Failed, format!("{} failed", counted(failed, "environment")))
    } else if !state.is_ready() {
        (Mood::Neutral, "the repository is not fetched yet".to_owned())
    } else if waiting + drifted > 0 {
        (
            Mood::Neutral,
            format!("{waiting} wait for approval, {drifted} differ from the files"),
        )
    } else {
        (
            Mood::Well,
            format!("{} as the files say", counted(all.len(), "environment")),
        )
    };
    let head = state.head.as_deref().map_or("none", short);
    let mut remarks = vec![format!("{}, branch {}, commit {head}", state.repository, state.branch)];
    if !state.fetch_failure.is_empty() {
        remarks.push(format!("it cannot be fetched: {}", state.fetch_failure));
    }
    let remarks = remarks.into_iter().map(|remark| shown_line(&remark));
    let mut page = Page::with_forms(
        concat!("chartwright ", env!("CARGO_PKG_VERSION"), " agent"),
        mood,
        &verdict,
        remarks,
    );
    for environment in all {
        section(environment, all, (state.head.as_deref(), now, has_token), &mut page);
    }
    page.finish()
}

fn section(
    environment: &EnvironmentState,
    all: &[EnvironmentState],
    (head, now, has_token): (Option<&str>, u64, bool),
    page: &mut Page,
) {
    let name = escaped(&environment.name);
    let class = match environment.result {
        ApplyResult::Applied => "well",
        ApplyResult::Failed | ApplyResult::CouldNotRun => "error",
        ApplyResult::WaitsForApproval => "warning",
        ApplyResult::Unknown => "info",
    };
    page.line(&format!(
        "<h2 id=\"{name}\">{name} <span class=\"severity {class}\">{}</span></h2>",
        environment.result.name()
    ));
    let mut facts = Vec::new();
    if let Some(applied) = &environment.applied {
        facts.push(format!("at {}", short(applied)));
    }
    if let (Some(since), Some(head)) = (environment.behind_since, head) {
        facts.push(format!(
            "{} behind {}",
            duration(now.saturating_sub(since)),
            short(head)
        ));
    }
    match environment.has_drift {
        Some(true) => facts.push("the cluster does not have what the files say".to_owned()),
        Some(false) => facts.push("the cluster has what the files say".to_owned()),
        None => {}
    }
    if !environment.time.is_empty() {
        facts.push(environment.time.split('.').next().unwrap_or_default().to_owned());
    }
    page.paragraph("remark", &shown_line(&facts.join(", ")));
    if !environment.message.is_empty() {
        page.line(&format!("<pre>{}</pre>", escaped(&shown_line(&environment.message))));
    }
    if !environment.releases.is_empty() {
        page.line("<div class=\"wide\">\n<table>\n<tr><th>Release</th><th>Chart</th><th class=\"n\">Revision</th><th>Images</th><th>Commit</th><th>Result</th></tr>");
        for release in &environment.releases {
            page.line(&row(release));
        }
        page.line("</table>\n</div>");
    }
    if has_token {
        forms(environment, all, head.unwrap_or_default(), page);
    }
}

fn row(release: &LiveRelease) -> String {
    let cell = |text: &str| format!("<td>{}</td>", escaped(&shown_line(text)));
    let class = if matches!(release.result.as_str(), "deployed" | "superseded") {
        ""
    } else {
        " class=\"failed\""
    };
    let commit = short(&release.commit);
    format!(
        "<tr>{}{}<td class=\"n\">{}</td>{}{}<td{class}>{}</td></tr>",
        cell(&release.name),
        cell(&release.chart),
        release.revision,
        cell(&release.images.join(", ")),
        cell(commit),
        escaped(&shown_line(&release.result))
    )
}

/// What those who have the token may do.
fn forms(environment: &EnvironmentState, all: &[EnvironmentState], head: &str, page: &mut Page) {
    let name = escaped(&environment.name);
    let form = |action: &str, fields: &str, label: &str| {
        format!(
            "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"environment\" value=\"{name}\">{fields}\
             <input type=\"password\" name=\"token\" placeholder=\"token\" aria-label=\"token\" required> <button>{label}</button></form>"
        )
    };
    page.line("<details class=\"rest\"><summary>Actions</summary>");
    if environment.result == ApplyResult::WaitsForApproval {
        let who = format!(
            "<input type=\"hidden\" name=\"commit\" value=\"{}\"><input name=\"who\" placeholder=\"your name\" aria-label=\"your name\" required> ",
            escaped(head)
        );
        page.line(&form("approve", &who, &format!("Approve {}", escaped(short(head)))));
    }
    let others: Vec<String> = all
        .iter()
        .filter(|other| other.name != environment.name)
        .map(|other| format!("<option>{}</option>", escaped(&other.name)))
        .collect();
    if !others.is_empty() {
        let to = format!("<select name=\"to\" aria-label=\"to\">{}</select> ", others.concat());
        page.line(&form("promote", &to, "Promote to"));
    }
    for release in &environment.releases {
        let shown = escaped(&shown_line(&release.name));
        let field = format!("<input type=\"hidden\" name=\"release\" value=\"{shown}\">");
        page.line(&form("rollback", &field, &format!("Roll back {shown}")));
    }
    page.line("</details>");
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
            page.contains("1 environment failed") && page.contains("0123456789"),
            "{page}"
        );
        assert!(!page.contains("<script>") && !page.contains("<td><b>"), "{page}");
        assert!(page.contains("action=\"approve\"") && page.contains("Roll back web"));
        assert!(!agent_page(&state, 0, false).contains("<form"));
    }
}
