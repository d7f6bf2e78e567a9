//! Statistics as JSON: the source document's object, then what was added.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::ledger::{Counters, PeriodStart, Statistics, rfc3339};
use shared::prices::Picodollars;

use crate::query::Detail;

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct StatsAnswer {
    total_requests: u64,
    total_input_tokens: u64,
    total_output_tokens: u64,
    total_tokens: u64,
    total_cost: Picodollars,
    /// Rounded half up to a picodollar.
    average_cost_per_request: Picodollars,
    requests_by_model: BTreeMap<String, u64>,
    cost_by_model: BTreeMap<String, Picodollars>,
    total_attempts: u64,
    /// `null` where days were asked for.
    period: Option<String>,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_day: Option<BTreeMap<String, Sums>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_task: Option<BTreeMap<String, Sums>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_model: Option<BTreeMap<String, Sums>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_class: Option<Classes>,
}

/// Money by token class.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Classes {
    input: Picodollars,
    output: Picodollars,
    cache_read: Picodollars,
    cache_write: Picodollars,
}

impl Classes {
    fn of(counters: &Counters) -> Classes {
        let [input, output, cache_read, cache_write] = counters.costs;
        Classes { input, output, cache_read, cache_write }
    }
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Sums {
    requests: u64,
    attempts: u64,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost: Picodollars,
}

impl Sums {
    fn of(counters: &Counters) -> Sums {
        Sums {
            requests: counters.requests,
            attempts: counters.attempts,
            input_tokens: counters.input_tokens,
            output_tokens: counters.output_tokens,
            cache_read_tokens: counters.cache_read_tokens,
            cache_write_tokens: counters.cache_write_tokens,
            cost: counters.cost,
        }
    }
}

impl StatsAnswer {
    pub(crate) fn new(statistics: &Statistics, start: PeriodStart, detail: Detail) -> StatsAnswer {
        let Statistics { total, by_model, by_task, by_day } = statistics;
        let sums =
            |by: &BTreeMap<String, Counters>| by.iter().map(|(key, value)| (key.clone(), Sums::of(value))).collect();
        StatsAnswer {
            total_requests: total.requests,
            total_input_tokens: total.input_tokens,
            total_output_tokens: total.output_tokens,
            total_tokens: total.input_tokens + total.output_tokens,
            total_cost: total.cost,
            average_cost_per_request: total.cost.per(total.requests),
            requests_by_model: by_model.iter().map(|(model, sums)| (model.clone(), sums.requests)).collect(),
            cost_by_model: by_model.iter().map(|(model, sums)| (model.clone(), sums.cost)).collect(),
            total_attempts: total.attempts,
            period: (!start.period.is_empty()).then_some(start.period),
            since: rfc3339(start.since_ms),
            by_day: detail.day.then(|| sums(by_day)),
            by_task: detail.task.then(|| sums(by_task)),
            by_model: detail.model.then(|| sums(by_model)),
            by_class: detail.class.then(|| Classes::of(total)),
        }
    }
}
