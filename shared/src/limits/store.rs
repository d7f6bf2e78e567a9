//! Buckets and reservations in DynamoDB.
//!
//! Two items per attempt. The caller's: `L#k#<caller>` / `L`; the provider's: `L#g#<provider>` / `L`, with one set of
//! buckets per model. Attributes: `tr ti tu` theoretical arrival times in microseconds (requests, input, output; the
//! provider's carry the model's name), `b<yyyymm>` picodollars committed in a month (spent and reserved), `r<rid>.<n>`
//! an open reservation, `n` reservations open, `p` the caller's statistics period once it was closed early.
//!
//! A reservation's attribute makes acquire exactly-once: a repeated write finds it and counts as admitted. Settling
//! removes it, so a repeated settlement changes nothing.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::bucket::{Buckets, Form, Quota, Take};
use super::{Denied, LimitsConfig, Wanted, micros};
use crate::budget;
use crate::caller::Caller;
use crate::dynamodb::{StoreError, n, s};
use crate::prices::{Picodollars, Usage};

type Item = HashMap<String, AttributeValue>;

/// At most this many calls for one decision: a wrong guess costs one more, a lost race another.
const MAX_CALLS: usize = 3;
/// Callers and models that this sandbox remembers before it forgets all of them.
const MAX_REMEMBERED: usize = 10_000;
/// When to come back if only requests in flight keep a budget from fitting: some will have been settled.
const SOON: Duration = Duration::from_secs(5);
const MAX_BLOCK: Duration = Duration::from_secs(1);

/// Admission to one provider attempt. Settle it whatever happens; what is never settled stays reserved at its ceiling.
#[derive(Debug)]
#[must_use = "an unsettled permit keeps its reservation"]
pub struct Permit {
    caller: Hold,
    provider: Hold,
    /// The statistics period that the caller's item names, once it was closed early.
    pub stored_period: Option<String>,
    /// How long until the booked slot is due. Sleep this long before calling.
    pub wait: Duration,
}

/// One item's part of a permit.
#[derive(Debug)]
struct Hold {
    key: String,
    month: String,
    reservation: String,
    reserved: Picodollars,
    tokens: Vec<TokenHold>,
}

/// Token permits that were taken by estimate.
#[derive(Debug)]
struct TokenHold {
    attribute: String,
    quota: Quota,
    input: bool,
    taken: u64,
    tat_after: u64,
}

/// One item to ask.
struct Ask<'a> {
    key: String,
    /// Attribute suffix of the buckets: the model, for the provider's item.
    suffix: &'a str,
    buckets: Buckets,
    cap: Option<Picodollars>,
    max_in_flight: Option<u64>,
}

enum Refusal {
    Rate(Duration),
    Concurrency,
    /// The month's budget, as far as it is spent.
    Budget,
    /// The month's budget, for as long as others' reservations are open.
    Reserved,
    /// The ceiling alone exceeds the cap.
    TooDear,
}

/// The limiter of one deployment. Clones of the client share its connections; what is remembered is per sandbox and only
/// an optimization.
#[derive(Debug)]
pub struct Limits {
    client: Client,
    table: String,
    config: LimitsConfig,
    /// Last seen arrival times, to guess the form of the next write.
    seen: Mutex<HashMap<String, u64>>,
    blocked: Mutex<HashMap<String, Block>>,
}

/// A refusal worth remembering.
#[derive(Debug)]
struct Block {
    /// Until when it is answered from memory.
    until: SystemTime,
    /// When the refused request would have fitted.
    admitted_at: SystemTime,
}

impl Limits {
    /// A limiter over the state table.
    #[must_use]
    pub fn new(client: Client, table: String, config: LimitsConfig) -> Limits {
        Limits { client, table, config, seen: Mutex::default(), blocked: Mutex::default() }
    }

    /// Refuses a caller that was just refused without asking the database; for at most a second.
    ///
    /// # Errors
    ///
    /// [`Denied::Rate`] with the time that the last refusal named.
    pub fn check_blocked(&self, caller: &Caller, now: SystemTime) -> Result<(), Denied> {
        let blocked = self.blocked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let block = blocked.get(caller.as_str()).filter(|block| now < block.until);
        match block.and_then(|block| block.admitted_at.duration_since(now).ok()) {
            Some(retry_after) => Err(Denied::Rate { retry_after }),
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
            buckets: config.caller,
            cap: config.caps.caller,
            max_in_flight: config.caller_max_in_flight,
        };
        let (caller, item, caller_wait) = match self.take(&ask, wanted, now).await? {
            Ok(taken) => taken,
            Err(refusal) => {
                let denied = denied(refusal, now, |retry_after| Denied::Rate { retry_after });
                if let Denied::Rate { retry_after } = &denied {
                    self.block(wanted.caller, now, *retry_after);
                }
                return Err(denied);
            }
        };
        let suffix = format!(":{}", wanted.model);
        let ask = Ask {
            key: format!("L#g#{}", wanted.provider.name()),
            suffix: &suffix,
            buckets: config.provider,
            cap: config.caps.total,
            max_in_flight: None,
        };
        let refused = match self.take(&ask, wanted, now).await {
            Ok(Ok((provider, _, wait))) => {
                let stored_period = item.get("p").and_then(|value| value.as_s().ok()).cloned();
                return Ok(Permit { caller, provider, stored_period, wait: wait.max(caller_wait) });
            }
            Ok(Err(refusal)) => denied(refusal, now, |retry_after| Denied::Provider { retry_after }),
            Err(error) => error.into(),
        };
        self.release(&caller, &Usage::default(), Picodollars::ZERO, now).await?;
        Err(refused)
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
    ) -> Result<(), StoreError> {
        let caller = self.release(&permit.caller, usage, cost, now);
        let provider = self.release(&permit.provider, usage, cost, now);
        let (caller, provider) = futures_util::future::join(caller, provider).await;
        caller.and(provider)
    }

    async fn take(
        &self,
        ask: &Ask<'_>,
        wanted: &Wanted<'_>,
        now: SystemTime,
    ) -> Result<Result<(Hold, Item, Duration), Refusal>, StoreError> {
        let month = format!("b{}", budget::month(now).replace('-', ""));
        let reservation = format!("r{}.{}", wanted.request_id, wanted.attempt);
        if ask.cap.is_some_and(|cap| wanted.ceiling > cap) {
            return Ok(Err(Refusal::TooDear));
        }
        let takes = self.takes(ask, wanted, now);
        let mut known: Vec<Option<u64>> = takes.iter().map(|(name, ..)| self.remembered(&ask.key, name)).collect();
        for _ in 0..MAX_CALLS {
            let write = Write { ask, takes: &takes, known: &known, month: &month, reservation: &reservation };
            let item = match write.send(&self.client, &self.table, wanted.ceiling).await? {
                Ok(item) => item,
                Err(item) if item.contains_key(&reservation) => item,
                Err(item) => {
                    let room = ask.cap.map(|cap| cap.0 - wanted.ceiling.0);
                    if let Some(refusal) = refusal(&item, &month, room, ask.max_in_flight, &takes) {
                        self.remember(&ask.key, &takes, &item);
                        return Ok(Err(refusal));
                    }
                    known = takes.iter().map(|(name, ..)| number(&item, name)).collect();
                    continue;
                }
            };
            self.remember(&ask.key, &takes, &item);
            let due = takes.iter().map(|(name, take, ..)| take.wait_until_due(number(&item, name).unwrap_or(0)));
            let wait = due.max().unwrap_or_default();
            let tokens = takes.iter().filter(|(.., taken)| taken.is_some()).map(|(name, _, quota, taken)| TokenHold {
                attribute: name.clone(),
                quota: *quota,
                input: name.starts_with("ti"),
                taken: taken.unwrap_or(0),
                tat_after: number(&item, name).unwrap_or(0),
            });
            let tokens = tokens.collect();
            let key = ask.key.clone();
            return Ok(Ok((Hold { key, month, reservation, reserved: wanted.ceiling, tokens }, item, wait)));
        }
        Err(StoreError::unexpected("the limiter's item changed under every write"))
    }

    /// Attribute, take, quota and, for token buckets, the estimate taken.
    fn takes(&self, ask: &Ask<'_>, wanted: &Wanted<'_>, now: SystemTime) -> Vec<(String, Take, Quota, Option<u64>)> {
        let wait = u64::try_from(self.config.wait.as_micros()).unwrap_or(0);
        let buckets = [
            ("tr", ask.buckets.requests, 1, None),
            ("ti", ask.buckets.input_tokens, wanted.input_tokens, Some(wanted.input_tokens)),
            ("tu", ask.buckets.output_tokens, wanted.output_tokens, Some(wanted.output_tokens)),
        ];
        let take = |(name, quota, permits, tokens): (&str, Option<Quota>, u64, Option<u64>)| {
            let quota = quota?;
            let take = Take { increment: quota.increment_us(permits), now: micros(now), wait };
            Some((format!("{name}{}", ask.suffix), take, quota, tokens))
        };
        buckets.into_iter().filter_map(take).collect()
    }

    /// Closes one item's reservation. A condition that fails means it is closed already.
    async fn release(&self, hold: &Hold, usage: &Usage, cost: Picodollars, now: SystemTime) -> Result<(), StoreError> {
        let difference = i128::from(cost.0) - i128::from(hold.reserved.0);
        let mut set = vec!["#b = #b + :difference".to_owned()];
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("PK", s(&hold.key))
            .key("SK", s("L"))
            .condition_expression("attribute_exists(#r)")
            .expression_attribute_names("#r", &hold.reservation)
            .expression_attribute_names("#b", &hold.month)
            .expression_attribute_values(":difference", n(difference))
            .expression_attribute_values(":closed", n(-1));
        for (index, tokens) in hold.tokens.iter().enumerate() {
            let actual =
                if tokens.input { usage.input_tokens + usage.cache_write_tokens() } else { usage.output_tokens };
            let correction = tokens.correction_us(actual, micros(now));
            if correction != 0 {
                set.push(format!("#t{index} = #t{index} + :t{index}"));
                update = update
                    .expression_attribute_names(format!("#t{index}"), &tokens.attribute)
                    .expression_attribute_values(format!(":t{index}"), n(correction));
            }
        }
        let expression = format!("SET {} REMOVE #r ADD n :closed", set.join(", "));
        match update.update_expression(expression).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::of(&error)),
        }
    }

    fn remembered(&self, key: &str, attribute: &str) -> Option<u64> {
        let seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.get(&format!("{key}/{attribute}")).copied()
    }

    fn remember(&self, key: &str, takes: &[(String, Take, Quota, Option<u64>)], item: &Item) {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() > MAX_REMEMBERED {
            seen.clear();
        }
        for (name, ..) in takes {
            if let Some(tat) = number(item, name) {
                seen.insert(format!("{key}/{name}"), tat);
            }
        }
    }

    fn block(&self, caller: &Caller, now: SystemTime, retry_after: Duration) {
        let mut blocked = self.blocked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if blocked.len() > MAX_REMEMBERED {
            blocked.clear();
        }
        let block = Block { until: now + retry_after.min(MAX_BLOCK), admitted_at: now + retry_after };
        blocked.insert(caller.as_str().to_owned(), block);
    }
}

impl TokenHold {
    /// Microseconds to add to the arrival time: positive where more was used than taken. A refund never exceeds what
    /// time has not regenerated yet, else the window after it would admit more than the burst.
    fn correction_us(&self, actual: u64, now: u64) -> i128 {
        let charged = i128::from(self.quota.increment_us(self.taken));
        let difference = i128::from(self.quota.increment_us(actual)) - charged;
        difference.max(-i128::from(self.tat_after.saturating_sub(now)))
    }
}

/// One conditional write.
struct Write<'a> {
    ask: &'a Ask<'a>,
    takes: &'a [(String, Take, Quota, Option<u64>)],
    known: &'a [Option<u64>],
    month: &'a str,
    reservation: &'a str,
}

impl Write<'_> {
    /// The item after the write, or, if a condition failed, as it is.
    async fn send(&self, client: &Client, table: &str, ceiling: Picodollars) -> Result<Result<Item, Item>, StoreError> {
        let mut set = vec!["#r = :ceiling".to_owned(), "#b = if_not_exists(#b, :zero) + :ceiling".to_owned()];
        let mut conditions = vec!["attribute_not_exists(#r)".to_owned()];
        let mut update = client
            .update_item()
            .table_name(table)
            .key("PK", s(&self.ask.key))
            .key("SK", s("L"))
            .expression_attribute_names("#r", self.reservation)
            .expression_attribute_names("#b", self.month)
            .expression_attribute_values(":ceiling", n(ceiling.0))
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1));
        if let Some(cap) = self.ask.cap {
            conditions.push("(attribute_not_exists(#b) OR #b <= :room)".to_owned());
            update = update.expression_attribute_values(":room", n(cap.0 - ceiling.0));
        }
        if let Some(most) = self.ask.max_in_flight {
            conditions.push("(attribute_not_exists(n) OR n < :most)".to_owned());
            update = update.expression_attribute_values(":most", n(most));
        }
        for (index, ((name, take, ..), known)) in self.takes.iter().zip(self.known).enumerate() {
            update = update.expression_attribute_names(format!("#t{index}"), name);
            let (floor, limit) = take.busy_range();
            match take.form(*known) {
                Form::Idle => {
                    set.push(format!("#t{index} = :t{index}"));
                    conditions.push(format!("(attribute_not_exists(#t{index}) OR #t{index} < :now{index})"));
                    update = update
                        .expression_attribute_values(format!(":t{index}"), n(take.now + take.increment))
                        .expression_attribute_values(format!(":now{index}"), n(take.now));
                }
                Form::Busy => {
                    set.push(format!("#t{index} = #t{index} + :t{index}"));
                    conditions.push(format!("#t{index} BETWEEN :f{index} AND :l{index}"));
                    update = update
                        .expression_attribute_values(format!(":t{index}"), n(take.increment))
                        .expression_attribute_values(format!(":f{index}"), n(floor))
                        .expression_attribute_values(format!(":l{index}"), n(limit));
                }
            }
        }
        let sent = update
            .update_expression(format!("SET {} ADD n :one", set.join(", ")))
            .condition_expression(conditions.join(" AND "))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(output) => Ok(Ok(output.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Err(failed.item.clone().unwrap_or_default()))
                }
                _ => Err(StoreError::of(&error)),
            },
        }
    }
}

/// Why the item, as it is, refuses; `None` if only the guess was wrong.
fn refusal(
    item: &Item,
    month: &str,
    room: Option<u64>,
    max_in_flight: Option<u64>,
    takes: &[(String, Take, Quota, Option<u64>)],
) -> Option<Refusal> {
    let committed = number(item, month).unwrap_or(0);
    if let Some(room) = room.filter(|room| committed > *room) {
        let open = item.keys().filter(|name| name.starts_with('r')).filter_map(|name| number(item, name)).sum();
        return Some(if committed.saturating_sub(open) > room { Refusal::Budget } else { Refusal::Reserved });
    }
    if max_in_flight.is_some_and(|most| number(item, "n").unwrap_or(0) >= most) {
        return Some(Refusal::Concurrency);
    }
    takes.iter().filter_map(|(name, take, ..)| take.refused_for(number(item, name))).max().map(Refusal::Rate)
}

fn denied(refusal: Refusal, now: SystemTime, rate: impl Fn(Duration) -> Denied) -> Denied {
    match refusal {
        Refusal::Rate(retry_after) => rate(retry_after),
        Refusal::Concurrency => Denied::Concurrency,
        Refusal::Budget => Denied::Budget { retry_after: budget::until_next_month(now) },
        Refusal::Reserved => Denied::Budget { retry_after: SOON },
        Refusal::TooDear => Denied::TooDear,
    }
}

/// Notes in the caller's item which statistics period is in force, so that the next acquire brings it along.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_period(client: &Client, table: &str, caller: &Caller, period: &str) -> Result<(), StoreError> {
    let update = client.update_item().table_name(table).key("PK", s(caller_key(caller))).key("SK", s("L"));
    let update = update.update_expression("SET p = :period").expression_attribute_values(":period", s(period));
    update.send().await.map(|_| ()).map_err(|error| StoreError::of(&error))
}

/// The key of a caller's limiter item.
fn caller_key(caller: &Caller) -> String {
    format!("L#k#{}", caller.as_str())
}

fn number(item: &Item, attribute: &str) -> Option<u64> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}
