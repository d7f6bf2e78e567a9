//! Settlement of one item: the reservation becomes the cost, token permits become what was used.

use std::time::SystemTime;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::item::{self, number};
use super::store::{Hold, Limits};
use super::{Spent, micros};
use crate::dynamodb::{StoreError, n, s};
use crate::prices::{Picodollars, Usage};

/// How often a settlement reckons its refund anew because others got theirs meanwhile; the last time without one.
const REFUND_TRIES: usize = 4;

impl Limits {
    /// Closes one item's reservation. A condition that fails means it is closed already; then nothing is known of what
    /// is spent.
    pub(super) async fn release(
        &self,
        hold: &Hold,
        usage: &Usage,
        cost: Picodollars,
        now: SystemTime,
    ) -> Result<Option<Spent>, StoreError> {
        let difference = i128::from(cost.0) - i128::from(hold.reserved.0);
        // As others have given back since: known once the item has told it.
        let mut given_back: Vec<u64> = hold.tokens.iter().map(|tokens| tokens.given_back).collect();
        for tries_left in (0..REFUND_TRIES).rev() {
            let mut set = vec!["#b = #b + :difference".to_owned()];
            let mut conditions = vec!["attribute_exists(#r)".to_owned()];
            let mut update = self
                .client
                .update_item()
                .table_name(&self.table)
                .key("PK", s(&hold.key))
                .key("SK", s("L"))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .expression_attribute_names("#r", &hold.reservation)
                .expression_attribute_names("#b", &hold.month)
                .expression_attribute_values(":difference", n(difference))
                .expression_attribute_values(":closed", n(-1));
            for (index, tokens) in hold.tokens.iter().enumerate() {
                let actual =
                    if tokens.input { usage.input_tokens + usage.cache_write_tokens() } else { usage.output_tokens };
                let correction = tokens.correction_us(actual, micros(now), given_back[index]);
                let is_refund = correction < 0;
                if correction == 0 || (is_refund && tries_left == 0) {
                    continue;
                }
                set.push(format!("#t{index} = #t{index} + :t{index}"));
                update = update
                    .expression_attribute_names(format!("#t{index}"), &tokens.attribute)
                    .expression_attribute_values(format!(":t{index}"), n(correction));
                if is_refund {
                    set.push(format!("#g{index} = if_not_exists(#g{index}, :zero) + :g{index}"));
                    conditions.push(format!("(attribute_not_exists(#g{index}) OR #g{index} <= :m{index})"));
                    update = update
                        .expression_attribute_names(format!("#g{index}"), tokens.given_back_attribute())
                        .expression_attribute_values(format!(":g{index}"), n(-correction))
                        .expression_attribute_values(
                            format!(":m{index}"),
                            n(tokens.most_given_back(correction, micros(now))),
                        )
                        .expression_attribute_values(":zero", n(0));
                }
            }
            let expression = format!("SET {} REMOVE #r ADD n :closed", set.join(", "));
            let sent = update.update_expression(expression).condition_expression(conditions.join(" AND ")).send().await;
            let item = match sent {
                Ok(output) => {
                    let item = output.attributes.unwrap_or_default();
                    let reserved: u64 = item::open(&item).iter().map(|open| open.reserved.0).sum();
                    let committed = number(&item, &hold.month).unwrap_or(0);
                    let spent = Picodollars(committed.saturating_sub(reserved));
                    return Ok(hold.cap.map(|cap| Spent { spent, cap }));
                }
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                        failed.item.clone().unwrap_or_default()
                    }
                    _ => return Err(StoreError::of(&error)),
                },
            };
            if !item.contains_key(&hold.reservation) {
                return Ok(None);
            }
            for (known, tokens) in given_back.iter_mut().zip(&hold.tokens) {
                *known = number(&item, &tokens.given_back_attribute()).unwrap_or(0);
            }
        }
        // The last try asks for no refund, so nothing but a closed reservation can refuse it.
        Ok(None)
    }
}
