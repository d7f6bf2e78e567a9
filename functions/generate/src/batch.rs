//! Several résumés in one request: each item is a request of its own, with its own permits, budget, record and problem.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use shared::caller::Identity;
use shared::idempotency::Key;
use shared::logs;
use shared::problem::{Code, Problem};
use shared::request::{self, Task};
use shared::response::Arrival;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::Instrument;

use crate::Generate;
use crate::job::{Notes, Order};

/// Most items of a batch.
pub(crate) const MAX_ITEMS: usize = 20;
/// Items at once, where the batch does not say.
const THREE: usize = 3;
/// Largest body of a batch, in bytes after decoding.
pub(crate) const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
struct BatchBody {
    #[garde(length(min = 1, max = 20))]
    items: Vec<Box<RawValue>>,
    #[serde(default, deserialize_with = "request::whole")]
    #[garde(inner(range(min = 1, max = 20)))]
    max_concurrent: Option<u64>,
}

/// A batch that is valid as a whole; its items may not be.
pub(crate) struct Batch {
    identity: Identity,
    items: Vec<Box<RawValue>>,
    max_concurrent: usize,
    deadline: Instant,
    /// The value of `Idempotency-Key`: every item has it with its index.
    key: Option<Vec<u8>>,
}

/// What became of an item.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct ItemResult {
    pub(crate) index: usize,
    status: u16,
    body: Value,
}

impl Batch {
    pub(crate) fn parse(
        identity: Identity,
        body: &[u8],
        time_left: Duration,
        key: Option<Vec<u8>>,
    ) -> Result<Batch, Problem> {
        let BatchBody { items, max_concurrent } = request::read(body)?;
        let max_concurrent = max_concurrent.and_then(|most| usize::try_from(most).ok()).unwrap_or(THREE);
        Ok(Batch { identity, items, max_concurrent, deadline: Instant::now() + time_left, key })
    }
}

impl Generate {
    /// Runs all items, at most as many at once as the batch says, and sends each result as it is there. It goes on when
    /// nobody listens: what is begun is paid for.
    pub(crate) async fn batch_generate(self: Arc<Self>, batch: Batch, results: mpsc::Sender<ItemResult>) {
        let (most, batch) = (batch.max_concurrent, Arc::new(batch));
        let items = (0..batch.items.len()).map(|index| -> BoxFuture<'static, ItemResult> {
            let (this, batch) = (Arc::clone(&self), Arc::clone(&batch));
            Box::pin(async move { this.item(&batch, index).await })
        });
        let mut running = stream::iter(items).buffer_unordered(most);
        while let Some(result) = running.next().await {
            let _ = results.send(result).await;
        }
    }

    async fn item(&self, batch: &Batch, index: usize) -> ItemResult {
        let arrival = Arrival::at(SystemTime::now());
        let notes = Arc::<Notes>::default();
        let _ = notes.caller.set(batch.identity.caller.clone());
        let span = logs::request_span(&arrival);
        span.record("caller", batch.identity.caller.as_str());
        let answer: BoxFuture<'_, _> = Box::pin(self.answer_item(batch, index, &arrival, &notes).instrument(span));
        // One bad item fails alone, whatever is bad about it.
        let answer = AssertUnwindSafe(answer).catch_unwind().await;
        let (status, code, body) = match answer.unwrap_or_else(|_| Err(Code::Internal.into())) {
            Ok(body) => (200, None, body),
            Err(problem) => {
                let body = serde_json::to_value(problem.body(arrival.request_id.as_str())).unwrap_or_default();
                (problem.code.status(), Some(problem.code), body)
            }
        };
        self.tell(&notes, &arrival, status, code).await;
        ItemResult { index, status, body }
    }

    async fn answer_item(
        &self,
        batch: &Batch,
        index: usize,
        arrival: &Arrival,
        notes: &Arc<Notes>,
    ) -> Result<Value, Problem> {
        let step = notes.recorder.enter("validate");
        let item = batch.items.get(index).ok_or(Code::Internal)?;
        let request = request::parse(Task::ResumeOptimization, item.get().as_bytes())?;
        drop(step);
        let time_left = batch.deadline.saturating_duration_since(Instant::now());
        if time_left < crate::pipeline::SHORTEST_CALL {
            return Err(Code::ProviderTimeout.into());
        }
        let key = batch.key.as_ref().filter(|_| self.idempotency.is_some());
        let key =
            key.map(|value| Key::of(&batch.identity.caller, &format!("batch/{index}"), value, item.get().as_bytes()));
        let order = Order {
            request,
            caller: batch.identity.caller.clone(),
            allowance: batch.identity.allowance,
            arrival: arrival.clone(),
            time_left,
            key: key.transpose()?,
            notes: Arc::clone(notes),
        };
        let answer = self.generate(&order.job(None)).await?;
        serde_json::to_value(&answer).map_err(|_| Code::Internal.into())
    }
}

/// A result as a line of NDJSON.
pub(crate) fn line(result: &ItemResult) -> Bytes {
    let mut line = serde_json::to_vec(result).unwrap_or_default();
    line.push(b'\n');
    Bytes::from(line)
}
