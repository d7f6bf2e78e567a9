//! Budget alerts: half, four fifths and all of a month's budget, each said once.
//!
//! An alert is an item of the ledger (`E#<caller>`, or `E` for the whole deployment / `<yyyy-mm>#<percent>`), whose condition
//! makes it happen once however many instances notice; whoever writes it also logs one line and one metric
//! (`docs/usage.md`). What is spent counts, not what is reserved; all of it is spent when a request is refused for it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_sdk_dynamodb::Client;

use crate::budget;
use crate::caller::Caller;
use crate::dynamodb::{StoreError, n, s};
use crate::limits::{Settled, Spent};
use crate::logs;

/// Shares of a budget in percent that are said.
pub const PERCENTS: [u8; 3] = [50, 80, 100];

/// Alerts of one deployment.
#[derive(Debug)]
pub struct Alerts {
    client: Client,
    table: String,
    /// What this sandbox knows to be said already.
    said: Mutex<HashSet<(Option<String>, String, u8)>>,
}

/// The highest share of a budget that is reached.
#[must_use]
pub fn percent_reached(spent: &Spent) -> Option<u8> {
    let reached = |percent: &u8| u128::from(spent.spent.0) * 100 >= u128::from(spent.cap.0) * u128::from(*percent);
    PERCENTS.into_iter().rev().find(reached)
}

impl Alerts {
    /// Alerts in the ledger's table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Alerts {
        Alerts { client, table, said: Mutex::default() }
    }

    /// Says what a settlement reached. What cannot be written is said by a later settlement.
    pub async fn after(&self, caller: &Caller, settled: &Settled, now: SystemTime) {
        for (whose, spent) in [(Some(caller), settled.caller), (None, settled.total)] {
            let percent = spent.as_ref().and_then(percent_reached);
            self.reached(whose, percent, now).await;
        }
    }

    /// Says that a budget is used up: a request was refused for what is spent. `None` is the whole deployment's.
    pub async fn exhausted(&self, whose: Option<&Caller>, now: SystemTime) {
        self.reached(whose, Some(100), now).await;
    }

    async fn reached(&self, whose: Option<&Caller>, percent: Option<u8>, now: SystemTime) {
        let month = budget::month(now);
        // A jump over two thresholds says both.
        for percent in PERCENTS.into_iter().filter(|threshold| percent.is_some_and(|reached| *threshold <= reached)) {
            let key = (whose.map(|caller| caller.as_str().to_owned()), month.clone(), percent);
            if self.said.lock().unwrap_or_else(PoisonError::into_inner).contains(&key) {
                continue;
            }
            match self.write(whose, &month, percent, now).await {
                Ok(is_first) => {
                    if is_first {
                        self.say(whose, &month, percent, now);
                    }
                    self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
                }
                Err(error) => tracing::warn!(%error, "a budget alert was not written"),
            }
        }
    }

    /// The template's alarms name the same three dimensions; the table tells one deployment from another.
    fn say(&self, whose: Option<&Caller>, month: &str, percent: u8, now: SystemTime) {
        let scope = if whose.is_some() { "caller" } else { "total" };
        let caller = whose.map_or("*", Caller::as_str);
        tracing::warn!(event = "budget-alert", scope, caller, month, percent, "budget used");
        let percent = percent.to_string();
        logs::metric(now, "BudgetAlert", &[("Ledger", &self.table), ("Scope", scope), ("Percent", &percent)]);
    }

    /// Whether this is the first to say it.
    async fn write(
        &self,
        whose: Option<&Caller>,
        month: &str,
        percent: u8,
        now: SystemTime,
    ) -> Result<bool, StoreError> {
        let pk = whose.map_or_else(|| "E".to_owned(), |caller| format!("E#{}", caller.as_str()));
        let put = self.client.put_item().table_name(&self.table).item("PK", s(pk));
        let put =
            put.item("SK", s(format!("{month}#{percent:03}"))).item("at_ms", n(crate::limits::micros(now) / 1000));
        match put.condition_expression("attribute_not_exists(PK)").send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::of(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Picodollars;

    #[test]
    fn thresholds_are_reached_exactly() {
        let percent = |spent, cap| percent_reached(&Spent { spent: Picodollars(spent), cap: Picodollars(cap) });
        assert_eq!((percent(49, 100), percent(50, 100), percent(79, 100)), (None, Some(50), Some(50)));
        assert_eq!((percent(80, 100), percent(99, 100), percent(100, 100)), (Some(80), Some(80), Some(100)));
        assert_eq!(percent(u64::MAX, u64::MAX), Some(100));
    }
}
