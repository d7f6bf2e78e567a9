//! Statistics: sums over day aggregates, never over records.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::{Ledger, date_of_millis, period_key};
use crate::budget;
use crate::caller::Caller;
use crate::dynamodb::{StoreError, s};
use crate::prices::Picodollars;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]");

/// Sums of attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests with at least one attempt that was or may have been billed.
    pub requests: u64,
    /// Such attempts.
    pub attempts: u64,
    /// Prompt tokens at the full price.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Prompt tokens written to it.
    pub cache_write_tokens: u64,
    /// Money.
    pub cost: Picodollars,
    /// The same by token class: input, output, cache read, cache write. Not counted by task.
    pub costs: [Picodollars; 4],
}

/// The counters' names for money by token class.
const COST_LETTERS: [&str; 4] = ["ci", "co", "cr", "cw"];

impl Counters {
    pub(super) fn by_letter(&self) -> Vec<(&'static str, u64)> {
        let costs = COST_LETTERS.into_iter().zip(self.costs).map(|(letter, cost)| (letter, cost.0));
        let sums = [
            ("n", self.requests),
            ("a", self.attempts),
            ("i", self.input_tokens),
            ("o", self.output_tokens),
            ("r", self.cache_read_tokens),
            ("w", self.cache_write_tokens),
            ("c", self.cost.0),
        ];
        sums.into_iter().chain(costs).collect()
    }

    fn add_letter(&mut self, letter: &str, value: u64) {
        match letter {
            "n" => self.requests += value,
            "a" => self.attempts += value,
            "i" => self.input_tokens += value,
            "o" => self.output_tokens += value,
            "r" => self.cache_read_tokens += value,
            "w" => self.cache_write_tokens += value,
            "c" => self.cost = self.cost.plus(Picodollars(value)),
            letter => {
                let class = COST_LETTERS.iter().position(|known| *known == letter);
                if let Some(cost) = class.and_then(|class| self.costs.get_mut(class)) {
                    *cost = cost.plus(Picodollars(value));
                }
            }
        }
    }

    /// Adds another's sums.
    pub fn add(&mut self, other: &Counters) {
        other.by_letter().into_iter().for_each(|(letter, value)| self.add_letter(letter, value));
    }
}

/// Sums of one or all callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Everything.
    pub total: Counters,
    /// By model.
    pub by_model: BTreeMap<String, Counters>,
    /// By task.
    pub by_task: BTreeMap<String, Counters>,
    /// By day (`2026-11-23`).
    pub by_day: BTreeMap<String, Counters>,
}

impl Statistics {
    /// Adds another's sums.
    pub fn add(&mut self, other: &Statistics) {
        self.total.add(&other.total);
        let pairs = [
            (&mut self.by_model, &other.by_model),
            (&mut self.by_task, &other.by_task),
            (&mut self.by_day, &other.by_day),
        ];
        for (mine, others) in pairs {
            for (key, counters) in others {
                mine.entry(key.clone()).or_default().add(counters);
            }
        }
    }

    fn add_item(&mut self, item: &HashMap<String, AttributeValue>) {
        let sort_key = item.get("SK").and_then(|value| value.as_s().ok());
        let day =
            sort_key.and_then(|key| key.get(2..10)).map(|day| format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]));
        for (name, value) in item {
            let Some((kind, rest)) = name.split_once(':') else { continue };
            let Some((owner, letter)) = rest.rsplit_once(':') else { continue };
            let value = value.as_n().ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
            if kind == "t" {
                self.by_task.entry(owner.to_owned()).or_default().add_letter(letter, value);
                continue;
            }
            self.by_model.entry(owner.to_owned()).or_default().add_letter(letter, value);
            self.total.add_letter(letter, value);
            if let Some(day) = &day {
                self.by_day.entry(day.clone()).or_default().add_letter(letter, value);
            }
        }
    }
}

/// Which part of a caller's history is summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// One statistics period.
    Period(String),
    /// Whole days, both included, whatever periods they belong to. At most a year.
    Days {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
}

/// A period and when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeriodStart {
    /// Its name; empty for days that are no period.
    pub period: String,
    /// Its first moment in Unix milliseconds.
    pub since_ms: u64,
}

impl PeriodStart {
    /// The calendar month that `now` lies in.
    #[must_use]
    pub fn of_month(now: SystemTime) -> PeriodStart {
        let since_ms = crate::limits::micros(budget::month_start(now)) / 1000;
        PeriodStart { period: budget::month(now), since_ms }
    }

    /// No period, but the days from this one on.
    #[must_use]
    pub fn of_day(day: Date) -> PeriodStart {
        let start = SystemTime::from(day.midnight().assume_utc());
        PeriodStart { period: String::new(), since_ms: crate::limits::micros(start) / 1000 }
    }
}

impl Ledger {
    /// A caller's period in force.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn period(&self, caller: &Caller, now: SystemTime) -> Result<PeriodStart, StoreError> {
        let got = self.client.get_item().table_name(&self.table).key("PK", s(period_key(caller))).key("SK", s("P"));
        let item = got.send().await.map_err(|error| StoreError::of(&error))?.item.unwrap_or_default();
        let stored = item.get("p").and_then(|value| value.as_s().ok());
        let period = budget::period(stored.map(String::as_str), now);
        let since = item.get("since").and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok());
        let since_ms = since.filter(|_| stored == Some(&period)).unwrap_or(PeriodStart::of_month(now).since_ms);
        Ok(PeriodStart { period, since_ms })
    }

    /// The period that was in force when a request arrived. It does not depend on when it is asked, so that a late record
    /// has one key only.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn period_at(&self, caller: &Caller, arrived: SystemTime) -> Result<String, StoreError> {
        let month = budget::month(arrived);
        let arrived_ms = crate::limits::micros(arrived) / 1000;
        let begun = self.query(&period_key(caller), &format!("P#{month}"), &format!("P#{month}.~")).await?;
        let begun = begun.iter().filter_map(|item| {
            let since: u64 = item.get("since")?.as_n().ok()?.parse().ok()?;
            let period = item.get("SK")?.as_s().ok()?.strip_prefix("P#")?;
            (since <= arrived_ms).then(|| (since, period.to_owned()))
        });
        Ok(begun.max().map_or(month, |(_, period)| period))
    }

    /// Sums of one caller.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn statistics(&self, caller: &Caller, span: &Span) -> Result<Statistics, StoreError> {
        let (periods, days) = match span {
            Span::Period(period) => (vec![period.clone()], ("D#".to_owned(), "D#~".to_owned())),
            Span::Days { from, to } => (
                self.periods_between(caller, *from, *to).await?,
                (format!("D#{}", ymd(*from)), format!("D#{}#~", ymd(*to))),
            ),
        };
        let mut statistics = Statistics::default();
        for period in periods {
            let key = format!("A#{}#{period}", caller.as_str());
            for item in self.query(&key, &days.0, &days.1).await? {
                statistics.add_item(&item);
            }
        }
        Ok(statistics)
    }

    /// Every caller that ever spent.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn callers(&self) -> Result<Vec<Caller>, StoreError> {
        let items = self.query("T", "", "~").await?;
        Ok(items.iter().filter_map(|item| Caller::exact(item.get("SK")?.as_s().ok()?)).collect())
    }

    /// Each month of the days, and every period that a reset began in it.
    pub(super) async fn periods_between(
        &self,
        caller: &Caller,
        from: Date,
        to: Date,
    ) -> Result<Vec<String>, StoreError> {
        let month = |date: Date| format!("{:04}-{:02}", date.year(), u8::from(date.month()));
        let mut periods = vec![month(from)];
        let mut day = from;
        while day < to {
            day = day.next_day().unwrap_or(to);
            if periods.last() != Some(&month(day)) {
                periods.push(month(day));
            }
        }
        let begun =
            self.query(&period_key(caller), &format!("P#{}", month(from)), &format!("P#{}.~", month(to))).await?;
        let names = begun.iter().filter_map(|item| item.get("SK")?.as_s().ok()?.strip_prefix("P#").map(str::to_owned));
        periods.extend(names);
        Ok(periods)
    }

    async fn query(
        &self,
        pk: &str,
        first: &str,
        last: &str,
    ) -> Result<Vec<HashMap<String, AttributeValue>>, StoreError> {
        let (condition, first) = match first {
            // DynamoDB refuses an empty key value.
            "" => ("PK = :pk AND SK < :last", None),
            first => ("PK = :pk AND SK BETWEEN :first AND :last", Some(s(first))),
        };
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(condition)
            .expression_attribute_values(":pk", s(pk))
            .expression_attribute_values(":last", s(last));
        let query = match first {
            Some(first) => query.expression_attribute_values(":first", first),
            None => query,
        };
        let mut pages = query.into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.map_err(|error| StoreError::of(&error))?);
        }
        Ok(items)
    }
}

pub(super) fn day(millis: u64) -> String {
    ymd(date_of_millis(millis).date())
}

fn ymd(date: Date) -> String {
    date.format(DAY).unwrap_or_default()
}

/// Unix milliseconds as RFC 3339 in UTC.
#[must_use]
pub fn rfc3339(millis: u64) -> String {
    let time: OffsetDateTime = date_of_millis(millis);
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
