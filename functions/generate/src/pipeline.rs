//! What happens to a request, from a valid body to an answer.
//!
//! ```text
//! validate -> redact -> analyze -> render prompt -> acquire -> provider permit -> call model
//!          -> settle + record -> verify -> rehydrate -> respond
//! ```
//!
//! [`Generate::generate`] reads like that line. Everything it calls is a step of [`shared`] or a file beside this one.

use std::time::{Duration, SystemTime};

use shared::analysis::{Analysis, analyze, score_of};
use shared::caller::Caller;
use shared::limits::{Permit, Wanted};
use shared::llm::{Call, Completion, Failure, Provider, StopReason};
use shared::problem::{Code, Problem};
use shared::prompts::{InvalidOutput, Output};
use shared::redaction::{Redacted, redact};
use shared::request::{GenerateRequest, Input, Task};
use shared::response::Arrival;
use shared::verify::verify_output;
use tokio::time::Instant;

use crate::answer::{Answer, RedactedTexts, UsageStats};
use crate::bill::Bill;
use crate::model::Choice;
use crate::{Generate, refusal};

/// A rough count of the tokens in a request, for the per-minute token buckets. Reconciled with the reported usage.
const BYTES_PER_TOKEN: u64 = 3;

/// With less time than this a call is not begun: it would end without an answer and be billed all the same.
const SHORTEST_CALL: Duration = Duration::from_millis(250);

impl Generate {
    /// The main job: one attempt at the model, everything around it.
    ///
    /// `time_left` is how long the model call may take from `arrival` on.
    pub(crate) async fn generate(
        &self,
        request: &GenerateRequest,
        caller: &Caller,
        arrival: &Arrival,
        time_left: Duration,
    ) -> Result<Answer, Problem> {
        let llm = self.llm.as_ref().map_err(|code| Problem::new(*code))?;
        let deadline = Instant::now() + time_left;
        let choice = Choice::of(request, &self.config, arrival.now)?;
        let version = self.prompts.version(request.input.task(), request.options.prompt_version.as_deref())?;
        self.limits.check_blocked(caller, arrival.now).map_err(|denied| refusal::denied(&denied))?;

        let (redacted, vault) = redact(&request.input);
        let analysis = analyze_input(&redacted);
        let structured = choice.model.structured_output();
        let prompt = self
            .prompts
            .render(&redacted, analysis.as_ref(), version, structured, &random_fence()?)
            .map_err(|error| refusal::internal("prompt", &error))?;
        let call = Call::new(&prompt, choice.model.id(), choice.max_tokens, choice.temperature)
            .map_err(|error| refusal::internal("call", &error))?;
        choice.require_room(&call)?;

        let wanted = wanted(caller, arrival, &choice, &call);
        let (permit, period) = self.admit(&wanted, arrival.now, deadline).await?;
        let outcome = llm.complete(&call, deadline).await;
        let bill = Bill::of(&outcome, &choice, call.bytes());
        self.settle(&permit, &bill, &Attempt { wanted: &wanted, task: redacted.task(), version, period, arrival })
            .await;

        let completion = outcome.map_err(|failure: Failure| refusal::failed(&failure.error))?;
        let mut output = read(&completion, &redacted, structured)?;
        let verification = verify_output(&mut output, &redacted, self.config.verify, &vault)
            .map_err(|_| Problem::new(Code::InvalidModelOutput))?;
        let analysis = analysis.map(|analysis| rescore(analysis, &output, &redacted).restore(&vault));
        output.rehydrate(&vault);
        Ok(Answer {
            output,
            analysis,
            verification,
            redaction: vault.counts().clone(),
            usage_stats: UsageStats::new(&bill, choice.model, completion.attempts, arrival),
            stop_reason: completion.stop_reason.as_str(),
            truncated: completion.is_truncated(),
            simulated: completion.simulated,
            prompt_version: version,
            request_id: arrival.request_id.to_string(),
        })
    }

    /// Takes permits and reserves budget, and sleeps until a booked slot is due. Returns the statistics period, too.
    async fn admit(
        &self,
        wanted: &Wanted<'_>,
        now: SystemTime,
        deadline: Instant,
    ) -> Result<(Permit, String), Problem> {
        // The two do not depend on each other, so a new caller costs no extra round trip.
        let (known, permit) =
            futures_util::future::join(self.meet(wanted.caller), self.limits.acquire(wanted, now)).await;
        let permit = permit.map_err(|denied| refusal::denied(&denied))?;
        let known = match known {
            Ok(known) => known,
            Err(error) => {
                self.release(&permit, now).await;
                return Err(refusal::store("ledger", &error));
            }
        };
        let due = Instant::now() + permit.wait;
        if due + SHORTEST_CALL > deadline {
            self.release(&permit, now).await;
            let late = if permit.wait.is_zero() { Code::ProviderTimeout } else { Code::RateLimited };
            return Err(Problem::new(late).retry_after(permit.wait));
        }
        tokio::time::sleep_until(due).await;
        let stored = permit.stored_period.as_deref().or(known.as_deref());
        let period = shared::budget::period(stored, now);
        Ok((permit, period))
    }

    /// Closes the reservation and writes the record, in parallel. What fails here is logged and loses neither the answer
    /// nor money: an open reservation stays at its ceiling, which is never too little.
    async fn settle(&self, permit: &Permit, bill: &Bill, attempt: &Attempt<'_>) {
        let now = SystemTime::now();
        let settled = self.limits.settle(permit, &bill.usage, bill.cost, now);
        let record = bill.record(attempt, now);
        let recorded = async {
            match &record {
                Some(record) => self.ledger.record(record).await,
                None => Ok(()),
            }
        };
        let (settled, recorded) = futures_util::future::join(settled, recorded).await;
        for (what, result) in [("settle", settled), ("record", recorded)] {
            if let Err(error) = result {
                let id = &attempt.arrival.request_id;
                tracing::error!(request_id = %id, what, %error, cost_usd = %bill.cost, "not written");
            }
        }
    }

    /// Gives back a permit that was not used.
    async fn release(&self, permit: &Permit, now: SystemTime) {
        let bill = Bill::nothing();
        if let Err(error) = self.limits.settle(permit, &bill.usage, bill.cost, now).await {
            tracing::error!(%error, "an unused permit stays reserved");
        }
    }
}

/// What a record says beside the bill.
pub(crate) struct Attempt<'a> {
    pub(crate) wanted: &'a Wanted<'a>,
    pub(crate) task: Task,
    pub(crate) version: &'static str,
    pub(crate) period: String,
    pub(crate) arrival: &'a Arrival,
}

fn wanted<'a>(caller: &'a Caller, arrival: &'a Arrival, choice: &Choice, call: &Call) -> Wanted<'a> {
    Wanted {
        caller,
        request_id: &arrival.request_id,
        attempt: 1,
        provider: Provider::Anthropic,
        model: choice.model.id(),
        input_tokens: call.bytes().div_ceil(BYTES_PER_TOKEN),
        output_tokens: choice.max_tokens,
        ceiling: choice.model.ceiling(call.bytes(), choice.max_tokens),
    }
}

/// The answer in its agreed form, by how the model stopped.
fn read(completion: &Completion, input: &Input<Redacted>, structured: bool) -> Result<Output, Problem> {
    let task = input.task();
    let parsed = match completion.stop_reason {
        StopReason::EndTurn => Output::parse(task, structured, &completion.text),
        StopReason::MaxTokens | StopReason::ContextWindowExceeded => {
            Output::parse_truncated(task, structured, &completion.text)
        }
        StopReason::Refusal => return Err(Code::ModelRefused.into()),
        StopReason::Unexpected => return Err(Code::ProviderError.into()),
    };
    let fitted = parsed.and_then(|mut output| output.fit(input).map(|()| output));
    fitted.map_err(|InvalidOutput| Code::InvalidModelOutput.into())
}

fn analyze_input(input: &Input<Redacted>) -> Option<Analysis> {
    Some(analyze(input.resume()?, input.job()?))
}

/// The analysis with the score of the verified answer beside the original's.
fn rescore(mut analysis: Analysis, output: &Output, input: &Input<Redacted>) -> Analysis {
    if let (Output::ResumeOptimization(_), Some(text), Some(job)) = (output, output.text(), input.job()) {
        analysis.match_score_after = score_of(text, job);
    }
    analysis
}

/// 128 random bits in hexadecimal: whoever wrote the documents cannot close a fence of this request.
fn random_fence() -> Result<String, Problem> {
    let random = getrandom::u64().and_then(|high| getrandom::u64().map(|low| (high, low)));
    random.map(|(high, low)| format!("{high:016x}{low:016x}")).map_err(|error| refusal::internal("random", &error))
}

/// `/analyze`: the same analysis, no model, no cost.
pub(crate) fn analyze_only(input: &Input<String>) -> Option<Analysis> {
    let (redacted, vault) = redact(input);
    analyze_input(&redacted).map(|analysis| analysis.restore(&vault))
}

/// `/redact`: the texts as a model would see them.
pub(crate) fn redact_only(input: &Input<String>) -> RedactedTexts {
    let (redacted, vault) = redact(input);
    let text = |text: Option<&Redacted>| text.map(|text| text.as_str().to_owned()).unwrap_or_default();
    RedactedTexts {
        resume_redacted: text(redacted.resume()),
        job_description_redacted: text(redacted.job()),
        redaction: vault.counts().clone(),
    }
}
