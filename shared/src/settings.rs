//! The environment, read once at start.
//!
//! A [`Reader`] collects every missing or malformed variable instead of stopping at the first; no value is repeated
//! in a message, because it may be a secret pasted into the wrong place. An empty variable counts as unset.

use std::str::FromStr;
use std::time::Duration;

use crate::caller::AuthMode;
use crate::prices::Picodollars;

/// Every variable that could not be used, by name and expectation.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

/// Reads variables through a lookup, so that tests and `local` need not touch the process environment.
pub struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader over `lookup`; for the process: `&|name| std::env::var(name).ok()`.
    #[must_use]
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Reader<'a> {
        Reader { lookup, problems: Vec::new() }
    }

    /// The variable's text, if set and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The variable's text or a default.
    #[must_use]
    pub fn text_or(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    /// A parsed value, if set; a value that does not parse is noted as a problem.
    pub fn parsed<T: FromStr>(&mut self, name: &str, wanted: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            self.problem(format!("{name} must be {wanted}"));
        }
        value
    }

    /// A parsed value or a default.
    pub fn parsed_or<T: FromStr>(&mut self, name: &str, wanted: &str, default: T) -> T {
        self.parsed(name, wanted).unwrap_or(default)
    }

    /// Milliseconds as a duration, at most a day.
    pub fn millis_or(&mut self, name: &str, default: u64) -> Duration {
        const DAY_MS: u64 = 86_400_000;
        let wanted = "a whole number of milliseconds, at most a day";
        let millis = self.parsed_or(name, wanted, default);
        if millis > DAY_MS {
            self.problem(format!("{name} must be {wanted}"));
        }
        Duration::from_millis(millis.min(DAY_MS))
    }

    /// Dollars as exact money, `None` for 0 (off) and unset.
    pub fn dollars(&mut self, name: &str) -> Option<Picodollars> {
        let text = self.text(name)?;
        let money = Picodollars::parse_dollars(text.trim());
        if money.is_none() {
            self.problem(format!("{name} must be an amount in dollars such as 25 or 0.50"));
        }
        money.filter(|&amount| amount > Picodollars::ZERO)
    }

    /// Notes a problem that involves more than one variable.
    pub fn problem(&mut self, message: impl Into<String>) {
        self.problems.push(message.into());
    }

    /// Whether anything is wrong so far.
    ///
    /// # Errors
    ///
    /// All problems noted.
    pub fn finish(self) -> Result<(), SettingsError> {
        if self.problems.is_empty() { Ok(()) } else { Err(SettingsError(self.problems)) }
    }
}

/// Names of the two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Buckets, reservations and what they leave of a month's budget.
    pub state: String,
    /// Records, aggregates and periods; kept.
    pub ledger: String,
}

impl Tables {
    /// `STATE_TABLE` and `LEDGER_TABLE` with their defaults.
    #[must_use]
    pub fn read(reader: &Reader<'_>) -> Tables {
        Tables {
            state: reader.text_or("STATE_TABLE", "tailor-state"),
            ledger: reader.text_or("LEDGER_TABLE", "tailor-ledger"),
        }
    }
}

impl Reader<'_> {
    /// Whether the database is on this machine: then it may let everybody in, and a connection to it costs nothing.
    #[must_use]
    pub fn has_local_database(&self) -> bool {
        let endpoint = self.text("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| self.text("AWS_ENDPOINT_URL"));
        endpoint.is_some_and(|endpoint| is_loopback(&endpoint))
    }
}

impl AuthMode {
    /// `AUTH_MODE`. `local` lets everybody in, so it is accepted beside a database on this machine only.
    pub fn read(reader: &mut Reader<'_>) -> AuthMode {
        let mode = reader.parsed_or("AUTH_MODE", "authorizer, iam or local", AuthMode::Authorizer);
        if mode == AuthMode::Local && !reader.has_local_database() {
            reader.problem("AUTH_MODE=local needs AWS_ENDPOINT_URL_DYNAMODB on this machine: it lets everybody in");
        }
        mode
    }
}

/// Whether a URL's host is this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_malformed_variable_is_reported_at_once_without_its_value() {
        let lookup = |name: &str| match name {
            "A" => Some("hunter2".to_owned()),
            "B" => Some("-1".to_owned()),
            "C" => Some(String::new()),
            _ => None,
        };
        let mut reader = Reader::new(&lookup);
        assert_eq!(reader.parsed::<u32>("A", "a number"), None);
        assert_eq!(reader.dollars("B"), None);
        assert_eq!(reader.parsed_or("C", "a number", 7u32), 7);
        let message = reader.finish().err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(message, "configuration: A must be a number; B must be an amount in dollars such as 25 or 0.50");
    }
}
