//! What the pipelines of a repository do with charts already.
//!
//! In: the text of a pipeline's file. Out: calls of kubeconform, `helm lint`, chart-testing, of programs that publish charts, and of this
//! one, each with its line and flags. Lines are read as text and not as YAML: their commands are scripts in any of a dozen keys, and a
//! file with errors is read as far as it goes.

/// What a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Kubeconform,
    HelmLint,
    CtLint,
    CtInstall,
    /// Any program that publishes charts.
    Publication,
    Chartwright,
}

impl Tool {
    /// What it is called, and what happens to the step.
    pub(super) const fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::Kubeconform => (
                "kubeconform",
                "`chartwright ci` validates what it renders, so this step can go",
            ),
            Self::HelmLint => ("helm lint", "`chartwright ci` has its rules, so this step can go"),
            Self::CtLint => ("ct lint", "`chartwright ci` does the same, so this step can go"),
            Self::CtInstall => ("ct install", "chartwright installs nothing, so this step stays"),
            Self::Publication => (
                "publication of charts",
                "this step stays until chartwright.yaml names a repository",
            ),
            Self::Chartwright => ("chartwright", "it runs already"),
        }
    }
}

/// A call of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExistingStep {
    pub(super) tool: Tool,
    /// The file, from the top of the repository.
    pub(super) file: String,
    pub(super) line: usize,
    words: Vec<String>,
}

/// Words after which a program is named, besides operators.
const BEFORE_A_PROGRAM: [&str; 5] = ["-", "then", "do", "sudo", "if"];

/// Words of a command that are read.
const COMMAND_WORDS: usize = 200;

/// Calls of a file that are looked at.
const FILE_STEPS: usize = 200;

/// The calls in the text of a file.
pub(super) fn existing_steps(file: &str, text: &str) -> Vec<ExistingStep> {
    let mut found = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((line, first)) = lines.next() {
        let mut whole = first.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, next)) = lines.next() else { break };
            whole.push(' ');
            whole.push_str(next.trim());
        }
        let words: Vec<String> = words(&whole);
        if words
            .iter()
            .any(|word| matches!(word.as_str(), "name:" | "title:" | "description:"))
        {
            continue;
        }
        for command in words.split(|word| is_operator(word)) {
            let command = command.get(..COMMAND_WORDS).unwrap_or(command);
            for at in 0..command.len() {
                let (before, rest) = command.split_at(at);
                if found.len() < FILE_STEPS
                    && let Some(tool) = tool_at(before, rest)
                {
                    found.push(ExistingStep {
                        tool,
                        file: file.to_owned(),
                        line,
                        words: rest.to_vec(),
                    });
                }
            }
        }
    }
    found
}

/// Words without quotes and brackets around them; a comment ends them.
fn words(line: &str) -> Vec<String> {
    let words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
    let mut out = Vec::new();
    for word in words {
        let word = word.trim_matches(['"', '\'', '[', ']', ',', '(', ')', '}']);
        match word.strip_suffix(';') {
            Some(before) => out.extend([before.to_owned(), ";".to_owned()]),
            None => out.push(word.to_owned()),
        }
    }
    out
}

fn is_operator(word: &str) -> bool {
    matches!(word, "|" | "&&" | "||" | ";")
}

fn tool_at(before: &[String], words: &[String]) -> Option<Tool> {
    let (first, rest) = words.split_first()?;
    if first.contains("chartwright/chartwright") {
        return Some(Tool::Chartwright);
    }
    // An image of docker is named among its arguments.
    if first.contains("yannh/kubeconform") {
        return Some(Tool::Kubeconform);
    }
    if first.contains("helm/chart-releaser-action") {
        return Some(Tool::Publication);
    }
    let is_named = before
        .last()
        .is_none_or(|last| last.ends_with(':') || BEFORE_A_PROGRAM.contains(&last.as_str()))
        || before.iter().any(|word| word == "xargs");
    if !is_named {
        return None;
    }
    let name = first.rsplit('/').next()?;
    let subcommand = rest.iter().find(|word| !word.starts_with('-')).map(String::as_str);
    match (name, subcommand) {
        ("chartwright", _) => Some(Tool::Chartwright),
        ("kubeconform" | "kubeval", _) => Some(Tool::Kubeconform),
        ("helm", Some("lint")) => Some(Tool::HelmLint),
        ("helm", Some("push" | "cm-push" | "s3" | "gcs" | "nexus-push")) => Some(Tool::Publication),
        ("cr", Some("upload" | "index")) => Some(Tool::Publication),
        ("ct", Some("lint" | "lint-and-install")) => Some(Tool::CtLint),
        ("ct", Some("install")) => Some(Tool::CtInstall),
        _ => None,
    }
}

impl ExistingStep {
    /// `kubeconform in .github/workflows/test.yml:12`.
    pub(super) fn place(&self) -> String {
        format!("{} in {}:{}", self.tool.advice().0, self.file, self.line)
    }

    /// The values of a flag, split at commas; not those that a variable or a matrix decides.
    pub(super) fn flag(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix('-') else { continue };
            let flag = flag.strip_prefix('-').unwrap_or(flag);
            match flag.split_once('=') {
                Some((found, value)) if found == name => values.push(value),
                None if flag == name => values.extend(words.next().map(String::as_str)),
                _ => {}
            }
        }
        let parts = values.into_iter().flat_map(|value| value.split(','));
        let parts = parts.map(|part| part.trim_matches(['"', '\'']));
        let is_literal = |part: &&str| !part.is_empty() && !part.contains(['$', '{', '}', '`', '<', '*']);
        parts.filter(is_literal).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_where_a_program_is_named() {
        for (text, want) in [
            ("run: helm lint charts/web --strict", vec![(Tool::HelmLint, 1)]),
            ("- helm --debug lint charts/web", vec![(Tool::HelmLint, 1)]),
            ("script: [\"helm lint chart\"]", vec![(Tool::HelmLint, 1)]),
            (
                "- |\n  helm template . | kubeconform -strict",
                vec![(Tool::Kubeconform, 2)],
            ),
            (
                "run: docker run --rm -v $PWD:/w ghcr.io/yannh/kubeconform:v0.6.7 -strict /w",
                vec![(Tool::Kubeconform, 1)],
            ),
            ("find . | xargs -n1 helm lint", vec![(Tool::HelmLint, 1)]),
            ("- ct lint-and-install --all", vec![(Tool::CtLint, 1)]),
            ("run: ct install", vec![(Tool::CtInstall, 1)]),
            (
                "- uses: helm/chart-releaser-action@v1.6.0",
                vec![(Tool::Publication, 1)],
            ),
            ("helm push a.tgz oci://x", vec![(Tool::Publication, 1)]),
            ("- uses: chartwright/chartwright@v0.1.0", vec![(Tool::Chartwright, 1)]),
            ("  - chartwright ci . --no-push", vec![(Tool::Chartwright, 1)]),
            ("# helm lint charts/web", vec![]),
            ("- name: Run kubeconform", vec![]),
            ("run: mv kubeconform /usr/local/bin", vec![]),
            ("run: echo helm lint", vec![]),
            ("run: helm dependency build", vec![]),
            ("- uses: helm/chart-testing-action@v2", vec![]),
        ] {
            let found: Vec<(Tool, usize)> = existing_steps("x.yml", text)
                .iter()
                .map(|step| (step.tool, step.line))
                .collect();
            assert_eq!(found, want, "{text}");
        }
    }

    #[test]
    fn a_call_goes_on_after_a_backslash_and_ends_at_its_limit() {
        let steps = existing_steps("x.yml", "run: ct lint \\\n  --config \\\n  a.yaml\nrun: ct install\n");
        assert_eq!(steps[0].flag("config"), ["a.yaml"]);
        assert_eq!(steps[1].line, 4);
        let steps = existing_steps("x.yml", &format!("run: xargs {}", "helm lint ".repeat(20_000)));
        assert!(steps.len() < COMMAND_WORDS && steps.iter().all(|step| step.words.len() < COMMAND_WORDS));
        let steps = existing_steps("x.yml", &format!("run: {}", "helm lint a; ".repeat(20_000)));
        assert_eq!(steps.len(), FILE_STEPS);
        assert_eq!(existing_steps("x.yml", &"\\\n".repeat(100_000)), []);
    }

    #[test]
    fn flags_have_literal_values() {
        let text = "run: |\n  kubeconform -strict -kubernetes-version 1.29.0 \\\n    --skip=Secret,Foo -skip \"Bar\" && x -skip no\n  kubeconform -kubernetes-version ${{ matrix.k8s }}\n";
        let steps = existing_steps("x.yml", text);
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[0].flag("kubernetes-version"), ["1.29.0"]);
        assert_eq!(steps[0].flag("skip"), ["Secret", "Foo", "Bar"]);
        assert!(steps[1].flag("kubernetes-version").is_empty());
    }
}
