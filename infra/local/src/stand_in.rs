//! The stand-in model: speaks the Messages API over real HTTP and does honest work without a model.
//!
//! It finds the documents between the prompt's fences and answers the six tasks by selecting and reordering their own
//! sentences; it invents nothing. It refuses what the real API refuses (missing headers, sampling parameters, unknown
//! fields), reports usage of about one token for four bytes, cuts its answer at `max_tokens`, and marks every response
//! with `x-tailor-simulated: true`.

mod documents;
mod relevance;
mod wire;
mod work;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use axum::{Router, serve};
use tokio::net::TcpListener;

use wire::{MessagesRequest, Refusal};

/// Where request bodies go, if anywhere. They hold what a model would see: redacted text.
#[derive(Clone, Debug, Default)]
pub struct RequestLog(Option<Arc<Mutex<File>>>);

impl RequestLog {
    /// Appends every request body to a file, one line each.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened.
    pub fn to_file(path: &Path) -> std::io::Result<RequestLog> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(RequestLog(Some(Arc::new(Mutex::new(file)))))
    }

    fn append(&self, body: &[u8]) {
        let Some(file) = &self.0 else { return };
        let mut line = body.to_vec();
        line.push(b'\n');
        if let Err(error) = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line) {
            tracing::warn!(%error, "the stand-in's request log");
        }
    }
}

/// Serves the stand-in until the task is dropped.
///
/// # Errors
///
/// If the listener fails.
pub async fn run(listener: TcpListener, log: RequestLog) -> std::io::Result<()> {
    serve(listener, Router::new().route("/v1/messages", post(messages)).with_state(log)).await
}

async fn messages(State(log): State<RequestLog>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    log.append(&body);
    match answer(&headers, &body) {
        Ok(response) => response,
        Err(refusal) => refusal.response(),
    }
}

fn answer(headers: &HeaderMap, body: &[u8]) -> Result<Response<Body>, Refusal> {
    let request = MessagesRequest::parse(headers, body)?;
    let text = work::answer(&request.prompt(), request.fields().as_deref());
    Ok(request.respond(&text))
}

#[cfg(test)]
mod tests;
