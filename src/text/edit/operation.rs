//! What is to be done to a file: one operation on one node of one document.

use super::yaml_path::YamlPath;

/// A new value for a scalar.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NewValue {
    /// Text, quoted where a reader would otherwise take it for something else.
    Text(String),
    /// As `--set` reads it. Over a number, any number stays one, however it is spelt; over a boolean, a null, or nothing,
    /// `true`, `false`, `null` and whole numbers are what Helm's `--set` makes of them. Everything else is text.
    Typed(String),
    /// Text for a value inside the scalar, whose own text is YAML.
    Inside {
        /// The path there.
        path: YamlPath,
        /// The text.
        text: String,
    },
}

/// A new value of any kind, for an item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewNode {
    /// A scalar.
    Scalar(NewValue),
    /// Something that is written as it is: `true`, `null`, a number of JSON.
    Literal(String),
    /// Keys and values, in order.
    Mapping(Vec<(String, Self)>),
    /// Items, in order.
    Sequence(Vec<Self>),
}

/// A change of one scalar that is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// Index of the document in the file, from 0; `None` for the only document that has the path.
    pub document: Option<usize>,
    /// The path of the scalar to change.
    pub path: YamlPath,
    /// Its new value.
    pub value: NewValue,
}

/// Which document of a file an edit is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DocumentChoice {
    /// The only one that has the path. An edit is refused where several have it.
    #[default]
    Only,
    /// The one with this index, from 0.
    Index(usize),
    /// The only one that has all of these texts at these paths, such as `kind=Deployment`. Unlike an index it still means the
    /// same document when another is inserted before it.
    Fields(Vec<(YamlPath, String)>),
}

/// What is done at the path of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A scalar gets a new value.
    Set(NewValue),
    /// A key with its value, or an item of a list, goes, and the comments that are its own.
    Remove,
    /// A list gets a new last item.
    Append(NewNode),
}

/// One edit of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The document.
    pub document: DocumentChoice,
    /// Where.
    pub path: YamlPath,
    /// What.
    pub operation: Operation,
    /// Whether what the path lacks is added: a key and its parents, a list that gets an item.
    pub creates: bool,
    /// Whether a node may change that aliases of the file refer to, so that every place with such an alias changes with it.
    pub through_anchors: bool,
}

impl Edit {
    /// An edit of the only document that has the path, which adds nothing and changes nothing that aliases refer to.
    pub fn new(path: YamlPath, operation: Operation) -> Self {
        Self {
            document: DocumentChoice::Only,
            path,
            operation,
            creates: false,
            through_anchors: false,
        }
    }
}

impl From<Change> for Edit {
    fn from(change: Change) -> Self {
        Self {
            document: change.document.map_or(DocumentChoice::Only, DocumentChoice::Index),
            ..Self::new(change.path, Operation::Set(change.value))
        }
    }
}

impl NewValue {
    /// The value as it was given.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Typed(text) | Self::Inside { text, .. } => text,
        }
    }
}

impl NewNode {
    /// All scalars of the value, each with the keys that lead to it: what may hold a secret.
    pub fn scalars(&self) -> Vec<(YamlPath, &str)> {
        let mut found = Vec::new();
        let mut pending = vec![(YamlPath::default(), self)];
        while let Some((path, node)) = pending.pop() {
            match node {
                Self::Scalar(value) => found.push((path, value.text())),
                Self::Literal(text) => found.push((path, text.as_str())),
                Self::Mapping(pairs) => pending.extend(pairs.iter().map(|(key, value)| (path.key(key), value))),
                Self::Sequence(items) => pending.extend(items.iter().map(|item| (path.clone(), item))),
            }
        }
        found
    }
}
