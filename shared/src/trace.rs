//! What happened to one request: its steps, attempts, tokens, cost and counts. No text of anybody.
//!
//! A [`Recorder`] is filled on the request's way. At the end its [`Trace`] becomes one log line and one line of metrics
//! ([`Trace::tell`]); where a model was asked it is kept for a month ([`Traces`]) and shown by
//! `GET /api/v1/requests/{id}` as a [`RequestTrace`].

mod store;
mod tell;
#[cfg(feature = "otel")]
mod otel;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

#[cfg(feature = "otel")]
pub use otel::Spans;
pub use store::{KEPT, Traces};
pub use tell::End;

use crate::caller::Caller;
use crate::ledger::{Status, rfc3339};
use crate::prices::{Picodollars, Usage};
use crate::redaction::{Counts, Placeholders};
use crate::request_id::RequestId;
use crate::verify::{Class, Mode, Verification};

/// A request's trace as it is gathered and kept. Names are short in the item: it is billed by the kilobyte.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// What was asked, by its name; empty where the request was not understood.
    #[serde(rename = "k")]
    pub task: Cow<'static, str>,
    /// Whether it was answered by a stream of events.
    #[serde(rename = "s")]
    pub streamed: bool,
    /// `completed`, `disconnected`, or a problem's code.
    #[serde(rename = "o")]
    pub outcome: Cow<'static, str>,
    /// With which prompt.
    #[serde(rename = "v")]
    pub prompt_version: Cow<'static, str>,
    /// Which model.
    #[serde(rename = "m")]
    pub model: Cow<'static, str>,
    /// Spans that were hidden from the model, by kind.
    #[serde(rename = "r")]
    pub redaction: Counts,
    /// What verification found, in numbers.
    #[serde(rename = "c")]
    pub verification: Option<Summary>,
    /// Every attempt that was made.
    #[serde(rename = "a")]
    pub attempts: Vec<Attempt>,
    /// The steps, by their beginnings.
    #[serde(rename = "g")]
    pub stages: Vec<Stage>,
    /// From the arrival to the first text of a stream, in microseconds.
    #[serde(rename = "f")]
    pub first_delta_us: Option<u64>,
    /// From the arrival until the trace was written, in microseconds.
    #[serde(rename = "d")]
    pub duration_us: u64,
    /// Whether the answer was given before, to a request with the same idempotency key.
    #[serde(rename = "p")]
    pub replayed: bool,
}

/// A step: its name, and when it began and how long it took, in microseconds from the arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage(pub Cow<'static, str>, pub u64, pub u64);

/// One attempt: what was sent, what came back, what it cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    #[serde(rename = "n")]
    pub number: u32,
    /// Times the call was sent, the refused ones included.
    #[serde(rename = "t")]
    pub tries: u32,
    /// SHA-256 of the request body as sent, in hexadecimal.
    #[serde(rename = "h")]
    pub prompt_sha256: String,
    /// As in the ledger's record; `None` where nothing was billed and there is no record.
    #[serde(rename = "s")]
    pub status: Option<Status>,
    /// Tokens by class.
    #[serde(rename = "u")]
    pub usage: Usage,
    /// Their price, in picodollars.
    #[serde(rename = "c")]
    pub cost_pico: u64,
    /// Whether tokens are estimated.
    #[serde(rename = "e")]
    pub estimated: bool,
    /// Whether the stand-in model answered.
    #[serde(rename = "x")]
    pub simulated: bool,
    /// From the request's arrival to the attempt's end, in milliseconds, as in the record.
    #[serde(rename = "d")]
    pub duration_ms: u64,
}

/// Verification in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// What was done with unsupported claims.
    pub mode: Mode,
    /// Claims looked at.
    pub checked: usize,
    /// Claims the source supports.
    pub supported: usize,
    /// Claims taken back, by class.
    pub reverted: BTreeMap<Class, usize>,
    /// Claims reported, by class.
    pub flagged: BTreeMap<Class, usize>,
    /// What became of the placeholders.
    pub placeholders: Placeholders,
}

impl Summary {
    /// The numbers of a verification.
    #[must_use]
    pub fn of(found: &Verification) -> Summary {
        let count = |classes: &mut dyn Iterator<Item = Class>| {
            classes.fold(BTreeMap::new(), |mut counts, class| {
                *counts.entry(class).or_default() += 1;
                counts
            })
        };
        Summary {
            mode: found.mode,
            checked: found.checked,
            supported: found.supported,
            reverted: count(&mut found.reverted.iter().map(|claim| claim.class)),
            flagged: count(&mut found.flagged.iter().map(|claim| claim.class)),
            placeholders: found.placeholders,
        }
    }
}

impl Trace {
    /// Tokens of all attempts.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.attempts.iter().fold(Usage::default(), |sum, attempt| sum.plus(&attempt.usage))
    }

    /// What all attempts cost.
    #[must_use]
    pub fn cost(&self) -> Picodollars {
        self.attempts.iter().fold(Picodollars::ZERO, |sum, attempt| sum.plus(Picodollars(attempt.cost_pico)))
    }

    /// The last attempt that was or may have been billed: the one whose record the request's line repeats.
    #[must_use]
    pub fn last_billed(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.status.is_some())
    }

    /// Times a model was asked again after it had refused.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.attempts.iter().map(|attempt| attempt.tries.saturating_sub(1)).sum()
    }

    /// Whether the client went away before the end.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.attempts.last().is_some_and(|attempt| attempt.status == Some(Status::Disconnected))
    }
}

/// Stands for the duration of a step that is not over.
const OPEN: u64 = u64::MAX;

/// A trace that is being written. It reads the clock for durations only.
#[derive(Debug)]
pub struct Recorder {
    begun: Instant,
    trace: Mutex<Trace>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder { begun: Instant::now(), trace: Mutex::default() }
    }
}

impl Recorder {
    /// Adds to the trace.
    pub fn note(&self, add: impl FnOnce(&mut Trace)) {
        add(&mut self.trace.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Begins a step, which ends when the guard is dropped. `RUST_LOG=debug` shows it as it begins.
    #[must_use]
    pub fn enter(&self, stage: &'static str) -> Entered<'_> {
        tracing::debug!(stage);
        let at = self.begun.elapsed();
        let mut index = 0;
        self.note(|trace| {
            index = trace.stages.len();
            trace.stages.push(Stage(stage.into(), micros(at), OPEN));
        });
        Entered { recorder: self, index, at }
    }

    /// Notes that text of the answer is on its way to the client, the first time.
    pub fn first_delta(&self) {
        let at = micros(self.begun.elapsed());
        self.note(|trace| trace.first_delta_us = trace.first_delta_us.or(Some(at)));
    }

    /// The trace so far. Steps that are not over are not in it.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner).clone();
        trace.stages.retain(|stage| stage.2 != OPEN);
        trace.duration_us = micros(self.begun.elapsed());
        trace
    }
}

/// A step that is not over.
#[derive(Debug)]
pub struct Entered<'a> {
    recorder: &'a Recorder,
    /// Among all steps so far.
    index: usize,
    at: Duration,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let took = self.recorder.begun.elapsed().saturating_sub(self.at);
        self.recorder.note(|trace| {
            if let Some(stage) = trace.stages.get_mut(self.index) {
                stage.2 = micros(took);
            }
        });
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A trace as the API shows it. Durations are in milliseconds.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct RequestTrace {
    request_id: String,
    timestamp: String,
    caller: String,
    task: String,
    streamed: bool,
    /// `completed`, `disconnected`, or the problem's code.
    outcome: String,
    model: String,
    prompt_version: String,
    /// SHA-256 of the bytes that the last attempt sent.
    prompt_sha256: Option<String>,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost_usd: Picodollars,
    simulated: bool,
    redaction: Counts,
    /// Where the applicant's own text is given and the answer was readable.
    verification: Option<Summary>,
    attempts: Vec<AttemptTrace>,
    stages: Vec<StageTrace>,
    /// To the first text of a stream.
    first_delta_ms: Option<f64>,
    /// Until the trace was written: what is settled and stored at the same time is not in it.
    duration_ms: f64,
}

#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
struct AttemptTrace {
    attempt: u32,
    /// Times the call was sent, the refused ones included.
    tries: u32,
    /// As in the record; `null` where nothing was billed and there is none.
    status: Option<Status>,
    prompt_sha256: String,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost_usd: Picodollars,
    estimated: bool,
    duration_ms: u64,
}

#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
struct StageTrace {
    stage: String,
    /// From the arrival.
    start_ms: f64,
    duration_ms: f64,
}

impl RequestTrace {
    /// The trace of a caller's request.
    #[must_use]
    pub fn new(request_id: &RequestId, caller: &Caller, trace: Trace) -> RequestTrace {
        let (usage, cost) = (trace.usage(), trace.cost());
        RequestTrace {
            request_id: request_id.to_string(),
            timestamp: rfc3339(request_id.millis()),
            caller: caller.as_str().to_owned(),
            prompt_sha256: trace.attempts.last().map(|attempt| attempt.prompt_sha256.clone()),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens(),
            cost_usd: cost,
            simulated: trace.attempts.iter().any(|attempt| attempt.simulated),
            attempts: trace.attempts.into_iter().map(AttemptTrace::from).collect(),
            stages: trace.stages.into_iter().map(StageTrace::from).collect(),
            first_delta_ms: trace.first_delta_us.map(millis),
            duration_ms: millis(trace.duration_us),
            task: trace.task.into_owned(),
            streamed: trace.streamed,
            outcome: trace.outcome.into_owned(),
            model: trace.model.into_owned(),
            prompt_version: trace.prompt_version.into_owned(),
            redaction: trace.redaction,
            verification: trace.verification,
        }
    }
}

impl From<Attempt> for AttemptTrace {
    fn from(attempt: Attempt) -> AttemptTrace {
        AttemptTrace {
            attempt: attempt.number,
            tries: attempt.tries,
            status: attempt.status,
            prompt_sha256: attempt.prompt_sha256,
            input_tokens: attempt.usage.input_tokens,
            output_tokens: attempt.usage.output_tokens,
            cache_read_tokens: attempt.usage.cache_read_tokens,
            cache_write_tokens: attempt.usage.cache_write_tokens(),
            cost_usd: Picodollars(attempt.cost_pico),
            estimated: attempt.estimated,
            duration_ms: attempt.duration_ms,
        }
    }
}

impl From<Stage> for StageTrace {
    fn from(Stage(stage, begun, took): Stage) -> StageTrace {
        StageTrace { stage: stage.into_owned(), start_ms: millis(begun), duration_ms: millis(took) }
    }
}

/// Microseconds as milliseconds with three decimals.
#[expect(clippy::cast_precision_loss, reason = "durations of hours at most")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_in_the_order_of_their_beginnings_and_open_ones_are_left_out() {
        let recorder = Recorder::default();
        let outer = recorder.enter("model");
        drop(recorder.enter("stream"));
        assert_eq!(recorder.trace().stages.len(), 1);
        drop(outer);
        let stages: Vec<_> = recorder.trace().stages.into_iter().map(|stage| stage.0).collect();
        assert_eq!(stages, ["model", "stream"]);
        recorder.first_delta();
        let first = recorder.trace().first_delta_us;
        recorder.first_delta();
        assert_eq!(recorder.trace().first_delta_us, first);
    }

    #[test]
    fn a_trace_comes_back_as_it_was_kept_and_fits_a_kilobyte() {
        let hash = "ab".repeat(32);
        let attempt = Attempt {
            number: 1,
            tries: 3,
            prompt_sha256: hash.clone(),
            status: Some(Status::Completed),
            usage: Usage { input_tokens: 12_500, output_tokens: 8_192, ..Usage::default() },
            cost_pico: 123_456_789_000,
            estimated: false,
            simulated: false,
            duration_ms: 48_123,
        };
        let kinds = ["NAME", "EMAIL", "PHONE", "ADDRESS", "URL"].map(|kind| format!("\"{kind}\":12"));
        let stages = ["validate", "redact", "analyze", "render", "acquire", "model", "verify"];
        let trace = Trace {
            task: "resume-optimization".into(),
            outcome: "completed".into(),
            prompt_version: "v1".into(),
            model: "claude-sonnet-5-5".into(),
            redaction: serde_json::from_str(&format!("{{{}}}", kinds.join(","))).expect("counts"),
            verification: Some(Summary {
                mode: Mode::Revert,
                checked: 86,
                supported: 80,
                reverted: [(Class::Number, 3), (Class::Skill, 2)].into(),
                flagged: [(Class::Scope, 1)].into(),
                placeholders: Placeholders::default(),
            }),
            attempts: vec![attempt],
            stages: stages.map(|stage| Stage(stage.into(), 48_123_456, 48_123_456)).into(),
            duration_us: 48_223_456,
            ..Trace::default()
        };
        let json = serde_json::to_string(&trace).expect("JSON");
        assert_eq!(serde_json::from_str::<Trace>(&json).ok(), Some(trace.clone()));
        // Keys, names and the time to live take some hundred bytes of the 1,024 that a write unit has.
        assert!(json.len() < 900, "{} bytes", json.len());
        let id = RequestId::new(std::time::UNIX_EPOCH, 7);
        let shown = serde_json::to_value(RequestTrace::new(&id, &Caller::hashed("a"), trace)).expect("JSON");
        assert_eq!((&shown["prompt_sha256"], &shown["input_tokens"]), (&hash.into(), &12_500.into()));
        assert_eq!(shown["cost_usd"].to_string(), "0.123456789");
    }
}
