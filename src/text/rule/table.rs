//! Every rule: id, default severity, a summary in one line. The order is that of `docs/rules.md`, which explains each
//! with an example; reports, `ignore`, comments and the tests read this table and no other.

use std::borrow::Cow;
use std::fmt;

use super::severity::Severity;

/// How findings of a rule are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// Nothing special.
    Plain,
    /// The line with the finding may contain a secret, so no report shows it.
    Secret,
    /// Covers many checks: `forbidden/pod-spec` is the part of `forbidden` for pod specs.
    Parts,
}

const PLAIN: Nature = Nature::Plain;
const SECRET: Nature = Nature::Secret;
const PARTS: Nature = Nature::Parts;

/// One row of the table of rules.
#[derive(Debug, Clone, Copy)]
pub struct RuleRow {
    /// The rule.
    pub rule: Rule,
    /// Its name in findings, comments, configuration and documentation.
    pub id: &'static str,
    /// Severity of its findings, unless a finding sets its own.
    pub severity: Severity,
    nature: Nature,
    /// What it finds, in one line, without a period.
    pub summary: &'static str,
}

/// Declares [`Rule`] and [`RULES`] from one list, so that neither can lack a rule.
macro_rules! rules {
    ($($name:ident = $id:literal, $severity:ident, $nature:ident, $summary:literal;)*) => {
        /// A rule that findings name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = concat!("`", $id, "`")] $name,)*
        }

        /// All rules, in the order of the documentation.
        pub static RULES: &[RuleRow] = &[
            $(RuleRow {
                rule: Rule::$name,
                id: $id,
                severity: Severity::$severity,
                nature: $nature,
                summary: $summary,
            },)*
        ];

        impl Rule {
            /// The row of the table.
            pub const fn row(self) -> &'static RuleRow {
                match self {
                    $(Self::$name => &RuleRow {
                        rule: Self::$name,
                        id: $id,
                        severity: Severity::$severity,
                        nature: $nature,
                        summary: $summary,
                    },)*
                }
            }
        }
    };
}

rules! {
    Document = "document", Error, PLAIN, "document is not YAML, has no kind, or has no schema";
    Type = "type", Error, PLAIN, "value has the wrong type for its field";
    UnknownField = "unknown-field", Error, PLAIN, "field does not exist in the schema";
    Required = "required", Error, PARTS, "required field is missing";
    Enum = "enum", Error, PARTS, "value is not one of the supported ones";
    Range = "range", Error, PARTS, "number is out of range";
    IntegerSize = "integer-size", Error, PLAIN, "integer does not fit its field";
    Quantity = "quantity", Error, PARTS, "resource quantity is malformed or negative";
    Base64 = "base64", Error, SECRET, "data is not base64";
    DateTime = "date-time", Error, PLAIN, "time is not in RFC 3339 format";
    Name = "name", Error, PARTS, "name or address is malformed";
    Label = "label", Error, PLAIN, "label key or value is malformed";
    Annotation = "annotation", Error, PLAIN, "annotation key is malformed, or the annotations are too large";
    Selector = "selector", Error, PARTS, "selector is malformed or does not match its template";
    Duplicate = "duplicate", Error, PARTS, "two items of a list have the same key";
    DuplicateEnv = "duplicate-env", Warning, PLAIN, "environment variable is set twice";
    OneOf = "one-of", Error, PARTS, "none or several fields are set where one is expected";
    VolumeMount = "volume-mount", Error, PLAIN, "volume mount names a volume that does not exist";
    Resources = "resources", Error, PLAIN, "resource limits and requests contradict each other";
    Cron = "cron", Error, PLAIN, "schedule is not a cron expression";
    Probe = "probe", Error, PLAIN, "probe cannot work";
    Forbidden = "forbidden", Error, PARTS, "field is not allowed here";
    FieldPath = "field-path", Error, PLAIN, "downward API does not know the field path";
    Crd = "crd", Error, PARTS, "CustomResourceDefinition is not valid";
    Schema = "schema", Error, PLAIN, "resource does not match its JSON schema";
    Cel = "cel", Error, PLAIN, "validation rule does not compile or is not satisfied";
    PolicyDeny = "policy-deny", Error, PLAIN, "a policy of the cluster refuses the object";
    PolicyWarn = "policy-warn", Warning, PLAIN, "a policy of the cluster warns of the object";
    PolicyAudit = "policy-audit", Info, PLAIN, "a policy of the cluster records the object in the audit log";
    PolicyPods = "policy-pods", Warning, PLAIN, "a policy of the cluster refuses the pods of the object";
    RemovedApi = "removed-api", Error, PLAIN, "Kubernetes no longer serves the API version";
    DeprecatedApi = "deprecated-api", Warning, PLAIN, "API version is deprecated";
    ServiceSelector = "service-selector", Warning, PLAIN, "Service selects no pod of the rendering";
    ServicePort = "service-port", Warning, PLAIN, "Service names a port that its pods do not have";
    IngressBackend = "ingress-backend", Warning, PLAIN, "Ingress leads to a Service or port that does not exist";
    IngressPath = "ingress-path", Warning, PLAIN, "two Ingresses have the same host and path";
    AutoscalerTarget = "autoscaler-target", Warning, PLAIN, "autoscaler scales a workload that does not exist";
    BudgetSelector = "budget-selector", Warning, PLAIN, "PodDisruptionBudget selects no pod of the rendering";
    MissingReference = "missing-reference", Warning, PLAIN, "pod refers to an object of the release that does not exist";
    ImageTag = "image-tag", Warning, PLAIN, "image has no fixed tag";
    DuplicateObject = "duplicate-object", Error, PLAIN, "object is rendered twice";
    NoValue = "no-value", Warning, PLAIN, "template printed a missing value";
    PrintfError = "printf-error", Warning, PLAIN, "printf got an argument that does not fit its verb";
    PrintedMap = "printed-map", Warning, PLAIN, "template printed a map as text";
    RandomOutput = "random-output", Info, PLAIN, "template renders differently each time";
    PlainSecret = "plain-secret", Warning, SECRET, "Secret is rendered from a plain value of a values file";
    UnusedValue = "unused-value", Warning, PLAIN, "no template reads the value";
    MisspeltValue = "misspelt-value", Warning, PLAIN, "no template reads the value, but one with a similar name";
    SopsNotEncrypted = "sops-not-encrypted", Error, SECRET, "sops should have encrypted the file";
    SopsPlainValue = "sops-plain-value", Error, SECRET, "encrypted file has a plain value";
    SecretToken = "secret-token", Error, SECRET, "file has a token or key of a service";
    PrivateKey = "private-key", Error, SECRET, "file has a private key";
    SecretManifest = "secret-manifest", Warning, SECRET, "Secret has plain values";
    SecretValue = "secret-value", Warning, SECRET, "value looks like a secret and is not encrypted";
    DecryptedLeftover = "decrypted-leftover", Error, SECRET, "decrypted copy is next to its encrypted file";
    ChartLoad = "chart-load", Error, PLAIN, "chart does not load";
    LinkLeavesChart = "link-leaves-chart", Error, PLAIN, "symbolic link leads out of the chart";
    ChartYamlFormat = "chart-yaml-format", Error, PLAIN, "Chart.yaml does not parse";
    ChartYamlStrict = "chart-yaml-strict", Warning, PLAIN, "Chart.yaml has duplicate or unknown fields";
    ChartName = "chart-name", Error, PLAIN, "chart name is missing or invalid";
    ChartApiVersion = "chart-api-version", Error, PLAIN, "chart apiVersion is missing or invalid";
    ChartVersion = "chart-version", Error, PLAIN, "chart version is missing or not a semantic version";
    ChartVersionStrict = "chart-version-strict", Warning, PLAIN, "chart version is not a strict semantic version";
    ChartVersionType = "chart-version-type", Error, PLAIN, "chart version is not a string";
    VersionIncrement = "version-increment", Error, PLAIN, "chart has changed, and its version is not higher";
    ChartAppVersionType = "chart-app-version-type", Error, PLAIN, "appVersion is not a string";
    ChartIcon = "chart-icon", Info, PLAIN, "chart has no icon";
    ChartIconUrl = "chart-icon-url", Error, PLAIN, "icon is not a URL";
    ChartMaintainers = "chart-maintainers", Info, PLAIN, "chart names no maintainers";
    ChartKubeVersion = "chart-kube-version", Error, PLAIN, "chart accepts none of the Kubernetes versions it is checked for";
    ChartSources = "chart-sources", Error, PLAIN, "source is not a URL";
    ChartType = "chart-type", Error, PLAIN, "chart type needs apiVersion v2";
    ChartDependencies = "chart-dependencies", Error, PLAIN, "dependencies are declared wrongly";
    ChartMaintainer = "chart-maintainer", Error, PLAIN, "maintainer entry is invalid";
    ValuesFormat = "values-format", Error, PLAIN, "values file does not parse";
    ValuesFile = "values-file", Info, PLAIN, "chart has no values.yaml";
    ValuesSchema = "values-schema", Error, PLAIN, "values do not match values.schema.json, or the schema is broken";
    ValuesSchemaUnchecked = "values-schema-unchecked", Warning, PLAIN, "values.schema.json refers to a URL that is not fetched";
    TemplatesDirectory = "templates-directory", Warning, PLAIN, "chart has no templates directory";
    TemplateExtension = "template-extension", Error, PLAIN, "template has an unexpected file extension";
    TemplateIndent = "template-indent", Warning, PLAIN, "rendered document starts with an indented line";
    TemplateRender = "template-render", Error, PLAIN, "template fails";
    TemplateYaml = "template-yaml", Error, PLAIN, "template renders to text that is not YAML";
    ListAnnotations = "list-annotations", Error, PLAIN, "annotation inside a List has no effect";
    DependencyMissing = "dependency-missing", Error, PLAIN, "declared dependency is not in charts/";
    DependencyUndeclared = "dependency-undeclared", Error, PLAIN, "chart in charts/ is not declared";
    CrdsDirectory = "crds-directory", Error, PLAIN, "crds is not a directory";
    CrdKind = "crd-kind", Error, PLAIN, "object in crds/ is not a CustomResourceDefinition";
    CrdApiVersion = "crd-api-version", Error, PLAIN, "object in crds/ has another API group";
    CrdFormat = "crd-format", Error, PLAIN, "file in crds/ does not parse";
    UnknownRule = "unknown-rule", Error, PLAIN, "comment or annotation names a rule that does not exist";
    PackageJunk = "package-junk", Warning, PLAIN, "file should not be in the package";
    NotChecked = "not-checked", Error, PLAIN, "limit was reached, and the rest is not checked";
}

/// Where the documentation of the rules is.
const PAGE: &str = "https://github.com/chartwright/chartwright/blob/main/docs/rules.md";

impl Rule {
    /// The rule with an id.
    pub fn find(id: &str) -> Option<Self> {
        RULES.iter().find(|row| row.id == id).map(|row| row.rule)
    }

    /// Its name in findings.
    pub const fn id(self) -> &'static str {
        self.row().id
    }

    /// Severity of its findings, unless a finding sets its own.
    pub const fn severity(self) -> Severity {
        self.row().severity
    }

    /// Whether the line with a finding may contain a secret.
    pub const fn is_about_secrets(self) -> bool {
        matches!(self.row().nature, Nature::Secret)
    }

    /// Whether its findings name a part: the type they are about.
    pub const fn has_parts(self) -> bool {
        matches!(self.row().nature, Nature::Parts)
    }

    /// The page that explains it.
    pub fn page(self) -> String {
        format!("{PAGE}#{}", self.id())
    }
}

/// A rule, and for rules that cover many checks the type the finding is about: `range`, `range/service-port`.
///
/// Silencing the rule silences its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// The rule.
    pub rule: Rule,
    /// Name of the Kubernetes type, as in its source: `ServicePort`. None for rules without parts.
    part: Option<&'static str>,
}

impl RuleId {
    /// The part of a rule that is about a type; the whole rule where it has no parts.
    pub fn part_of(rule: Rule, type_name: &'static str) -> Self {
        let part = (rule.has_parts() && !type_name.is_empty()).then_some(type_name);
        Self { rule, part }
    }

    /// Whether silencing `id` silences it.
    pub fn is_covered_by(&self, id: &str) -> bool {
        self.covering_ids().any(|covering| covering == id)
    }

    /// The ids that it is covered by.
    pub fn covering_ids(&self) -> impl Iterator<Item = Cow<'static, str>> {
        let part = self.part.is_some().then_some(*self);
        let whole = ["*", self.rule.id()].map(Cow::Borrowed);
        whole.into_iter().chain(part.map(|part| Cow::Owned(part.to_string())))
    }
}

impl From<Rule> for RuleId {
    fn from(rule: Rule) -> Self {
        Self { rule, part: None }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.id())?;
        match self.part {
            Some(part) => write!(f, "/{}", kebab_case(part)),
            None => Ok(()),
        }
    }
}

/// `HTTPGetAction` becomes `http-get-action`.
pub(crate) fn kebab_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, &character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(at + 1);
        let begins_word = character.is_ascii_uppercase()
            && before.is_some_and(|before| !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase));
        if begins_word {
            out.push('-');
        }
        out.push(character.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_ids_are_unique() {
        for (index, row) in RULES.iter().enumerate() {
            assert_eq!(row.rule as usize, index, "{}", row.id);
            assert_eq!(Rule::find(row.id), Some(row.rule));
            assert_eq!(row.id, kebab_case(&format!("{:?}", row.rule)));
            assert!(!row.summary.ends_with('.'), "{}", row.id);
        }
    }

    #[test]
    fn parts_are_covered_by_their_rule() {
        let id = RuleId::part_of(Rule::Forbidden, "RollingUpdateDeployment");
        assert_eq!(id.to_string(), "forbidden/rolling-update-deployment");
        for (silenced, want) in [
            ("forbidden", true),
            ("forbidden/rolling-update-deployment", true),
            ("forbidden/pod-spec", false),
            ("range", false),
            ("*", true),
        ] {
            assert_eq!(id.is_covered_by(silenced), want, "{silenced}");
        }
        let whole = RuleId::part_of(Rule::Type, "Container");
        assert_eq!(whole.to_string(), "type");
        assert!(!whole.is_covered_by("type/container"));
    }

    #[test]
    fn type_names_are_split_into_words() {
        for (name, want) in [
            ("HTTPGetAction", "http-get-action"),
            ("ServicePort", "service-port"),
            ("JSONSchemaProps", "json-schema-props"),
            ("ISCSIVolumeSource", "iscsi-volume-source"),
            ("IPBlock", "ip-block"),
        ] {
            assert_eq!(kebab_case(name), want);
        }
    }
}
