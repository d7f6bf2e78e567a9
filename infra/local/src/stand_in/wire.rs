//! The Messages API as the stand-in speaks it: what it refuses, and how it answers with and without a stream.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::prices::PriceSheet;

const BYTES_PER_TOKEN: usize = 4;
/// Text per event, in characters: small enough that a stream has many events.
const CHUNK_CHARS: usize = 40;

/// A request with the fields that the current API version takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessagesRequest {
    model: String,
    max_tokens: usize,
    messages: Vec<Message>,
    system: Option<Value>,
    #[serde(default)]
    stream: bool,
    output_config: Option<OutputConfig>,
    temperature: Option<f64>,
    #[serde(skip)]
    size: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    role: String,
    content: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputConfig {
    format: Option<Format>,
    #[serde(rename = "effort")]
    _effort: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Format {
    r#type: String,
    schema: Value,
}

/// An error status with its object.
pub(super) struct Refusal {
    status: u16,
    kind: &'static str,
    message: &'static str,
}

impl Refusal {
    pub(super) fn response(&self) -> Response<Body> {
        let error = json!({ "type": self.kind, "message": self.message });
        let body = json!({ "type": "error", "error": error, "request_id": "req_stand_in" });
        respond(self.status, "application/json", body.to_string())
    }
}

const fn invalid(message: &'static str) -> Refusal {
    Refusal { status: 400, kind: "invalid_request_error", message }
}

impl MessagesRequest {
    pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<MessagesRequest, Refusal> {
        if !headers.contains_key("x-api-key") && !headers.contains_key("authorization") {
            return Err(Refusal { status: 401, kind: "authentication_error", message: "x-api-key header is required" });
        }
        let version = headers.get("anthropic-version").map(|value| value.as_bytes());
        if !matches!(version, Some(b"2023-06-01" | b"2026-10-21")) {
            return Err(invalid("anthropic-version: header is required"));
        }
        let mut request: MessagesRequest =
            serde_json::from_slice(body).map_err(|_| invalid("malformed, or extra inputs are not permitted"))?;
        request.size = body.len();
        let now = std::time::SystemTime::now();
        let Ok(model) = PriceSheet::embedded().model(&request.model, now) else {
            return Err(Refusal { status: 404, kind: "not_found_error", message: "model: not found" });
        };
        let may_sample = model.takes_temperature() && version == Some(b"2023-06-01");
        if request.temperature.is_some() && !may_sample {
            return Err(invalid("temperature: Extra inputs are not permitted"));
        }
        if request.max_tokens > usize::try_from(model.max_output_tokens()).unwrap_or(usize::MAX) {
            return Err(invalid("max_tokens: above the model's maximum"));
        }
        if request.messages.last().is_none_or(|message| message.role != "user") {
            return Err(invalid("messages: the last must be from the user"));
        }
        let format = request.output_config.as_ref().and_then(|config| config.format.as_ref());
        if format.is_some_and(|format| format.r#type != "json_schema") {
            return Err(invalid("output_config.format.type: must be json_schema"));
        }
        Ok(request)
    }

    /// The user's text.
    pub(super) fn prompt(&self) -> String {
        self.messages.iter().map(|message| plain(&message.content)).collect()
    }

    /// The names of the answer's fields in the schema's order, if there is a schema.
    pub(super) fn fields(&self) -> Option<Vec<String>> {
        let schema = &self.output_config.as_ref()?.format.as_ref()?.schema;
        Some(schema.get("properties")?.as_object()?.keys().cloned().collect())
    }

    pub(super) fn respond(&self, text: &str) -> Response<Body> {
        let (text, cut) = self.within_max_tokens(text);
        let output_tokens = text.len().div_ceil(BYTES_PER_TOKEN).max(1);
        let system = self.system.as_ref().map(plain).unwrap_or_default().len();
        let usage = json!({
            "input_tokens": self.size.max(system) / BYTES_PER_TOKEN,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": output_tokens,
            "service_tier": "standard",
        });
        let stop_reason = if cut { "max_tokens" } else { "end_turn" };
        if self.stream {
            return respond(200, "text/event-stream", self.events(text, stop_reason, &usage));
        }
        let content =
            json!([{ "type": "thinking", "thinking": "", "signature": "" }, { "type": "text", "text": text }]);
        let message = json!({
            "id": "msg_stand_in", "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null, "usage": usage,
        });
        respond(200, "application/json", message.to_string())
    }

    fn within_max_tokens<'a>(&self, text: &'a str) -> (&'a str, bool) {
        let limit = self.max_tokens.saturating_mul(BYTES_PER_TOKEN);
        if text.len() <= limit {
            return (text, false);
        }
        let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        (&text[..end], true)
    }

    /// The whole stream: an empty thinking block as current models send it, then the text in small deltas.
    fn events(&self, text: &str, stop_reason: &str, usage: &Value) -> String {
        let mut first_usage = usage.clone();
        first_usage["output_tokens"] = json!(1);
        let message = json!({
            "id": "msg_stand_in", "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": first_usage,
        });
        let mut events = vec![json!({ "type": "message_start", "message": message })];
        let thinking = json!({ "type": "thinking", "thinking": "", "signature": "" });
        events.push(json!({ "type": "content_block_start", "index": 0, "content_block": thinking }));
        events.push(json!({ "type": "content_block_stop", "index": 0 }));
        events.push(json!({ "type": "ping" }));
        events.push(
            json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "text", "text": "" } }),
        );
        let chars: Vec<char> = text.chars().collect();
        for chunk in chars.chunks(CHUNK_CHARS) {
            let delta = json!({ "type": "text_delta", "text": chunk.iter().collect::<String>() });
            events.push(json!({ "type": "content_block_delta", "index": 1, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": 1 }));
        let delta = json!({ "stop_reason": stop_reason, "stop_sequence": null });
        events.push(json!({ "type": "message_delta", "delta": delta, "usage": usage }));
        events.push(json!({ "type": "message_stop" }));
        let frame = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
        events.iter().map(frame).collect()
    }
}

/// The text of a content value: a string, or the text blocks of a list.
fn plain(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn respond(status: u16, content_type: &str, body: String) -> Response<Body> {
    let response = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("request-id", "req_stand_in")
        .header("x-tailor-simulated", "true")
        .body(Body::from(body));
    response.unwrap_or_default()
}
