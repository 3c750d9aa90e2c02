//! Addresses that Google Cloud reserved under names, looked up by the user's `gcloud`: each once in a run.

use std::cell::RefCell;
use std::net::IpAddr;

use super::commands::{AddressError, describe_address};
use super::program::{ProgramCall, ProgramError, Programs};
use crate::delivery::environment::Cluster;

/// An address that is not found.
#[derive(Debug, thiserror::Error)]
pub enum LookUpAddressError {
    /// Google Cloud cannot be asked for it.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// gcloud failed.
    #[error("the address `{name}`: {source}")]
    Program {
        /// The name of the address.
        name: String,
        /// Why.
        source: ProgramError,
    },
}

/// The addresses of a run.
#[derive(Debug)]
pub struct Addresses<'p> {
    programs: &'p Programs,
    known: RefCell<Vec<(ProgramCall, String)>>,
}

impl<'p> Addresses<'p> {
    /// None is known yet.
    pub const fn new(programs: &'p Programs) -> Self {
        Self {
            programs,
            known: RefCell::new(Vec::new()),
        }
    }

    /// The address of a name, for an environment in a cluster. `show` is given the command before it runs.
    ///
    /// # Errors
    /// When the cluster is not Google's, and when gcloud fails or prints something else.
    pub fn look_up(
        &self,
        cluster: Option<&Cluster>,
        (name, is_global): (&str, bool),
        show: &dyn Fn(&ProgramCall),
    ) -> Result<String, LookUpAddressError> {
        let call = describe_address(name, is_global, cluster)?;
        let known = self.known.borrow().iter().find(|(known, _)| *known == call).cloned();
        if let Some((_, address)) = known {
            return Ok(address);
        }
        show(&call);
        let output = self.programs.output(&call, b"");
        let address = output.and_then(|output| address_in(&call, &output));
        let address = address.map_err(|source| LookUpAddressError::Program {
            name: name.to_owned(),
            source,
        })?;
        self.known.borrow_mut().push((call, address.clone()));
        Ok(address)
    }
}

/// The address that gcloud printed.
pub(super) fn address_in(call: &ProgramCall, output: &[u8]) -> Result<String, ProgramError> {
    let text = String::from_utf8_lossy(output);
    let address = text.trim();
    if address.parse::<IpAddr>().is_err() {
        return Err(ProgramError::Odd {
            command: call.name(),
            what: format!("`{address}` is not an address"),
        });
    }
    Ok(address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_an_address_or_an_error() {
        let call = ProgramCall::new("gcloud", ["compute", "addresses", "describe", "a"]);
        for (output, want) in [
            (&b"1.2.3.4\n"[..], Ok("1.2.3.4")),
            (b"2600:1901::1\r\n", Ok("2600:1901::1")),
            (
                b"",
                Err("`gcloud compute` printed what is not understood: `` is not an address"),
            ),
            (
                b"--x",
                Err("`gcloud compute` printed what is not understood: `--x` is not an address"),
            ),
        ] {
            let found = address_in(&call, output).map_err(|error| error.to_string());
            assert_eq!(found, want.map(str::to_owned).map_err(str::to_owned));
        }
    }
}
