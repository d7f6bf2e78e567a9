//! Logs: counts, kinds, ids and codes, never content.

use std::env;

use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::response::Arrival;

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
        .with_env_filter(EnvFilter::new(directives(level.as_deref(), &[])));
    if env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        // The runtime's span has Lambda's request id, ours has our own.
        subscriber.json().with_current_span(false).init();
    } else {
        subscriber.init();
    }
}

/// What every line has that is written of a request: its id, and its caller as soon as that is known.
#[must_use]
pub fn request_span(arrival: &Arrival) -> Span {
    tracing::info_span!("request", request_id = %arrival.request_id, caller = tracing::field::Empty)
}

/// Our own crates, and `more` of them, at this level, which is `INFO` where it is none, all others at `INFO` at most.
#[must_use]
pub fn directives(level: Option<&str>, more: &[&str]) -> String {
    let level = level.map(|level| if level.eq_ignore_ascii_case("FATAL") { "ERROR" } else { level });
    let own = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let others = own.min(LevelFilter::INFO);
    let crates = ["shared", "generate", "stats", "authorizer"].iter().chain(more).map(|name| format!(",{name}={own}"));
    crates.fold(others.to_string(), |text, of_crate| text + &of_crate)
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
        assert_eq!(directives(Some("TRACE"), &[]), "info,shared=trace,generate=trace,stats=trace,authorizer=trace");
        assert_eq!(directives(Some("error"), &[]), "error,shared=error,generate=error,stats=error,authorizer=error");
        assert_eq!(directives(Some("hyper=trace"), &[]), directives(None, &[]));
        assert_eq!(directives(Some("FATAL"), &[]), directives(Some("error"), &[]));
    }
}
