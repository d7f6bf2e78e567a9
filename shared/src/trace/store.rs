//! Traces in the state table: `Q#<caller>` / `<rid>`, the trace in `t`. The table deletes them a month later.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::Trace;
use crate::caller::Caller;
use crate::dynamodb::{StoreError, n, s};
use crate::limits::micros;
use crate::request_id::RequestId;

/// How long a trace can be asked for.
pub const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// The traces of one deployment.
#[derive(Debug)]
pub struct Traces {
    client: Client,
    table: String,
}

impl Traces {
    /// Traces in the state table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Traces {
        Traces { client, table }
    }

    /// Keeps a request's trace.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn put(
        &self,
        caller: &Caller,
        request_id: &RequestId,
        trace: &Trace,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(trace).map_err(|_| StoreError::unexpected("a trace that is no JSON"))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(key(caller, request_id)));
        let put = put.item("t", s(json)).item("expires_at", n(micros(now + KEPT) / 1_000_000));
        put.send().await.map(|_| ()).map_err(|error| StoreError::of(&error))
    }

    /// The trace of a caller's request; `None` for another's, and for one that is unknown or too old.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn get(
        &self,
        caller: &Caller,
        request_id: &RequestId,
        now: SystemTime,
    ) -> Result<Option<Trace>, StoreError> {
        let got = self.client.get_item().table_name(&self.table).set_key(Some(key(caller, request_id)));
        let item = got.send().await.map_err(|error| StoreError::of(&error))?.item.unwrap_or_default();
        // The table deletes when it finds the time, up to days later.
        let expires: u64 = item.get("expires_at").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(0);
        let json = item.get("t").and_then(|value| value.as_s().ok()).filter(|_| expires > micros(now) / 1_000_000);
        Ok(json.and_then(|json| serde_json::from_str(json).ok()))
    }
}

fn key(caller: &Caller, request_id: &RequestId) -> std::collections::HashMap<String, AttributeValue> {
    [("PK".to_owned(), s(format!("Q#{}", caller.as_str()))), ("SK".to_owned(), s(request_id.as_str()))].into()
}
