//! Logs: counts, kinds, ids and codes, never content.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Sends log lines to stdout as Lambda's logging controls ask: `AWS_LAMBDA_LOG_LEVEL` (else `RUST_LOG`, a level) and
/// `AWS_LAMBDA_LOG_FORMAT`.
///
/// A level above `INFO` holds for this project's own crates only: the runtime, the HTTP stack and the AWS SDK write whole
/// bodies at `TRACE`.
pub fn init() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").or_else(|_| env::var("RUST_LOG")).ok();
    let subscriber = tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        .with_ansi(false)
        .with_env_filter(EnvFilter::new(directives(level.as_deref())));
    METRICS.store(true, Ordering::Relaxed);
    if env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        subscriber.json().init();
    } else {
        subscriber.init();
    }
}

/// Whether stdout is Lambda's log, where CloudWatch reads metrics from.
static METRICS: AtomicBool = AtomicBool::new(false);

/// Counts one occurrence of `name` in the namespace `Tailor`, in CloudWatch's embedded metric format: one JSON line. Without
/// [`init`], as in `local`, nothing is written.
#[expect(clippy::print_stdout, reason = "the format is a line on stdout")]
pub fn metric(now: SystemTime, name: &str, dimensions: &[(&str, &str)]) {
    if METRICS.load(Ordering::Relaxed) {
        println!("{}", metric_line(now, name, dimensions));
    }
}

fn metric_line(now: SystemTime, name: &str, dimensions: &[(&str, &str)]) -> String {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis(),
            "CloudWatchMetrics": [{
                "Namespace": "Tailor",
                "Dimensions": [names],
                "Metrics": [{ "Name": name, "Unit": "Count" }],
            }],
        },
        name: 1,
    });
    for (name, value) in dimensions {
        line[*name] = json!(value);
    }
    line.to_string()
}

fn directives(level: Option<&str>) -> String {
    let own = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let others = own.min(LevelFilter::INFO);
    format!("{others},shared={own},generate={own},stats={own}")
}

/// Makes a panic log its place only. The default hook prints the message, which may quote the text that was handled.
pub fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

#[cfg(test)]
mod tests {
    use super::{directives, metric_line};

    #[test]
    fn a_metric_is_one_line_of_the_embedded_format() {
        let line = metric_line(std::time::UNIX_EPOCH, "BudgetAlert", &[("Scope", "total"), ("Percent", "80")]);
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert!(!line.contains('\n'));
        assert_eq!(
            (&value["BudgetAlert"], &value["Scope"], &value["Percent"]),
            (&1.into(), &"total".into(), &"80".into())
        );
        assert_eq!(value["_aws"]["CloudWatchMetrics"][0]["Dimensions"], serde_json::json!([["Scope", "Percent"]]));
    }

    #[test]
    fn only_our_own_crates_can_be_made_talkative() {
        assert_eq!(directives(Some("TRACE")), "info,shared=trace,generate=trace,stats=trace");
        assert_eq!(directives(Some("error")), "error,shared=error,generate=error,stats=error");
        assert_eq!(directives(Some("hyper=trace")), directives(None));
    }
}
