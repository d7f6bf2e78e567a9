//! Callers: requests whose fault is known, how each is answered, and how long that takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use reqwest::Response;
use serde_json::{Value, json};
use shared::redaction::{Redacted, redact};
use shared::request::Input;
use tests::fixtures::{JOB, RESUME};

use super::faults::{Fault, GONE, word};

pub(super) const CALLERS: u64 = 10;
/// Between two requests of [`Load::paced`].
const PACE: Duration = Duration::from_millis(220);
/// Far above anything that is expected.
const LONGEST: Duration = Duration::from_secs(60);
/// In the place of a request's word.
const BLANK: &str = "soaka";
/// What the word replaces in the résumé: the name of a mailbox, which must come back to its own request.
const MAILBOX: &str = "marit.oyelaran@";

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) number: u64,
    pub(super) fault: Fault,
    pub(super) is_streamed: bool,
    has_key: bool,
}

impl Ask {
    /// The request of this number: half are streams, one in twenty has an idempotency key, and where faults are mixed in,
    /// two in five meet one.
    pub(super) fn new(number: u64, is_mixed: bool) -> Ask {
        let mut random = fastrand::Rng::with_seed(number);
        let fault =
            if is_mixed && random.f64() < 0.4 { Fault::ALL[random.usize(1..Fault::ALL.len())] } else { Fault::None };
        Ask { number, fault, is_streamed: random.bool() || fault == Fault::HangUp, has_key: random.u8(..20) == 0 }
    }

    fn word(&self) -> String {
        word(self.fault, self.number)
    }
}

pub(super) fn caller_name(number: u64) -> String {
    format!("soak-{}", number % CALLERS)
}

/// How a request was answered.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) ask: Ask,
    /// As [`Fault::expected`] says it.
    pub(super) told: String,
    pub(super) request_id: String,
    /// Whether it was sent a second time with its idempotency key.
    pub(super) is_repeat: bool,
    pub(super) took: Duration,
}

/// Sends requests to one address.
pub(super) struct Load {
    http: reqwest::Client,
    url: String,
    body: String,
    next: AtomicU64,
}

fn resume() -> String {
    RESUME.replace(MAILBOX, &format!("{BLANK}@"))
}

fn job() -> String {
    format!("{JOB}\n- Experience with {BLANK}\n")
}

/// The résumé of every request with its personal data taken out: what a model that changes nothing answers.
pub(super) fn resume_as_the_model_sees_it() -> String {
    let (redacted, _) = redact(&Input::ResumeOptimization { resume: resume(), job: job() });
    redacted.resume().map(Redacted::as_str).unwrap_or_default().to_owned()
}

impl Load {
    pub(super) fn on(address: &str) -> Arc<Load> {
        let body = json!({ "resume_raw_text": resume(), "job_description_text": job() }).to_string();
        let http = reqwest::Client::builder().timeout(LONGEST).no_proxy().build().expect("a client");
        Arc::new(Load { http, url: format!("{address}/api/v1/generate"), body, next: AtomicU64::new(0) })
    }

    /// So many requests at once for so long; nobody rests. What has a key is sent again after its answer.
    pub(super) async fn at_once(self: &Arc<Load>, requests: usize, time: Duration) -> Vec<Outcome> {
        let end = Instant::now() + time;
        let tasks = (0..requests).map(|_| {
            let load = Arc::clone(self);
            tokio::spawn(async move {
                let mut outcomes = Vec::new();
                while Instant::now() < end {
                    let ask = Ask::new(load.next.fetch_add(1, Ordering::Relaxed), false);
                    outcomes.push(load.send(&ask, false).await);
                    if ask.has_key {
                        outcomes.push(load.send(&ask, true).await);
                    }
                }
                outcomes
            })
        });
        let all = futures_util::future::join_all(tasks).await;
        all.into_iter().flat_map(|outcomes| outcomes.expect("a caller")).collect()
    }

    /// Requests with faults among them at a steady rate, whatever becomes of the earlier ones.
    pub(super) async fn paced(self: &Arc<Load>, time: Duration) -> Vec<Outcome> {
        let end = Instant::now() + time;
        let mut pace = tokio::time::interval(PACE);
        let mut tasks = Vec::new();
        while Instant::now() < end {
            pace.tick().await;
            let (load, ask) = (Arc::clone(self), Ask::new(self.next.fetch_add(1, Ordering::Relaxed), true));
            tasks.push(tokio::spawn(async move { load.send(&ask, false).await }));
        }
        let all = futures_util::future::join_all(tasks).await;
        all.into_iter().map(|outcome| outcome.expect("a caller")).collect()
    }

    async fn send(&self, ask: &Ask, is_repeat: bool) -> Outcome {
        let begun = Instant::now();
        let answer = self.exchange(ask).await;
        let (told, request_id) = answer.unwrap_or_else(|error| (format!("no answer: {error}"), String::new()));
        Outcome { ask: ask.clone(), told, request_id, is_repeat, took: begun.elapsed() }
    }

    async fn exchange(&self, ask: &Ask) -> Result<(String, String), reqwest::Error> {
        let word = ask.word();
        let mut request = self.http.post(&self.url).header("content-type", "application/json");
        request = request.header("x-api-key", caller_name(ask.number));
        if ask.is_streamed {
            request = request.header("accept", "text/event-stream");
        }
        if ask.has_key {
            request = request.header("idempotency-key", &word);
        }
        let response = request.body(self.body.replace(BLANK, &word)).send().await?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (status, request_id) = (response.status().as_u16(), header("x-request-id"));
        let (is_stream, is_replay) =
            (header("content-type").starts_with("text/event-stream"), !header("idempotent-replayed").is_empty());
        if ask.fault == Fault::HangUp && status == 200 {
            return Ok((leave(response).await?, request_id));
        }
        let text = response.text().await?;
        let told = if is_stream { end_of(&text, &word) } else { said(status, &text, &word) };
        Ok((format!("{status}{told}{}", if is_replay { " replayed" } else { "" }), request_id))
    }
}

/// Reads a stream up to its first text and hangs up.
async fn leave(response: Response) -> Result<String, reqwest::Error> {
    let (mut parts, mut seen) = (response.bytes_stream(), String::new());
    while let Some(part) = parts.next().await {
        seen.push_str(&String::from_utf8_lossy(&part?));
        if seen.contains("event: delta\n") {
            return Ok(GONE.to_owned());
        }
    }
    Ok("no text to leave at".to_owned())
}

/// The last event of a stream, and a problem's code.
fn end_of(text: &str, word: &str) -> String {
    let (name, fields) =
        text.rsplit_once("event: ").and_then(|(_, last)| last.split_once("\ndata: ")).unwrap_or_default();
    let fields: Value = serde_json::from_str(fields.trim()).unwrap_or_default();
    match name {
        "done" => format!(" done{}", whose(&fields, word)),
        "error" => format!(" error {}", fields["code"].as_str().unwrap_or_default()),
        name => format!(" {name}"),
    }
}

fn said(status: u16, text: &str, word: &str) -> String {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    if status == 200 {
        whose(&body, word).to_owned()
    } else {
        format!(" {}", body["code"].as_str().unwrap_or_default())
    }
}

/// Whether an answer has its own request's mailbox in the place of the placeholder.
fn whose(answer: &Value, word: &str) -> &'static str {
    let text = answer["optimized_resume"].as_str().unwrap_or_default();
    if text.contains(&format!("{word}@example.com")) { "" } else { " (not this request's)" }
}
