//! Metrics: numbers on stdout in CloudWatch's embedded metric format, one JSON line for all of a request's.
//!
//! There are no others than those listed here. Each has the dimension `Ledger`, the ledger table's name, which tells one
//! deployment from another; some have more. Source of the format: Amazon CloudWatch user guide, "Specification: embedded
//! metric format".

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::SystemTime;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::redaction::Kind;

/// What stdout is told (`METRICS`). Nothing at all where [`enable`] was not called, as in `local`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Every metric.
    #[default]
    Full,
    /// Only those that alarms watch: they are rare, and a metric costs in every hour in which it is heard of.
    Alarms,
}

impl std::str::FromStr for Detail {
    type Err = ();

    fn from_str(text: &str) -> Result<Detail, ()> {
        match text {
            "full" => Ok(Detail::Full),
            "alarms" => Ok(Detail::Alarms),
            _ => Err(()),
        }
    }
}

const OFF: u8 = 0;
const ALARMS: u8 = 1;
const FULL: u8 = 2;

/// Whether stdout is Lambda's log, where CloudWatch reads metrics from.
static TOLD: AtomicU8 = AtomicU8::new(OFF);

/// Begins to write metrics.
pub fn enable(detail: Detail) {
    TOLD.store(if detail == Detail::Full { FULL } else { ALARMS }, Ordering::Relaxed);
}

macro_rules! metrics {
    ($($metric:ident, $unit:literal, $meaning:literal;)*) => {
        /// A metric of the namespace `Tailor`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Metric {
            $(#[doc = $meaning] $metric,)*
        }

        impl Metric {
            /// Every metric.
            pub const ALL: &'static [Metric] = &[$(Metric::$metric,)*];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Metric::$metric => stringify!($metric),)* }
            }

            /// Its unit, as CloudWatch calls it.
            #[must_use]
            pub fn unit(self) -> &'static str {
                match self { $(Metric::$metric => $unit,)* }
            }

            /// What it says.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Metric::$metric => $meaning,)* }
            }
        }
    };
}

metrics! {
    Requests, "Count", "Requests that `Generate` answered; each item of a batch is one more.";
    Rejections, "Count", "Requests that were answered by a problem, in all and by its code (`Reason`).";
    Replays, "Count", "Answers given again to the same idempotency key.";
    Latency, "Milliseconds", "From arrival to answer, of requests that asked the model.";
    TimeToFirstDelta, "Milliseconds", "From arrival to the first text of a stream.";
    ValidateLatency, "Milliseconds", "Reading and checking the body.";
    RedactLatency, "Milliseconds", "Finding personal data.";
    AnalyzeLatency, "Milliseconds", "Comparing résumé and job.";
    RenderLatency, "Milliseconds", "Writing the prompt.";
    AcquireLatency, "Milliseconds", "Taking permits and reserving budget, and the wait for a slot.";
    ModelLatency, "Milliseconds", "The model, all attempts and repetitions.";
    VerifyLatency, "Milliseconds", "Checking the answer against its source.";
    SettleLatency, "Milliseconds", "Writing the record and closing the reservation, all attempts.";
    InputTokens, "Count", "Prompt tokens at the full price.";
    OutputTokens, "Count", "Output tokens.";
    CacheReadTokens, "Count", "Prompt tokens read from the provider's cache.";
    CacheWriteTokens, "Count", "Prompt tokens written to the provider's cache.";
    CacheReads, "Count", "Requests that read from the provider's cache.";
    CostUsd, "None", "What the tokens cost, in US dollars; the sum of the records.";
    Retries, "Count", "Calls sent again after the provider had refused or could not be reached.";
    RedactedName, "Count", "Names hidden from the model.";
    RedactedEmail, "Count", "E-mail addresses hidden from the model.";
    RedactedPhone, "Count", "Phone numbers hidden from the model.";
    RedactedAddress, "Count", "Postal addresses hidden from the model.";
    RedactedUrl, "Count", "Web addresses hidden from the model.";
    RedactedSsn, "Count", "US social security numbers hidden from the model.";
    RedactedNationalId, "Count", "Other national ids hidden from the model.";
    RedactedIban, "Count", "Bank account numbers hidden from the model.";
    RedactedPassport, "Count", "Passport numbers hidden from the model.";
    RedactedCreditCard, "Count", "Card numbers hidden from the model.";
    RedactedDob, "Count", "Dates of birth hidden from the model.";
    RedactedIp, "Count", "IP addresses hidden from the model.";
    RedactedHandle, "Count", "User names hidden from the model.";
    RevertedClaims, "Count", "Claims that the source does not support, taken back.";
    FlaggedClaims, "Count", "Claims that the source does not support, reported.";
    DroppedPlaceholders, "Count", "Placeholders that the answer lacks.";
    InventedPlaceholders, "Count", "Placeholders of the answer that stand for nothing.";
    OrphanedReservations, "Count", "Reservations whose instance was gone; each counts at its ceiling.";
    ProviderAuthFailures, "Count", "Calls that the provider refused for their key.";
    UnwrittenRecords, "Count", "Records that the ledger did not take; the log has them, the caller's item too where it could be written.";
    BudgetAlert, "Count", "Half, four fifths or all of a budget (`Scope`, `Percent`), once a month each.";
}

/// The steps of [`crate::trace`] that have a metric.
pub(crate) const STAGES: [(&str, Metric); 8] = [
    ("validate", Metric::ValidateLatency),
    ("redact", Metric::RedactLatency),
    ("analyze", Metric::AnalyzeLatency),
    ("render", Metric::RenderLatency),
    ("acquire", Metric::AcquireLatency),
    ("model", Metric::ModelLatency),
    ("verify", Metric::VerifyLatency),
    ("settle", Metric::SettleLatency),
];

impl Metric {
    /// Spans of a kind; `None` for what only looked like a placeholder.
    #[must_use]
    pub fn redacted(kind: Kind) -> Option<Metric> {
        Some(match kind {
            Kind::Name => Metric::RedactedName,
            Kind::Email => Metric::RedactedEmail,
            Kind::Phone => Metric::RedactedPhone,
            Kind::Address => Metric::RedactedAddress,
            Kind::Url => Metric::RedactedUrl,
            Kind::Ssn => Metric::RedactedSsn,
            Kind::NationalId => Metric::RedactedNationalId,
            Kind::Iban => Metric::RedactedIban,
            Kind::Passport => Metric::RedactedPassport,
            Kind::CreditCard => Metric::RedactedCreditCard,
            Kind::Dob => Metric::RedactedDob,
            Kind::Ip => Metric::RedactedIp,
            Kind::Handle => Metric::RedactedHandle,
            Kind::Literal => return None,
        })
    }

    /// Whether one of the template's alarms watches it.
    #[must_use]
    pub fn has_alarm(self) -> bool {
        matches!(
            self,
            Metric::OrphanedReservations
                | Metric::ProviderAuthFailures
                | Metric::UnwrittenRecords
                | Metric::BudgetAlert
        )
    }

    /// The dimensions beside `Ledger`, by set.
    #[must_use]
    pub fn dimensions(self) -> &'static [&'static [&'static str]] {
        match self {
            Metric::Rejections => &[&[], &["Reason"]],
            Metric::BudgetAlert => &[&["Scope", "Percent"]],
            _ => &[&[]],
        }
    }
}

/// Counts one occurrence.
pub fn count(now: SystemTime, ledger: &str, metric: Metric) {
    emit(now, ledger, &[(metric, 1.0)], &[]);
}

/// A count as CloudWatch takes it.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// Writes measures on one line, with the values of the dimensions that they have beside `Ledger`.
#[expect(clippy::print_stdout, reason = "the format is a line on stdout")]
pub(crate) fn emit(now: SystemTime, ledger: &str, measures: &[(Metric, f64)], dimensions: &[(&str, &str)]) {
    let told = TOLD.load(Ordering::Relaxed);
    let wanted = measures.iter().filter(|(metric, _)| told == FULL || (told == ALARMS && metric.has_alarm()));
    let wanted: Vec<(Metric, f64)> = wanted.copied().collect();
    if !wanted.is_empty() {
        // With its end, so that it is written at once.
        print!("{}", line(now, ledger, &wanted, dimensions) + "\n");
    }
}

/// A line of the format, put together without a tree of values: every request writes one.
struct Line<'a> {
    head: Head,
    ledger: &'a str,
    dimensions: &'a [(&'a str, &'a str)],
    measures: &'a [(Metric, f64)],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Head {
    timestamp: u128,
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: Vec<Vec<&'static str>>,
    metrics: Vec<Definition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("_aws", &self.head)?;
        map.serialize_entry("Ledger", self.ledger)?;
        for (name, value) in self.dimensions {
            map.serialize_entry(name, value)?;
        }
        for (metric, value) in self.measures {
            match whole(*value) {
                Some(value) => map.serialize_entry(metric.name(), &value)?,
                None => map.serialize_entry(metric.name(), value)?,
            }
        }
        map.end()
    }
}

fn line(now: SystemTime, ledger: &str, measures: &[(Metric, f64)], dimensions: &[(&str, &str)]) -> String {
    let mut sets: Vec<(&[&[&str]], Vec<Definition>)> = Vec::new();
    for (metric, _) in measures {
        let definition = Definition { name: metric.name(), unit: metric.unit() };
        match sets.iter_mut().find(|(sets, _)| *sets == metric.dimensions()) {
            Some((_, definitions)) => definitions.push(definition),
            None => sets.push((metric.dimensions(), vec![definition])),
        }
    }
    let directive = |(sets, metrics): (&[&[&'static str]], Vec<Definition>)| {
        let dimensions = sets.iter().map(|set| [&["Ledger"], *set].concat()).collect();
        Directive { namespace: "Tailor", dimensions, metrics }
    };
    let head = Head {
        timestamp: now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis(),
        cloud_watch_metrics: sets.into_iter().map(directive).collect(),
    };
    serde_json::to_string(&Line { head, ledger, dimensions, measures }).unwrap_or_default()
}

/// A number without a decimal point where there is nothing after it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and small")]
fn whole(value: f64) -> Option<u64> {
    (value.fract() == 0.0 && (0.0..9e15).contains(&value)).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_line_has_each_metric_once_in_the_sets_of_its_dimensions() {
        let measures = [(Metric::Requests, 1.0), (Metric::Rejections, 1.0), (Metric::CostUsd, 0.0255)];
        let line = line(std::time::UNIX_EPOCH, "tailor-ledger", &measures, &[("Reason", "rate-limited")]);
        assert!(!line.contains('\n'));
        let value: Value = serde_json::from_str(&line).expect("JSON");
        let directives = &value["_aws"]["CloudWatchMetrics"];
        assert_eq!(directives[0]["Dimensions"], json!([["Ledger"]]));
        assert_eq!(directives[1]["Dimensions"], json!([["Ledger"], ["Ledger", "Reason"]]));
        assert_eq!(directives[0]["Metrics"][1], json!({ "Name": "CostUsd", "Unit": "None" }));
        assert_eq!((&value["Requests"], &value["CostUsd"]), (&json!(1), &json!(0.0255)));
        // Every dimension that a set names has a value.
        assert_eq!((&value["Ledger"], &value["Reason"]), (&json!("tailor-ledger"), &json!("rate-limited")));
    }

    #[test]
    fn names_are_told_once_and_every_kind_has_its_own() {
        let names: std::collections::HashSet<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        let kinds: std::collections::HashSet<_> = Kind::ALL.into_iter().filter_map(Metric::redacted).collect();
        assert_eq!(kinds.len(), Kind::ALL.len() - 1);
    }
}
