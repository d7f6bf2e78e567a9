//! Lambda's Runtime API, as much as a function needs: it hands out one event at a time and takes the answer.
//!
//! Source of the protocol: AWS Lambda developer guide, "Using the Lambda runtime API" (2018-06-01); response streaming
//! adds `Lambda-Runtime-Function-Response-Mode: streaming` and, for HTTP, a JSON prelude that eight NUL bytes end.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as Segments, Request, State};
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use crate::acks::{Acking, Acks};

const MAX_BODY: usize = 64 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

/// What a function answered to one event.
#[derive(Clone, Debug)]
pub struct Answered {
    /// `response` or `error`.
    pub kind: String,
    /// Headers of the function's request.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Vec<u8>,
    /// When each part of the body arrived, and how many bytes there were by then.
    pub arrivals: Vec<(Instant, usize)>,
}

impl Answered {
    /// The prelude and the body of a streamed HTTP answer.
    #[must_use]
    pub fn streamed(&self) -> Option<(Value, &[u8])> {
        let end = self.body.windows(8).position(|window| window == [0; 8])?;
        Some((serde_json::from_slice(&self.body[..end]).ok()?, &self.body[end + 8..]))
    }
}

struct Shared {
    /// When the function first asked for an event.
    asked: watch::Sender<Option<Instant>>,
    events: Mutex<mpsc::Receiver<String>>,
    answers: mpsc::Sender<Answered>,
}

/// A function's process under the Runtime API. It is killed when this is dropped.
pub struct Sandbox {
    spawned: Instant,
    asked: watch::Receiver<Option<Instant>>,
    events: mpsc::Sender<String>,
    answers: mpsc::Receiver<Answered>,
    process: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Sandbox {
    /// Starts a binary with these variables and nothing else of the environment.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub async fn start(binary: &Path, variables: &[(&str, &str)]) -> Sandbox {
        Sandbox::start_command(Command::new(binary), variables).await
    }

    /// The same for a command that runs the binary.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub async fn start_command(command: Command, variables: &[(&str, &str)]) -> Sandbox {
        Sandbox::start_with(command, variables, Acks::AtOnce).await
    }

    /// The same under a Runtime API that acknowledges what it reads at once, or later.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub async fn start_with(mut command: Command, variables: &[(&str, &str)], acks: Acks) -> Sandbox {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let (events, next) = mpsc::channel(8);
        let (answered, answers) = mpsc::channel(8);
        let (first, asked) = watch::channel(None);
        let shared = Arc::new(Shared { asked: first, events: Mutex::new(next), answers: answered });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_event))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(answer))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(Acking(listener, acks), router).await });

        let spawned = Instant::now();
        let mut process = command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "under-test")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_REGION", "local")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        // Read as it is written, as Lambda does: a full pipe would stop the function.
        let stdout = tokio::spawn(read(process.stdout.take()));
        let stderr = tokio::spawn(read(process.stderr.take()));
        Sandbox { spawned, asked, events, answers, process, stdout, stderr }
    }

    /// Waits until the function asks for its first event; how long that took from the start of the process.
    ///
    /// # Panics
    ///
    /// If it never does.
    pub async fn ready(&mut self) -> Duration {
        let asked = tokio::time::timeout(PATIENCE, self.asked.wait_for(Option::is_some)).await;
        let asked = asked.expect("it asks within a minute").expect("the runtime API runs");
        asked.expect("it asked").duration_since(self.spawned)
    }

    /// Lets the process end by itself, as the next event it is given is none, and returns what it wrote to stderr.
    ///
    /// # Panics
    ///
    /// If it does not end within a minute.
    pub async fn end(self) -> String {
        let Sandbox { events, process, stderr, .. } = self;
        drop(events);
        let said = tokio::time::timeout(PATIENCE, stderr).await;
        drop(process);
        said.expect("it ends within a minute").expect("its output")
    }

    /// Sends one event and waits for its answer, a minute at most.
    ///
    /// # Panics
    ///
    /// If none comes.
    pub async fn invoke(&mut self, event: &Value) -> Answered {
        self.events.send(event.to_string()).await.expect("the runtime API runs");
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        answer.expect("an answer within a minute").expect("the runtime API runs")
    }

    /// The process's id; `None` once it has ended.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// Ends the process and returns what it logged on both streams.
    ///
    /// # Panics
    ///
    /// If its output cannot be read.
    pub async fn stop(self) -> String {
        let (stdout, stderr) = self.stop_apart().await;
        stdout + &stderr
    }

    /// The same, stdout and stderr apart.
    ///
    /// # Panics
    ///
    /// If its output cannot be read.
    pub async fn stop_apart(mut self) -> (String, String) {
        self.process.start_kill().expect("it runs");
        (self.stdout.await.expect("its output"), self.stderr.await.expect("its output"))
    }
}

/// All that comes out of a pipe.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = pipe.read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn next_event(State(shared): State<Arc<Shared>>) -> Response<Body> {
    shared.asked.send_if_modified(|asked| asked.replace(asked.unwrap_or_else(Instant::now)).is_none());
    let Some(event) = shared.events.lock().await.recv().await else { return Response::default() };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(150);
    let response = Response::builder()
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:local:000000000000:function:under-test")
        .header("content-type", "application/json")
        .body(Body::from(event));
    response.unwrap_or_default()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Segments((_, kind)): Segments<(String, String)>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (mut bytes, mut arrivals) = (Vec::new(), Vec::new());
    let mut body = body.into_data_stream();
    while let Some(Ok(part)) = body.next().await {
        bytes.extend_from_slice(&part);
        arrivals.push((Instant::now(), bytes.len()));
        if bytes.len() > MAX_BODY {
            break;
        }
    }
    let _ = shared.answers.send(Answered { kind, headers: parts.headers, body: bytes, arrivals }).await;
    let accepted = Response::builder().status(202).body(Body::from("{\"status\":\"OK\"}"));
    accepted.unwrap_or_default()
}
