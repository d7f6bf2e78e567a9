//! Request ids: 12 characters, sortable by time, used as the key of reservations and records.
//!
//! 41 bits of Unix milliseconds and 30 random bits in base 62 (ASCII order). Twelve characters keep 40 reservations
//! in one item below 1 KB, which is one write unit (`docs/architecture.md`).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_BITS: u32 = 30;

/// Names one request everywhere: answers, records, reservations, logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RequestId(String);

impl RequestId {
    /// An id for `now`; of `random` the low 30 bits are used.
    ///
    /// ```
    /// # use shared::request_id::RequestId; use std::time::{Duration, UNIX_EPOCH};
    /// let early = RequestId::new(UNIX_EPOCH + Duration::from_millis(1_795_000_000_000), u32::MAX);
    /// let late = RequestId::new(UNIX_EPOCH + Duration::from_millis(1_795_000_000_001), 0);
    /// assert!(early < late);
    /// assert_eq!(early.as_str().len(), 12);
    /// assert_eq!(early.millis(), 1_795_000_000_000);
    /// ```
    #[must_use]
    pub fn new(now: SystemTime, random: u32) -> RequestId {
        let millis = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
        let mut value = (millis << RANDOM_BITS) | u128::from(random & ((1 << RANDOM_BITS) - 1));
        let mut text = [0u8; 12];
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET[usize::try_from(value % 62).unwrap_or(0)];
            value /= 62;
        }
        RequestId(text.iter().map(|&byte| char::from(byte)).collect())
    }

    /// An id as it stands in a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<RequestId> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| RequestId(text.to_owned()))
    }

    /// The twelve characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Unix milliseconds it was made at. A retry keeps the id and so its record's key.
    #[must_use]
    pub fn millis(&self) -> u64 {
        let digit = |byte: u8| ALPHABET.iter().position(|&symbol| symbol == byte).unwrap_or(0) as u128;
        let value = self.0.bytes().fold(0u128, |value, byte| value * 62 + digit(byte));
        u64::try_from(value >> RANDOM_BITS).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
