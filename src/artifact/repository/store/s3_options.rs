//! How objects are kept in S3: encryption at rest, and who may read them.
//!
//! In: names as the AWS tools and helm-s3 write them. Out: checked options, as variables of [`super::S3Settings`]. Follows the
//! headers `x-amz-server-side-encryption`, `x-amz-server-side-encryption-aws-kms-key-id` and `x-amz-acl` of `PutObject`.

use crate::text::near::nearest;

/// The variable with the encryption.
pub(super) const ENCRYPTION: &str = "AWS_SERVER_SIDE_ENCRYPTION";
/// The variable with the key of the encryption.
pub(super) const KMS_KEY: &str = "AWS_SSE_KMS_KEY_ID";
/// The variable with the access of others, in the name of helm-s3.
pub(super) const ACL: &str = "S3_ACL";

/// Encryptions that S3 carries out.
const ENCRYPTIONS: [&str; 3] = ["AES256", KMS, "aws:kms:dsse"];
/// The encryption with a key of the key management service.
const KMS: &str = "aws:kms";
/// Canned access control lists: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
const ACLS: [&str; 8] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
];

/// How the objects of one repository are kept; what is not given is that of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Options {
    pub(super) encryption: Option<String>,
    pub(super) kms_key: Option<String>,
    pub(super) acl: Option<String>,
}

/// An option that S3 does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum S3OptionsError {
    /// Not an encryption.
    #[error("`{0}` is not an encryption of S3: there are {all}{near}", all = ENCRYPTIONS.join(", "), near = did_you_mean(.0, &ENCRYPTIONS))]
    Encryption(String),
    /// A key without the encryption that uses it.
    #[error("a key of the key management service is for {KMS}, and the encryption is `{0}`")]
    KeyUnused(String),
    /// Not an access control list.
    #[error("`{0}` is not a canned access control list of S3: there are {all}{near}", all = ACLS.join(", "), near = did_you_mean(.0, &ACLS))]
    Acl(String),
}

fn did_you_mean(text: &str, known: &[&str]) -> String {
    nearest(text, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

impl S3Options {
    /// Options by their names; a key alone means the encryption that uses it.
    ///
    /// # Errors
    /// When S3 does not have such an option.
    pub fn new(encryption: Option<&str>, kms_key: Option<&str>, acl: Option<&str>) -> Result<Self, S3OptionsError> {
        let encryption = encryption.or(kms_key.map(|_| KMS));
        if let Some(encryption) = encryption {
            if !ENCRYPTIONS.contains(&encryption) {
                return Err(S3OptionsError::Encryption(encryption.to_owned()));
            }
            if kms_key.is_some() && !encryption.starts_with(KMS) {
                return Err(S3OptionsError::KeyUnused(encryption.to_owned()));
            }
        }
        if let Some(acl) = acl.filter(|acl| !ACLS.contains(acl)) {
            return Err(S3OptionsError::Acl(acl.to_owned()));
        }
        Ok(Self {
            encryption: encryption.map(str::to_owned),
            kms_key: kms_key.map(str::to_owned),
            acl: acl.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_those_of_s3() {
        for (encryption, key, acl, want) in [
            (None, None, None, Ok("- - -")),
            (Some("AES256"), None, Some("private"), Ok("AES256 - private")),
            (Some("aws:kms"), Some("alias/x"), None, Ok("aws:kms alias/x -")),
            (Some("aws:kms:dsse"), Some("k"), None, Ok("aws:kms:dsse k -")),
            (None, Some("k"), None, Ok("aws:kms k -")),
            (
                Some("aes256"),
                None,
                None,
                Err(
                    "`aes256` is not an encryption of S3: there are AES256, aws:kms, aws:kms:dsse; did you mean `AES256`?",
                ),
            ),
            (
                Some("AES256"),
                Some("k"),
                None,
                Err("a key of the key management service is for aws:kms, and the encryption is `AES256`"),
            ),
            (
                None,
                None,
                Some("bucket-owner-full-controll"),
                Err("`bucket-owner-full-controll` is not a canned access control list of S3"),
            ),
            (None, None, Some(""), Err("`` is not a canned access control list")),
        ] {
            let found = S3Options::new(encryption, key, acl);
            let found = found.map_err(|error| error.to_string()).map(|options| {
                let all = [options.encryption, options.kms_key, options.acl];
                all.map(|text| text.unwrap_or_else(|| "-".to_owned())).join(" ")
            });
            match (&found, want) {
                (Ok(found), Ok(want)) => assert_eq!(found, want),
                (Err(found), Err(want)) => assert!(found.starts_with(want), "{found}"),
                _ => panic!("{found:?}, not {want:?}"),
            }
        }
    }
}
