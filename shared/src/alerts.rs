//! Budget alerts: half, four fifths and all of a month's budget, each said once.
//!
//! An alert is an item of the ledger (`E#<caller>`, or `E` for the whole deployment / `<yyyy-mm>#<percent>`), whose condition
//! makes it happen once however many instances notice; whoever writes it also logs one line and one metric
//! (`docs/usage.md`). What is spent counts, not what is reserved. All of it counts as spent when a request is refused for it
//! at four fifths or more: a cap that holds is never quite reached.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_sdk_dynamodb::Client;

use crate::budget;
use crate::caller::Caller;
use crate::dynamodb::{StoreError, n, s};
use crate::limits::{Settled, Spent};
use crate::metrics::{self, Metric};

/// Shares of a budget in percent that are said.
pub const PERCENTS: [u8; 3] = [50, 80, 100];

/// From this share on a refusal means that the budget is used up.
const USED_UP: u8 = 80;

/// Alerts of one deployment.
#[derive(Debug)]
pub struct Alerts {
    client: Client,
    table: String,
    /// Tells this sandbox's items from others': a write whose answer was lost is repeated and must know its own.
    own: String,
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
        let own = format!("{:016x}", getrandom::u64().unwrap_or_default());
        Alerts { client, table, own, said: Mutex::default() }
    }

    /// Says what a settlement reached; returns how many alerts were said. What cannot be written is said by a later
    /// settlement.
    pub async fn after(&self, caller: &Caller, settled: &Settled, now: SystemTime) -> usize {
        let mut said = 0;
        for (whose, spent) in [(Some(caller), settled.caller), (None, settled.total)] {
            let percent = spent.as_ref().and_then(percent_reached);
            said += self.reached(whose, percent, now).await;
        }
        said
    }

    /// Says that a request was refused for what is spent. `None` is the whole deployment's budget. One large request that
    /// does not fit into a budget that is hardly used says nothing.
    pub async fn refused(&self, whose: Option<&Caller>, spent: &Spent, now: SystemTime) {
        let percent = percent_reached(spent).map(|percent| if percent >= USED_UP { 100 } else { percent });
        self.reached(whose, percent, now).await;
    }

    async fn reached(&self, whose: Option<&Caller>, percent: Option<u8>, now: SystemTime) -> usize {
        let mut said = 0;
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
                        said += 1;
                    }
                    self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
                }
                Err(error) => tracing::warn!(%error, "a budget alert was not written"),
            }
        }
        said
    }

    /// The template's alarms name the same three dimensions; the table tells one deployment from another.
    fn say(&self, whose: Option<&Caller>, month: &str, percent: u8, now: SystemTime) {
        let scope = if whose.is_some() { "caller" } else { "total" };
        let caller = whose.map_or("*", Caller::as_str);
        tracing::warn!(event = "budget-alert", scope, caller, month, percent, "budget used");
        let percent = percent.to_string();
        metrics::emit(now, &self.table, &[(Metric::BudgetAlert, 1.0)], &[("Scope", scope), ("Percent", &percent)]);
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
        let put = put.item("by", s(&self.own)).condition_expression("attribute_not_exists(PK) OR #by = :by");
        let put = put.expression_attribute_names("#by", "by").expression_attribute_values(":by", s(&self.own));
        match put.send().await {
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
