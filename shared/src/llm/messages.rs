//! The wire format of the Messages API, as far as it is used here.
//!
//! Facts as of 2026-11-22: API version 2026-10-21 refuses sampling parameters, 2023-06-01 still takes them from the 4.5
//! and 4.6 generations; forced tool use is refused by the current models, so structured output goes through
//! `output_config.format`.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::ErrorObject;
use crate::caller::hex;
use crate::prices::Usage;
use crate::prompts::Prompt;

const VERSION: &str = "2026-10-21";
const VERSION_WITH_SAMPLING: &str = "2023-06-01";

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    system: [TextBlock<'a>; 1],
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
}

#[derive(Serialize)]
struct TextBlock<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

/// The prefix up to here is cached for five minutes, each hit renews it.
#[derive(Serialize)]
struct CacheControl {
    r#type: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    format: Format<'a>,
}

#[derive(Serialize)]
struct Format<'a> {
    r#type: &'static str,
    schema: &'a serde_json::Value,
}

/// A call, serialized once: the ceiling counts the same bytes that are sent, also by a retry.
#[derive(Clone)]
pub struct Call {
    body: Bytes,
    version: &'static str,
}

impl Call {
    /// Serializes a call. `caches` marks the instructions, which every request shares, for the provider's cache.
    ///
    /// # Errors
    ///
    /// None in practice; serialization of strings and numbers does not fail.
    pub fn new(
        prompt: &Prompt,
        model: &str,
        max_tokens: u64,
        temperature: Option<f64>,
        caches: bool,
    ) -> Result<Call, serde_json::Error> {
        let cache_control = caches.then_some(CacheControl { r#type: "ephemeral" });
        let body = Body {
            model,
            max_tokens,
            stream: true,
            temperature,
            system: [TextBlock { r#type: "text", text: prompt.system, cache_control }],
            messages: [Message { role: "user", content: &prompt.user }],
            output_config: prompt
                .schema
                .as_ref()
                .map(|schema| OutputConfig { format: Format { r#type: "json_schema", schema } }),
        };
        let version = if temperature.is_some() { VERSION_WITH_SAMPLING } else { VERSION };
        Ok(Call { body: serde_json::to_vec(&body)?.into(), version })
    }

    /// The size of the whole request body in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.body.len() as u64
    }

    /// SHA-256 of the whole request body, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.body))
    }

    pub(super) fn body(&self) -> Bytes {
        self.body.clone()
    }

    pub(super) fn version(&self) -> &'static str {
        self.version
    }
}

/// One event of the stream. Types not listed are ignored: new ones may be added any time.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Event {
    MessageStart {
        message: StartedMessage,
    },
    ContentBlockStart {
        index: u64,
        content_block: ContentBlock,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    MessageDelta {
        delta: MessageDelta,
        usage: Option<WireUsage>,
    },
    MessageStop,
    Error {
        error: ErrorObject,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub(super) struct StartedMessage {
    #[serde(default)]
    pub(super) usage: Option<WireUsage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ContentBlock {
    Text {
        #[serde(default)]
        text: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Delta {
    TextDelta {
        text: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub(super) struct MessageDelta {
    pub(super) stop_reason: Option<String>,
}

/// Token counts as reported. Everything may be absent or null; in `message_delta` they are cumulative.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct WireUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

impl WireUsage {
    pub(super) fn reports_prompt(&self) -> bool {
        self.input_tokens.is_some()
    }

    pub(super) fn reports_output(&self) -> bool {
        self.output_tokens.is_some()
    }

    /// Replaces what this report states. The split of cache writes comes with the first report only; a later total that
    /// exceeds it counts as five-minute writes, the only kind this client could ask for.
    pub(super) fn apply(&self, usage: &mut Usage) {
        let replace = |slot: &mut u64, value: Option<u64>| *slot = value.unwrap_or(*slot);
        replace(&mut usage.input_tokens, self.input_tokens);
        replace(&mut usage.output_tokens, self.output_tokens);
        replace(&mut usage.cache_read_tokens, self.cache_read_input_tokens);
        if let Some(split) = self.cache_creation {
            replace(&mut usage.cache_write_5m_tokens, split.ephemeral_5m_input_tokens);
            replace(&mut usage.cache_write_1h_tokens, split.ephemeral_1h_input_tokens);
        }
        if let Some(total) = self.cache_creation_input_tokens {
            usage.cache_write_1h_tokens = usage.cache_write_1h_tokens.min(total);
            usage.cache_write_5m_tokens = total - usage.cache_write_1h_tokens;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_replaced_not_added_and_keeps_the_split_of_cache_writes() {
        let mut usage = Usage::default();
        let report = |json: &str| serde_json::from_str::<WireUsage>(json).expect("usage");
        report(
            r#"{"input_tokens": 10, "output_tokens": 1, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 5,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}, "service_tier": "standard"}"#,
        )
        .apply(&mut usage);
        report(r#"{"output_tokens": 200, "input_tokens": null, "cache_creation_input_tokens": 30}"#).apply(&mut usage);
        let expected = Usage {
            input_tokens: 10,
            output_tokens: 200,
            cache_read_tokens: 5,
            cache_write_5m_tokens: 10,
            cache_write_1h_tokens: 20,
        };
        assert_eq!(usage, expected);
    }

    #[test]
    fn a_temperature_switches_the_api_version() {
        let prompt = Prompt { system: "s", user: "u".to_owned(), schema: None, version: "v1" };
        let plain = Call::new(&prompt, "m", 10, None, false).expect("serializes");
        let warm = Call::new(&prompt, "m", 10, Some(0.0), true).expect("serializes");
        assert_eq!((plain.version(), warm.version()), ("2026-10-21", "2023-06-01"));
        let has = |call: &Call, text: &[u8]| call.body.windows(text.len()).any(|window| window == text);
        assert!(has(&warm, b"\"cache_control\":{\"type\":\"ephemeral\"}") && !has(&plain, b"cache_control"));
        assert!(!plain.body.windows(11).any(|window| window == b"temperature"));
        assert!(warm.body.windows(17).any(|window| window == b"\"temperature\":0.0"));
    }
}
