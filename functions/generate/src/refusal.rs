//! Refusals of the limiter and failures of the model, as problems.

use std::time::Duration;

use shared::limits::Denied;
use shared::llm::LlmError;
use shared::problem::{Code, Problem};

pub(crate) fn denied(denied: &Denied) -> Problem {
    match denied {
        Denied::Rate { retry_after } => Problem::new(Code::RateLimited).retry_after(*retry_after),
        Denied::Concurrency => Problem::new(Code::ConcurrencyLimited).retry_after(Duration::from_secs(1)),
        Denied::Budget { retry_after } => Problem::new(Code::BudgetExhausted).retry_after(*retry_after),
        Denied::Provider { retry_after } => Problem::new(Code::ProviderThrottled).retry_after(*retry_after),
        Denied::Store(error) => {
            tracing::error!(%error, "limiter");
            Code::StoreUnavailable.into()
        }
    }
}

pub(crate) fn failed(error: &LlmError) -> Problem {
    let problem = Problem::new(match error {
        LlmError::Throttled { .. } => Code::ProviderThrottled,
        LlmError::Overloaded { .. } => Code::ProviderOverloaded,
        LlmError::Unauthorized => Code::ProviderAuth,
        LlmError::TooLarge => Code::ContextTooLong,
        LlmError::Upstream { status: 504, .. } | LlmError::DeadlineExceeded => Code::ProviderTimeout,
        LlmError::Upstream { .. } | LlmError::Rejected { .. } | LlmError::Malformed => Code::ProviderError,
        LlmError::Unreachable(_) => Code::LlmUnavailable,
        LlmError::StreamEnded => Code::ProviderStreamEnded,
    });
    let wait = error.retry_after().filter(|_| problem.code.status() == 503);
    match wait {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    }
}
