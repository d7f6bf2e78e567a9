//! `stats`: what was spent. It reads the ledger and never sees a model key, a résumé or a prompt.

mod config;
pub mod contract;
mod route;
mod query;
mod answer;
mod export;

use std::time::SystemTime;

use aws_sdk_dynamodb::Client;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Response;
use http_body_util::Full;
use lambda_http::{Error, Request};
use serde_json::json;
use shared::caller::{Caller, Identity, Scope};
use shared::dynamodb::StoreError;
use shared::ledger::{HistoryError, Ledger, PeriodStart, ResetError, Span, Statistics, rfc3339};
use shared::limits::store::note_period;
use shared::logs;
use shared::problem::{Code, Problem};
use shared::request_id::RequestId;
use shared::response::{self, Arrival, Complete};
use shared::trace::{RequestTrace, Traces};
use tracing::Instrument;

use answer::StatsAnswer;
pub use config::Config;
use query::{HistoryQuery, ResetBody, StatsQuery, TraceQuery, Whose};
use route::Route;

/// The contract (`cargo run -p local -- openapi` writes it).
const OPENAPI: &[u8] = include_bytes!("../../../docs/openapi.json");

/// The function and exactly the clients it uses.
#[derive(Debug)]
pub struct Stats {
    config: Config,
    client: Client,
    ledger: Ledger,
    traces: Traces,
}

impl Stats {
    /// The function in AWS, or wherever the environment's endpoint is.
    pub async fn connect(config: Config) -> Stats {
        let client = shared::dynamodb::connect().await;
        Stats::new(config, client)
    }

    /// The function over a given database client.
    #[must_use]
    pub fn new(config: Config, client: Client) -> Stats {
        Stats {
            ledger: Ledger::new(client.clone(), config.tables.ledger.clone()),
            traces: Traces::new(client.clone(), config.tables.state.clone()),
            client,
            config,
        }
    }

    /// Opens the connection that the first request needs, if it is to another machine.
    pub async fn open_connection(&self) {
        if self.config.database_is_far {
            shared::dynamodb::open(&self.client, &self.config.tables.ledger, "-").await;
        }
    }

    /// One event to one response. Reads the clock, turns every failure into a problem, logs one line.
    ///
    /// # Errors
    ///
    /// None: the signature is the runtime's.
    pub async fn handle(&self, event: Request) -> Result<Response<Full<Bytes>>, Error> {
        let arrival = Arrival::at(SystemTime::now());
        // Boxed: the nested futures of the database client are too deep for the compiler otherwise.
        let span = logs::request_span(&arrival);
        let answer: BoxFuture<'_, _> = Box::pin(self.answer(&event, &arrival).instrument(span.clone()));
        let mut response = response::guarded(answer, &arrival).await;
        span.in_scope(|| log(&response, &arrival));
        response::finish(&event, &self.config.cors, &mut response);
        Ok(response.map(Full::new))
    }

    async fn answer(&self, event: &Request, arrival: &Arrival) -> Result<Complete, Problem> {
        let route = Route::of(event.method(), &response::path(event))?;
        let id = &arrival.request_id;
        match &route {
            Route::Options(allow) => return Ok(response::options(allow, id)),
            Route::Health => {
                response::negotiate(event.headers(), &["application/json"])?;
                return Ok(response::json(&json!({ "status": "ok" }), id));
            }
            Route::OpenApi => {
                response::negotiate(event.headers(), &["application/json"])?;
                return Ok(response::complete(200, "application/json", OPENAPI.into(), id));
            }
            _ => {}
        }
        let identity = self.config.auth.identify(event)?;
        tracing::Span::current().record("caller", identity.caller.as_str());
        identity.require(Scope::Stats)?;
        match route {
            Route::Statistics => self.statistics(event, &identity, arrival).await,
            Route::History => self.history(event, &identity, arrival).await,
            Route::Trace(traced) => self.trace(event, &identity, &traced, arrival).await,
            Route::Reset => self.reset(event, &identity.caller, arrival).await,
            Route::Health | Route::OpenApi | Route::Options(_) => Err(Code::Internal.into()),
        }
    }

    async fn statistics(&self, event: &Request, identity: &Identity, arrival: &Arrival) -> Result<Complete, Problem> {
        response::negotiate(event.headers(), &["application/json"])?;
        let query = StatsQuery::parse(event, arrival.now)?;
        let (statistics, start) = match query.whose.of(identity)? {
            Some(caller) => self.of_caller(&caller, &query, arrival.now).await,
            None => self.of_all(&query, arrival.now).await,
        }
        .map_err(|error| unavailable(&error))?;
        Ok(response::json(&StatsAnswer::new(&statistics, start, query.detail), &arrival.request_id))
    }

    async fn of_caller(
        &self,
        caller: &Caller,
        query: &StatsQuery,
        now: SystemTime,
    ) -> Result<(Statistics, PeriodStart), StoreError> {
        match &query.days {
            Some((from, to)) => {
                let span = Span::Days { from: *from, to: *to };
                Ok((self.ledger.statistics(caller, &span).await?, PeriodStart::of_day(*from)))
            }
            None => {
                let start = self.ledger.period(caller, now).await?;
                Ok((self.ledger.statistics(caller, &Span::Period(start.period.clone())).await?, start))
            }
        }
    }

    /// Sums over all callers. Without days it is the calendar month: a caller's reset hides nothing from it.
    async fn of_all(&self, query: &StatsQuery, now: SystemTime) -> Result<(Statistics, PeriodStart), StoreError> {
        let month = PeriodStart::of_month(now);
        let start = query.days.map_or(month, |(from, _)| PeriodStart::of_day(from));
        let (from, to) = query.days.unwrap_or_else(|| query::month_so_far(now));
        let mut sum = Statistics::default();
        for caller in self.ledger.callers().await? {
            sum.add(&self.ledger.statistics(&caller, &Span::Days { from, to }).await?);
        }
        Ok((sum, start))
    }

    async fn history(&self, event: &Request, identity: &Identity, arrival: &Arrival) -> Result<Complete, Problem> {
        let format = export::negotiate(event.headers())?;
        let query = HistoryQuery::parse(event)?;
        let caller = query.whose.of(identity)?.ok_or_else(|| {
            Problem::invalid_field("/caller", "one caller's id; records are not listed over all callers")
        })?;
        let period = match &query.period {
            Some(period) => period.clone(),
            None => self.ledger.period(&caller, arrival.now).await.map_err(|error| unavailable(&error))?.period,
        };
        let page = self.ledger.history(&caller, &period, query.cursor.as_deref(), query.limit).await;
        let page = page.map_err(|error| match error {
            HistoryError::Cursor => Problem::invalid_field("/cursor", "a cursor that a page of this list ended with"),
            HistoryError::Store(error) => unavailable(&error),
        })?;
        export::response(format, &page, &query, &period, &arrival.request_id)
    }

    /// A request that is not the caller's is as unknown as one that never was.
    async fn trace(
        &self,
        event: &Request,
        identity: &Identity,
        traced: &RequestId,
        arrival: &Arrival,
    ) -> Result<Complete, Problem> {
        response::negotiate(event.headers(), &["application/json"])?;
        let query = TraceQuery::parse(event)?;
        let caller = query.whose.of(identity)?.ok_or_else(|| Problem::invalid_field("/caller", "one caller's id"))?;
        let trace = self.traces.get(&caller, traced, arrival.now).await.map_err(|error| unavailable(&error))?;
        let trace = trace.ok_or_else(|| {
            Problem::new(Code::NotFound).with_detail("No trace of yours has this id, or it is too old.")
        })?;
        Ok(response::json(&RequestTrace::new(traced, &caller, trace), &arrival.request_id))
    }

    async fn reset(&self, event: &Request, caller: &Caller, arrival: &Arrival) -> Result<Complete, Problem> {
        response::negotiate(event.headers(), &["application/json"])?;
        let body = ResetBody::parse(event)?;
        let period = self.ledger.reset(caller, body.expected_period.as_deref(), arrival.now).await;
        let period = period.map_err(|error| match error {
            ResetError::Changed => Problem::new(Code::PeriodChanged),
            ResetError::Store(error) => unavailable(&error),
        })?;
        // The ledger decides; the limiter's item only saves every request a look at it. Written also by a repetition.
        let noted = note_period(&self.client, &self.config.tables.state, caller, &period).await;
        noted.map_err(|error| unavailable(&error))?;
        let start = self.ledger.period(caller, arrival.now).await.map_err(|error| unavailable(&error))?;
        let answer = json!({ "period": start.period, "since": rfc3339(start.since_ms) });
        Ok(response::json(&answer, &arrival.request_id))
    }
}

impl Whose {
    /// The caller asked for; `None` for all. Others' statistics need the scope `admin`.
    fn of(&self, identity: &Identity) -> Result<Option<Caller>, Problem> {
        match self {
            Whose::Own => return Ok(Some(identity.caller.clone())),
            Whose::One(caller) if *caller == identity.caller => return Ok(Some(caller.clone())),
            Whose::One(_) | Whose::All => identity.require(Scope::Admin)?,
        }
        Ok(if let Whose::One(caller) = self { Some(caller.clone()) } else { None })
    }
}

/// The one line that every request logs: id, status, problem code, time. Never content.
fn log(response: &Complete, arrival: &Arrival) {
    let duration_ms = arrival.now.elapsed().unwrap_or_default().as_millis();
    let status = response.status().as_u16();
    let code = response::code(response).map(Code::slug);
    tracing::info!(request_id = %arrival.request_id, status, code, duration_ms, "answered");
}

fn unavailable(error: &StoreError) -> Problem {
    tracing::error!(%error, "store unavailable");
    Code::StoreUnavailable.into()
}
