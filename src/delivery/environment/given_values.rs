//! The values that an environment gives a chart, as rendering and Helm take them: files, and values that are texts. One rule for all that
//! renders a release: the environment's file, the release's files, the environment's values, the release's; the last one wins.

use std::io;
use std::path::Path;

use super::model::{Environment, Release, ValueSource};
use crate::check::explain::Given;
use crate::check::run::GivenValues;
use crate::delivery::bump::ReadFile;
use crate::engine::values::{UserValues, ValueSource as ValuesFile};
use crate::text::source::SourceFile;

/// Looks up the address that Google Cloud gave a name: of the name, and whether it is global.
pub type AddressOf<'a> = &'a dyn Fn(&str, bool) -> io::Result<Option<String>>;

/// What the environment gives the chart of a release. Paths of files are relative to `directory`; addresses that are not known are left
/// out.
///
/// # Errors
/// When a file cannot be read, or an address not be had.
pub fn given_values(
    environment: &Environment,
    release: &Release,
    (directory, read): (&Path, ReadFile<'_>),
    address_of: AddressOf<'_>,
) -> io::Result<GivenValues> {
    let mut values = UserValues::default();
    let mut given = Given::default();
    let with_defaults = !release.skips_defaults;
    let default_file = environment.default_values_file.iter().filter(|_| with_defaults);
    for path in default_file.chain(&release.values_files) {
        let text = read(&directory.join(path))
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        let name = path.display().to_string();
        given.files.push(SourceFile::new(name.clone(), text.as_slice()));
        values.files.push(ValuesFile { name, text });
    }
    let defaults = environment.default_values.iter().filter(|_| with_defaults);
    for value in defaults.chain(&release.values) {
        let text = match &value.source {
            ValueSource::Text(text) => Some(text.clone()),
            ValueSource::GceAddress { name, is_global } => address_of(name, *is_global)?,
        };
        if let Some(text) = text {
            values.literal.push(format!("{}={text}", value.key));
            given.flags.push(("--set-literal", format!("{}={text}", value.key)));
        }
    }
    Ok(GivenValues {
        label: environment.name.text.clone(),
        values,
        sources: given,
        ..GivenValues::default()
    })
}
