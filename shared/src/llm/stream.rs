//! The answer as it arrives.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::Response;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sse_stream::{Sse, SseByteStream};
use tokio::time::Instant;

use super::error::{Billed, Failure, LlmError};
use super::messages::{ContentBlock, Delta, Event, StartedMessage};
use crate::prices::Usage;

/// More than any answer of 128,000 tokens; a stream that exceeds it is cut. It bounds single events as well.
const MAX_STREAM_BYTES: usize = 16 * 1024 * 1024;

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It was done (`end_turn`, `stop_sequence`).
    EndTurn,
    /// `max_tokens` was reached: the text is cut off.
    MaxTokens,
    /// It declined. The text may be partial or empty.
    Refusal,
    /// The model's context window was full.
    ContextWindowExceeded,
    /// Something that a plain text call cannot end in (`tool_use`, `pause_turn`, a value not known yet).
    Unexpected,
}

impl StopReason {
    /// The reason of this name.
    #[must_use]
    pub fn parse(text: &str) -> StopReason {
        match text {
            "end_turn" | "stop_sequence" => StopReason::EndTurn,
            "max_tokens" => StopReason::MaxTokens,
            "refusal" => StopReason::Refusal,
            "model_context_window_exceeded" => StopReason::ContextWindowExceeded,
            _ => StopReason::Unexpected,
        }
    }

    /// The word for it in answers; a stop sequence counts as the end.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StopReason::EndTurn => "end_turn",
            StopReason::MaxTokens => "max_tokens",
            StopReason::Refusal => "refusal",
            StopReason::ContextWindowExceeded => "model_context_window_exceeded",
            StopReason::Unexpected => "unexpected",
        }
    }
}

/// A whole answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Completion {
    /// All text blocks, thinking left out.
    pub text: String,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// What it used: exactly, or as far as the provider reported it.
    pub billed: Billed,
    /// Whether the stand-in model wrote it.
    pub simulated: bool,
    /// Times the call was sent, the refused ones included.
    pub attempts: u32,
}

impl Completion {
    /// Whether the text ends where space ran out, not where the model was done.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        matches!(self.stop_reason, StopReason::MaxTokens | StopReason::ContextWindowExceeded)
    }
}

/// An event's object, as far as it says what it is.
#[derive(Deserialize)]
struct Untyped {
    #[serde(rename = "type")]
    kind: Option<IgnoredAny>,
}

type Events = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>;

/// An answer that is arriving. Dropping it closes the connection and so ends the call upstream.
pub struct AnswerStream {
    events: Events,
    /// Set when the stream was cut for its size: the parser does not pass our own error on.
    too_large: Arc<AtomicBool>,
    deadline: Instant,
    idle_timeout: Duration,
    text_blocks: HashSet<u64>,
    pending: String,
    text: String,
    usage: Usage,
    started: bool,
    prompt_reported: bool,
    output_reported: bool,
    stop_reason: Option<StopReason>,
    ended: bool,
    simulated: bool,
    attempts: u32,
}

impl AnswerStream {
    pub(super) fn new(response: Response, attempts: u32, deadline: Instant, idle_timeout: Duration) -> AnswerStream {
        let simulated = response.headers().get("x-tailor-simulated").is_some_and(|value| value == "true");
        let too_large = Arc::new(AtomicBool::new(false));
        let (mut seen, cut) = (0, Arc::clone(&too_large));
        let bytes = response.bytes_stream().map(move |chunk| -> Result<Bytes, LlmError> {
            let chunk = chunk.map_err(|_| LlmError::StreamEnded)?;
            seen += chunk.len();
            if seen > MAX_STREAM_BYTES {
                cut.store(true, Ordering::Relaxed);
                return Err(LlmError::Malformed);
            }
            Ok(chunk)
        });
        AnswerStream {
            events: Box::pin(SseByteStream::new(bytes)),
            too_large,
            deadline,
            idle_timeout,
            text_blocks: HashSet::new(),
            pending: String::new(),
            text: String::new(),
            usage: Usage::default(),
            started: false,
            prompt_reported: false,
            output_reported: false,
            stop_reason: None,
            ended: false,
            simulated,
            attempts,
        }
    }

    /// Waits for `message_start`. An error event in its place is like an error status: nothing was billed.
    pub(super) async fn wait_for_start(&mut self) -> Result<(), Failure> {
        while !self.started {
            match self.next_event().await? {
                Event::MessageStart { message } => self.start(&message),
                Event::Error { error } => {
                    return Err(Failure::new(LlmError::from_type(&error.kind), Billed::Nothing));
                }
                Event::MessageStop => return Err(self.failed(LlmError::StreamEnded)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The next piece of text, or `None` after `message_stop`.
    ///
    /// # Errors
    ///
    /// [`Failure`] with the usage reported so far.
    pub async fn next_text(&mut self) -> Result<Option<String>, Failure> {
        while self.pending.is_empty() {
            if self.ended {
                return Ok(None);
            }
            match self.next_event().await? {
                Event::MessageStart { message } => self.start(&message),
                Event::ContentBlockStart { index, content_block: ContentBlock::Text { text } } => {
                    self.text_blocks.insert(index);
                    self.pending.push_str(&text);
                }
                Event::ContentBlockDelta { index, delta: Delta::TextDelta { text } } => {
                    if self.text_blocks.contains(&index) {
                        self.pending.push_str(&text);
                    }
                }
                Event::MessageDelta { delta, usage } => {
                    self.stop_reason = delta.stop_reason.as_deref().map(StopReason::parse).or(self.stop_reason);
                    if let Some(usage) = usage {
                        usage.apply(&mut self.usage);
                        self.output_reported |= usage.reports_output();
                    }
                }
                Event::MessageStop => self.ended = true,
                Event::Error { error } => return Err(self.failed(LlmError::from_type(&error.kind))),
                Event::ContentBlockStart { .. } | Event::ContentBlockDelta { .. } | Event::Other => {}
            }
        }
        self.text.push_str(&self.pending);
        Ok(Some(std::mem::take(&mut self.pending)))
    }

    /// The whole answer, once [`AnswerStream::next_text`] has returned `None`.
    ///
    /// # Errors
    ///
    /// [`LlmError::StreamEnded`] if the stream has not come to its end or gave no stop reason.
    pub fn finish(self) -> Result<Completion, Failure> {
        match self.stop_reason.filter(|_| self.ended) {
            None => Err(self.failed(LlmError::StreamEnded)),
            Some(stop_reason) => Ok(Completion {
                billed: self.billed(),
                text: self.text,
                stop_reason,
                simulated: self.simulated,
                attempts: self.attempts,
            }),
        }
    }

    /// Ends the call because nobody waits for its answer any more.
    #[must_use]
    pub fn abandon(self) -> Failure {
        self.failed(LlmError::Abandoned)
    }

    /// Whether the stand-in model answers.
    #[must_use]
    pub fn simulated(&self) -> bool {
        self.simulated
    }

    fn start(&mut self, message: &StartedMessage) {
        if let Some(usage) = message.usage {
            usage.apply(&mut self.usage);
            self.prompt_reported |= usage.reports_prompt();
        }
        self.started = true;
    }

    /// The usage that comes with the stop reason is the last word; what comes before counts the prompt only, and a
    /// provider may leave out either.
    fn billed(&self) -> Billed {
        match (self.started && self.prompt_reported, self.output_reported) {
            (false, _) => Billed::Unknown,
            (true, false) => Billed::AtLeast(self.usage),
            (true, true) => Billed::Exactly(self.usage),
        }
    }

    fn failed(&self, error: LlmError) -> Failure {
        Failure { error, billed: self.billed(), simulated: self.simulated }
    }

    async fn next_event(&mut self) -> Result<Event, Failure> {
        let silence = (Instant::now() + self.idle_timeout).min(self.deadline);
        loop {
            let event = match tokio::time::timeout_at(silence, self.events.next()).await {
                Err(_) => return Err(self.failed(LlmError::DeadlineExceeded)),
                Ok(None) => return Err(self.failed(LlmError::StreamEnded)),
                Ok(Some(Err(sse_stream::Error::Body(_)))) if !self.too_large.load(Ordering::Relaxed) => {
                    return Err(self.failed(LlmError::StreamEnded));
                }
                Ok(Some(Err(_))) => return Err(self.failed(LlmError::Malformed)),
                Ok(Some(Ok(event))) => event,
            };
            let Some(json) = event.data.filter(|json| !json.is_empty()) else { continue };
            if let Ok(event) = serde_json::from_str(&json) {
                return Ok(event);
            }
            // An end mark of other APIs, or an object without a type: nothing that an answer is lost for.
            let is_foreign =
                json == "[DONE]" || serde_json::from_str::<Untyped>(&json).is_ok_and(|object| object.kind.is_none());
            if !is_foreign {
                return Err(self.failed(LlmError::Malformed));
            }
        }
    }
}
