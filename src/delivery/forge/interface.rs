//! What is asked of a forge.

use crate::delivery::git::BranchName;

use super::error::ForgeError;

/// A file as a commit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// Its path from the top of the repository, with `/`.
    pub path: String,
    /// Its content before.
    pub old: Vec<u8>,
    /// Its content in the commit.
    pub new: Vec<u8>,
}

/// A commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The commit it follows.
    pub parent: String,
    /// The first line of its message.
    pub subject: String,
    /// The rest of its message.
    pub body: String,
    /// The files that change.
    pub files: Vec<FileContent>,
}

/// A pull request that is open, or a merge request of GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number in the repository.
    pub number: u64,
    /// Where people read it.
    pub url: String,
    /// What the forge calls it inside, if that is something else.
    pub id: String,
    /// What it says.
    pub text: PullRequestText,
}

/// What a pull request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestText {
    /// Its title.
    pub title: String,
    /// Its description, in Markdown.
    pub body: String,
}

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// What the forge calls it inside.
    pub id: String,
    /// What it says, in Markdown.
    pub text: String,
}

/// What else is wanted of a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Labels.
    pub labels: Vec<String>,
    /// Users who are asked to review it; `organization/team` for a team of GitHub.
    pub reviewers: Vec<String>,
    /// Whether it is merged as soon as all checks have passed.
    pub merges_itself: bool,
}

/// A repository of a forge.
pub trait Forge {
    /// What it calls itself.
    fn name(&self) -> &'static str;

    /// The commit that a branch is at; `None` where there is no such branch.
    ///
    /// # Errors
    /// When the forge does not answer or refuses; so for all of these.
    fn head(&self, branch: &BranchName) -> Result<Option<String>, ForgeError>;

    /// The content of a file in a branch or commit; `None` where it is not there.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn content(&self, path: &str, at: &str) -> Result<Option<Vec<u8>>, ForgeError>;

    /// How many commits `head` has that `base` does not have.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn commits_beyond(&self, base: &str, head: &str) -> Result<u64, ForgeError>;

    /// Makes a commit and a branch at it; or moves the branch to it, where it is at `expected`.
    ///
    /// # Errors
    /// [`ForgeError::Conflict`] where the branch is not where it is expected to be.
    fn commit(&self, branch: &BranchName, expected: Option<&str>, commit: &NewCommit) -> Result<String, ForgeError>;

    /// The open pull request for a branch.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn find(&self, branch: &BranchName, base: &BranchName) -> Result<Option<PullRequest>, ForgeError>;

    /// Opens a pull request.
    ///
    /// # Errors
    /// [`ForgeError::Conflict`] where there is one already.
    fn open(&self, branch: &BranchName, base: &BranchName, text: &PullRequestText) -> Result<PullRequest, ForgeError>;

    /// Changes what a pull request says.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn update(&self, request: &PullRequest, text: &PullRequestText) -> Result<(), ForgeError>;

    /// Sets labels and reviewers, and merging once checks have passed. Gives what was not possible.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn fulfil(&self, request: &PullRequest, head: &str, wishes: &Wishes) -> Result<Vec<String>, ForgeError>;

    /// The first comment on a pull request that begins with `marker` and is of who asks: anyone can write a marker.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn own_comment(&self, number: u64, marker: &str) -> Result<Option<Comment>, ForgeError>;

    /// Adds a comment to a pull request. It is not sent again where the answer is lost.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn add_comment(&self, number: u64, text: &str) -> Result<(), ForgeError>;

    /// Changes what a comment says.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn change_comment(&self, number: u64, comment: &Comment, text: &str) -> Result<(), ForgeError>;

    /// Closes a pull request with a comment, and removes its branch.
    ///
    /// # Errors
    /// See [`Forge::head`].
    fn close(&self, request: &PullRequest, branch: &BranchName, comment: &str) -> Result<(), ForgeError>;
}
