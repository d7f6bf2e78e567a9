//! A proxy before the database that loses replies after the server has applied the write, and fails calls before it has:
//! what a network and a busy partition do. Plain HTTP endpoints only: a signature covers the host.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use tokio::net::TcpListener;

/// How often what happens, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The reply to an applied call is lost: half of them by a reset, half by silence.
    pub lost_replies: f64,
    /// Throttled before anything is applied.
    pub throttled: f64,
    /// A transaction is canceled by a conflict before anything is applied.
    pub conflicts: f64,
    /// A read answers what the same read answered before.
    pub stale_reads: f64,
}

/// What the proxy did.
#[derive(Debug, Default)]
pub struct Done {
    /// Calls passed on.
    pub calls: AtomicU64,
    /// Replies lost.
    pub lost: AtomicU64,
    /// Calls throttled.
    pub throttled: AtomicU64,
    /// Transactions canceled.
    pub conflicts: AtomicU64,
    /// Reads that were stale.
    pub stale: AtomicU64,
}

/// What happens to calls that match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Throttled before anything is applied, every time.
    Denied,
    /// Applied; every reply is lost.
    ReplyLost,
    /// Applied; the first reply is lost.
    FirstReplyLost,
}

/// A scripted fate: of calls of this operation whose body has this text.
#[derive(Clone, Debug)]
struct Rule {
    operation: &'static str,
    text: String,
    fate: Fate,
}

/// The proxy.
#[derive(Clone, Debug)]
pub struct FaultProxy {
    rules: Arc<Mutex<Vec<Rule>>>,
    /// Its address, to be used as the database's.
    pub url: String,
    /// What it did so far.
    pub done: Arc<Done>,
}

struct Forward {
    target: String,
    http: reqwest::Client,
    faults: Faults,
    rng: Mutex<fastrand::Rng>,
    read: Mutex<HashMap<Bytes, Bytes>>,
    done: Arc<Done>,
    rules: Arc<Mutex<Vec<Rule>>>,
}

/// Longer than any client waits for one reply.
const SILENCE: Duration = Duration::from_secs(20);

impl FaultProxy {
    /// A proxy before the database at `target`, whose faults come in the order of `seed`.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub async fn before(target: &str, faults: Faults, seed: u64) -> FaultProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (done, rules): (Arc<Done>, Arc<Mutex<Vec<Rule>>>) = Default::default();
        let forward = Arc::new(Forward {
            target: target.to_owned(),
            http: reqwest::Client::new(),
            faults,
            rng: Mutex::new(fastrand::Rng::with_seed(seed)),
            read: Mutex::default(),
            done: Arc::clone(&done),
            rules: Arc::clone(&rules),
        });
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass_on).with_state(forward)).await });
        FaultProxy { rules, url, done }
    }

    /// Scripts a fate for calls of `operation` whose body has `text`.
    pub fn script(&self, operation: &'static str, text: &str, fate: Fate) {
        let rule = Rule { operation, text: text.to_owned(), fate };
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Everything is well again.
    pub fn heal(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Forward {
    /// What is scripted for a call; what happens once is forgotten.
    fn fate(&self, operation: &str, body: &[u8]) -> Option<Fate> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let has = |text: &str| memchr::memmem::find(body, text.as_bytes()).is_some();
        let at = rules.iter().position(|rule| rule.operation == operation && has(&rule.text))?;
        let fate = rules[at].fate;
        if fate == Fate::FirstReplyLost {
            rules.remove(at);
        }
        Some(fate)
    }

    fn happens(&self, share: f64) -> bool {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).f64() < share
    }
}

async fn pass_on(State(forward): State<Arc<Forward>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let operation = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = operation.rsplit('.').next().unwrap_or_default().to_owned();
    let body = to_bytes(body, 8 * 1024 * 1024).await.unwrap_or_default();
    let is_table = operation.ends_with("Table");
    let fate = forward.fate(&operation, &body);
    if fate == Some(Fate::Denied) {
        return refused("ProvisionedThroughputExceededException", "");
    }
    if !is_table && forward.happens(forward.faults.throttled) {
        forward.done.throttled.fetch_add(1, Ordering::Relaxed);
        return refused("ProvisionedThroughputExceededException", "");
    }
    if operation == "TransactWriteItems" && forward.happens(forward.faults.conflicts) {
        forward.done.conflicts.fetch_add(1, Ordering::Relaxed);
        let reasons = r#","CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"}]"#;
        return refused("TransactionCanceledException", reasons);
    }
    let is_read = matches!(operation.as_str(), "GetItem" | "Query") && !has_consistent_read(&body);
    if is_read && forward.happens(forward.faults.stale_reads) {
        let before = forward.read.lock().unwrap_or_else(PoisonError::into_inner).get(&body).cloned();
        if let Some(before) = before {
            forward.done.stale.fetch_add(1, Ordering::Relaxed);
            return Response::builder()
                .header("content-type", "application/x-amz-json-1.0")
                .body(Body::from(before))
                .unwrap_or_default();
        }
    }
    forward.done.calls.fetch_add(1, Ordering::Relaxed);
    let sent = forward.http.post(&forward.target).headers(end_to_end(&parts.headers)).body(body.clone()).send().await;
    let Ok(reply) = sent else { return cut() };
    let (status, headers) = (reply.status(), end_to_end(reply.headers()));
    let Ok(bytes) = reply.bytes().await else { return cut() };
    if is_read && status.is_success() {
        forward.read.lock().unwrap_or_else(PoisonError::into_inner).insert(body, bytes.clone());
    }
    if fate.is_some() {
        forward.done.lost.fetch_add(1, Ordering::Relaxed);
        return cut();
    }
    if !is_table && forward.happens(forward.faults.lost_replies) {
        forward.done.lost.fetch_add(1, Ordering::Relaxed);
        if forward.happens(0.5) {
            tokio::time::sleep(SILENCE).await;
        }
        return cut();
    }
    let mut response = Response::builder().status(status);
    if let Some(kept) = response.headers_mut() {
        *kept = headers;
    }
    response.body(Body::from(bytes)).unwrap_or_default()
}

fn has_consistent_read(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|value| value["ConsistentRead"] == true)
}

/// An error of the service.
fn refused(kind: &str, more: &str) -> Response<Body> {
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"scripted"{more}}}"#);
    Response::builder()
        .status(400)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Body::from(body))
        .unwrap_or_default()
}

/// A reply whose connection breaks before its first byte of body.
fn cut() -> Response<Body> {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("scripted")) });
    Response::builder().header("content-length", "100").body(Body::from_stream(broken)).unwrap_or_default()
}

/// The headers that are not about one connection.
pub(crate) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in ["host", "connection", "content-length", "transfer-encoding"] {
        kept.remove(name);
    }
    kept
}
