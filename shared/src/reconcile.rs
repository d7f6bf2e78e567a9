//! Reconciliation: what an instance that is gone left open is closed by the next request that sees it.
//!
//! A reservation older than any call can last ([`crate::limits::LimitsConfig::orphan_after`]) is settled at the cost of its
//! record. Without a record it is taken for a call that was sent and billed in full: a record with status `lost` is
//! written first, its tokens those of an attempt whose outcome is unknown (`docs/decisions/003-unknown-cost.md`). A call is
//! sent while both items hold its reservation, and neither lets go before the record is written or kept: where one of them
//! lacks it and there is no record, nothing was sent and nothing is charged. Every step may be repeated, by anybody, in
//! any order, at once.

use std::time::{Duration, SystemTime};

use crate::caller::Caller;
use crate::dynamodb::StoreError;
use crate::ledger::{Ledger, Status, UsageRecord};
use crate::limits::{Leftover, Limits, Note, Open};
use crate::llm::Provider;
use crate::metrics::{self, Metric};
use crate::prices::{Picodollars, PriceSheet, Usage};

/// Closes what the limiter has seen of leftovers. Returns how many were closed; what fails is found again later.
pub async fn sweep(limits: &Limits, ledger: &Ledger, now: SystemTime) -> usize {
    let mut closed = 0;
    for leftover in limits.take_leftovers() {
        let result = match &leftover {
            Leftover::Reservation { caller, open } => close(limits, ledger, caller, open, now).await,
            Leftover::Record { caller, attribute, json } => write_kept(limits, ledger, caller, attribute, json).await,
        };
        match result {
            Ok(()) => closed += 1,
            Err(error) => tracing::warn!(%error, "a leftover stays open"),
        }
    }
    closed
}

async fn write_kept(
    limits: &Limits,
    ledger: &Ledger,
    caller: &Caller,
    attribute: &str,
    json: &str,
) -> Result<(), StoreError> {
    ledger.record_encoded(json).await?;
    limits.drop_record(caller, attribute).await
}

async fn close(
    limits: &Limits,
    ledger: &Ledger,
    caller: &Caller,
    open: &Open,
    now: SystemTime,
) -> Result<(), StoreError> {
    // The note first: whoever closes the reservation removes it, and has written the record before.
    let note = match &open.note {
        Some(note) => Some(note.clone()),
        None => limits.note(Provider::Anthropic, &open.request_id, open.attempt).await?,
    };
    let (is_open, kept) = limits.held(caller, &open.request_id, open.attempt).await?;
    if let Some((attribute, json)) = kept {
        write_kept(limits, ledger, caller, &attribute, &json).await?;
    }
    let cost = match (ledger.recorded_cost(caller, &open.request_id, open.attempt).await?, note) {
        (Some(cost), _) => cost,
        (None, Some(note)) if is_open => {
            let period = ledger.period_at(caller, open.arrived()).await?;
            let record = lost(open, &note, period);
            tracing::warn!(request_id = %open.request_id, cost_usd = %record.cost, "an attempt was lost with its instance");
            metrics::count(now, ledger.table(), Metric::OrphanedReservations);
            ledger.record(&record).await?;
            // Somebody else may have recorded it since with what it really cost.
            ledger.recorded_cost(caller, &open.request_id, open.attempt).await?.unwrap_or(record.cost)
        }
        (None, _) => Picodollars::ZERO,
    };
    limits.close(caller, open, cost, now).await
}

fn lost(open: &Open, note: &Note, period: String) -> UsageRecord {
    let usage = Usage { input_tokens: note.request_bytes, output_tokens: note.output_tokens, ..Usage::default() };
    // A model that has left the sheet since: the ceiling is what is known.
    let cost = PriceSheet::embedded().row(&note.model).map_or(note.ceiling, |model| model.cost(&usage));
    UsageRecord {
        request_id: open.request_id.clone(),
        attempt: open.attempt,
        caller: note.caller.clone(),
        period,
        task: note.task,
        prompt_version: String::new(),
        model: note.model.clone(),
        status: Status::Lost,
        usage,
        cost: cost.min(note.ceiling),
        price_version: PriceSheet::embedded().version().to_owned(),
        estimated: true,
        simulated: false,
        duration: Duration::ZERO,
    }
}
