//! Budgets and periods: calendar months in UTC.
//!
//! A budget is a hard cap per month. It is reserved at an attempt's ceiling ([`crate::prices::Model::ceiling`]) in the
//! limiter's own write and settled at the actual cost. A statistics period starts with the month too, but can be closed
//! early (`2026-11`, then `2026-11.2`); that never frees budget.

use std::time::{Duration, SystemTime};

use time::{Date, Month, OffsetDateTime, Time};

use crate::prices::Picodollars;

/// Caps per calendar month; `None` is no cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Per caller.
    pub caller: Option<Picodollars>,
    /// For the whole deployment.
    pub total: Option<Picodollars>,
}

/// The calendar month of a moment, such as `2026-11`.
#[must_use]
pub fn month(now: SystemTime) -> String {
    let date = OffsetDateTime::from(now).date();
    format!("{:04}-{:02}", date.year(), u8::from(date.month()))
}

/// The first moment of the month that `now` lies in.
#[must_use]
pub fn month_start(now: SystemTime) -> SystemTime {
    let date = OffsetDateTime::from(now).date();
    let first = Date::from_calendar_date(date.year(), date.month(), 1).unwrap_or(date);
    first.with_time(Time::MIDNIGHT).assume_utc().into()
}

/// How long until the month ends and budgets renew.
#[must_use]
pub fn until_next_month(now: SystemTime) -> Duration {
    let date = OffsetDateTime::from(now).date();
    let year = if date.month() == Month::December { date.year() + 1 } else { date.year() };
    let next = Date::from_calendar_date(year, date.month().next(), 1).unwrap_or(date);
    let next = SystemTime::from(next.with_time(Time::MIDNIGHT).assume_utc());
    next.duration_since(now).unwrap_or(Duration::from_secs(1))
}

/// The statistics period in force: what is stored, unless a new month has begun since.
#[must_use]
pub fn period(stored: Option<&str>, now: SystemTime) -> String {
    let month = month(now);
    stored.filter(|period| period.split('.').next() == Some(month.as_str())).map_or(month, str::to_owned)
}

/// A number that grows from period to period: `2026-11.2` is 2026110002.
#[must_use]
pub fn period_number(period: &str) -> u64 {
    let (month, number) = period.split_once('.').unwrap_or((period, "1"));
    let month: u64 = month.replace('-', "").parse().unwrap_or(0);
    month * 10_000 + number.parse::<u64>().unwrap_or(1).min(9_999)
}

/// The period after `period` was closed early.
#[must_use]
pub fn next_period(period: &str) -> String {
    let (month, number) = period.split_once('.').unwrap_or((period, "1"));
    format!("{month}.{}", number.parse::<u32>().unwrap_or(1).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    /// 2026-11-23T12:00:00Z.
    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_435_200)
    }

    #[test]
    fn periods_follow_the_month_and_can_be_closed_early() {
        assert_eq!(month(now()), "2026-11");
        assert_eq!(period(None, now()), "2026-11");
        assert_eq!(period(Some("2026-11.3"), now()), "2026-11.3");
        assert_eq!(period(Some("2026-10.3"), now()), "2026-11");
        assert_eq!(next_period("2026-11"), "2026-11.2");
        assert_eq!(next_period("2026-11.2"), "2026-11.3");
        let numbers = ["2026-11", "2026-11.2", "2026-11.10", "2026-12"].map(period_number);
        assert!(numbers.is_sorted(), "{numbers:?}");
    }

    #[test]
    fn budgets_renew_at_the_first_of_the_next_month() {
        let left = until_next_month(now());
        assert_eq!(left, Duration::from_secs(7 * 86_400 + 43_200));
        assert_eq!(month(now() + left), "2026-12");
        assert_eq!(month_start(now() + left), now() + left);
    }
}
