//! `authorizer`: whose key is it, and what may it do. It reads keys and nothing else.
//!
//! The gateway asks before any other function and remembers the answer for a minute by the key itself, so the answer allows
//! every path of the stage; the functions check scopes. What a key allows travels in the context, which no client can write.

mod config;
mod event;

use std::time::SystemTime;

use aws_sdk_dynamodb::Client;
use lambda_runtime::Diagnostic;
use shared::caller::Identity;
use shared::keys::{ApiKey, Keys};

pub use config::Config;
pub use event::{Allowed, Asked};

/// The header that carries the key.
pub const HEADER: &str = "x-api-key";

/// The function and its one client.
#[derive(Debug)]
pub struct Authorizer {
    keys: Keys,
    database_is_far: bool,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No key, none of ours, revoked, or expired: which of them is nobody's business. 401.
    Unauthorized,
    /// The database did not answer. The gateway makes a 5xx of it.
    Unavailable,
}

impl From<Refused> for Diagnostic {
    fn from(refused: Refused) -> Diagnostic {
        // API Gateway answers 401 to exactly this message, and 500 to every other.
        let message = match refused {
            Refused::Unauthorized => "Unauthorized",
            Refused::Unavailable => "the keys cannot be read",
        };
        Diagnostic { error_type: format!("{refused:?}"), error_message: message.to_owned() }
    }
}

impl Authorizer {
    /// The function in AWS, or wherever the environment's endpoint is.
    pub async fn connect(config: &Config) -> Authorizer {
        Authorizer::new(config, shared::dynamodb::connect().await)
    }

    /// The function over a given database client.
    #[must_use]
    pub fn new(config: &Config, client: Client) -> Authorizer {
        Authorizer { keys: Keys::new(client, config.ledger_table.clone()), database_is_far: config.database_is_far }
    }

    /// Opens the connection that the first question needs, if it is to another machine.
    pub async fn open_connection(&self) {
        if self.database_is_far {
            self.keys.open_connection().await;
        }
    }

    /// Whether a request may pass, and as whom. Reads the clock and logs one line, which names the key by its public part.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn handle(&self, asked: &Asked) -> Result<Allowed, Refused> {
        let Some(key) = asked.header(HEADER).and_then(ApiKey::parse) else {
            tracing::info!(outcome = "no key", "asked");
            return Err(Refused::Unauthorized);
        };
        let found = self.keys.find(&key, SystemTime::now()).await.map_err(|error| {
            tracing::error!(%error, "store unavailable");
            Refused::Unavailable
        })?;
        let Some(record) = found else {
            tracing::info!(key = %key.id(), outcome = "refused", "asked");
            return Err(Refused::Unauthorized);
        };
        tracing::info!(key = %key.id(), caller = record.caller.as_str(), outcome = "allowed", "asked");
        let context = Identity::context(&record.caller, &record.scopes, &record.allowance);
        asked.allow(record.id.as_str(), context).ok_or(Refused::Unauthorized)
    }
}
