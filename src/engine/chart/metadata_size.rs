//! How large the files of a chart's metadata may be.

use crate::text::limits::METADATA_BYTES;

/// Whether Chart.yaml, requirements.yaml or a lock is as small as they are, before it is read.
///
/// # Errors
/// What is wrong with its size.
pub fn check_metadata_size(bytes: usize) -> Result<(), String> {
    if bytes <= METADATA_BYTES {
        return Ok(());
    }
    Err(format!("the file has {bytes} bytes, and may have {METADATA_BYTES}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, load_files};

    #[test]
    fn metadata_is_not_larger_than_any_needs_to_be() {
        let start = "apiVersion: v1\nname: c\nversion: 0.1.0\ndescription: ";
        let described = |bytes: usize| format!("{start}{}", "x".repeat(bytes - start.len()));
        let large = described(METADATA_BYTES + 1);
        for name in ["Chart.yaml", "requirements.yaml", "requirements.lock"] {
            let own = if name == "Chart.yaml" { &large } else { start };
            let files = [("Chart.yaml", own), (name, &large)];
            let files = files.map(|(name, text)| ChartFile::new(name.to_owned(), text.as_bytes()));
            let error = load_files(files.to_vec()).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("cannot load {name}: the file has 1048577 bytes, and may have 1048576")
            );
        }
        let fits = ChartFile::new("Chart.yaml".to_owned(), described(METADATA_BYTES).into_bytes());
        assert!(load_files(vec![fits]).is_ok());
    }
}
