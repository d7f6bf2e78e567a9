//! The API on a port: every HTTP request becomes an event, every response goes back as it streams.
//!
//! A body that does not arrive in time is refused, as the gateway would keep it from a function. Slow headers are not:
//! `axum::serve` has no clock for them, so a connection that never ends its headers stays open until the process stops. It holds
//! a socket and a task, and nobody else waits for it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::serve::{ListenerExt, serve};
use generate::ResponseBody;
use shared::problem::{Code, Problem};
use shared::response::{Arrival, problem};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::Error;
use crate::event::HttpRequest;
use crate::service::Service;

/// What a REST API takes at most; larger requests never reach a function.
const GATEWAY_LIMIT: usize = 10 * 1024 * 1024;
/// How long requests in flight may take to finish after a signal.
pub const GRACE: Duration = Duration::from_secs(5);
/// How long a body may take to arrive. The largest needs less than a second here; whoever takes half a minute has given up.
pub const BODY_TIME: Duration = Duration::from_secs(30);
const MAX_AT_ONCE: u32 = 10_000;

struct Front {
    service: Service,
    body_time: Duration,
    running: Arc<Semaphore>,
}

/// Serves until `shutdown`, then lets requests in flight finish for [`GRACE`]. A body must arrive within `body_time`, mostly
/// [`BODY_TIME`].
///
/// # Errors
///
/// If the listener fails.
pub async fn run(
    listener: TcpListener,
    service: Service,
    body_time: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let running = Arc::new(Semaphore::new(MAX_AT_ONCE as usize));
    let front = Arc::new(Front { service, body_time, running: Arc::clone(&running) });
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stopping = async move {
        shutdown.await;
        let _ = stop.send(());
    };
    // Otherwise the small frames of a stream wait for the reader's acknowledgments, up to 40 ms each time.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let server = serve(listener, Router::new().fallback(forward).with_state(front)).with_graceful_shutdown(stopping);
    let finished = async {
        server.await?;
        // A caller that hung up does not end its request: what it spent must still be recorded.
        let _ = running.acquire_many(MAX_AT_ONCE).await;
        Ok::<(), Error>(())
    };
    let given_up = async {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = finished => ended,
        () = given_up => {
            tracing::warn!("requests still in flight after {GRACE:?} are given up");
            Ok(())
        }
    }
}

async fn forward(State(front): State<Arc<Front>>, request: Request) -> Response {
    let arrival = Arrival::at(std::time::SystemTime::now());
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(front.body_time, to_bytes(body, GATEWAY_LIMIT)).await {
        Ok(Ok(body)) => body,
        Err(_) => return refused(&Problem::invalid_field("", "the body did not arrive in time"), &arrival),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error);
            let too_large = cause.is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
            let broken = || Problem::invalid_field("", "the body did not arrive whole");
            return refused(&if too_large { Code::BodyTooLarge.into() } else { broken() }, &arrival);
        }
    };
    let request = HttpRequest { method: parts.method, uri: parts.uri, headers: parts.headers, body: body.to_vec() };
    // A task of its own, because the caller may hang up while the model is still working.
    let task = tokio::spawn(async move {
        let _running = front.running.acquire().await;
        front.service.call(&request).await
    });
    match task.await {
        Ok(Ok(response)) => response.map(|body: ResponseBody| Body::new(body)).into_response(),
        Ok(Err(_)) | Err(_) => refused(&Code::Internal.into(), &arrival),
    }
}

fn refused(refusal: &Problem, arrival: &Arrival) -> Response {
    tracing::info!(request_id = %arrival.request_id, status = refusal.code.status(), code = refusal.code.slug(), "refused");
    problem(refusal, &arrival.request_id).map(Body::from).into_response()
}
