//! API keys: who may call, until when, and up to what.
//!
//! A key reads `tlr_<id>_<secret>`: 16 and 64 hexadecimal digits, 64 and 256 random bits. The ledger table has the secret's
//! SHA-256 only, which is enough for a secret that nobody could guess; the key itself is shown once, when it is made. Items:
//! `PK = K#<first digit of the id>`, `SK = <id>`, so that reading one is one item and listing all is sixteen queries.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::caller::{Allowance, Caller, Scope, hex};
use crate::dynamodb::{StoreError, s};
use crate::limits::micros;

const PREFIX: &str = "tlr_";
const ID_DIGITS: usize = 16;
const SECRET_DIGITS: usize = 64;

/// A key as a client sends it. Its secret is never printed by `Debug`.
#[derive(Clone, Debug)]
pub struct ApiKey {
    id: KeyId,
    secret: SecretString,
}

/// Names a key, also in logs: no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyId(String);

impl KeyId {
    /// An id: 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<KeyId> {
        is_hex(text, ID_DIGITS).then(|| KeyId(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn partition(&self) -> String {
        format!("K#{}", &self.0[..1])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl ApiKey {
    /// A new key of random bits.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub fn random() -> Result<ApiKey, getrandom::Error> {
        let mut bytes = [0; (ID_DIGITS + SECRET_DIGITS) / 2];
        getrandom::fill(&mut bytes)?;
        let digits = hex(&bytes);
        let (id, secret) = digits.split_at(ID_DIGITS);
        Ok(ApiKey { id: KeyId(id.to_owned()), secret: secret.into() })
    }

    /// A key as it stands in a header; `None` for anything of another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<ApiKey> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let id = KeyId::parse(id)?;
        is_hex(secret, SECRET_DIGITS).then(|| ApiKey { id, secret: secret.into() })
    }

    /// Its public part.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The whole key, to be shown once.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret.expose_secret())
    }

    fn hash(&self) -> String {
        hex(&Sha256::digest(self.secret.expose_secret().as_bytes()))
    }
}

/// What is known of a key beside its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The key's public part.
    pub id: KeyId,
    /// Whom it identifies. Several keys may: a new one takes over from an old one.
    pub caller: Caller,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// What it allows its caller, in the place of the deployment's defaults.
    #[serde(default)]
    pub allowance: Allowance,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// From when on it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
    /// Since when it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<u64>,
}

impl KeyRecord {
    /// Whether it is neither revoked nor expired.
    #[must_use]
    pub fn is_valid(&self, now: SystemTime) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|expires| millis(now) < expires)
    }
}

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Whom it identifies.
    pub caller: Caller,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// What it allows.
    pub allowance: Allowance,
    /// How long it is valid; for ever without.
    pub lifetime: Option<Duration>,
}

/// The keys of one deployment.
#[derive(Debug)]
pub struct Keys {
    client: Client,
    table: String,
}

#[derive(Serialize, Deserialize)]
struct Item {
    #[serde(flatten)]
    record: KeyRecord,
    hash: String,
}

impl Keys {
    /// The keys in the ledger table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Keys {
        Keys { client, table }
    }

    /// Opens the connection that the first look for a key needs.
    pub async fn open_connection(&self) {
        crate::dynamodb::open(&self.client, &self.table, "K#-").await;
    }

    /// Makes a key. What is returned is all there ever is of its secret.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn create(&self, wanted: NewKey, now: SystemTime) -> Result<(ApiKey, KeyRecord), StoreError> {
        let key = ApiKey::random().map_err(|_| StoreError::unexpected("no randomness"))?;
        let record = KeyRecord {
            id: key.id.clone(),
            caller: wanted.caller,
            scopes: wanted.scopes,
            allowance: wanted.allowance,
            created_ms: millis(now),
            expires_ms: wanted.lifetime.map(|lifetime| millis(now + lifetime)),
            revoked_ms: None,
        };
        let item = Item { record, hash: key.hash() };
        let fields: serde_dynamo::Item =
            serde_dynamo::to_item(&item).map_err(|_| StoreError::unexpected("a key that is no item"))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(fields.into()));
        let put = put.item("PK", s(key.id.partition())).item("SK", s(key.id.as_str()));
        let put = put.condition_expression("attribute_not_exists(PK)");
        put.send().await.map_err(|error| StoreError::of(&error))?;
        Ok((key, item.record))
    }

    /// What a key identifies, if it is one of ours and valid. An unknown id costs the same comparison as a known one.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn find(&self, key: &ApiKey, now: SystemTime) -> Result<Option<KeyRecord>, StoreError> {
        let get = self.client.get_item().table_name(&self.table);
        let get = get.key("PK", s(key.id.partition())).key("SK", s(key.id.as_str()));
        let item = get.send().await.map_err(|error| StoreError::of(&error))?.item;
        let item: Option<Item> = item.map(serde_dynamo::from_item).transpose().map_err(|_| unreadable())?;
        let nobodys = "0".repeat(SECRET_DIGITS);
        let known = item.as_ref().map_or(nobodys.as_str(), |item| item.hash.as_str());
        let same: bool = key.hash().as_bytes().ct_eq(known.as_bytes()).into();
        Ok(item.filter(|item| same && item.record.is_valid(now)).map(|item| item.record))
    }

    /// Every key, oldest first, also revoked and expired ones.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let mut records = Vec::new();
        for digit in "0123456789abcdef".chars() {
            let query = self.client.query().table_name(&self.table).key_condition_expression("PK = :pk");
            let mut pages = query.expression_attribute_values(":pk", s(format!("K#{digit}"))).into_paginator().send();
            while let Some(page) = pages.next().await {
                let items = page.map_err(|error| StoreError::of(&error))?.items.unwrap_or_default();
                let items: Vec<Item> = serde_dynamo::from_items(items).map_err(|_| unreadable())?;
                records.extend(items.into_iter().map(|item| item.record));
            }
        }
        records.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
        Ok(records)
    }

    /// Revokes a key; whether there is one of this id. Revoking it again changes nothing. The gateway may remember its last
    /// answer for a minute.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn revoke(&self, id: &KeyId, now: SystemTime) -> Result<bool, StoreError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update.key("PK", s(id.partition())).key("SK", s(id.as_str()));
        let sent = update
            .update_expression("SET revoked_ms = if_not_exists(revoked_ms, :now)")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":now", crate::dynamodb::n(millis(now)))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::of(&error)),
        }
    }
}

fn unreadable() -> StoreError {
    StoreError::unexpected("a key's item cannot be read")
}

fn millis(at: SystemTime) -> u64 {
    micros(at) / 1000
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_is_written_and_hides_its_secret() {
        let key = ApiKey::random().expect("randomness");
        let text = key.expose();
        let read = ApiKey::parse(&text).expect("a key");
        assert_eq!((read.id(), read.hash()), (key.id(), key.hash()));
        assert_eq!(text.len(), 4 + 16 + 1 + 64);
        let secret = &text[21..];
        assert!(!format!("{key:?}").contains(secret) && key.hash() != secret);
    }

    #[test]
    fn anything_of_another_form_is_no_key() {
        let key = ApiKey::random().expect("randomness").expose();
        let odd = [
            "",
            "tlr_",
            "tlr__",
            "local",
            &key[4..],
            &key[..84],
            &format!("{key}0"),
            &key.to_uppercase(),
            &key.replace('_', "-"),
            &key.replacen("tlr_", "tlr_../", 1),
            &format!("{key}\u{e9}"),
            &format!(" {key}"),
            &"x".repeat(100_000),
            "tlr_0123456789abcde\u{e9}_x",
        ];
        for text in odd {
            assert!(ApiKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_ends_when_it_expires_and_when_it_is_revoked() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let record = KeyRecord {
            id: KeyId("0".repeat(16)),
            caller: Caller::hashed("acme"),
            scopes: vec![Scope::Generate],
            allowance: Allowance::default(),
            created_ms: 0,
            expires_ms: Some(10_000),
            revoked_ms: None,
        };
        assert!(record.is_valid(at(9)) && !record.is_valid(at(10)));
        assert!(!KeyRecord { revoked_ms: Some(1), ..record }.is_valid(at(5)));
    }
}
