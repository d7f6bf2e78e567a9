//! An SSM that has one parameter, or none, or is down.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A server of SSM's `GetParameter`.
#[derive(Clone, Debug)]
pub struct ParameterStore {
    /// Its address.
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    value: Option<String>,
    reads: Vec<(HeaderMap, Value)>,
}

impl ParameterStore {
    /// A store whose parameter has this value; `None` is an internal error.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub async fn start(value: Option<&str>) -> ParameterStore {
        ParameterStore::on(TcpListener::bind("127.0.0.1:0").await.expect("a free port"), value)
    }

    /// The same on a port that was not answered before.
    ///
    /// # Panics
    ///
    /// If the listener is not bound.
    #[must_use]
    pub fn on(listener: TcpListener, value: Option<&str>) -> ParameterStore {
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let shared = Arc::new(Mutex::new(Shared { value: value.map(str::to_owned), reads: Vec::new() }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        ParameterStore { url, shared }
    }

    /// Changes the parameter.
    pub fn put(&self, value: Option<&str>) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).value = value.map(str::to_owned);
    }

    /// Headers and bodies of all reads.
    #[must_use]
    pub fn reads(&self) -> Vec<(HeaderMap, Value)> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).reads.clone()
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    shared.reads.push((headers, serde_json::from_str(&body).unwrap_or_default()));
    match &shared.value {
        Some(value) => (StatusCode::OK, json!({ "Parameter": { "Name": "x", "Value": value } }).to_string()),
        None => {
            let refused = json!({ "__type": "com.amazon.coral.service#InternalServerError", "message": "canary-5c1e" });
            (StatusCode::INTERNAL_SERVER_ERROR, refused.to_string())
        }
    }
}
