//! Where objects are that `s3:`, `s3a:` and `s3n:` locations name.

use crate::properties::Properties;
use crate::secret::Secret;
use crate::table_options::options;

options! {
    /// Settings of object stores that speak S3.
    pub struct S3Options in Service {
        /// Address of the service, as `http://127.0.0.1:9000`; without it Amazon's of the region. Also
        /// `AWS_ENDPOINT_URL` in the environment.
        endpoint: Option<String> = ["s3.endpoint"],
        /// Region of the buckets. Also `AWS_REGION` in the environment.
        region: String = ["s3.region"] default "us-east-1",
        /// Name of the key. Also `AWS_ACCESS_KEY_ID` in the environment; without it the role of the machine is
        /// asked for.
        access_key: Option<Secret> = ["s3.access_key", "s3.access-key"],
        /// The key. Also `AWS_SECRET_ACCESS_KEY` in the environment.
        secret_key: Option<Secret> = ["s3.secret_key", "s3.secret-key"],
        /// Token of a key that ends. Also `AWS_SESSION_TOKEN` in the environment.
        session_token: Option<Secret> = ["s3.session_token"],
        /// Whether the bucket stands in the path of addresses instead of in the host's name.
        path_style_access: bool = ["s3.path_style_access", "s3.path.style.access"] default "true",
    }
}

/// Variables of the environment that other programs know, and the settings that they are; the first one there is wins.
const VARIABLES: &[(&str, &str)] = &[
    ("AWS_ENDPOINT_URL", "s3.endpoint"),
    ("AWS_ENDPOINT_URL_S3", "s3.endpoint"),
    ("AWS_DEFAULT_REGION", "s3.region"),
    ("AWS_REGION", "s3.region"),
    ("AWS_ACCESS_KEY_ID", "s3.access_key"),
    ("AWS_SECRET_ACCESS_KEY", "s3.secret_key"),
    ("AWS_SESSION_TOKEN", "s3.session_token"),
];

/// Gives the settings that variables of the environment stand for, in the order in which later ones win.
pub(crate) fn of_environment<'e>(
    environment: &[(&'e str, &'e str)],
) -> Vec<(&'static str, &'e str, &'static str)> {
    let find = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let known = VARIABLES.iter();
    known.filter_map(|(name, key)| Some((*key, find(name)?, *name))).collect()
}

/// The settings of which none is set.
impl Default for S3Options {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key: None,
            secret_key: None,
            session_token: None,
            path_style_access: true,
        }
    }
}

impl S3Options {
    /// Leaves a token of the environment out that belongs to another key than the one that is set.
    pub(crate) fn without_foreign_token(mut self, properties: &Properties) -> Self {
        let of_aws = |key: &str| properties.origin(key).to_string().contains("AWS_");
        if of_aws("s3.session_token") && !of_aws("s3.access_key") {
            self.session_token = None;
        }
        self
    }
}
