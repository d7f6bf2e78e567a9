//! The DynamoDB client, the tables' shape, and what a failed call means.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_dynamodb::{Client, Config};

use crate::settings::Tables;
use crate::transport;

/// The database did not answer, or not as agreed. Fail closed: spend nothing.
#[derive(Debug, thiserror::Error)]
#[error("database: {0}")]
pub struct StoreError(String);

impl StoreError {
    /// What failed: the service's error code where there is one, else the chain of causes. Never an item or a message of
    /// the service, which may quote a key.
    pub fn of<E, R>(error: &SdkError<E, R>) -> StoreError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        R: std::fmt::Debug + 'static,
    {
        if let Some(code) = error.code() {
            return StoreError(code.to_owned());
        }
        let causes = std::iter::successors(Some(error as &dyn std::error::Error), |cause| cause.source());
        StoreError(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }

    pub(crate) fn unexpected(what: &'static str) -> StoreError {
        StoreError(what.to_owned())
    }
}

/// A function's region, credentials and endpoints, all of them variables, as Lambda sets them. The chain of other places would
/// be built, with two more clients, and never asked.
pub async fn environment() -> SdkConfig {
    defaults().credentials_provider(EnvironmentVariableCredentialsProvider::new()).load().await
}

/// A person's region, credentials and endpoints, wherever he keeps them.
pub async fn account() -> SdkConfig {
    defaults().load().await
}

fn defaults() -> ConfigLoader {
    // Bodies are in memory, and a call that stalls is over after its 300 ms.
    let defaults = aws_config::defaults(BehaviorVersion::latest())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    defaults.timeout_config(timeouts(300)).http_client(transport::for_sdk())
}

/// A client with the environment's region, credentials and endpoint.
pub async fn connect() -> Client {
    Client::new(&environment().await)
}

/// A client for a database on this machine. It reads neither the environment nor any file.
#[must_use]
pub fn connect_to(endpoint: &str, region: String, key_id: &str, secret: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(Credentials::new(key_id, secret, None, None, "tailor"))
        .endpoint_url(endpoint)
        .http_client(transport::for_sdk())
        .timeout_config(timeouts(1000))
        .build();
    Client::from_conf(config)
}

/// Three tries of so many milliseconds at most: a request must not wait long for a limiter. In AWS 300 ms each, about
/// a second in all; a laptop's database gets more.
fn timeouts(attempt_ms: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(attempt_ms))
        .operation_attempt_timeout(Duration::from_millis(attempt_ms))
        .operation_timeout(Duration::from_millis(attempt_ms * 10 / 3))
        .build()
}

/// Asks for an item that is not there, so that the connection is open, and the client's tables are built, when the first request
/// needs them. While an instance starts it has a whole processor; what fails here is left to that request.
pub async fn open(client: &Client, table: &str, key: &str) {
    let _ = client.get_item().table_name(table).key("PK", s(key)).key("SK", s("-")).send().await;
}

/// Creates the tables that are missing, for `local` and tests. In AWS the template does.
///
/// # Errors
///
/// Any failure but "exists already".
pub async fn create_missing_tables(client: &Client, tables: &Tables) -> Result<(), StoreError> {
    for table in [&tables.state, &tables.ledger] {
        let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let attribute = |name: &str| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
        };
        let created = client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(
                [key("PK", KeyType::Hash), key("SK", KeyType::Range)].into_iter().collect::<Result<_, _>>().ok(),
            )
            .set_attribute_definitions([attribute("PK"), attribute("SK")].into_iter().collect::<Result<_, _>>().ok())
            .send()
            .await;
        match created {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {}
            Err(error) => return Err(StoreError::of(&error)),
        }
    }
    Ok(())
}

/// A number attribute.
pub(crate) fn n(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A string attribute.
pub(crate) fn s(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}
