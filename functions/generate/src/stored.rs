//! What an idempotent request stores: the model's answer as it came, or a refusal that repetition cannot change.

use serde::{Deserialize, Serialize};
use shared::llm::{Completion, Failure, StopReason};
use shared::prices::{Picodollars, PriceSheet, Usage};
use shared::problem::{Code, Problem};
use shared::response::Arrival;

use crate::answer::UsageStats;
use crate::bill::Bill;
use crate::pipeline::{Asked, Seen};

/// The model's answer with what is said of it: everything a response is made of, originals left out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ModelAnswer {
    pub(crate) request_id: String,
    pub(crate) prompt_version: String,
    pub(crate) model: String,
    pub(crate) text: String,
    stop_reason: String,
    pub(crate) simulated: bool,
    usage: Usage,
    cost_pico: u64,
    attempts: u32,
    duration_ms: u64,
}

impl ModelAnswer {
    /// The answer of a request's one or two attempts: the last that is readable; what it cost is the sum.
    ///
    /// # Errors
    ///
    /// The failure of the only attempt.
    pub(crate) fn of<'a>(
        before: Option<&'a Asked>,
        asked: &'a Asked,
        model: &str,
        prompt_version: &str,
        arrival: &Arrival,
        seen: &Seen<'_>,
    ) -> Result<ModelAnswer, &'a Failure> {
        let all = before.map_or_else(|| asked.bill.clone(), |before| before.bill.plus(&asked.bill));
        let earlier = before.and_then(|before| before.outcome.as_ref().ok());
        let usable = before.is_some_and(|before| !asked.is_readable(seen) && before.is_readable(seen));
        let completion = match (&asked.outcome, earlier) {
            (_, Some(earlier)) if usable => earlier,
            (Ok(completion), _) => completion,
            // The first answer is what the request failed for; the second was to mend it.
            (Err(_), Some(earlier)) => earlier,
            (Err(failure), None) => return Err(failure),
        };
        let attempts = match (&asked.outcome, earlier) {
            (Ok(last), Some(earlier)) => last.attempts + earlier.attempts,
            (Err(_), Some(earlier)) => earlier.attempts + 1,
            (_, None) => completion.attempts,
        };
        let completion = Completion { attempts, ..completion.clone() };
        Ok(ModelAnswer::new(completion, &all, model, prompt_version, arrival))
    }

    fn new(completion: Completion, bill: &Bill, model: &str, prompt_version: &str, arrival: &Arrival) -> ModelAnswer {
        ModelAnswer {
            request_id: arrival.request_id.to_string(),
            prompt_version: prompt_version.to_owned(),
            model: model.to_owned(),
            stop_reason: completion.stop_reason.as_str().to_owned(),
            simulated: completion.simulated,
            usage: bill.usage,
            cost_pico: bill.cost.0,
            attempts: completion.attempts,
            duration_ms: arrival.now.elapsed().unwrap_or_default().as_millis().try_into().unwrap_or(u64::MAX),
            text: completion.text,
        }
    }

    pub(crate) fn stop_reason(&self) -> StopReason {
        StopReason::parse(&self.stop_reason)
    }

    /// Whether the model takes part in agreed forms; `None` if it has left the price sheet.
    pub(crate) fn is_structured(&self) -> Option<bool> {
        PriceSheet::embedded().row(&self.model).map(|model| model.structured_output())
    }

    pub(crate) fn usage_stats(&self) -> UsageStats {
        UsageStats {
            input_tokens: self.usage.input_tokens,
            output_tokens: self.usage.output_tokens,
            cache_read_tokens: self.usage.cache_read_tokens,
            cache_write_tokens: self.usage.cache_write_tokens(),
            cost_usd: Picodollars(self.cost_pico),
            model: self.model.clone(),
            attempts: self.attempts,
            duration_ms: self.duration_ms,
        }
    }
}

/// What a claim was closed with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Stored {
    /// An answer, and a keyed hash of the redacted texts that it answers.
    Answer { redacted: String, answer: ModelAnswer },
    /// A refusal by its code.
    Refused { code: String },
}

impl Stored {
    /// The refusal, if the same request would get it again: transient failures are not kept, the next request tries anew.
    pub(crate) fn refusal(problem: &Problem) -> Option<Stored> {
        let lasting = matches!(problem.code, Code::ModelRefused | Code::ContextTooLong);
        lasting.then(|| Stored::Refused { code: problem.code.slug().to_owned() })
    }

    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// # Errors
    ///
    /// `replay-expired` for what another version of this service wrote.
    pub(crate) fn decode(text: &str) -> Result<Stored, Problem> {
        serde_json::from_str(text).map_err(|_| Code::ReplayExpired.into())
    }
}

/// The problem that was stored.
pub(crate) fn problem_of(code: &str) -> Problem {
    let known = Code::ALL.iter().copied().find(|known| known.slug() == code);
    known.unwrap_or(Code::ReplayExpired).into()
}
