//! The processes that are measured, each alone in its own: the service, and a proxy that only passes on.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::serve::ListenerExt;
use clap::Args;
use local::backends;
use local::environment::Environment;
use local::front;
use local::service::Service;
use local::stand_in::RequestLog;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::limits::say;

/// What the proxy is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct Proxy {
    #[arg(long)]
    target: String,
}

/// The whole service as its environment says, until standard input ends. Its log lines follow its address on stdout.
pub(crate) async fn serve() {
    let listener = backends::bind(0).await.expect("a free port");
    let service = Service::start(Environment::of_process(), None, RequestLog::default()).await.expect("a service");
    say(&format!("http://{}", listener.local_addr().expect("bound")));
    shared::logs::init();
    shared::logs::hide_panic_messages();
    front::run(listener, service, front::BODY_TIME, input_ends()).await.expect("it serves");
}

/// A server that sends each body to the model server and streams the reply back, until standard input ends.
pub(crate) async fn pass_on(proxy: Proxy) {
    let listener = backends::bind(0).await.expect("a free port");
    say(&format!("http://{}", listener.local_addr().expect("bound")));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let router = Router::new().fallback(forward).with_state((http, format!("{}/v1/messages", proxy.target)));
    // Without it the acknowledgments of small frames are waited for, 40 ms each time.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).with_graceful_shutdown(input_ends()).await.expect("it serves");
}

async fn forward(State((http, target)): State<(reqwest::Client, String)>, request: Request) -> Response<Body> {
    let body = axum::body::to_bytes(request.into_body(), 1024 * 1024).await.unwrap_or_default();
    let sent = http.post(target).header("content-type", "application/json").body(body).send().await;
    match sent {
        Ok(reply) => {
            let kind = reply.headers().get("content-type").cloned();
            let mut response = Response::new(Body::from_stream(reply.bytes_stream()));
            response.headers_mut().extend(kind.map(|kind| (axum::http::header::CONTENT_TYPE, kind)));
            response
        }
        Err(_) => Response::builder().status(502).body(Body::empty()).unwrap_or_default(),
    }
}

/// When the process that started this one has gone or wants it to go.
async fn input_ends() {
    let _ = tokio::io::stdin().read(&mut [0]).await;
}

/// One of these processes.
pub(super) struct Child {
    pub(super) address: String,
    /// Lines of its log above information, by their text without fields.
    warnings: Arc<Mutex<HashMap<String, u64>>>,
    pid: u32,
    process: tokio::process::Child,
}

impl Child {
    /// Runs this program with a hidden command and no environment but these variables.
    pub(super) async fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Child {
        let this = std::env::current_exe().expect("this program");
        let mut command = tokio::process::Command::new(this);
        command.args(arguments).env_clear().envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("another process");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let address = lines.next_line().await.ok().flatten().expect("an address");
        let warnings: Arc<Mutex<HashMap<String, u64>>> = Arc::default();
        let kept = Arc::clone(&warnings);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(warning) = warning(&line) {
                    *kept.lock().unwrap_or_else(PoisonError::into_inner).entry(warning).or_default() += 1;
                }
            }
        });
        let pid = process.id().expect("it runs");
        Child { address, warnings, pid, process }
    }

    /// Lets it finish what it does, and returns what it logged above information.
    pub(super) async fn stop(mut self) -> Vec<(String, u64)> {
        drop(self.process.stdin.take());
        let _ = tokio::time::timeout(2 * front::GRACE, self.process.wait()).await;
        let warnings = std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner));
        let mut warnings: Vec<(String, u64)> = warnings.into_iter().collect();
        warnings.sort();
        warnings
    }

    /// Processor time so far.
    pub(super) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // After the name: the state is field 3; user and system time are fields 14 and 15, in hundredths of a second.
        let fields = stat.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
        let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Looks at its memory every second from now on.
    pub(super) fn watch(&self) -> Memory {
        let samples: Arc<Mutex<Vec<(Duration, u64)>>> = Arc::default();
        let (kept, begun, pid) = (Arc::clone(&samples), Instant::now(), self.pid);
        let task = tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_secs(1));
            loop {
                every.tick().await;
                let sample = (begun.elapsed(), resident_kb(pid));
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
            }
        });
        Memory { samples, task }
    }
}

fn resident_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// What a line of the log says, if it is above information.
fn warning(line: &str) -> Option<String> {
    let text = line.trim_start().strip_prefix("WARN").or_else(|| line.trim_start().strip_prefix("ERROR"))?;
    // Behind the request's span.
    let text = text.split_once("}: ").map_or(text, |(_, said)| said);
    let words = text.trim_start_matches([':', ' ']).split(' ').take_while(|word| !word.contains('='));
    Some(words.collect::<Vec<_>>().join(" "))
}

/// A process's resident memory over time.
pub(super) struct Memory {
    samples: Arc<Mutex<Vec<(Duration, u64)>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Memory {
    /// The mean in MB between two times since the watch began.
    #[expect(clippy::cast_precision_loss, reason = "an average")]
    pub(super) fn mean(&self, from: Duration, until: Duration) -> f64 {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let some: Vec<u64> = samples.iter().filter(|(at, _)| (from..until).contains(at)).map(|(_, kb)| *kb).collect();
        some.iter().sum::<u64>() as f64 / some.len().max(1) as f64 / 1024.0
    }

    /// The means of `parts` equal parts of a time, as a line.
    pub(super) fn line(&self, time: Duration, parts: u32) -> String {
        let part = time / parts;
        let means = (0..parts).map(|index| format!("{:.1}", self.mean(part * index, part * (index + 1))));
        means.collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.task.abort();
    }
}
