//! Idempotency: one model call for a request however often it is sent, and the same answer for all who sent it.
//!
//! A request with an `Idempotency-Key` is claimed in the state table before anything is spent: `I#<caller>` / the SHA-256
//! of route and key. A claim always expires: while the request runs with its deadline, afterwards with the configured time
//! to live. What is stored for a replay is the model's answer as it came, before originals are put back, and keyed hashes
//! of the request and of its redacted texts: a replay carries the same body, so the vault is built again from it, and no
//! detected personal data lies in the table. The hash's key is the idempotency key itself, of which only a digest is stored
//! (`docs/decisions/006-idempotency.md`).

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use futures_util::stream::{self, StreamExt};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::caller::{Caller, hex};
use crate::dynamodb::{StoreError, n, s};
use crate::limits::micros;
use crate::problem::Problem;
use crate::request_id::RequestId;

/// Most characters of a key.
pub const MAX_KEY_CHARS: usize = 255;

/// A request's claim to be the only one, before it is made.
pub struct Key {
    pk: String,
    sk: String,
    request: String,
    secret: Hmac<Sha256>,
}

impl Key {
    /// The key of a request: its caller, its route, the header's value and its body.
    ///
    /// # Errors
    ///
    /// `invalid-request` unless the value is 1 to 255 visible ASCII characters.
    pub fn of(caller: &Caller, route: &str, value: &[u8], body: &[u8]) -> Result<Key, Problem> {
        if !(1..=MAX_KEY_CHARS).contains(&value.len()) || !value.iter().all(u8::is_ascii_graphic) {
            let wanted = format!("an Idempotency-Key header of 1 to {MAX_KEY_CHARS} visible ASCII characters");
            return Err(Problem::invalid_field("", wanted));
        }
        // Any length is a valid key of an HMAC.
        let secret =
            Hmac::<Sha256>::new_from_slice(value).map_err(|_| Problem::from(crate::problem::Code::Internal))?;
        let place = Sha256::new().chain_update(route).chain_update([0]).chain_update(value).finalize();
        let request =
            hex(&secret.clone().chain_update(route).chain_update([0]).chain_update(body).finalize().into_bytes());
        Ok(Key { pk: partition(caller), sk: hex(&place), request, secret })
    }

    /// A keyed hash of texts, to notice that they are not what they were.
    #[must_use]
    pub fn hash_of<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> String {
        let mut mac = self.secret.clone();
        for text in texts {
            mac.update(text.as_bytes());
            mac.update(&[0]);
        }
        hex(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key")
    }
}

/// What became of a request that is claimed already, or the claim.
#[derive(Debug)]
pub enum Begun {
    /// It is this request's to answer. Close the claim whatever happens; else it expires.
    Claimed,
    /// Another is at it.
    Running {
        /// When it is over at the latest.
        retry_after: Duration,
    },
    /// The key was used with another body.
    Mismatch,
    /// It was answered before.
    Answered(String),
}

/// The claims of one deployment.
#[derive(Debug)]
pub struct Idempotency {
    client: Client,
    table: String,
    ttl: Duration,
}

/// Deletions that run at once: a busy caller has tens of thousands.
const DELETED_AT_ONCE: usize = 32;

/// How often a waiting client should ask again at least.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Idempotency {
    /// Claims in the state table that are kept for `ttl`.
    #[must_use]
    pub fn new(client: Client, table: String, ttl: Duration) -> Idempotency {
        Idempotency { client, table, ttl }
    }

    /// Claims a request for `owner` until `running_until` at most.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then nothing may be spent.
    pub async fn begin(
        &self,
        key: &Key,
        owner: &RequestId,
        running_until: SystemTime,
        now: SystemTime,
    ) -> Result<Begun, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("PK", s(&key.pk))
            .item("SK", s(&key.sk))
            .item("h", s(&key.request))
            .item("t", s(owner.as_str()))
            // Seconds, because the table deletes by it; the exact end beside it.
            .item("expires_at", n(seconds(running_until) + 1))
            .item("until", n(millis(running_until)))
            .condition_expression("attribute_not_exists(PK) OR #until <= :now")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":now", n(millis(now)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let known = match put.send().await {
            Ok(_) => return Ok(Begun::Claimed),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => failed.item.clone().unwrap_or_default(),
                _ => return Err(StoreError::of(&error)),
            },
        };
        let text = |name: &str| known.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
        if text("t") == Some(owner.as_str()) {
            // Our own write, whose reply was lost.
            return Ok(Begun::Claimed);
        }
        if text("h") != Some(key.request.as_str()) {
            return Ok(Begun::Mismatch);
        }
        if let Some(answer) = text("a") {
            return Ok(Begun::Answered(answer.to_owned()));
        }
        let until: u64 = known.get("until").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(0);
        let left = Duration::from_millis(until.saturating_sub(millis(now)));
        Ok(Begun::Running { retry_after: left.min(LONGEST_WAIT) })
    }

    /// Stores the answer that replays give. A claim that has expired and belongs to another by now is left to it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn finish(&self, key: &Key, owner: &RequestId, answer: &str, now: SystemTime) -> Result<(), StoreError> {
        let until = now + self.ttl;
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("PK", s(&key.pk))
            .key("SK", s(&key.sk))
            .update_expression("SET a = :a, expires_at = :expires, #until = :until")
            .condition_expression("t = :t")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":a", s(answer))
            .expression_attribute_values(":expires", n(seconds(until) + 1))
            .expression_attribute_values(":until", n(millis(until)))
            .expression_attribute_values(":t", s(owner.as_str()));
        match update.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::of(&error))
            }
            _ => Ok(()),
        }
    }

    /// Deletes every stored answer of a caller, and says how many there were. A claim of a request that is still running stays:
    /// without it the same request could be billed twice.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then some may be left, and the caller may ask again.
    pub async fn forget(&self, caller: &Caller) -> Result<usize, StoreError> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("PK = :pk");
        let query = query.projection_expression("SK").expression_attribute_values(":pk", s(partition(caller)));
        let mut pages = query.into_paginator().send();
        let mut deleted = 0;
        while let Some(page) = pages.next().await {
            let items = page.map_err(|error| StoreError::of(&error))?.items.unwrap_or_default();
            let keys = items.into_iter().filter_map(|mut item| item.remove("SK"));
            let deletions = keys.map(|sk| {
                let delete = self.client.delete_item().table_name(&self.table);
                let delete = delete.key("PK", s(partition(caller))).key("SK", sk);
                async {
                    match delete.condition_expression("attribute_exists(a)").send().await {
                        Ok(_) => Ok(1),
                        Err(error)
                            if error
                                .as_service_error()
                                .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
                        {
                            Ok(0)
                        }
                        Err(error) => Err(StoreError::of(&error)),
                    }
                }
            });
            let mut done = stream::iter(deletions).buffer_unordered(DELETED_AT_ONCE);
            while let Some(count) = done.next().await {
                deleted += count?;
            }
        }
        Ok(deleted)
    }

    /// Gives a claim up: the next request with the key starts anew.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then the claim expires by itself.
    pub async fn give_up(&self, key: &Key, owner: &RequestId) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).key("PK", s(&key.pk)).key("SK", s(&key.sk));
        let delete = delete.condition_expression("t = :t").expression_attribute_values(":t", s(owner.as_str()));
        match delete.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::of(&error))
            }
            _ => Ok(()),
        }
    }
}

fn partition(caller: &Caller) -> String {
    format!("I#{}", caller.as_str())
}

fn millis(at: SystemTime) -> u64 {
    micros(at) / 1000
}

fn seconds(at: SystemTime) -> u64 {
    micros(at) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(caller: &str, route: &str, value: &str, body: &str) -> Key {
        Key::of(&Caller::hashed(caller), route, value.as_bytes(), body.as_bytes()).expect("a key")
    }

    #[test]
    fn caller_route_and_value_decide_the_place_and_the_body_the_hash() {
        let one = key("a", "/g", "k1", "{}");
        let place = |key: &Key| (key.pk.clone(), key.sk.clone());
        for other in [key("b", "/g", "k1", "{}"), key("a", "/h", "k1", "{}"), key("a", "/g", "k2", "{}")] {
            assert_ne!(place(&one), place(&other));
        }
        let other = key("a", "/g", "k1", "{ }");
        assert_eq!(place(&one), place(&other));
        assert_ne!(one.request, other.request);
        assert!(!one.sk.contains("k1") && !one.request.contains("k1"));
        assert_ne!(one.hash_of(["a", "b"]), one.hash_of(["ab"]));
    }

    #[test]
    fn a_key_is_short_and_visible() {
        let of = |value: &[u8]| Key::of(&Caller::hashed("a"), "/g", value, b"{}").map(|_| ());
        assert!(of(b"k").is_ok() && of(&[b'k'; 255]).is_ok());
        for value in [&b""[..], &[b'k'; 256], b"a b", b"a\x7f", "é".as_bytes()] {
            assert!(of(value).is_err());
        }
    }
}
