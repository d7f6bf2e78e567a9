//! `generate`: every route that reads a résumé or spends money.
//!
//! The request's path is [`pipeline`]; [`Generate::handle`] is its border to HTTP.

mod config;
pub mod contract;
mod route;
mod job;
mod permits;
mod pipeline;
mod model;
mod bill;
mod answer;
mod batch;
mod data;
mod refusal;
mod stored;
mod stream;
#[cfg(feature = "leak")]
mod leak;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Response;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use lambda_http::{Error, Request, RequestExt};
use shared::alerts::Alerts;
use shared::caller::{Caller, Identity, Scope};
use shared::dynamodb::StoreError;
use shared::idempotency::{Idempotency, Key};
use shared::ledger::Ledger;
use shared::limits::Limits;
use shared::llm::{LlmClient, LlmConfig};
use shared::logs;
use shared::problem::{Code, Problem};
use shared::prompts::Prompts;
use shared::request::{self, MAX_BODY_BYTES, Task};
use shared::response::{self, Arrival, Complete};
use shared::secrets::{ModelKey, Parameters};
use shared::trace::{End, Traces};
use tracing::{Instrument, Span};

use batch::{Batch, MAX_BATCH_BYTES, MAX_ITEMS};
pub use config::{Config, KeySource};
use job::{Notes, Order};
use route::Route;
use stream::Outlet;

/// The media type of one JSON value a line.
const LINES: &str = "application/x-ndjson";

/// The media type of a stream of events.
const EVENTS: &str = "text/event-stream";

/// Callers that a sandbox remembers before it forgets all of them.
const MAX_MET: usize = 10_000;

/// A body that may be streamed and never yields an error: the runtime would write one into the body.
pub type ResponseBody = UnsyncBoxBody<Bytes, std::convert::Infallible>;

/// The function and exactly the clients it uses.
pub struct Generate {
    config: Config,
    client: Client,
    prompts: Prompts,
    /// The client, or why there is none.
    llm: Result<LlmClient, Code>,
    limits: Limits,
    ledger: Ledger,
    alerts: Alerts,
    /// `None` is off.
    idempotency: Option<Idempotency>,
    /// The same table, for deletions.
    stored: Idempotency,
    traces: Traces,
    #[cfg(feature = "otel")]
    spans: Option<shared::trace::Spans>,
    /// Callers this sandbox has met, with the period the ledger named for them.
    met: Mutex<HashMap<Caller, Option<String>>>,
}

impl Generate {
    /// The function in AWS, or wherever the environment's endpoint is.
    ///
    /// # Errors
    ///
    /// See [`Generate::new`].
    pub async fn connect(config: Config) -> Result<Generate, Error> {
        let environment = shared::dynamodb::environment().await;
        let parameters = match (&config.key, environment.region(), environment.credentials_provider()) {
            (KeySource::Parameter(_), Some(region), Some(credentials)) => {
                let endpoint = config.parameters_endpoint.clone();
                Some(Parameters::new(region.to_string(), endpoint, credentials)?)
            }
            _ => None,
        };
        Generate::new(config, Client::new(&environment), parameters)
    }

    /// The function over a given database client, and what reads the key's parameter where there is one.
    ///
    /// # Errors
    ///
    /// If no HTTP client can be built.
    pub fn new(config: Config, client: Client, parameters: Option<Parameters>) -> Result<Generate, Error> {
        for (variable, model) in config.unusable_models(SystemTime::now()) {
            tracing::warn!(
                variable,
                model,
                "no model of the price sheet that can be asked: requests that name none are refused"
            );
        }
        let key = match (&config.key, parameters) {
            (KeySource::Value(key), _) => Ok(ModelKey::Given(key.clone())),
            (KeySource::Parameter(name), Some(parameters)) => Ok(ModelKey::stored(name.clone(), parameters)),
            (KeySource::Parameter(_), None) => {
                tracing::warn!("there is nothing to read the model key's parameter with: /generate answers 503");
                Err(Code::SecretsUnavailable)
            }
            (KeySource::None, _) => {
                tracing::warn!("no model key is set: /generate answers 503, everything else works");
                Err(Code::LlmUnavailable)
            }
        };
        let llm = match key {
            Ok(key) => Ok(LlmClient::new(LlmConfig {
                base_url: config.base_url.clone(),
                key,
                idle_timeout: config.idle_timeout,
                max_retries: config.max_retries,
            })?),
            Err(code) => Err(code),
        };
        Ok(Generate {
            prompts: Prompts::embedded(),
            llm,
            limits: Limits::new(client.clone(), config.tables.state.clone(), config.limits.clone()),
            ledger: Ledger::new(client.clone(), config.tables.ledger.clone()),
            alerts: Alerts::new(client.clone(), config.tables.ledger.clone()),
            idempotency: config
                .idempotency_ttl
                .map(|ttl| Idempotency::new(client.clone(), config.tables.state.clone(), ttl)),
            // What was stored before it was switched off can be deleted all the same.
            stored: Idempotency::new(client.clone(), config.tables.state.clone(), Duration::ZERO),
            traces: Traces::new(client.clone(), config.tables.state.clone()),
            client,
            #[cfg(feature = "otel")]
            spans: match &config.spans_endpoint {
                Some(endpoint) => Some(shared::trace::Spans::to(endpoint, "tailor-generate")?),
                None => None,
            },
            met: Mutex::default(),
            config,
        })
    }

    /// Opens the connections that the first request needs, if they are to another machine.
    pub async fn open_connections(&self) {
        let database = async {
            if self.config.database_is_far {
                shared::dynamodb::open(&self.client, &self.config.tables.state, "Q#-").await;
            }
        };
        let provider = async {
            if let Ok(llm) = &self.llm {
                llm.open_connection().await;
            }
        };
        futures_util::future::join(database, provider).await;
    }

    /// One event to one response. Reads the clock, turns every failure into a problem, logs one line.
    ///
    /// # Errors
    ///
    /// None: the signature is the runtime's.
    pub async fn handle(self: &Arc<Self>, event: Request) -> Result<Response<ResponseBody>, Error> {
        let (arrival, notes) = (Arrival::at(SystemTime::now()), Arc::<Notes>::default());
        #[cfg(feature = "otel")]
        if let Some(parent) = response::traceparent(event.headers()).and_then(|parent| parent.to_str().ok()) {
            let _ = notes.parent.set(parent.to_owned());
        }
        let span = logs::request_span(&arrival);
        let outlet = Mutex::new(None);
        // Boxed: the nested futures of the database client are too deep for the compiler otherwise.
        let answer: BoxFuture<'_, _> =
            Box::pin(self.answer(&event, &arrival, &notes, &outlet).instrument(span.clone()));
        let mut response = response::guarded(answer, &arrival).await;
        // A stream has only begun, and tells its end itself.
        if response.headers().get(CONTENT_TYPE).is_none_or(|media| media != EVENTS) {
            self.tell(&notes, &arrival, response.status().as_u16(), response::code(&response)).await;
        }
        response::finish(&event, &self.config.cors, &mut response);
        notes.write(response.headers_mut());
        let streamed: Option<Outlet> = outlet.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(match streamed {
            Some(outlet) => response.map(|_| outlet.body()),
            None => response.map(|body| Full::new(body).boxed_unsync()),
        })
    }

    async fn answer(
        self: &Arc<Self>,
        event: &Request,
        arrival: &Arrival,
        notes: &Arc<Notes>,
        outlet: &Mutex<Option<Outlet>>,
    ) -> Result<Complete, Problem> {
        let route = Route::of(event.method(), &response::path(event))?;
        if let Route::Options(allow) = route {
            return Ok(response::options(allow, &arrival.request_id));
        }
        let step = notes.recorder.enter("validate");
        let identity = self.config.auth.identify(event)?;
        let _ = notes.caller.set(identity.caller.clone());
        Span::current().record("caller", identity.caller.as_str());
        identity.require(Scope::Generate)?;
        if route == Route::Data {
            if !event.query_string_parameters().is_empty() || !event.body().is_empty() {
                return Err(Problem::invalid_field(
                    "",
                    "neither parameters nor a body: it is about the caller's own data",
                ));
            }
            response::negotiate(event.headers(), &["application/json"])?;
            return self.forget(&identity.caller, arrival).await;
        }
        response::require_json(event.headers())?;
        let offered: &[&str] = match route {
            Route::Generate(_) => &["application/json", EVENTS],
            Route::Stream => &[EVENTS],
            Route::Batch => &["application/json", LINES],
            _ => &["application/json"],
        };
        let media = response::negotiate(event.headers(), offered)?;
        if route == Route::Batch {
            return self.batch(event, identity, arrival, media, outlet).await;
        }
        let body = response::body_within(event, MAX_BODY_BYTES)?;
        let task = if let Route::Generate(task) = route { task } else { Task::ResumeOptimization };
        let request = request::parse(task, body)?;
        drop(step);
        let id = &arrival.request_id;
        match route {
            Route::Generate(_) | Route::Stream => {
                let is_raw = is_raw(event)?;
                let order = Order {
                    key: self.idempotency_key(event, &identity.caller, body)?,
                    caller: identity.caller,
                    allowance: identity.allowance,
                    time_left: self.deadline(event, arrival.now),
                    request,
                    arrival: arrival.clone(),
                    notes: Arc::clone(notes),
                };
                if media == EVENTS {
                    let streamed = self.stream(order, is_raw).await?;
                    *outlet.lock().unwrap_or_else(PoisonError::into_inner) = Some(streamed);
                    return Ok(response::complete(200, EVENTS, Vec::new(), id));
                }
                Ok(response::json(&self.generate(&order.job(None)).await?, id))
            }
            Route::Redact => Ok(response::json(&pipeline::redact_only(&request.input), id)),
            _ => Ok(response::json(&pipeline::analyze_only(&request.input), id)),
        }
    }

    /// Writes the request's line and its metrics, and sends its spans where there is a collector, once.
    #[cfg_attr(not(feature = "otel"), expect(clippy::unused_async, reason = "spans are sent with the feature only"))]
    async fn tell(&self, notes: &Notes, arrival: &Arrival, status: u16, code: Option<Code>) {
        if notes.told.set(()).is_err() {
            return;
        }
        let caller = notes.caller.get().map(Caller::as_str);
        let end = End { arrival, caller, status, code, ledger: self.ledger.table() };
        let mut trace = notes.recorder.trace();
        trace.replayed = notes.replayed.get().is_some();
        trace.tell(&end, SystemTime::now());
        #[cfg(feature = "otel")]
        if let Some(spans) = &self.spans {
            spans.send(&trace, &end, notes.parent.get().map(String::as_str), SystemTime::now()).await;
        }
    }

    /// Deletes what is kept of a caller's texts, and says what else is kept, how long and why.
    async fn forget(&self, caller: &Caller, arrival: &Arrival) -> Result<Complete, Problem> {
        let deleted = self.stored.forget(caller).await;
        let deleted = deleted.map_err(|error| refusal::store("idempotency", &error))?;
        Ok(response::json(&data::Forgotten::new(deleted), &arrival.request_id))
    }

    /// Several requests in one: all results at the end, or each as a line when it is there.
    async fn batch(
        self: &Arc<Self>,
        event: &Request,
        identity: Identity,
        arrival: &Arrival,
        media: &'static str,
        outlet: &Mutex<Option<Outlet>>,
    ) -> Result<Complete, Problem> {
        let body = response::body_within(event, MAX_BATCH_BYTES)?;
        let key = event.headers().get("idempotency-key").map(|value| value.as_bytes().to_vec());
        // One error for one header, not one an item.
        self.idempotency_key(event, &identity.caller, b"")?;
        let batch = Batch::parse(identity, body, self.deadline(event, arrival.now), key)?;
        let (sender, mut results) = tokio::sync::mpsc::channel(MAX_ITEMS);
        let running = Arc::clone(self).batch_generate(batch, sender);
        if media == LINES {
            let (lines, reader) = stream::lines();
            *outlet.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
            tokio::spawn(running.in_current_span());
            tokio::spawn(async move {
                while let Some(result) = results.recv().await {
                    // What is begun goes on without a reader.
                    let _ = lines.send(batch::line(&result)).await;
                }
            });
            return Ok(response::complete(200, LINES, Vec::new(), &arrival.request_id));
        }
        // The channel has room for all.
        running.await;
        let mut all = Vec::new();
        while let Some(result) = results.recv().await {
            all.push(result);
        }
        all.sort_by_key(|result| result.index);
        Ok(response::json(&serde_json::json!({ "results": all }), &arrival.request_id))
    }

    /// Starts a request in a task of its own and waits for the model's first event, so that every failure before it is a
    /// plain problem.
    async fn stream(self: &Arc<Self>, order: Order, is_raw: bool) -> Result<Outlet, Problem> {
        order.notes.recorder.note(|trace| trace.streamed = true);
        let (sink, mut outlet) = stream::channel(&order, is_raw);
        let this = Arc::clone(self);
        let task = async move {
            let job: BoxFuture<'_, _> = Box::pin(async {
                let answer = this.generate(&order.job(Some(&sink))).await?;
                let shown = order.notes.shown.get().map(String::as_str).unwrap_or_default();
                sink.agree(&answer, shown)?;
                // Before the last event: Lambda may freeze the process after it.
                this.tell(&order.notes, &order.arrival, 200, None).await;
                // Whoever is gone by now has lost nothing: it is recorded, and can be replayed by its key.
                let _ = sink.finish(&answer, shown).await;
                Ok(())
            });
            let ended: Result<(), Problem> =
                AssertUnwindSafe(job).catch_unwind().await.unwrap_or_else(|_| Err(Code::Internal.into()));
            if let (true, Err(problem)) = (sink.has_started(), &ended) {
                this.tell(&order.notes, &order.arrival, problem.code.status(), Some(problem.code)).await;
                sink.fail(problem).await;
            }
            ended
        };
        let task = tokio::spawn(task.in_current_span());
        if (&mut outlet.started).await.is_ok() {
            return Ok(outlet);
        }
        match task.await {
            Ok(Err(problem)) => Err(problem),
            Ok(Ok(())) | Err(_) => Err(Code::Internal.into()),
        }
    }

    /// The claim that an `Idempotency-Key` makes, unless replays are off.
    fn idempotency_key(&self, event: &Request, caller: &Caller, body: &[u8]) -> Result<Option<Key>, Problem> {
        let header = event.headers().get("idempotency-key").filter(|_| self.idempotency.is_some());
        header.map(|value| Key::of(caller, &response::path(event), value.as_bytes(), body)).transpose()
    }

    /// The period that the ledger names for a caller; asked, and the caller noted there, once per caller and sandbox. Later
    /// resets arrive with the caller's limiter item.
    async fn meet(&self, caller: &Caller) -> Result<Option<String>, StoreError> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner).get(caller).cloned();
        if let Some(period) = met {
            return Ok(period);
        }
        let (period, registered) =
            futures_util::future::join(self.ledger.stored_period(caller), self.ledger.register(caller)).await;
        let period = registered.and(period)?;
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.len() > MAX_MET {
            met.clear();
        }
        met.insert(caller.clone(), period.clone());
        Ok(period)
    }

    /// How long the model may take: the configured time, or what the invocation has left less a reserve of two seconds.
    /// A deadline in the distant past is unknown: the local emulator sends one in 1970.
    fn deadline(&self, event: &Request, now: SystemTime) -> Duration {
        const RESERVE: Duration = Duration::from_secs(2);
        const IMPLAUSIBLE: Duration = Duration::from_secs(300);
        let Some(context) = event.lambda_context_ref() else { return self.config.timeout };
        let deadline = UNIX_EPOCH + Duration::from_millis(context.deadline);
        match deadline.duration_since(now) {
            Ok(left) => self.config.timeout.min(left.saturating_sub(RESERVE)),
            Err(past) if past.duration() > IMPLAUSIBLE => self.config.timeout,
            Err(_) => Duration::ZERO,
        }
    }
}

/// Whether `?stream=raw` asks for text before it is verified.
fn is_raw(event: &Request) -> Result<bool, Problem> {
    match event.query_string_parameters().first("stream") {
        None => Ok(false),
        Some("raw") => Ok(true),
        Some(_) => Err(Problem::invalid_field("/stream", "raw, or nothing")),
    }
}
