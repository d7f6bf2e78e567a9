//! The end of a request: one log line and one line of metrics.

use std::time::{Duration, SystemTime};

use super::{Stage, Trace};
use crate::ledger::Status;
use crate::metrics::{self, Metric};
use crate::prices::PriceSheet;
use crate::problem::Code;
use crate::response::Arrival;

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// Its id and time.
    pub arrival: &'a Arrival,
    /// Who asked, where that is known.
    pub caller: Option<&'a str>,
    /// The HTTP status; that of a stream's `error` event where there is one.
    pub status: u16,
    /// The problem, if it was refused.
    pub code: Option<Code>,
    /// The ledger's table: the dimension that tells one deployment from another.
    pub ledger: &'a str,
}

impl Trace {
    /// Writes the request's line, whose tokens and cost are those of its records, and its metrics.
    pub fn tell(&self, end: &End<'_>, now: SystemTime) {
        let duration = now.duration_since(end.arrival.now).unwrap_or_default();
        // Nobody was refused who went away.
        let code = end.code.filter(|_| !self.is_disconnected());
        // Its status line was sent when it began.
        let status = if self.is_disconnected() { 200 } else { end.status };
        self.log(end, status, code, duration);
        let reason = code.map(|code| ("Reason", code.slug()));
        metrics::emit(now, end.ledger, &self.measures(code, duration), reason.as_slice());
    }

    fn log(&self, end: &End<'_>, status: u16, code: Option<Code>, duration: Duration) {
        let (usage, cost) = (self.usage(), self.cost());
        let last = self.last_billed().or(self.attempts.last());
        let asked = |text: &str| last.map(|_| text.to_owned());
        tracing::info!(
            request_id = %end.arrival.request_id,
            caller = end.caller,
            status,
            code = code.map(Code::slug),
            duration_ms = millis(duration),
            task = (!self.task.is_empty()).then_some(&*self.task),
            streamed = self.streamed.then_some(true),
            replayed = self.replayed.then_some(true),
            attempts = last.map(|_| self.attempts.len()),
            retries = last.map(|_| self.retries()),
            record_status = last.and_then(|attempt| attempt.status).map(Status::name),
            model = asked(&self.model),
            prompt_version = asked(&self.prompt_version),
            price_version = asked(PriceSheet::embedded().version()),
            input_tokens = last.map(|_| usage.input_tokens),
            output_tokens = last.map(|_| usage.output_tokens),
            cache_read_tokens = last.map(|_| usage.cache_read_tokens),
            cache_write_tokens = last.map(|_| usage.cache_write_tokens()),
            // The same digits as the record's: sixteen are more than any request costs picodollars.
            cost_usd = last.map(|_| metrics::float(cost.0) / 1e12),
            estimated = last.map(|attempt| attempt.estimated),
            simulated = last.map(|attempt| attempt.simulated),
            attempt_duration_ms = last.map(|attempt| attempt.duration_ms),
            "answered"
        );
    }

    fn measures(&self, code: Option<Code>, duration: Duration) -> Vec<(Metric, f64)> {
        let mut measures = vec![(Metric::Requests, 1.0)];
        // What did not happen is not measured: a metric costs in every hour that it is heard of.
        let mut add = |metric: Metric, value: f64| {
            if value > 0.0 {
                measures.push((metric, value));
            }
        };
        add(Metric::Rejections, f64::from(u8::from(code.is_some())));
        add(Metric::Replays, f64::from(u8::from(self.replayed)));
        let usage = self.usage();
        if !self.attempts.is_empty() {
            add(Metric::Latency, duration.as_secs_f64() * 1000.0);
        }
        add(Metric::TimeToFirstDelta, super::millis(self.first_delta_us.unwrap_or(0)));
        for (metric, count) in [
            (Metric::InputTokens, usage.input_tokens),
            (Metric::OutputTokens, usage.output_tokens),
            (Metric::CacheReadTokens, usage.cache_read_tokens),
            (Metric::CacheWriteTokens, usage.cache_write_tokens()),
            (Metric::CacheReads, u64::from(usage.cache_read_tokens > 0)),
            (Metric::Retries, u64::from(self.retries())),
        ] {
            add(metric, metrics::float(count));
        }
        add(Metric::CostUsd, metrics::float(self.cost().0) / 1e12);
        for (stage, metric) in metrics::STAGES {
            let took = self.stages.iter().filter(|Stage(name, ..)| name == stage).map(|Stage(.., took)| took);
            add(metric, super::millis(took.sum()));
        }
        for (kind, count) in &self.redaction {
            if let Some(metric) = Metric::redacted(*kind) {
                add(metric, metrics::float(*count as u64));
            }
        }
        if let Some(found) = &self.verification {
            let sum =
                |counts: &std::collections::BTreeMap<_, usize>| metrics::float(counts.values().sum::<usize>() as u64);
            add(Metric::RevertedClaims, sum(&found.reverted));
            add(Metric::FlaggedClaims, sum(&found.flagged));
            add(Metric::DroppedPlaceholders, metrics::float(found.placeholders.dropped as u64));
            add(Metric::InventedPlaceholders, metrics::float(found.placeholders.invented as u64));
        }
        measures
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
