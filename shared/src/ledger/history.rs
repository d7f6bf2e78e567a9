//! History: records one by one, newest first.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::stats::rfc3339;
use super::{Ledger, RecordItem, Status};
use crate::caller::Caller;
use crate::dynamodb::{StoreError, s};
use crate::prices::Picodollars;

/// A record as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "the names are those of the record")]
pub struct HistoryItem {
    pub request_id: String,
    pub attempt: u32,
    pub timestamp: String,
    pub caller: String,
    pub task: String,
    pub prompt_version: String,
    pub model: String,
    pub status: Status,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_read_tokens: u64,
    pub cache_write_tokens: u64,
    pub cost_usd: Picodollars,
    pub price_version: String,
    pub estimated: bool,
    pub simulated: bool,
    pub duration_ms: u64,
}

/// A page of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct HistoryPage {
    /// Newest first.
    pub items: Vec<HistoryItem>,
    /// Where the next page starts; `null` on the last.
    pub next_cursor: Option<String>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The cursor is not one that a page ended with.
    #[error("not a cursor")]
    Cursor,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Ledger {
    /// One page of a caller's records in a period. The cursor is a sort key only; the partition is the caller's.
    ///
    /// # Errors
    ///
    /// [`HistoryError`].
    pub async fn history(
        &self,
        caller: &Caller,
        period: &str,
        cursor: Option<&str>,
        limit: i32,
    ) -> Result<HistoryPage, HistoryError> {
        let pk = format!("U#{}#{period}", caller.as_str());
        let after = cursor.map(decode).transpose()?;
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :r)")
            .expression_attribute_values(":pk", s(&pk))
            .expression_attribute_values(":r", s("R#"))
            .scan_index_forward(false)
            // One more than the page tells whether there is a next one.
            .limit(limit.saturating_add(1));
        let query = match after {
            Some(sort_key) => query.exclusive_start_key("PK", s(&pk)).exclusive_start_key("SK", s(sort_key)),
            None => query,
        };
        let page = query.send().await.map_err(|error| StoreError::of(&error))?;
        let mut records: Vec<RecordItem> = serde_dynamo::from_items(page.items.unwrap_or_default())
            .map_err(|_| StoreError::unexpected("an item that is no record"))?;
        let fits = usize::try_from(limit).unwrap_or(0);
        // A page is also cut at a megabyte, with fewer records than asked for.
        let more = records.len() > fits || (records.len() < fits && page.last_evaluated_key.is_some());
        records.truncate(fits);
        let next_cursor = records.last().filter(|_| more).map(|record| URL_SAFE_NO_PAD.encode(&record.sk));
        Ok(HistoryPage { items: records.into_iter().map(HistoryItem::from).collect(), next_cursor })
    }
}

impl From<RecordItem> for HistoryItem {
    fn from(item: RecordItem) -> HistoryItem {
        HistoryItem {
            request_id: item.request_id,
            attempt: item.attempt,
            timestamp: rfc3339(item.timestamp_ms),
            caller: item.caller,
            task: item.task,
            prompt_version: item.prompt_version,
            model: item.model,
            status: item.status,
            input_tokens: item.input_tokens,
            output_tokens: item.output_tokens,
            cache_read_tokens: item.cache_read_tokens,
            cache_write_tokens: item.cache_write_tokens,
            cost_usd: Picodollars(item.cost_pico),
            price_version: item.price_version,
            estimated: item.estimated,
            simulated: item.simulated,
            duration_ms: item.duration_ms,
        }
    }
}

/// Accepts exactly the form of a record's sort key.
fn decode(cursor: &str) -> Result<String, HistoryError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| HistoryError::Cursor)?;
    let text = String::from_utf8(bytes).map_err(|_| HistoryError::Cursor)?;
    let parts: Vec<&str> = text.split('#').collect();
    let digits = |part: &str| !part.is_empty() && part.len() <= 13 && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts[..] {
        ["R", millis, id, attempt]
            if digits(millis) && digits(attempt) && id.len() == 12 && id.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            Ok(text)
        }
        _ => Err(HistoryError::Cursor),
    }
}
