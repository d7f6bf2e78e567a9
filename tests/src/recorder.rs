//! A forwarder in front of the database that keeps the order of calls.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use tokio::net::TcpListener;

use crate::fault_proxy::end_to_end;

/// Database operations in the order they began, by name (`UpdateItem`).
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Its address, to be used as the database's.
    pub url: String,
    operations: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Forward {
    target: String,
    http: reqwest::Client,
    operations: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// A recorder before the database at `target`.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub async fn before(target: &str) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let operations = Arc::default();
        let forward =
            Forward { target: target.to_owned(), http: reqwest::Client::new(), operations: Arc::clone(&operations) };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass_on).with_state(forward)).await });
        Recorder { url, operations }
    }

    /// What was called since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.operations.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn pass_on(State(forward): State<Forward>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let operation = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = operation.rsplit('.').next().unwrap_or_default().to_owned();
    forward.operations.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
    let body = to_bytes(body, 8 * 1024 * 1024).await.unwrap_or_default();
    let sent = forward.http.post(&forward.target).headers(end_to_end(&parts.headers)).body(body).send().await;
    let Ok(reply) = sent else { return Response::default() };
    let mut response = Response::builder().status(reply.status());
    if let Some(headers) = response.headers_mut() {
        *headers = end_to_end(reply.headers());
    }
    response.body(Body::from(reply.bytes().await.unwrap_or_default())).unwrap_or_default()
}
