//! What a stream costs beside passing bytes on: how late a line is, and how much CPU an event takes, in one run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::routing::post;
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use local::environment::Environment;
use local::event::HttpRequest;
use local::service::Service;
use local::stand_in::RequestLog;
use serde_json::{Value, json};
use tests::fixtures::RESUME;

use crate::limits::say;

const LINES: usize = 200;
const EVENTS: usize = 8_000;
const PAUSE: Duration = Duration::from_millis(4);

/// What the model sends, and when each piece of text left.
#[derive(Clone)]
struct Script {
    pieces: Arc<Vec<String>>,
    pause: Duration,
    sent: Arc<Mutex<Vec<Instant>>>,
}

impl Script {
    fn new(pieces: Vec<String>, pause: Duration) -> Script {
        Script { pieces: Arc::new(pieces), pause, sent: Arc::default() }
    }

    fn take_sent(&self) -> Vec<Instant> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn frame(event: &Value) -> Bytes {
    Bytes::from(format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()))
}

async fn answer(State(script): State<Script>) -> Response<Body> {
    let usage = json!({ "input_tokens": 900, "output_tokens": 1 });
    let head = [
        json!({ "type": "message_start", "message": { "id": "m", "type": "message", "role": "assistant", "content": [], "usage": usage } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
    ];
    let tail = [
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 900 } }),
        json!({ "type": "message_stop" }),
    ];
    let pieces = stream::iter(0..script.pieces.len()).then(move |index| {
        let script = script.clone();
        async move {
            if !script.pause.is_zero() {
                tokio::time::sleep(script.pause).await;
            }
            let delta = json!({ "type": "text_delta", "text": script.pieces[index] });
            let frame = frame(&json!({ "type": "content_block_delta", "index": 0, "delta": delta }));
            script.sent.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
            frame
        }
    });
    let frames = stream::iter(head.map(|event| frame(&event)))
        .chain(pieces)
        .chain(stream::iter(tail.map(|event| frame(&event))));
    let body = Body::from_stream(frames.map(Ok::<_, std::convert::Infallible>));
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap_or_default()
}

/// Serves a script in a thread of its own, so that its work is not counted.
fn serve(script: Script) -> String {
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            sender.send(listener.local_addr().expect("bound")).expect("somebody waits");
            let router = Router::new().route("/v1/messages", post(answer)).with_state(script);
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    format!("http://{}", address.recv().expect("an address"))
}

/// Nanoseconds that this thread has had a processor; 0 where the system does not say.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}

/// Arrival of each part that passing on gives.
async fn pass_through(url: &str) -> Vec<Instant> {
    let sent = reqwest::Client::new().post(format!("{url}/v1/messages")).body("{}").send().await.expect("an answer");
    let mut parts = sent.bytes_stream();
    let mut arrived = Vec::new();
    while let Some(part) = parts.next().await {
        let count = part.expect("a part").windows(10).filter(|window| window == b"text_delta").count();
        arrived.extend(std::iter::repeat_n(Instant::now(), count));
    }
    arrived
}

/// Arrival of each line of text that the service gives, and how many frames there were.
async fn through_service(url: &str, raw: bool) -> (Vec<Instant>, usize) {
    let variables =
        [("ANTHROPIC_BASE_URL", url), ("ANTHROPIC_API_KEY", "k"), ("CALLER_RPM", "0"), ("PROVIDER_RPM", "0")];
    let service = Service::start(Environment::only(&variables), None, RequestLog::default()).await.expect("a service");
    let body = json!({ "resume_raw_text": RESUME, "job_description_text": "Requirements:\n- Rust\n- Kafka" });
    let query = if raw { "?stream=raw" } else { "" };
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    let request = HttpRequest {
        method: http::Method::POST,
        uri: format!("/api/v1/generate/stream{query}").parse().expect("a path"),
        headers,
        body: body.to_string().into_bytes(),
    };
    let mut body = service.call(&request).await.expect("an answer").into_body();
    let (mut arrived, mut frames) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.expect("no error").into_data() else { continue };
        frames += 1;
        let text = String::from_utf8_lossy(&data);
        if text.contains("\nevent: delta\n") {
            arrived.extend(std::iter::repeat_n(Instant::now(), text.matches("wrote line").count()));
        }
        assert!(!text.contains("\nevent: error\n"), "{text}");
    }
    (arrived, frames)
}

fn late(sent: &[Instant], arrived: &[Instant]) -> (f64, f64) {
    let mut times: Vec<f64> = sent
        .iter()
        .zip(arrived)
        .map(|(sent, arrived)| arrived.saturating_duration_since(*sent).as_secs_f64() * 1000.0)
        .collect();
    times.sort_by(f64::total_cmp);
    (times.get(times.len() / 2).copied().unwrap_or(0.0), times.get(times.len() * 99 / 100).copied().unwrap_or(0.0))
}

/// What a stream costs more than passing bytes on.
pub(crate) struct Figures {
    /// Milliseconds from the model's write to the reader, median: bytes passed on, verified lines.
    pub(crate) late_ms: (f64, f64),
    /// Microseconds of CPU an event beyond passing it on, the most of the rounds.
    pub(crate) more_us: f64,
}

#[expect(clippy::cast_precision_loss, reason = "averages")]
pub(crate) async fn run() -> Figures {
    // Each piece ends one line and begins the next, so that every piece completes a unit.
    let mut pieces = vec!["{\"optimized_resume\": \"Engineer wrote line".to_owned()];
    pieces.extend((1..LINES).map(|_| "\\nEngineer wrote line".to_owned()));
    pieces.push("\\n\", \"changes_made\": [], \"expected_improvement\": \"x\"}".to_owned());
    let script = Script::new(pieces, PAUSE);
    let url = serve(script.clone());
    let passed = pass_through(&url).await;
    let (passed_late, worst) = late(&script.take_sent(), &passed);
    say(&format!(
        "{LINES} lines, one every {} ms; milliseconds from the model's write to the reader",
        PAUSE.as_millis()
    ));
    say(&format!("  bytes passed on         median {passed_late:.3}  99th {worst:.3}"));
    let (lines, _) = through_service(&url, false).await;
    let sent = script.take_sent();
    // A line is complete with the piece that begins the next.
    let (lines_late, worst) = late(&sent[1..], &lines);
    say(&format!("  verified lines          median {lines_late:.3}  99th {worst:.3}  ({} of {LINES})", lines.len()));
    let (lines, _) = through_service(&url, true).await;
    let (median, worst) = late(&script.take_sent(), &lines);
    say(&format!("  raw                     median {median:.3}  99th {worst:.3}"));

    let mut pieces = vec!["{\"optimized_resume\": \"".to_owned()];
    pieces.extend((0..EVENTS).map(|index| if index % 8 == 7 { "ing tools\\n" } else { "wrote Rust " }.to_owned()));
    pieces.push("\", \"changes_made\": [], \"expected_improvement\": \"x\"}".to_owned());
    let url = serve(Script::new(pieces, Duration::ZERO));
    let mut rows = Vec::new();
    for round in 0..3 {
        let before = cpu();
        pass_through(&url).await;
        let passed = cpu() - before;
        let before = cpu();
        let (_, frames) = through_service(&url, false).await;
        let ours = cpu() - before;
        if round > 0 {
            rows.push((passed, ours, frames));
        }
    }
    let per_event = |nanos: u64| nanos as f64 / 1000.0 / EVENTS as f64;
    say(&format!("{EVENTS} events without pause; microseconds of CPU an event, everything of the request included"));
    let mut more_us = 0.0;
    for (passed, ours, frames) in rows {
        let (passed, ours) = (per_event(passed), per_event(ours));
        more_us = f64::max(more_us, ours - passed);
        say(&format!("  passed on {passed:.1}, streamed {ours:.1} ({frames} frames), more {:.1}", ours - passed));
    }
    Figures { late_ms: (passed_late, lines_late), more_us }
}
