//! The function's configuration: names and defaults as in the README's table.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use shared::budget::Caps;
use shared::caller::AuthMode;
use shared::cors::Cors;
use shared::limits::{Buckets, LimitsConfig, Quota};
use shared::metrics::Detail;
use shared::prices::PriceSheet;
use shared::request::Task;
use shared::settings::{Reader, SettingsError, Tables, is_loopback};
use shared::verify::Mode;

/// Where the provider key comes from.
#[derive(Debug)]
pub enum KeySource {
    /// Nowhere: `/generate` answers 503, everything else works.
    None,
    /// `ANTHROPIC_API_KEY`, for one machine.
    Value(SecretString),
    /// The name of an SSM parameter.
    Parameter(String),
}

/// Everything the function reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// The provider key.
    pub key: KeySource,
    /// Where parameters are read, if not from the region's own (`AWS_ENDPOINT_URL_SSM`).
    pub parameters_endpoint: Option<String>,
    /// The provider's base URL.
    pub base_url: String,
    /// Used where a request names no model, by task.
    pub models: HashMap<Task, String>,
    /// Upper limit of `max_tokens`.
    pub max_tokens: u64,
    /// Sent where a request names none and the model takes one.
    pub temperature: Option<f64>,
    /// Longest model call.
    pub timeout: Duration,
    /// Longest silence between two events of the model.
    pub idle_timeout: Duration,
    /// Retries before the model's first event.
    pub max_retries: usize,
    /// Rates and budgets.
    pub limits: LimitsConfig,
    /// How long answers of idempotent requests are kept; `None` is off.
    pub idempotency_ttl: Option<Duration>,
    /// What happens to unsupported claims.
    pub verify: Mode,
    /// Where spans go; `None` is nowhere.
    #[cfg(feature = "otel")]
    pub spans_endpoint: Option<String>,
    /// Which metrics are written, in AWS.
    pub metrics: Detail,
    /// Table names.
    pub tables: Tables,
    /// Whether a connection to the database is worth opening before it is needed.
    pub database_is_far: bool,
    /// Where identity comes from.
    pub auth: AuthMode,
    /// Which web pages may call.
    pub cors: Cors,
}

impl Config {
    /// Reads the process environment.
    ///
    /// # Errors
    ///
    /// Every missing or malformed variable at once.
    pub fn from_env() -> Result<Config, SettingsError> {
        Config::read(&|name| std::env::var(name).ok())
    }

    /// Reads variables through a lookup.
    ///
    /// # Errors
    ///
    /// Every missing or malformed variable at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, SettingsError> {
        let mut reader = Reader::new(lookup);
        let default_model = reader.text_or("LLM_MODEL", "claude-sonnet-5-5");
        let model = |task: Task| (task, reader.text_or(&task.model_variable(), &default_model));
        let models = Task::ALL.into_iter().map(model).collect();
        let key = match (reader.text("ANTHROPIC_API_KEY"), reader.text("ANTHROPIC_API_KEY_PARAMETER")) {
            (None, None) => KeySource::None,
            (Some(key), None) => {
                // A key file usually ends with a line end; anything else that no header can carry is a mistake.
                let key = key.trim();
                if http::HeaderValue::from_str(key).is_err() {
                    reader.problem("ANTHROPIC_API_KEY must be one line of printable characters");
                }
                KeySource::Value(key.into())
            }
            (None, Some(parameter)) => KeySource::Parameter(parameter),
            (Some(_), Some(_)) => {
                reader.problem("set ANTHROPIC_API_KEY or ANTHROPIC_API_KEY_PARAMETER, not both");
                KeySource::None
            }
        };
        let base_url = reader.text_or("ANTHROPIC_BASE_URL", "https://api.anthropic.com");
        let is_address = base_url.parse::<http::Uri>().is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some());
        if !is_address || (!base_url.starts_with("https://") && !is_loopback(&base_url)) {
            reader.problem("ANTHROPIC_BASE_URL must be an https address, or http on this machine");
        }
        let parameters_endpoint = reader.text("AWS_ENDPOINT_URL_SSM");
        if parameters_endpoint.as_ref().is_some_and(|url| !url.starts_with("https://") && !is_loopback(url)) {
            reader.problem("AWS_ENDPOINT_URL_SSM must be an https address, or http on this machine");
        }
        #[cfg(feature = "otel")]
        let spans_endpoint = reader.text("OTEL_EXPORTER_OTLP_ENDPOINT");
        #[cfg(feature = "otel")]
        if spans_endpoint.as_ref().is_some_and(|url| !url.starts_with("https://") && !is_loopback(url)) {
            reader.problem("OTEL_EXPORTER_OTLP_ENDPOINT must be an https address, or http on this machine");
        }
        let (auth, cors) = (AuthMode::read(&mut reader), Cors::read(&mut reader));
        let temperature = reader.parsed::<f64>("LLM_TEMPERATURE", "a number from 0 to 1");
        if temperature.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            reader.problem("LLM_TEMPERATURE must be a number from 0 to 1");
        }
        let max_tokens = reader.parsed_or("LLM_MAX_TOKENS", "a whole number above 0", 32_000);
        if max_tokens == 0 {
            reader.problem("LLM_MAX_TOKENS must be a whole number above 0");
        }
        let timeout = reader.millis_or("LLM_TIMEOUT_MS", 120_000);
        let hours = reader.parsed_or::<u32>("IDEMPOTENCY_TTL_HOURS", "a whole number of hours (0 is off)", 24);
        let config = Config {
            key,
            parameters_endpoint,
            base_url,
            models,
            max_tokens,
            temperature,
            timeout,
            #[cfg(feature = "otel")]
            spans_endpoint,
            metrics: reader.parsed_or("METRICS", "full or alarms", Detail::Full),
            idle_timeout: reader.millis_or("LLM_IDLE_TIMEOUT_MS", 30_000),
            max_retries: reader.parsed_or("LLM_MAX_RETRIES", "a whole number", 2),
            limits: LimitsConfig {
                caller: buckets(&mut reader, "CALLER"),
                provider: buckets(&mut reader, "PROVIDER"),
                caller_max_in_flight: Some(reader.parsed_or("CALLER_MAX_IN_FLIGHT", "a whole number (0 is off)", 40))
                    .filter(|most| *most > 0),
                wait: reader.millis_or("RATE_LIMIT_WAIT_MS", 2_000),
                // The function ends 30 s after the longest call; a minute more for clocks that differ.
                orphan_after: timeout + Duration::from_secs(90),
                caps: Caps { caller: reader.dollars("CALLER_BUDGET_USD"), total: reader.dollars("TOTAL_BUDGET_USD") },
            },
            idempotency_ttl: (hours > 0).then(|| Duration::from_secs(u64::from(hours) * 3600)),
            verify: reader.parsed_or("VERIFY_MODE", "revert, flag or off", Mode::Revert),
            tables: Tables::read(&reader),
            database_is_far: !reader.has_local_database(),
            auth,
            cors,
        };
        reader.finish()?;
        Ok(config)
    }
}

impl Config {
    /// Configured models that cannot be asked at `now`, with the variable that names them.
    pub(crate) fn unusable_models(&self, now: SystemTime) -> Vec<(String, &str)> {
        let usable = |model: &str| PriceSheet::embedded().model(model, now).is_ok();
        let unusable = self.models.iter().filter(|(_, model)| !usable(model));
        unusable.map(|(task, model)| (task.model_variable(), model.as_str())).collect()
    }
}

fn buckets(reader: &mut Reader<'_>, whose: &str) -> Buckets {
    let mut quota = |what: &str, default| {
        Quota::per_minute(reader.parsed_or(&format!("{whose}_{what}"), "a whole number (0 is off)", default))
    };
    Buckets { requests: quota("RPM", 50), input_tokens: quota("INPUT_TPM", 0), output_tokens: quota("OUTPUT_TPM", 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, SettingsError> {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(&lookup)
    }

    #[test]
    fn an_empty_environment_is_a_valid_deployment_without_a_model() {
        let config = read(&[("ANTHROPIC_API_KEY", "")]).expect("valid");
        assert!(matches!(config.key, KeySource::None));
        assert_eq!(config.models[&Task::CoverLetter], "claude-sonnet-5-5");
        assert_eq!((config.max_tokens, config.timeout), (32_000, Duration::from_secs(120)));
    }

    #[test]
    fn a_task_can_have_its_own_model() {
        let config = read(&[("LLM_MODEL_COVER_LETTER", "claude-opus-5-5")]).expect("valid");
        assert_eq!(config.models[&Task::CoverLetter], "claude-opus-5-5");
        assert_eq!(config.models[&Task::JobAnalysis], "claude-sonnet-5-5");
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let wrong = [
            ("ANTHROPIC_API_KEY", "sk-secret"),
            ("ANTHROPIC_API_KEY_PARAMETER", "/tailor/key"),
            ("ANTHROPIC_BASE_URL", "http://models.example.com"),
            ("AUTH_MODE", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://10.0.0.1:8000"),
            ("LLM_TEMPERATURE", "7"),
            ("CALLER_RPM", "many"),
        ];
        let error = read(&wrong).expect_err("five problems");
        assert_eq!(error.0.len(), 5, "{error}");
        assert!(!error.to_string().contains("sk-secret"));
    }

    #[test]
    fn local_identity_is_allowed_on_this_machine_only() {
        for endpoint in ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"] {
            assert!(read(&[("AUTH_MODE", "local"), ("AWS_ENDPOINT_URL_DYNAMODB", endpoint)]).is_ok(), "{endpoint}");
        }
        assert!(read(&[("AUTH_MODE", "local")]).is_err());
        assert!(
            read(&[("AUTH_MODE", "local"), ("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost.example.com")]).is_err()
        );
    }
}
