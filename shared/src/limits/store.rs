//! Buckets and reservations in DynamoDB.
//!
//! Two items per attempt. The caller's: `L#k#<caller>` / `L`; the provider's: `L#g#<provider>` / `L`, with one set of
//! buckets per model. Attributes: `tr ti tu` theoretical arrival times in microseconds (requests, input, output; the
//! provider's carry the model's name), `b<yyyymm>` picodollars committed in a month (spent and reserved), `r<rid>.<n>`
//! an open reservation of attempt n (`r<rid>` of the first; its ceiling, in the provider's item a [`Note`]), `n` reservations open, `p` the caller's statistics
//! period once it was closed early, `w<rid>.<n>` a record that the ledger did not take.
//!
//! A reservation's attribute makes acquire exactly-once: a repeated write finds it and counts as admitted. Settling
//! removes it, so a repeated settlement changes nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;

use super::bucket::{Buckets, PERIOD, Quota, Take};
use super::estimate::{TokenHold, given_back_attribute};
use super::item::{self, Item, Note, Open, number};
use super::write::{BucketTake, Refusal, Write, refusal};
use super::{Denied, Leftover, LimitsConfig, Permit, RateState, Settled, Wanted, micros};
use crate::budget;
use crate::caller::{Allowance, Caller};
use crate::dynamodb::{StoreError, n, s};
use crate::llm::Provider;
use crate::prices::{Picodollars, Usage};

/// At most this many calls for one decision: a wrong guess costs one more, a lost race another.
const MAX_CALLS: usize = 3;
/// Callers and models that this sandbox remembers before it forgets all of them.
const MAX_REMEMBERED: usize = 10_000;
/// When to come back if only requests in flight keep a budget from fitting: some will have been settled.
const SOON: Duration = Duration::from_secs(5);
/// Records that a caller's item keeps for the ledger before nothing more is admitted: 64 of some 600 bytes stay far from an
/// item's 400 KB.
const MAX_UNWRITTEN: usize = 64;
const MAX_BLOCK: Duration = Duration::from_secs(1);

/// One item's part of a permit.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) key: String,
    pub(super) month: String,
    pub(super) reservation: String,
    pub(super) reserved: Picodollars,
    pub(super) cap: Option<Picodollars>,
    pub(super) tokens: Vec<TokenHold>,
}

/// One item to ask.
struct Ask<'a> {
    key: String,
    /// The attribute of the bucket of requests.
    requests: String,
    /// Attribute suffix of the buckets: the model, for the provider's item.
    suffix: &'a str,
    buckets: Buckets,
    cap: Option<Picodollars>,
    max_in_flight: Option<u64>,
    note: Option<Note>,
}

/// What an item gave.
struct Taken {
    hold: Hold,
    item: Item,
    wait: Duration,
}

/// The limiter of one deployment. Clones of the client share its connections; what is remembered is per sandbox and only
/// an optimization.
#[derive(Debug)]
pub struct Limits {
    pub(super) client: Client,
    pub(super) table: String,
    pub(super) config: LimitsConfig,
    /// Last seen arrival times, to guess the form of the next write.
    seen: Mutex<HashMap<String, u64>>,
    blocked: Mutex<HashMap<String, Block>>,
    /// What crashed instances left in the items seen.
    pub(super) leftovers: Mutex<Vec<Leftover>>,
}

/// A refusal worth remembering.
#[derive(Debug)]
struct Block {
    /// Until when it is answered from memory.
    until: SystemTime,
    /// When the refused request would have fitted.
    admitted_at: SystemTime,
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Limits {
    /// A limiter over the state table.
    #[must_use]
    pub fn new(client: Client, table: String, config: LimitsConfig) -> Limits {
        Limits { client, table, config, seen: Mutex::default(), blocked: Mutex::default(), leftovers: Mutex::default() }
    }

    /// What it enforces.
    #[must_use]
    pub fn config(&self) -> &LimitsConfig {
        &self.config
    }

    /// Refuses a caller that was just refused without asking the database; for at most a second.
    ///
    /// # Errors
    ///
    /// [`Denied::Rate`] with the time that the last refusal named.
    pub fn check_blocked(&self, caller: &Caller, allowance: &Allowance, now: SystemTime) -> Result<(), Denied> {
        let blocked = locked(&self.blocked);
        let block = blocked.get(&block_key(caller, allowance)).filter(|block| now < block.until);
        match block.and_then(|block| block.admitted_at.duration_since(now).ok()) {
            Some(retry_after) => Err(Denied::Rate { retry_after, of_requests: true }),
            None => Ok(()),
        }
    }

    /// Takes permits and reserves the ceiling, first in the caller's item, then in the provider's.
    ///
    /// # Errors
    ///
    /// [`Denied`]; then nothing is held.
    pub async fn acquire(&self, wanted: &Wanted<'_>, now: SystemTime) -> Result<Permit, Denied> {
        let config = &self.config;
        let ask = Ask {
            key: caller_key(wanted.caller),
            suffix: "",
            buckets: self.caller_buckets(&wanted.allowance),
            requests: requests_attribute(&wanted.allowance),
            cap: wanted.allowance.budget().or(config.caps.caller),
            max_in_flight: wanted.allowance.max_in_flight.or(config.caller_max_in_flight),
            note: None,
        };
        let caller = match self.take(&ask, wanted, now).await? {
            Ok(taken) => taken,
            Err(refusal) => {
                let denied = denied(refusal, now, |retry_after, of_requests| Denied::Rate { retry_after, of_requests });
                // A large request that lacks tokens does not block small ones.
                if let Denied::Rate { retry_after, of_requests: true } = &denied {
                    self.block(wanted, now, *retry_after);
                }
                return Err(denied);
            }
        };
        if item::unwritten(&caller.item).len() > MAX_UNWRITTEN {
            self.release(&caller.hold, &Usage::default(), Picodollars::ZERO, now).await?;
            return Err(StoreError::unexpected("the ledger has not taken this caller's records").into());
        }
        let suffix = format!(":{}", wanted.model);
        let ask = Ask {
            key: provider_key(wanted.provider),
            suffix: &suffix,
            requests: "tr".to_owned(),
            buckets: config.provider,
            cap: config.caps.total,
            max_in_flight: None,
            note: Some(Note::of(wanted)),
        };
        let refused = match self.take(&ask, wanted, now).await {
            Ok(Ok(provider)) => {
                return Ok(Permit {
                    stored_period: caller.item.get("p").and_then(|value| value.as_s().ok()).cloned(),
                    rate: self.rate_state(
                        &wanted.allowance,
                        number(&caller.item, &requests_attribute(&wanted.allowance)),
                        now,
                    ),
                    wait: provider.wait.max(caller.wait),
                    caller: caller.hold,
                    provider: provider.hold,
                });
            }
            Ok(Err(refusal)) => match denied(refusal, now, |retry_after, _| Denied::Provider { retry_after }) {
                Denied::Budget { retry_after, spent, .. } => Denied::Budget { retry_after, spent, of_all: true },
                other => other,
            },
            Err(error) => {
                // It may have been taken all the same. What is then still open there and not with the caller was never
                // sent, and is swept at no cost.
                let hold = Hold {
                    key: ask.key.clone(),
                    month: month_attribute(wanted.arrived()),
                    reservation: Open::attribute(wanted.request_id, wanted.attempt),
                    reserved: wanted.ceiling,
                    cap: None,
                    tokens: Vec::new(),
                };
                let _ = self.release(&hold, &Usage::default(), Picodollars::ZERO, now).await;
                error.into()
            }
        };
        self.release(&caller.hold, &Usage::default(), Picodollars::ZERO, now).await?;
        Err(refused)
    }

    fn caller_buckets(&self, allowance: &Allowance) -> Buckets {
        let requests = allowance.requests_per_minute.map_or(self.config.caller.requests, Quota::per_minute);
        Buckets { requests, ..self.config.caller }
    }

    /// The caller's request bucket with this arrival time, as the `RateLimit` header says it; `None` without a limit.
    #[must_use]
    pub fn rate_state(&self, allowance: &Allowance, tat: Option<u64>, now: SystemTime) -> Option<RateState> {
        let quota = self.caller_buckets(allowance).requests?;
        let now = micros(now);
        let ahead = tat.unwrap_or(0).saturating_sub(now);
        let room = u64::try_from(PERIOD.as_micros()).unwrap_or(u64::MAX).saturating_sub(ahead);
        let remaining = (room / quota.increment_us(1).max(1)).min(quota.limit());
        Some(RateState { limit: quota.limit(), remaining, reset: Duration::from_micros(ahead) })
    }

    /// Replaces the reservation by the actual cost and corrects the token buckets, in both items at once.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then a reservation stands at its ceiling: too much is counted, never too little.
    pub async fn settle(
        &self,
        permit: &Permit,
        usage: &Usage,
        cost: Picodollars,
        now: SystemTime,
    ) -> Result<Settled, StoreError> {
        let caller = self.release(&permit.caller, usage, cost, now);
        let provider = self.release(&permit.provider, usage, cost, now);
        let (caller, provider) = futures_util::future::join(caller, provider).await;
        Ok(Settled { caller: caller?, total: provider? })
    }

    /// Holds everybody back from a model for as long as the provider asked for (its 429): the bucket of every instance.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn hold_back(
        &self,
        provider: Provider,
        model: &str,
        wait: Duration,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        // One permit is due when the wait is over, the others as the bucket refills from there.
        let one = self.config.provider.requests.map_or(0, |quota| quota.increment_us(1));
        let until = micros(now + PERIOD + wait.min(MAX_HOLD)) - one;
        let held = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("PK", s(provider_key(provider)))
            .key("SK", s("L"))
            .update_expression("SET #t = :until")
            .condition_expression("attribute_not_exists(#t) OR #t < :until")
            .expression_attribute_names("#t", format!("tr:{model}"))
            .expression_attribute_values(":until", n(until))
            .send()
            .await;
        match held {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::of(&error))
            }
            _ => Ok(()),
        }
    }

    /// Takes the permit that a repeated call needs, without asking: the first had one, was refused and counts all the same.
    /// A bucket that is empty goes into debt, and later requests wait for it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn count_repeat(&self, provider: Provider, model: &str) -> Result<(), StoreError> {
        let Some(quota) = self.config.provider.requests else { return Ok(()) };
        let update = self.client.update_item().table_name(&self.table);
        let update = update.key("PK", s(provider_key(provider))).key("SK", s("L")).update_expression("ADD #t :one");
        let update = update.expression_attribute_names("#t", format!("tr:{model}"));
        let sent = update.expression_attribute_values(":one", n(quota.increment_us(1))).send().await;
        sent.map(|_| ()).map_err(|error| StoreError::of(&error))
    }

    async fn take(
        &self,
        ask: &Ask<'_>,
        wanted: &Wanted<'_>,
        now: SystemTime,
    ) -> Result<Result<Taken, Refusal>, StoreError> {
        let month = month_attribute(wanted.arrived());
        let reservation = Open::attribute(wanted.request_id, wanted.attempt);
        if ask.cap.is_some_and(|cap| wanted.ceiling > cap) {
            return Ok(Err(Refusal::TooDear));
        }
        let takes = self.takes(ask, wanted, now);
        let mut known: Vec<Option<u64>> = takes.iter().map(|take| self.remembered(&ask.key, &take.attribute)).collect();
        for _ in 0..MAX_CALLS {
            let write = Write {
                key: &ask.key,
                cap: ask.cap,
                max_in_flight: ask.max_in_flight,
                takes: &takes,
                known: &known,
                month: &month,
                reservation: &reservation,
                ceiling: wanted.ceiling,
                note: ask.note.as_ref().map(Note::write),
            };
            let item = match write.send(&self.client, &self.table).await? {
                Ok(item) => item,
                Err(item) if item.contains_key(&reservation) => item,
                Err(item) => {
                    if let Some(refusal) = refusal(&write, &item) {
                        self.remember(&ask.key, &takes, &item);
                        self.note_leftovers(wanted.caller, ask.note.is_some(), &item, now);
                        return Ok(Err(refusal));
                    }
                    known = takes.iter().map(|take| number(&item, &take.attribute)).collect();
                    continue;
                }
            };
            self.remember(&ask.key, &takes, &item);
            self.note_leftovers(wanted.caller, ask.note.is_some(), &item, now);
            let tat = |take: &BucketTake| number(&item, &take.attribute).unwrap_or(0);
            let wait = takes.iter().map(|take| take.take.wait_until_due(tat(take))).max().unwrap_or_default();
            let tokens = takes.iter().filter_map(|take| {
                let (input, taken) = take.tokens?;
                let attribute = take.attribute.clone();
                let given_back = number(&item, &given_back_attribute(&attribute)).unwrap_or(0);
                Some(TokenHold { attribute, quota: take.quota?, input, taken, tat_after: tat(take), given_back })
            });
            let hold = Hold {
                key: ask.key.clone(),
                tokens: tokens.collect(),
                month,
                reservation,
                reserved: wanted.ceiling,
                cap: ask.cap,
            };
            return Ok(Ok(Taken { hold, item, wait }));
        }
        Err(StoreError::unexpected("the limiter's item changed under every write"))
    }

    fn takes(&self, ask: &Ask<'_>, wanted: &Wanted<'_>, now: SystemTime) -> Vec<BucketTake> {
        let wait = u64::try_from(self.config.wait.as_micros()).unwrap_or(0);
        let buckets = [
            ("tr", ask.buckets.requests, 1, None),
            ("ti", ask.buckets.input_tokens, wanted.input_tokens, Some((true, wanted.input_tokens))),
            ("tu", ask.buckets.output_tokens, wanted.output_tokens, Some((false, wanted.output_tokens))),
        ];
        let take = |(name, quota, permits, tokens): (&str, Option<Quota>, u64, Option<(bool, u64)>)| {
            // The provider may ask for a pause also where its bucket has no limit here.
            let watched = name == "tr" && ask.note.is_some();
            let name = if name == "tr" { ask.requests.as_str() } else { name };
            let increment = quota.map_or(0, |quota: Quota| quota.increment_us(permits));
            (quota.is_some() || watched).then(|| BucketTake {
                attribute: format!("{name}{}", ask.suffix),
                take: Take { increment, now: micros(now), wait },
                quota,
                tokens,
            })
        };
        buckets.into_iter().filter_map(take).collect()
    }

    fn remembered(&self, key: &str, attribute: &str) -> Option<u64> {
        locked(&self.seen).get(&format!("{key}/{attribute}")).copied()
    }

    fn remember(&self, key: &str, takes: &[BucketTake], item: &Item) {
        let mut seen = locked(&self.seen);
        if seen.len() > MAX_REMEMBERED {
            seen.clear();
        }
        for take in takes {
            if let Some(tat) = number(item, &take.attribute) {
                seen.insert(format!("{key}/{}", take.attribute), tat);
            }
        }
    }

    fn block(&self, wanted: &Wanted<'_>, now: SystemTime, retry_after: Duration) {
        let mut blocked = locked(&self.blocked);
        if blocked.len() > MAX_REMEMBERED {
            blocked.clear();
        }
        let block = Block { until: now + retry_after.min(MAX_BLOCK), admitted_at: now + retry_after };
        blocked.insert(block_key(wanted.caller, &wanted.allowance), block);
    }
}

/// The bucket of a caller's requests. Keys with a rate of their own have one for that rate: one at a slow rate must not hold
/// back another of the same caller.
fn requests_attribute(allowance: &Allowance) -> String {
    allowance.requests_per_minute.map_or_else(|| "tr".to_owned(), |rate| format!("tr~{rate}"))
}

fn block_key(caller: &Caller, allowance: &Allowance) -> String {
    format!("{}/{}", caller.as_str(), requests_attribute(allowance))
}

/// Longest pause a provider may ask of everybody.
const MAX_HOLD: Duration = Duration::from_secs(600);

fn denied(refusal: Refusal, now: SystemTime, rate: impl Fn(Duration, bool) -> Denied) -> Denied {
    match refusal {
        Refusal::Rate { retry_after, of_requests } => rate(retry_after, of_requests),
        Refusal::Concurrency => Denied::Concurrency,
        Refusal::Budget(spent) => {
            Denied::Budget { retry_after: budget::until_next_month(now), spent: Some(spent), of_all: false }
        }
        Refusal::Reserved => Denied::Budget { retry_after: SOON, spent: None, of_all: false },
        Refusal::TooDear => Denied::TooDear,
    }
}

/// Notes in the caller's item which statistics period is in force, so that the next acquire brings it along. A later one
/// that is there already stays.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_period(client: &Client, table: &str, caller: &Caller, period: &str) -> Result<(), StoreError> {
    let update = client.update_item().table_name(table).key("PK", s(caller_key(caller))).key("SK", s("L"));
    let update = update
        .update_expression("SET p = :period, pn = :number")
        .condition_expression("attribute_not_exists(pn) OR pn < :number")
        .expression_attribute_values(":period", s(period))
        .expression_attribute_values(":number", n(budget::period_number(period)));
    match update.send().await {
        Err(error) if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Err(StoreError::of(&error))
        }
        _ => Ok(()),
    }
}

/// The key of a caller's limiter item.
pub(super) fn caller_key(caller: &Caller) -> String {
    format!("L#k#{}", caller.as_str())
}

pub(super) fn provider_key(provider: Provider) -> String {
    format!("L#g#{}", provider.name())
}

pub(super) fn month_attribute(at: SystemTime) -> String {
    format!("b{}", budget::month(at).replace('-', ""))
}
