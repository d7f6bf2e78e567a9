//! Logs: counts, kinds, ids and codes, never content.

use std::env;

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
    if env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        // The runtime's span has Lambda's request id; once is enough.
        subscriber.json().with_span_list(false).init();
    } else {
        subscriber.init();
    }
}

fn directives(level: Option<&str>) -> String {
    let own = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let others = own.min(LevelFilter::INFO);
    format!("{others},shared={own},generate={own},stats={own},authorizer={own}")
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
    use super::directives;

    #[test]
    fn only_our_own_crates_can_be_made_talkative() {
        assert_eq!(directives(Some("TRACE")), "info,shared=trace,generate=trace,stats=trace,authorizer=trace");
        assert_eq!(directives(Some("error")), "error,shared=error,generate=error,stats=error,authorizer=error");
        assert_eq!(directives(Some("hyper=trace")), directives(None));
    }
}
