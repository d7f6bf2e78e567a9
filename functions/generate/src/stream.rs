//! Server-sent events: an answer while it is being written.
//!
//! The request runs in a task of its own and sends frames through a channel; the response's body reads them. So a client
//! that goes away ends the model call in order: what was used is settled and recorded as `disconnected`. Frames hold
//! restored text and go nowhere but into the body, which never yields an error.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::{Value, json};
use shared::analysis::Analysis;
use shared::problem::{Code, Problem};
use shared::prompts::FieldDecoder;
use shared::redaction::{Counts, Rehydrator, Vault};
use shared::request::Task;
use shared::request_id::RequestId;
use shared::verify::Verifier;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::ResponseBody;
use crate::answer::Answer;
use crate::job::{Notes, Order};

/// Frames that wait for a slow reader; then the task waits too.
const BUFFERED: usize = 64;
/// Silence after which a comment keeps the connection open.
const PING: Duration = Duration::from_secs(15);

/// How much later than the model's text the last events may be taken: an answer has to be out half a second before the
/// invocation ends, and a model call ends two seconds before.
const LAST_EVENTS: Duration = Duration::from_millis(1_200);

/// The reader went away, or reads no more.
#[derive(Debug)]
pub(crate) struct Gone;

/// Where a task's events go.
#[derive(Debug)]
pub(crate) struct Sink {
    frames: mpsc::Sender<Bytes>,
    /// Told once, when the status line may be sent.
    started: Mutex<Option<oneshot::Sender<()>>>,
    next: AtomicU64,
    request_id: RequestId,
    task: Task,
    notes: Arc<Notes>,
    /// When frames are given up that nobody takes.
    deadline: Instant,
    /// Text is released as it comes, to be replaced by what `done` carries.
    pub(crate) is_raw: bool,
}

/// The other end: what the handler waits for, and the body's frames.
pub(crate) struct Outlet {
    pub(crate) started: oneshot::Receiver<()>,
    frames: mpsc::Receiver<Bytes>,
    /// What is sent where it is silent for long.
    ping: &'static [u8],
}

/// A body of lines that are there when they are there.
pub(crate) fn lines() -> (mpsc::Sender<Bytes>, Outlet) {
    let (sender, frames) = mpsc::channel(BUFFERED);
    let (_, started) = oneshot::channel();
    // An empty line is no value of NDJSON, and readers skip it.
    (sender, Outlet { started, frames, ping: b"\n" })
}

pub(crate) fn channel(order: &Order, is_raw: bool) -> (Sink, Outlet) {
    let (sender, frames) = mpsc::channel(BUFFERED);
    let (start, started) = oneshot::channel();
    let started_by = Mutex::new(Some(start));
    let sink = Sink {
        frames: sender,
        started: started_by,
        next: AtomicU64::new(0),
        request_id: order.arrival.request_id.clone(),
        task: order.request.input.task(),
        notes: Arc::clone(&order.notes),
        deadline: Instant::now() + order.time_left,
        is_raw,
    };
    (sink, Outlet { started, frames, ping: b": ping\n\n" })
}

impl Outlet {
    /// The body: every frame until the task is over, and a comment where it is silent for long.
    pub(crate) fn body(self) -> ResponseBody {
        let ping = self.ping;
        let frames = stream::unfold(self.frames, move |mut frames| async move {
            let next = match tokio::time::timeout(PING, frames.recv()).await {
                Ok(frame) => frame?,
                Err(_) => Bytes::from_static(ping),
            };
            Some((Ok(Frame::data(next)), frames))
        });
        StreamBody::new(frames).boxed_unsync()
    }
}

impl Sink {
    /// The first event; from here on the status is 200.
    pub(crate) async fn start(&self, model: &str, analysis: Option<&Analysis>, redaction: &Counts) -> Result<(), Gone> {
        let start = self.started.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(start) = start {
            let _ = start.send(());
        }
        let meta = json!({
            "request_id": self.request_id,
            "model": model,
            "task": self.task.name(),
            "analysis": analysis,
            "redaction": redaction,
        });
        self.send("meta", meta).await
    }

    /// Until the reader goes away.
    pub(crate) async fn closed(&self) {
        self.frames.closed().await;
    }

    pub(crate) fn has_started(&self) -> bool {
        self.started.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    async fn delta(&self, text: &str) -> Result<(), Gone> {
        if text.is_empty() {
            return Ok(());
        }
        self.notes.recorder.first_delta();
        let provisional =
            if self.is_raw { json!({ "text": text, "provisional": true }) } else { json!({ "text": text }) };
        self.send("delta", provisional).await
    }

    /// Whether the answer begins with what deltas have said: anything else would be a defect of ours.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub(crate) fn agree(&self, answer: &Answer, shown: &str) -> Result<(), Problem> {
        // What was released at once was provisional.
        if self.is_raw || answer.output.text().unwrap_or_default().starts_with(shown) {
            return Ok(());
        }
        tracing::error!("the stream said what the answer does not");
        Err(Code::Internal.into())
    }

    /// What is left of the text, then `usage` and `done`. `shown` is what deltas have said so far; the answer agrees with it.
    pub(crate) async fn finish(&self, answer: &Answer, shown: &str) -> Result<(), Gone> {
        if !self.has_started() {
            let usage = &answer.usage_stats;
            self.start(&usage.model, answer.analysis.as_ref(), &answer.redaction).await?;
        }
        let text = answer.output.text().unwrap_or_default();
        // In raw mode all was said already, but for a replay, which has released nothing yet.
        if !self.is_raw || shown.is_empty() {
            self.delta(text.strip_prefix(shown).unwrap_or_default()).await?;
        }
        self.send("usage", serde_json::to_value(&answer.usage_stats).unwrap_or_default()).await?;
        self.send("done", serde_json::to_value(answer).unwrap_or_default()).await
    }

    /// The end of a stream that failed after it began.
    pub(crate) async fn fail(&self, problem: &Problem) {
        let body = serde_json::to_value(problem.body(self.request_id.as_str())).unwrap_or_default();
        let _ = self.send("error", body).await;
    }

    async fn send(&self, event: &str, mut data: Value) -> Result<(), Gone> {
        let seq = self.next.fetch_add(1, Ordering::Relaxed);
        data["seq"] = json!(seq);
        let frame = format!("id: {seq}\nevent: {event}\ndata: {data}\n\n");
        // The last events may come a little later than the model's.
        let deadline = if event == "delta" { self.deadline } else { self.deadline + LAST_EVENTS };
        // A reader that stops reading holds up neither settlement nor record.
        let sent = tokio::time::timeout_at(deadline, self.frames.send(Bytes::from(frame))).await;
        sent.map_err(|_| Gone)?.map_err(|_| Gone)
    }
}

/// Makes deltas of the model's words: decoded, verified line by line, restored.
pub(crate) struct Deltas<'a> {
    sink: &'a Sink,
    decoder: FieldDecoder,
    /// `None` in raw mode.
    verifier: Option<Verifier<'a>>,
    vault: &'a Vault,
    rehydrator: Rehydrator<'a>,
    /// The beginning of a line that is not complete.
    line: String,
    /// Line ends, and lines without text, that are said once a line with text follows: the answer may end before them.
    held: String,
    /// Everything said so far.
    shown: String,
}

impl<'a> Deltas<'a> {
    pub(crate) fn new(sink: &'a Sink, verifier: Verifier<'a>, vault: &'a Vault) -> Deltas<'a> {
        Deltas {
            decoder: FieldDecoder::of(sink.task.text_field().unwrap_or_default()),
            verifier: (!sink.is_raw).then_some(verifier),
            vault,
            rehydrator: Rehydrator::new(vault),
            line: String::new(),
            held: String::new(),
            shown: String::new(),
            sink,
        }
    }

    /// Takes a piece of the model's answer.
    pub(crate) async fn push(&mut self, piece: &str) -> Result<(), Gone> {
        let text = self.decoder.push(piece);
        let Some(verifier) = &mut self.verifier else {
            let text = self.rehydrator.push(&text);
            self.shown.push_str(&text);
            return self.sink.delta(&text).await;
        };
        self.line.push_str(&text);
        let mut ready = String::new();
        while let Some(end) = self.line.find('\n') {
            let rest = self.line.split_off(end + 1);
            let line = std::mem::replace(&mut self.line, rest);
            // A line's verdict depends on the source and on earlier lines.
            let restored = self.vault.rehydrate(&verifier.line(&line, None));
            let content = restored.trim_end_matches('\n');
            if content.trim().is_empty() {
                self.held.push_str(&restored);
                continue;
            }
            ready.push_str(&std::mem::take(&mut self.held));
            ready.push_str(content);
            self.held.push_str(&restored[content.len()..]);
        }
        self.shown.push_str(&ready);
        self.sink.delta(&ready).await
    }

    /// Says what was held back because more of it might have come, and returns all that was said.
    pub(crate) async fn finish(mut self) -> Result<String, Gone> {
        if self.verifier.is_none() {
            let rest = self.rehydrator.finish();
            self.shown.push_str(&rest);
            self.sink.delta(&rest).await?;
        }
        Ok(self.shown)
    }
}
