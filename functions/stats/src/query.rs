//! Query parameters and the body of a reset, validated.

use std::time::SystemTime;

use garde::Validate;
use lambda_http::{Request, RequestExt};
use serde::Deserialize;
use shared::caller::Caller;
use shared::problem::{FieldError, Problem};
use shared::response;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MAX_DAYS: i64 = 366;
const DEFAULT_LIMIT: i32 = 100;
const MAX_LIMIT: i32 = 1_000;
const MAX_RESET_BYTES: usize = 4 * 1024;

/// Whose statistics are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The caller's own.
    Own,
    /// Another's.
    One(Caller),
    /// The sum over all callers.
    All,
}

/// Optional breakdowns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) day: bool,
    pub(crate) task: bool,
    pub(crate) model: bool,
    /// Money by token class.
    pub(crate) class: bool,
}

/// Parameters of `/stats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatsQuery {
    pub(crate) whose: Whose,
    /// First and last day, both included; without them the period in force.
    pub(crate) days: Option<(Date, Date)>,
    pub(crate) detail: Detail,
}

impl StatsQuery {
    pub(crate) fn parse(request: &Request, now: SystemTime) -> Result<StatsQuery, Problem> {
        let mut parameters = Parameters::of(request, &["from", "to", "detail", "caller"]);
        let today = OffsetDateTime::from(now).date();
        let whose = parameters.whose();
        let from = parameters.date("from");
        let to = parameters.date("to");
        let days = match (from, to) {
            (None, None) => None,
            (None, Some(_)) => {
                parameters.wrong("/from", "required where `to` is given");
                None
            }
            (Some(from), to) => {
                let to = to.unwrap_or(today.max(from));
                if !(0..MAX_DAYS).contains(&(to - from).whole_days()) {
                    parameters.wrong("/to", format!("not before `from` and at most {MAX_DAYS} days, both included"));
                }
                Some((from, to))
            }
        };
        let detail = parameters.detail();
        parameters.finish()?;
        Ok(StatsQuery { whose, days, detail })
    }
}

/// The first day of the month and today.
pub(crate) fn month_so_far(now: SystemTime) -> (Date, Date) {
    (OffsetDateTime::from(shared::budget::month_start(now)).date(), OffsetDateTime::from(now).date())
}

/// Parameters of `/stats/requests`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HistoryQuery {
    pub(crate) whose: Whose,
    /// The period in force where none is named.
    pub(crate) period: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) limit: i32,
}

impl HistoryQuery {
    pub(crate) fn parse(request: &Request) -> Result<HistoryQuery, Problem> {
        let mut parameters = Parameters::of(request, &["period", "cursor", "limit", "caller"]);
        let whose = parameters.whose();
        let period = parameters.text("period");
        if period.as_deref().is_some_and(|period| !is_period(period)) {
            parameters.wrong("/period", "a period such as 2026-11 or 2026-11.2");
        }
        let limit = parameters.text("limit").map_or(Some(DEFAULT_LIMIT), |text| text.parse().ok());
        let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit)).unwrap_or_else(|| {
            parameters.wrong("/limit", format!("a whole number from 1 to {MAX_LIMIT}"));
            DEFAULT_LIMIT
        });
        let cursor = parameters.text("cursor");
        parameters.finish()?;
        Ok(HistoryQuery { whose, period, cursor, limit })
    }
}

/// Parameters of `/requests/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceQuery {
    pub(crate) whose: Whose,
}

impl TraceQuery {
    pub(crate) fn parse(request: &Request) -> Result<TraceQuery, Problem> {
        let mut parameters = Parameters::of(request, &["caller"]);
        let whose = parameters.whose();
        parameters.finish()?;
        Ok(TraceQuery { whose })
    }
}

/// `2026-11`, optionally with a point and a number.
fn is_period(text: &str) -> bool {
    let (month, number) = text.split_once('.').unwrap_or((text, "1"));
    let digits = |part: &str| !part.is_empty() && part.len() <= 10 && part.bytes().all(|byte| byte.is_ascii_digit());
    let date = month.split_once('-').is_some_and(|(y, m)| y.len() == 4 && m.len() == 2 && digits(y) && digits(m));
    let in_year =
        month.get(5..).and_then(|month| month.parse::<u8>().ok()).is_some_and(|month| (1..=12).contains(&month));
    date && in_year && digits(number) && !number.starts_with('0')
}

/// The body of `/stats/reset`; an empty body is an empty object.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ResetBody {
    /// The period to close; another one in force is a conflict. Makes the reset safe to repeat.
    #[garde(inner(length(chars, min = 1, max = 20)))]
    pub(crate) expected_period: Option<String>,
}

impl ResetBody {
    pub(crate) fn parse(request: &Request) -> Result<ResetBody, Problem> {
        Parameters::of(request, &[]).finish()?;
        let body = response::body_within(request, MAX_RESET_BYTES)?;
        if body.is_empty() {
            return Ok(ResetBody::default());
        }
        response::require_json(request.headers())?;
        shared::request::read(body)
    }
}

/// The request's parameters, and everything wrong with them so far. Neither names nor values are quoted.
struct Parameters {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Parameters {
    fn of(request: &Request, known: &[&str]) -> Parameters {
        let map = request.query_string_parameters();
        let pairs = map.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut parameters = Parameters { pairs, errors: Vec::new() };
        if parameters.pairs.iter().any(|(name, _)| !known.contains(&name.as_str())) {
            parameters.wrong("", "a query parameter is not known here");
        }
        for name in known {
            if parameters.pairs.iter().filter(|(given, _)| given == name).count() > 1 {
                parameters.wrong(&format!("/{name}"), "given more than once");
            }
        }
        parameters
    }

    fn wrong(&mut self, pointer: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, detail));
    }

    fn text(&self, name: &str) -> Option<String> {
        self.pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.clone())
    }

    fn date(&mut self, name: &str) -> Option<Date> {
        let date = self.text(name).map(|text| match text.len() {
            10 => Date::parse(&text, DATE).map_err(drop),
            _ => Err(()),
        })?;
        // Nothing was spent before there was a price.
        let date = date.and_then(|date| if date.year() >= 2020 { Ok(date) } else { Err(()) });
        date.map_err(|()| self.wrong(&format!("/{name}"), "a date such as 2026-11-01, from 2020 on")).ok()
    }

    fn whose(&mut self) -> Whose {
        match self.text("caller").as_deref() {
            None => Whose::Own,
            Some("*") => Whose::All,
            Some(id) => Caller::exact(id).map_or_else(
                || {
                    self.wrong("/caller", "a caller id, or * for all");
                    Whose::Own
                },
                Whose::One,
            ),
        }
    }

    fn detail(&mut self) -> Detail {
        let mut detail = Detail::default();
        for name in self.text("detail").iter().flat_map(|text| text.split(',')) {
            match name {
                "day" => detail.day = true,
                "task" => detail.task = true,
                "model" => detail.model = true,
                "class" => detail.class = true,
                _ => self.wrong("/detail", "day, task, model and class, with commas between them"),
            }
        }
        detail
    }

    fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::time::{Duration, UNIX_EPOCH};

    fn request(pairs: &[(&str, &str)]) -> Request {
        let map: HashMap<String, Vec<String>> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
        Request::default().with_query_string_parameters(map)
    }

    fn stats(pairs: &[(&str, &str)]) -> Result<StatsQuery, Vec<String>> {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_435_200);
        StatsQuery::parse(&request(pairs), now).map_err(|p| p.errors.into_iter().map(|e| e.pointer).collect())
    }

    #[test]
    fn days_are_included_bounded_and_in_order() {
        let query = stats(&[("from", "2026-11-01"), ("to", "2026-11-01"), ("detail", "task,day")]).expect("valid");
        assert_eq!(query.days.map(|(from, to)| (to - from).whole_days()), Some(0));
        assert_eq!(query.detail, Detail { day: true, task: true, ..Detail::default() });
        assert!(stats(&[("from", "2026-11-01")]).is_ok(), "until today");
        assert_eq!(stats(&[("from", "2026-11-02"), ("to", "2026-11-01")]), Err(vec!["/to".to_owned()]));
        assert_eq!(stats(&[("from", "2024-11-02"), ("to", "2026-11-01")]), Err(vec!["/to".to_owned()]));
        assert_eq!(stats(&[("to", "2026-11-01")]), Err(vec!["/from".to_owned()]));
        assert_eq!(
            stats(&[("from", "1960-01-01"), ("to", "1960-01-02")]),
            Err(vec!["/from".to_owned(), "/to".to_owned()])
        );
        assert_eq!(
            stats(&[("from", "yesterday"), ("detail", "hour")]),
            Err(vec!["/from".to_owned(), "/detail".to_owned()])
        );
        assert_eq!(stats(&[("caller", "a#b"), ("form", "2026-11-01")]), Err(vec![String::new(), "/caller".to_owned()]));
    }

    #[test]
    fn a_page_has_one_to_a_thousand_records_of_one_period() {
        let history = |pairs: &[(&str, &str)]| HistoryQuery::parse(&request(pairs)).ok();
        assert_eq!(history(&[]).map(|query| query.limit), Some(100));
        assert_eq!(history(&[("period", "2026-11.2"), ("limit", "1000")]).map(|query| query.limit), Some(1_000));
        for wrong in [
            ("limit", "0"),
            ("limit", "1001"),
            ("limit", "x"),
            ("period", "2026-11#R"),
            ("period", "now"),
            ("period", "2026-13"),
            ("period", "2026-11.0"),
        ] {
            assert_eq!(history(&[wrong]), None, "{wrong:?}");
        }
    }
}
