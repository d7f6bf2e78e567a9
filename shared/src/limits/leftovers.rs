//! What instances that are gone left in the limiter's items: reservations nobody settles, records the ledger did not take.
//! [`crate::reconcile`] closes them.

use std::time::SystemTime;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use super::item::{self, Item, Note, Open};
use super::store::{Hold, caller_key, locked, month_attribute, provider_key};
use super::{Leftover, Limits};
use crate::caller::Caller;
use crate::dynamodb::{StoreError, s};
use crate::llm::Provider;
use crate::prices::{Picodollars, Usage};
use crate::request_id::RequestId;

/// Leftovers that wait for the sweeper; more are found again.
const MAX_LEFTOVERS: usize = 64;
/// Leftovers that one request closes, a few calls each.
const MAX_AT_ONCE: usize = 8;

impl Limits {
    /// Keeps a record in the caller's item that the ledger did not take; the next request of the caller brings it along.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn keep_record(
        &self,
        caller: &Caller,
        request_id: &RequestId,
        attempt: u32,
        record: &str,
    ) -> Result<(), StoreError> {
        let name = kept_name(request_id, attempt);
        let update = self.caller_update(caller).update_expression("SET #w = :w").expression_attribute_names("#w", name);
        let sent = update.expression_attribute_values(":w", s(record)).send().await;
        sent.map(|_| ()).map_err(|error| StoreError::of(&error))
    }

    /// Forgets a record that was kept, once the ledger has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn drop_record(&self, caller: &Caller, attribute: &str) -> Result<(), StoreError> {
        let update =
            self.caller_update(caller).update_expression("REMOVE #w").expression_attribute_names("#w", attribute);
        update.send().await.map(|_| ()).map_err(|error| StoreError::of(&error))
    }

    fn caller_update(&self, caller: &Caller) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.table);
        update.key("PK", s(caller_key(caller))).key("SK", s("L"))
    }

    /// Some of what crashed instances left in the items that were seen: as much as a request may close beside its own work.
    #[must_use]
    pub fn take_leftovers(&self) -> Vec<Leftover> {
        let mut leftovers = locked(&self.leftovers);
        let some = leftovers.len().min(MAX_AT_ONCE);
        leftovers.drain(..some).collect()
    }

    /// What the caller's item says of an attempt: whether its reservation is open, and the record that is kept for it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn held(
        &self,
        caller: &Caller,
        request_id: &RequestId,
        attempt: u32,
    ) -> Result<(bool, Option<(String, String)>), StoreError> {
        let got = self.client.get_item().table_name(&self.table).consistent_read(true);
        let got = got.key("PK", s(caller_key(caller))).key("SK", s("L")).send().await;
        let item = got.map_err(|error| StoreError::of(&error))?.item.unwrap_or_default();
        let kept = kept_name(request_id, attempt);
        let record = item::unwritten(&item).into_iter().find(|(attribute, _)| *attribute == kept);
        Ok((item.contains_key(&Open::attribute(request_id, attempt)), record))
    }

    /// What the provider's item says of a reservation; `None` if it is not open there.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn note(
        &self,
        provider: Provider,
        request_id: &RequestId,
        attempt: u32,
    ) -> Result<Option<Note>, StoreError> {
        let got = self.client.get_item().table_name(&self.table).consistent_read(true);
        let got = got.key("PK", s(provider_key(provider))).key("SK", s("L")).send().await;
        let item = got.map_err(|error| StoreError::of(&error))?.item.unwrap_or_default();
        let mut open = item::open(&item).into_iter();
        Ok(open.find(|open| open.request_id == *request_id && open.attempt == attempt).and_then(|open| open.note))
    }

    /// Closes a reservation that its own instance left open, in both items.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn close(
        &self,
        caller: &Caller,
        open: &Open,
        cost: Picodollars,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let hold = |key: String| Hold {
            key,
            month: month_attribute(open.arrived()),
            reservation: Open::attribute(&open.request_id, open.attempt),
            reserved: open.reserved,
            cap: None,
            tokens: Vec::new(),
        };
        let (mine, shared) = (hold(caller_key(caller)), hold(provider_key(Provider::Anthropic)));
        let usage = Usage::default();
        let closed = futures_util::future::join(
            self.release(&mine, &usage, cost, now),
            self.release(&shared, &usage, cost, now),
        );
        let (mine, shared) = closed.await;
        mine.and(shared).map(|_| ())
    }

    pub(super) fn note_leftovers(&self, caller: &Caller, is_provider: bool, item: &Item, now: SystemTime) {
        let Some(before) = now.checked_sub(self.config.orphan_after) else { return };
        let stale = item::open(item).into_iter().filter(|open| open.arrived() < before);
        let mut found: Vec<Leftover> = stale
            .map(|open| {
                let caller = open.note.as_ref().map_or_else(|| caller.clone(), |note| note.caller.clone());
                Leftover::Reservation { caller, open }
            })
            .collect();
        if !is_provider {
            // Records first: they say what a reservation that is open as well really cost.
            let kept = item::unwritten(item).into_iter();
            let kept = kept.map(|(attribute, json)| Leftover::Record { caller: caller.clone(), attribute, json });
            found.splice(0..0, kept);
        }
        if found.is_empty() {
            return;
        }
        let mut leftovers = locked(&self.leftovers);
        for leftover in found {
            if leftovers.len() < MAX_LEFTOVERS && !leftovers.contains(&leftover) {
                leftovers.push(leftover);
            }
        }
    }
}

fn kept_name(request_id: &RequestId, attempt: u32) -> String {
    format!("w{request_id}.{attempt}")
}
