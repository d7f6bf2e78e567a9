//! The ledger: one record per provider attempt that was or may have been billed, and day aggregates that equal them.
//!
//! A record and its aggregate are one transaction whose condition is that the record is new, so a repeated write changes
//! nothing. Money is whole picodollars. Items of the ledger table:
//!
//! | PK / SK | what |
//! | --- | --- |
//! | `U#<caller>#<period>` / `R#<ms>#<rid>#<attempt>` | record |
//! | `A#<caller>#<period>` / `D#<yyyymmdd>#<0..3>` | day aggregate, counters named `m:<model>:<x>` and `t:<task>:<x>` |
//! | `T#<caller>` / `P` | the statistics period in force, once it is not simply the month |
//! | `T#<caller>` / `P#<period>` | a period that was begun by a reset |
//! | `T` / `<caller>` | that the caller exists |
//!
//! Counters: `n` requests, `a` attempts, `i` input, `o` output, `r` cache read, `w` cache write tokens, `c` picodollars, and by
//! model `ci co cr cw` picodollars by token class.

mod history;
mod stats;

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use backon::{ExponentialBuilder, Retryable};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use history::{HistoryError, HistoryItem, HistoryPage};
pub use stats::{Counters, PeriodStart, Span, Statistics, rfc3339};

use crate::budget;
use crate::caller::Caller;
use crate::dynamodb::{StoreError, n, s};
use crate::prices::{Picodollars, PriceSheet, Usage};
use crate::request::Task;
use crate::request_id::RequestId;

const SHARDS: u32 = 4;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A whole answer.
    Completed,
    /// Cut off at `max_tokens`.
    Truncated,
    /// The model declined.
    Refused,
    /// Anything else that went wrong after it may have been billed.
    Failed,
    /// The client went away before the end.
    Disconnected,
    /// The instance went away before it could say: tokens are the most it can have been.
    Lost,
}

impl Status {
    /// The name in records and exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Completed => "completed",
            Status::Truncated => "truncated",
            Status::Refused => "refused",
            Status::Failed => "failed",
            Status::Disconnected => "disconnected",
            Status::Lost => "lost",
        }
    }
}

/// One provider attempt that was or may have been billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// The request; its time is the record's.
    pub request_id: RequestId,
    /// From 1.
    pub attempt: u32,
    /// Who pays.
    pub caller: Caller,
    /// The statistics period it counts in.
    pub period: String,
    /// What was asked.
    pub task: Task,
    /// With which prompt.
    pub prompt_version: String,
    /// Which model.
    pub model: String,
    /// How it ended.
    pub status: Status,
    /// Tokens by class.
    pub usage: Usage,
    /// Tokens times price.
    pub cost: Picodollars,
    /// The price sheet's date.
    pub price_version: String,
    /// Whether tokens are estimated because the provider did not report them.
    pub estimated: bool,
    /// Whether the stand-in model answered.
    pub simulated: bool,
    /// From the request's arrival to the end of the attempt.
    pub duration: Duration,
}

/// A record as an item.
#[derive(Debug, Serialize, Deserialize)]
struct RecordItem {
    #[serde(rename = "PK")]
    pk: String,
    #[serde(rename = "SK")]
    sk: String,
    request_id: String,
    attempt: u32,
    timestamp_ms: u64,
    caller: String,
    task: String,
    prompt_version: String,
    model: String,
    status: Status,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost_pico: u64,
    /// Input, output, cache read, cache write.
    #[serde(default)]
    cost_by_class: [u64; 4],
    price_version: String,
    estimated: bool,
    simulated: bool,
    duration_ms: u64,
}

impl RecordItem {
    fn of(record: &UsageRecord) -> RecordItem {
        let (pk, sk) = record_key(&record.caller, &record.period, &record.request_id, record.attempt);
        RecordItem {
            pk,
            sk,
            request_id: record.request_id.to_string(),
            attempt: record.attempt,
            timestamp_ms: record.request_id.millis(),
            caller: record.caller.as_str().to_owned(),
            task: record.task.name().to_owned(),
            prompt_version: record.prompt_version.clone(),
            model: record.model.clone(),
            status: record.status,
            input_tokens: record.usage.input_tokens,
            output_tokens: record.usage.output_tokens,
            cache_read_tokens: record.usage.cache_read_tokens,
            cache_write_tokens: record.usage.cache_write_tokens(),
            cost_pico: record.cost.0,
            cost_by_class: record.cost_by_class(),
            price_version: record.price_version.clone(),
            estimated: record.estimated,
            simulated: record.simulated,
            duration_ms: u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl UsageRecord {
    /// The parts of the cost, where the price sheet in force states it; zeros for a cost that was set otherwise.
    fn cost_by_class(&self) -> [u64; 4] {
        let costs = PriceSheet::embedded().row(&self.model).map(|model| model.costs(&self.usage));
        let costs = costs.unwrap_or_default().map(|cost| cost.0);
        if costs.iter().sum::<u64>() == self.cost.0 { costs } else { [0; 4] }
    }

    /// The record as text, to be kept elsewhere while the ledger does not take it.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(&RecordItem::of(self)).unwrap_or_default()
    }
}

fn record_key(caller: &Caller, period: &str, request_id: &RequestId, attempt: u32) -> (String, String) {
    (format!("U#{}#{period}", caller.as_str()), format!("R#{:013}#{request_id}#{attempt}", request_id.millis()))
}

/// The ledger table of one deployment.
#[derive(Debug)]
pub struct Ledger {
    client: Client,
    table: String,
}

impl Ledger {
    /// A ledger over its table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Ledger {
        Ledger { client, table }
    }

    /// Its table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Writes a record and counts it, exactly once however often it is repeated.
    ///
    /// # Errors
    ///
    /// [`StoreError`] after five tries at a contended aggregate, or when the database does not answer.
    pub async fn record(&self, record: &UsageRecord) -> Result<(), StoreError> {
        self.write(RecordItem::of(record)).await
    }

    /// The same for a record that [`UsageRecord::encode`] made; one that does not read is left where it is.
    ///
    /// # Errors
    ///
    /// As [`Ledger::record`].
    pub async fn record_encoded(&self, json: &str) -> Result<(), StoreError> {
        self.write(serde_json::from_str(json).map_err(|_| StoreError::unexpected("a kept record that is none"))?).await
    }

    async fn write(&self, item: RecordItem) -> Result<(), StoreError> {
        let items = vec![self.count(&item)?, self.put(item)?];
        let write = || async {
            let sent = self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await;
            match sent {
                Ok(_) => Ok(()),
                Err(error) if canceled_by(&error, "ConditionalCheckFailed") => Ok(()),
                Err(error) => Err(Unwritten {
                    conflict: canceled_by(&error, "TransactionConflict"),
                    error: StoreError::of(&error),
                }),
            }
        };
        let backoff =
            ExponentialBuilder::new().with_min_delay(Duration::from_millis(20)).with_max_times(5).with_jitter();
        write.retry(backoff).when(|unwritten: &Unwritten| unwritten.conflict).await.map_err(|unwritten| unwritten.error)
    }

    fn put(&self, item: RecordItem) -> Result<TransactWriteItem, StoreError> {
        let item = serde_dynamo::to_item(item).map_err(|_| StoreError::unexpected("a record that is no item"))?;
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK)")
            .build()
            .map_err(|_| StoreError::unexpected("an incomplete put"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn count(&self, item: &RecordItem) -> Result<TransactWriteItem, StoreError> {
        let counters = Counters {
            requests: u64::from(item.attempt == 1),
            attempts: 1,
            input_tokens: item.input_tokens,
            output_tokens: item.output_tokens,
            cache_read_tokens: item.cache_read_tokens,
            cache_write_tokens: item.cache_write_tokens,
            cost: Picodollars(item.cost_pico),
            costs: item.cost_by_class.map(Picodollars),
        };
        let shard = item.request_id.bytes().fold(0u32, |sum, byte| sum + u32::from(byte)) % SHARDS;
        let day = stats::day(item.timestamp_ms);
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("PK", s(item.pk.replacen('U', "A", 1)))
            .key("SK", s(format!("D#{day}#{shard}")));
        let mut add = Vec::new();
        let owners = [("m", item.model.as_str()), ("t", item.task.as_str())];
        for (index, (name, value)) in counters.by_letter().into_iter().enumerate().filter(|(_, (_, value))| *value > 0)
        {
            update = update.expression_attribute_values(format!(":{index}"), n(value));
            // By class of token for models only: an aggregate is billed by its kilobytes.
            for (kind, owner) in owners.into_iter().filter(|(kind, _)| *kind == "m" || name.len() == 1) {
                add.push(format!("#{kind}{index} :{index}"));
                update = update.expression_attribute_names(format!("#{kind}{index}"), format!("{kind}:{owner}:{name}"));
            }
        }
        let update = update.update_expression(format!("ADD {}", add.join(", "))).build();
        let update = update.map_err(|_| StoreError::unexpected("an incomplete update"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The cost that an attempt's record states, in whatever period of its month it counts; `None` without a record.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn recorded_cost(
        &self,
        caller: &Caller,
        request_id: &RequestId,
        attempt: u32,
    ) -> Result<Option<Picodollars>, StoreError> {
        let day = date_of_millis(request_id.millis()).date();
        for period in self.periods_between(caller, day, day).await? {
            let got = self.client.get_item().table_name(&self.table).consistent_read(true);
            let (pk, sk) = record_key(caller, &period, request_id, attempt);
            let item = got.key("PK", s(pk)).key("SK", s(sk)).send().await.map_err(|error| StoreError::of(&error))?.item;
            let cost = item.as_ref().and_then(|item| item.get("cost_pico")?.as_n().ok()?.parse().ok());
            if item.is_some() {
                return Ok(Some(Picodollars(cost.unwrap_or(0))));
            }
        }
        Ok(None)
    }

    /// The period that the ledger names for a caller, if it was ever reset.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn stored_period(&self, caller: &Caller) -> Result<Option<String>, StoreError> {
        let got = self.client.get_item().table_name(&self.table).key("PK", s(period_key(caller))).key("SK", s("P"));
        let item = got.send().await.map_err(|error| StoreError::of(&error))?.item;
        Ok(item.and_then(|item| item.get("p").and_then(|value| value.as_s().ok()).cloned()))
    }

    /// Notes that a caller exists, so that statistics over all callers can find it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn register(&self, caller: &Caller) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).item("PK", s("T")).item("SK", s(caller.as_str()));
        put.send().await.map(|_| ()).map_err(|error| StoreError::of(&error))
    }

    /// Closes the period early and starts the next. Repeating it with the same `expected` changes nothing more.
    ///
    /// # Errors
    ///
    /// [`ResetError::Changed`] if the period in force is neither `expected` nor the one that a first try began.
    pub async fn reset(&self, caller: &Caller, expected: Option<&str>, now: SystemTime) -> Result<String, ResetError> {
        let stored = self.stored_period(caller).await?;
        let current = budget::period(stored.as_deref(), now);
        match expected {
            Some(expected) if expected == current => {}
            Some(expected) if budget::next_period(expected) == current => return Ok(current),
            Some(_) => return Err(ResetError::Changed),
            None => {}
        }
        let next = budget::next_period(&current);
        let since = n(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis());
        let (condition, value) = match &stored {
            Some(stored) => ("p = :stored", Some(s(stored))),
            None => ("attribute_not_exists(PK)", None),
        };
        // A write whose answer was lost is repeated and finds its own period in force: it must know it.
        let own = format!("{:016x}", getrandom::u64().unwrap_or_default());
        let begun = self.client.put_item().table_name(&self.table).item("PK", s(period_key(caller)));
        // First that it began: a period in force that no list of periods has would hide its records from sums over days.
        // The other way round, a period that was noted and never came into force is empty.
        let noted = begun.clone().item("SK", s(format!("P#{next}"))).item("since", since.clone());
        noted.send().await.map_err(|error| StoreError::of(&error))?;
        let in_force = begun.item("SK", s("P")).item("p", s(&next)).item("since", since);
        let in_force = in_force
            .item("by", s(&own))
            .condition_expression(format!("{condition} OR #by = :by"))
            .expression_attribute_names("#by", "by")
            .expression_attribute_values(":by", s(&own));
        let in_force = match value {
            Some(value) => in_force.expression_attribute_values(":stored", value),
            None => in_force,
        };
        match in_force.send().await {
            Ok(_) => {}
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                return Err(ResetError::Changed);
            }
            Err(error) => return Err(StoreError::of(&error).into()),
        }
        Ok(next)
    }
}

/// Why a period was not closed.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Somebody else closed it, or the expectation was wrong.
    #[error("another period is in force")]
    Changed,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Unwritten {
    conflict: bool,
    error: StoreError,
}

fn period_key(caller: &Caller) -> String {
    format!("T#{}", caller.as_str())
}

fn canceled_by<R>(error: &SdkError<TransactWriteItemsError, R>, code: &str) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            canceled.cancellation_reasons().iter().any(|reason| reason.code() == Some(code))
        }
        _ => false,
    }
}

fn date_of_millis(millis: u64) -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
}
