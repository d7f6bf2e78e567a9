//! The provider's key: given, or kept in an SSM parameter and read when it is needed.
//!
//! A parameter is read by one signed POST (`docs/decisions/010-parameter.md`), remembered for five minutes, and read again when
//! the provider refuses the key, so that a new key needs no deployment. Nothing here prints a key.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::transport::client_builder;

/// How long a key is used before it is read again.
const FRESH_FOR: Duration = Duration::from_secs(300);
/// Longest wait for the parameter, and for it where an older value is known.
const TIMEOUT: Duration = Duration::from_secs(3);
const STALE_TIMEOUT: Duration = Duration::from_millis(500);

/// The key could not be read. Says which step failed or the service's error code, never a value.
#[derive(Debug, thiserror::Error)]
#[error("the model key cannot be read: {0}")]
pub struct SecretsUnavailable(String);

/// Where the provider's key comes from.
pub enum ModelKey {
    /// A given one.
    Given(SecretString),
    /// A parameter's value.
    Stored(StoredKey),
}

/// A key in an SSM parameter.
pub struct StoredKey {
    name: String,
    parameters: Parameters,
    known: Mutex<Known>,
}

/// What is known of the parameter.
#[derive(Default)]
struct Known {
    key: Option<(SecretString, Instant)>,
    failed: Option<Instant>,
}

impl ModelKey {
    /// The key in the parameter of this name.
    #[must_use]
    pub fn stored(name: String, parameters: Parameters) -> ModelKey {
        ModelKey::Stored(StoredKey { name, parameters, known: Mutex::default() })
    }

    /// The key, read if it is not known or was read too long ago.
    ///
    /// # Errors
    ///
    /// [`SecretsUnavailable`]; the next call tries again.
    pub async fn get(&self) -> Result<SecretString, SecretsUnavailable> {
        let stored = match self {
            ModelKey::Given(key) => return Ok(key.clone()),
            ModelKey::Stored(stored) => stored,
        };
        let asked = Instant::now();
        let mut known = stored.known.lock().await;
        if let Some((key, _)) = known.key.as_ref().filter(|(_, read)| read.elapsed() < FRESH_FOR) {
            return Ok(key.clone());
        }
        // Who waited while the store failed does not ask it once more. An old key is better than none: if it is no longer valid
        // the provider will say so.
        let failed = known.failed.is_some_and(|failed| failed >= asked);
        let stale = known.key.as_ref().map(|(key, _)| key.clone());
        if failed {
            return stale.ok_or_else(|| SecretsUnavailable("it could not be read just now".to_owned()));
        }
        let patience = if stale.is_some() { STALE_TIMEOUT } else { TIMEOUT };
        let read = tokio::time::timeout(patience, stored.parameters.read(&stored.name)).await;
        match read.unwrap_or_else(|_| Err(SecretsUnavailable("no answer".to_owned()))) {
            Ok(key) => {
                *known = Known { key: Some((key.clone(), Instant::now())), failed: None };
                Ok(key)
            }
            Err(error) => {
                known.failed = Some(Instant::now());
                stale.ok_or(error)
            }
        }
    }

    /// The key read anew because the provider refused `refused`; `None` where it is still the same.
    pub async fn renewed(&self, refused: &SecretString) -> Option<SecretString> {
        let ModelKey::Stored(stored) = self else { return None };
        let same = |key: &SecretString| key.expose_secret() == refused.expose_secret();
        let mut known = stored.known.lock().await;
        // Another request may have read it meanwhile.
        if let Some((key, _)) = known.key.as_ref().filter(|(key, _)| !same(key)) {
            return Some(key.clone());
        }
        let key = stored.parameters.read(&stored.name).await.ok()?;
        *known = Known { key: Some((key.clone(), Instant::now())), failed: None };
        Some(key).filter(|key| !same(key))
    }
}

/// SSM's `GetParameter`.
pub struct Parameters {
    http: reqwest::Client,
    endpoint: String,
    region: String,
    credentials: SharedCredentialsProvider,
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Parameter")]
    parameter: Parameter,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "Value")]
    value: SecretString,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(rename = "__type", default)]
    kind: String,
}

impl Parameters {
    /// The region's parameters, or those of another server that speaks the same API (`AWS_ENDPOINT_URL_SSM`).
    ///
    /// # Errors
    ///
    /// If no TLS back end can be set up.
    pub fn new(
        region: String,
        endpoint: Option<String>,
        credentials: SharedCredentialsProvider,
    ) -> Result<Parameters, SecretsUnavailable> {
        let http =
            client_builder().timeout(TIMEOUT).build().map_err(|_| SecretsUnavailable("no HTTP client".to_owned()))?;
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let endpoint = endpoint.unwrap_or_else(|| format!("https://ssm.{region}.{suffix}"));
        Ok(Parameters { http, endpoint, region, credentials })
    }

    async fn read(&self, name: &str) -> Result<SecretString, SecretsUnavailable> {
        let failed = |step: &str| SecretsUnavailable(step.to_owned());
        let credentials = self.credentials.provide_credentials().await.map_err(|_| failed("no credentials"))?;
        let identity = credentials.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("ssm")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| failed("not signed"))?
            .into();
        let url = format!("{}/", self.endpoint.trim_end_matches('/'));
        let body = json!({ "Name": name, "WithDecryption": true }).to_string();
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AmazonSSM.GetParameter")];
        let signable = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))
            .map_err(|_| failed("not signed"))?;
        let (signature, _) = sign(signable, &signing).map_err(|_| failed("not signed"))?.into_parts();
        let mut request = self.http.post(&url);
        for (name, value) in headers.into_iter().chain(signature.headers()) {
            request = request.header(name, value);
        }
        let response = request.body(body).send().await.map_err(|_| failed("no answer"))?;
        let is_found = response.status().is_success();
        let body = response.bytes().await.map_err(|_| failed("no answer"))?;
        if !is_found {
            let refused: Refused = serde_json::from_slice(&body).unwrap_or_default();
            let code = refused.kind.rsplit('#').next().unwrap_or_default();
            let is_code = !code.is_empty() && code.len() < 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return Err(failed(if is_code { code } else { "refused" }));
        }
        let found: Found = serde_json::from_slice(&body).map_err(|_| failed("an answer of another form"))?;
        let value = found.parameter.value.expose_secret().trim();
        if value.is_empty() { Err(failed("an empty parameter")) } else { Ok(value.into()) }
    }
}

impl fmt::Debug for ModelKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ModelKey")
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Parameters")
    }
}
