//! Refusals of the limiter and failures of the model, as problems.

use std::time::Duration;

use shared::dynamodb::StoreError;
use shared::limits::Denied;
use shared::llm::LlmError;
use shared::problem::{Code, Problem};
use shared::secrets::SecretsUnavailable;

pub(crate) fn denied(denied: &Denied) -> Problem {
    match denied {
        Denied::Rate { retry_after, .. } => Problem::new(Code::RateLimited).retry_after(*retry_after),
        Denied::Concurrency => Problem::new(Code::ConcurrencyLimited).retry_after(Duration::from_secs(1)),
        Denied::Budget { retry_after, .. } => Problem::new(Code::BudgetExhausted).retry_after(*retry_after),
        Denied::TooDear => Problem::new(Code::BudgetExhausted)
            .with_detail("This request alone could exceed the budget; ask for fewer tokens.")
            .never_retryable(),
        Denied::Provider { retry_after } => Problem::new(Code::ProviderThrottled).retry_after(*retry_after),
        Denied::Store(error) => store("limiter", error),
    }
}

/// The database did not answer. Its error names operations and tables, never content.
pub(crate) fn store(what: &'static str, error: &StoreError) -> Problem {
    tracing::error!(what, %error, "store unavailable");
    Code::StoreUnavailable.into()
}

/// Something that cannot go wrong did. The error's kind is logged, not its text, which may quote what was handled.
pub(crate) fn internal<E>(what: &'static str, _: &E) -> Problem {
    tracing::error!(what, kind = std::any::type_name::<E>(), "internal error");
    Code::Internal.into()
}

/// The secrets store did not give the key. Its error names a step or a code.
pub(crate) fn no_key(error: &SecretsUnavailable) -> Problem {
    tracing::error!(%error, "no model key");
    Code::SecretsUnavailable.into()
}

pub(crate) fn failed(error: &LlmError) -> Problem {
    // Neither message nor cause of a model error holds content; the caller gets a fixed sentence instead.
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |cause| cause.source());
    let chain = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    tracing::warn!(error = chain, "model call failed");
    let problem = Problem::new(match error {
        LlmError::Throttled { .. } => Code::ProviderThrottled,
        LlmError::Overloaded { .. } => Code::ProviderOverloaded,
        LlmError::Unauthorized => Code::ProviderAuth,
        LlmError::NoKey => Code::SecretsUnavailable,
        LlmError::TooLarge => Code::ContextTooLong,
        LlmError::Upstream { status: 504, .. } | LlmError::DeadlineExceeded => Code::ProviderTimeout,
        LlmError::Upstream { .. } | LlmError::Rejected { .. } | LlmError::Malformed => Code::ProviderError,
        LlmError::Unreachable(_) => Code::LlmUnavailable,
        // Nobody reads the first.
        LlmError::Abandoned | LlmError::Panicked => Code::Internal,
        LlmError::StreamEnded => Code::ProviderStreamEnded,
    });
    // An outage passes, a rejected request does not.
    let problem = if matches!(error, LlmError::Upstream { .. }) { problem.retryable() } else { problem };
    match error.retry_after().filter(|_| problem.code.status() == 503) {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    }
}
