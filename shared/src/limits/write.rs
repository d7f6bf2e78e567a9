//! One conditional write: permits and a reservation, all or nothing.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::Spent;
use super::bucket::{Form, Quota, Take};
use super::item::{Item, number, open};
use crate::dynamodb::{StoreError, n, s};
use crate::prices::Picodollars;

/// A take from one bucket of an item.
#[derive(Clone, Debug)]
pub(super) struct BucketTake {
    /// The arrival time's attribute.
    pub(super) attribute: String,
    pub(super) take: Take,
    /// `None` for a bucket without a limit, which only holds back while the provider asked for it.
    pub(super) quota: Option<Quota>,
    /// For token buckets: whether prompt or output, and the estimate taken.
    pub(super) tokens: Option<(bool, u64)>,
}

/// Why an item refuses.
pub(super) enum Refusal {
    Rate {
        retry_after: Duration,
        of_requests: bool,
    },
    Concurrency,
    /// The month's budget, as far as it is spent.
    Budget(Spent),
    /// The month's budget, for as long as others' reservations are open.
    Reserved,
    /// The ceiling alone exceeds the cap.
    TooDear,
}

/// One conditional write.
pub(super) struct Write<'a> {
    pub(super) key: &'a str,
    pub(super) cap: Option<Picodollars>,
    pub(super) max_in_flight: Option<u64>,
    pub(super) takes: &'a [BucketTake],
    /// Arrival times as last seen, to guess the form.
    pub(super) known: &'a [Option<u64>],
    pub(super) month: &'a str,
    pub(super) reservation: &'a str,
    pub(super) ceiling: Picodollars,
    /// What the reservation says beside its ceiling.
    pub(super) note: Option<String>,
}

impl Write<'_> {
    /// The item after the write, or, if a condition failed, as it is.
    pub(super) async fn send(&self, client: &Client, table: &str) -> Result<Result<Item, Item>, StoreError> {
        let ceiling = self.ceiling;
        let mut set = vec!["#r = :note".to_owned(), "#b = if_not_exists(#b, :zero) + :ceiling".to_owned()];
        let mut conditions = vec!["attribute_not_exists(#r)".to_owned()];
        let mut update = client
            .update_item()
            .table_name(table)
            .key("PK", s(self.key))
            .key("SK", s("L"))
            .expression_attribute_names("#r", self.reservation)
            .expression_attribute_names("#b", self.month)
            .expression_attribute_values(":note", self.note.as_ref().map_or_else(|| n(ceiling.0), s))
            .expression_attribute_values(":ceiling", n(ceiling.0))
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1));
        if let Some(cap) = self.cap {
            conditions.push("(attribute_not_exists(#b) OR #b <= :room)".to_owned());
            update = update.expression_attribute_values(":room", n(cap.0 - ceiling.0));
        }
        if let Some(most) = self.max_in_flight {
            conditions.push("(attribute_not_exists(n) OR n < :most)".to_owned());
            update = update.expression_attribute_values(":most", n(most));
        }
        for (index, (BucketTake { attribute, take, quota, .. }, known)) in self.takes.iter().zip(self.known).enumerate()
        {
            update = update.expression_attribute_names(format!("#t{index}"), attribute);
            let (floor, limit) = take.busy_range();
            if quota.is_none() {
                conditions.push(format!("(attribute_not_exists(#t{index}) OR #t{index} <= :l{index})"));
                update = update.expression_attribute_values(format!(":l{index}"), n(limit));
                continue;
            }
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
pub(super) fn refusal(write: &Write<'_>, item: &Item) -> Option<Refusal> {
    let committed = number(item, write.month).unwrap_or(0);
    if let Some(room) = write.cap.map(|cap| cap.0 - write.ceiling.0).filter(|room| committed > *room) {
        let reserved: u64 = open(item).iter().map(|open| open.reserved.0).sum();
        let spent = Picodollars(committed.saturating_sub(reserved));
        let spent = write.cap.map(|cap| Spent { spent, cap }).filter(|spent| spent.spent.0 > room);
        return Some(spent.map_or(Refusal::Reserved, Refusal::Budget));
    }
    if write.max_in_flight.is_some_and(|most| number(item, "n").unwrap_or(0) >= most) {
        return Some(Refusal::Concurrency);
    }
    let refused =
        |take: &BucketTake| Some((take.take.refused_for(number(item, &take.attribute))?, take.tokens.is_none()));
    let longest = write.takes.iter().filter_map(refused).max();
    longest.map(|(retry_after, of_requests)| Refusal::Rate { retry_after, of_requests })
}
