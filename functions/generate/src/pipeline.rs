//! What happens to a request, from a valid body to an answer.
//!
//! ```text
//! validate -> redact -> analyze -> render prompt -> acquire -> provider permit -> call model
//!          -> settle + record -> verify -> rehydrate -> respond
//! ```
//!
//! [`Generate::attempt`] reads like that line. Everything it calls is a step of [`shared`] or a file beside this one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either};
use shared::analysis::{Analysis, Posting};
use shared::dynamodb::StoreError;
use shared::idempotency::{Begun, Key};
use shared::limits::{Permit, Wanted};
use shared::llm::{AnswerStream, Call, Completion, Failure, LlmClient, Notice, Notices, Provider, StopReason};
use shared::problem::{Code, Problem};
use shared::prompts::{InvalidOutput, Output, Prompt};
use shared::reconcile::sweep;
use shared::redaction::{Redacted, Vault, redact, visible};
use shared::request::Input;
use shared::response::Arrival;
use shared::trace::{Entered, Summary};
use shared::verify::{Source, Verifier, verify_output};
use tokio::time::Instant;

use crate::answer::{Answer, RedactedTexts};
use crate::bill::Bill;
use crate::job::Job;
use crate::model::Choice;
use crate::stored::{ModelAnswer, Stored, problem_of};
use crate::stream::{Deltas, Gone, Sink};
use crate::{Config, Generate, refusal};

/// A rough count of the tokens in a request, for the per-minute token buckets. Reconciled with the reported usage.
const BYTES_PER_TOKEN: u64 = 3;

/// With less time than this a call is not begun: it would end without an answer and be billed all the same.
pub(crate) const SHORTEST_CALL: Duration = Duration::from_millis(250);

/// How long an answer that is there waits for a sweep that is not over.
const SWEEP_GRACE: Duration = Duration::from_millis(200);

/// How much longer than its call a request may take before its idempotency claim passes to the next.
const CLAIM_MARGIN: Duration = Duration::from_secs(15);

impl Generate {
    /// The main job: an answer from the model, or the one that a request with the same idempotency key got.
    pub(crate) async fn generate(&self, job: &Job<'_>) -> Result<Answer, Problem> {
        let choice = Choice::of(job.request, &self.config, job.arrival.now)?;
        let wanted_version = job.request.options.prompt_version.as_deref();
        let version = self.prompts.version(job.request.input.task(), wanted_version)?;
        let (Some(key), Some(idempotency)) = (job.key, &self.idempotency) else {
            return self.attempt(job, &choice, version).await;
        };
        let owner = &job.arrival.request_id;
        let running_until = job.arrival.now + job.time_left + CLAIM_MARGIN;
        let claim = enter(job, "claim");
        let begun = idempotency.begin(key, owner, running_until, job.arrival.now).await;
        drop(claim);
        match begun.map_err(|error| refusal::store("idempotency", &error))? {
            Begun::Claimed => {}
            Begun::Answered(stored) => return self.replay(&stored, job, key),
            Begun::Mismatch => return Err(Code::IdempotencyMismatch.into()),
            Begun::Running { retry_after } => {
                return Err(Problem::new(Code::IdempotencyInProgress).retry_after(retry_after));
            }
        }
        // A panic may not leave the claim behind.
        let attempt: BoxFuture<'_, _> = Box::pin(self.attempt(job, &choice, version));
        let answered = AssertUnwindSafe(attempt).catch_unwind().await.unwrap_or_else(|_| Err(Code::Internal.into()));
        if let Err(problem) = &answered {
            let closed = match Stored::refusal(problem) {
                Some(stored) => idempotency.finish(key, owner, &stored.encode(), SystemTime::now()).await,
                None => idempotency.give_up(key, owner).await,
            };
            note_unwritten("claim", closed, job.arrival);
        }
        answered
    }

    /// A request to the model, a second one where that may mend the answer, everything around them.
    async fn attempt(&self, job: &Job<'_>, choice: &Choice, version: &'static str) -> Result<Answer, Problem> {
        let arrival = job.arrival;
        let llm = self.llm.as_ref().map_err(|code| Problem::new(*code))?;
        llm.ready().await.map_err(|error| refusal::no_key(&error))?;
        let deadline = Instant::now() + job.time_left;
        self.limits
            .check_blocked(job.caller, &job.allowance, arrival.now)
            .map_err(|denied| self.refused(&denied, job))?;

        let step = enter(job, "redact");
        let (redacted, vault) = redact(&job.request.input);
        drop(step);
        let step = enter(job, "analyze");
        let analyzed = Analyzed::of(&redacted);
        let analysis = analyzed.as_ref().map(|analyzed| &analyzed.analysis);
        drop(step);
        let step = enter(job, "render");
        let structured = choice.model.structured_output();
        let prompt = self
            .prompts
            .render(&redacted, analysis, version, structured, &random_fence()?)
            .map_err(|error| refusal::internal("prompt", &error))?;
        drop(step);
        job.notes.recorder.note(|trace| {
            trace.task = redacted.task().name().into();
            (trace.model, trace.prompt_version) = (choice.model.id().into(), version.into());
            trace.redaction = vault.counts().clone();
        });
        #[cfg(feature = "leak")]
        self.leak(job).await?;
        let seen = Seen { redacted: &redacted, vault: &vault, analysis, structured, version };

        let mut asked = self.ask(llm, &prompt, choice, 1, job, deadline, &seen).await?;
        let mut before = None;
        if let Some(again) = asked.second_choice(choice, job, &self.config, &seen, deadline) {
            self.settle(&asked, job, &seen).await;
            // Refused, it is as if it had not been asked: the first answer stands.
            match self.ask(llm, &prompt, &again, 2, job, deadline, &seen).await {
                Ok(second) => before = Some(std::mem::replace(&mut asked, second)),
                Err(_) => asked.is_settled = true,
            }
        }
        let settle = async {
            if !asked.is_settled {
                self.settle(&asked, job, &seen).await;
            }
        };
        let answer = async {
            let given = ModelAnswer::of(before.as_ref(), &asked, choice.model.id(), version, arrival, &seen)
                .map_err(|failure: &Failure| refusal::failed(&failure.error));
            // A panic in here must not take the settlement with it that is on its way.
            let answer = given.and_then(|given| {
                let finish = || {
                    let _step = enter(job, "verify");
                    self.finish(&given, structured, &redacted, &vault, analyzed.as_ref())
                };
                let answer = catch_unwind(AssertUnwindSafe(finish)).unwrap_or_else(|_| Err(Code::Internal.into()));
                answer.map(|answer| (answer, given))
            });
            match answer {
                Ok((answer, given)) => {
                    let found = answer.verification.as_ref().map(Summary::of);
                    job.notes.recorder.note(|trace| trace.verification = found);
                    // What no delta has said yet is said right after this.
                    if job.sink.is_some() && answer.output.text().is_some_and(|text| !text.is_empty()) {
                        job.notes.recorder.first_delta();
                    }
                    futures_util::future::join(self.store(job, &redacted, given), self.keep_trace(job, None)).await;
                    Ok(answer)
                }
                Err(problem) => {
                    self.keep_trace(job, Some(problem.code)).await;
                    Err(problem)
                }
            }
        };
        // Polled in this order: what was spent is on its way before anything can go wrong with the answer.
        futures_util::future::join(settle, answer).await.1
    }

    /// Reserves one attempt and asks the model.
    #[expect(clippy::too_many_arguments, reason = "what one attempt depends on")]
    async fn ask(
        &self,
        llm: &LlmClient,
        prompt: &Prompt,
        choice: &Choice,
        number: u32,
        job: &Job<'_>,
        deadline: Instant,
        seen: &Seen<'_>,
    ) -> Result<Asked, Problem> {
        let caches = choice.model.caches(prompt.system.len() as u64);
        let call = Call::new(prompt, choice.model.id(), choice.max_tokens, choice.temperature, caches)
            .map_err(|error| refusal::internal("call", &error))?;
        choice.require_room(&call)?;
        let wanted = Wanted { attempt: number, ..wanted(job, choice, &call) };
        let begun = Instant::now();
        let step = enter(job, "acquire");
        let (permit, period) = self.admit(&wanted, job, deadline).await?;
        drop(step);
        let (outcome, tries) = self.call(llm, &call, &wanted, deadline, job, seen).await;
        let bill = Bill::of(&outcome, choice, call.bytes());
        let duration = SystemTime::now().duration_since(job.arrival.now).unwrap_or_default();
        let attempt = bill.attempt(number, tries, call.sha256(), duration);
        job.notes.recorder.note(|trace| trace.attempts.push(attempt));
        let (model, took) = (choice.model.id(), begun.elapsed());
        Ok(Asked { number, model, permit, period, outcome, bill, took, duration, is_settled: false })
    }

    /// From the model's words to the answer: read, verify, put originals back.
    fn finish(
        &self,
        given: &ModelAnswer,
        structured: bool,
        redacted: &Input<Redacted>,
        vault: &Vault,
        analyzed: Option<&Analyzed>,
    ) -> Result<Answer, Problem> {
        let mut output = read(given.stop_reason(), &given.text, redacted, structured)?;
        let verification = verify_output(&mut output, redacted, self.config.verify, vault)
            .map_err(|_| Problem::new(Code::InvalidModelOutput))?;
        let analysis = analyzed.map(|analyzed| analyzed.with_score_of(&output).restore(vault));
        output.rehydrate(vault);
        let stop_reason = given.stop_reason();
        Ok(Answer {
            output,
            analysis,
            verification,
            redaction: vault.counts().clone(),
            usage_stats: given.usage_stats(),
            stop_reason: stop_reason.as_str(),
            truncated: matches!(stop_reason, StopReason::MaxTokens | StopReason::ContextWindowExceeded),
            simulated: given.simulated,
            prompt_version: given.prompt_version.clone(),
            request_id: given.request_id.clone(),
        })
    }

    /// The answer that was given before, made again from what is stored and the same request.
    fn replay(&self, stored: &str, job: &Job<'_>, key: &Key) -> Result<Answer, Problem> {
        let _ = job.notes.replayed.set(());
        let (hash, given) = match Stored::decode(stored)? {
            Stored::Answer { redacted, answer } => (redacted, answer),
            Stored::Refused { code } => return Err(problem_of(&code)),
        };
        let (redacted, vault) = redact(&job.request.input);
        // Another version of this service may number placeholders otherwise: then they would come back wrong.
        let structured = given.is_structured().filter(|_| key.hash_of(redacted.texts().map(Redacted::as_str)) == hash);
        let structured = structured.ok_or(Code::ReplayExpired)?;
        self.finish(&given, structured, &redacted, &vault, Analyzed::of(&redacted).as_ref())
    }

    /// Closes the claim of a request with an idempotency key.
    async fn store(&self, job: &Job<'_>, redacted: &Input<Redacted>, answer: ModelAnswer) {
        let (Some(key), Some(idempotency)) = (job.key, &self.idempotency) else { return };
        let hash = key.hash_of(redacted.texts().map(Redacted::as_str));
        let stored = Stored::Answer { redacted: hash, answer }.encode();
        let closed = idempotency.finish(key, &job.arrival.request_id, &stored, SystemTime::now()).await;
        note_unwritten("claim", closed, job.arrival);
    }

    /// Keeps the request's trace, whatever came of it. Without one the request is answered all the same.
    async fn keep_trace(&self, job: &Job<'_>, code: Option<Code>) {
        let mut trace = job.notes.recorder.trace();
        trace.outcome = match code {
            _ if trace.is_disconnected() => "disconnected",
            Some(code) => code.slug(),
            None => "completed",
        }
        .into();
        let kept = self.traces.put(job.caller, &job.arrival.request_id, &trace, SystemTime::now()).await;
        note_unwritten("trace", kept, job.arrival);
    }

    /// Asks the model, and says how often. Meanwhile every instance is held back for as long as the provider wants to be left
    /// alone, and what other instances left behind is closed.
    async fn call(
        &self,
        llm: &LlmClient,
        call: &Call,
        wanted: &Wanted<'_>,
        deadline: Instant,
        job: &Job<'_>,
        seen: &Seen<'_>,
    ) -> (Result<Completion, Failure>, u32) {
        let (notify, mut notices) = Notices::new();
        let (in_flight, tries) = (notify.in_flight(), notify.tries());
        let asked = async {
            let _step = enter(job, "model");
            match job.sink {
                Some(sink) => {
                    let answer = tokio::select! {
                        () = sink.closed() => Err(Failure::abandoned(&in_flight)),
                        answer = llm.open(call, deadline, &notify) => answer,
                    };
                    drop(notify);
                    self.pass_on(answer?, sink, wanted.model, job, seen).await
                }
                None => llm.complete(call, deadline, notify).await,
            }
        };
        // A panic in here may not take the settlement with it: what the call used is not known then.
        let asked: BoxFuture<'_, _> = Box::pin(asked);
        let asked = AssertUnwindSafe(asked).catch_unwind();
        let asked = async { asked.await.unwrap_or_else(|_| Err(Failure::panicked(&in_flight))) };
        let told = async {
            while let Some(notice) = notices.recv().await {
                let told = match notice {
                    Notice::Pause(wait) => {
                        self.limits.hold_back(wanted.provider, wanted.model, wait, SystemTime::now()).await
                    }
                    Notice::Repeat => self.limits.count_repeat(wanted.provider, wanted.model).await,
                };
                if let Err(error) = told {
                    tracing::warn!(%error, "other instances do not know of a refused call");
                }
            }
        };
        let asked = futures_util::future::join(asked, told);
        let sweep = sweep(&self.limits, &self.ledger, SystemTime::now());
        // An answer does not wait for what others left behind: every step of the sweep may be repeated.
        let outcome = match futures_util::future::select(Box::pin(asked), Box::pin(sweep)).await {
            Either::Left(((outcome, ()), sweep)) => {
                let _ = tokio::time::timeout(SWEEP_GRACE, sweep).await;
                outcome
            }
            Either::Right((_, asked)) => asked.await.0,
        };
        (outcome, tries.load(Ordering::Relaxed))
    }

    /// Reads the answer to its end and streams it meanwhile. A client that goes away ends it.
    async fn pass_on(
        &self,
        mut answer: AnswerStream,
        sink: &Sink,
        model: &str,
        job: &Job<'_>,
        seen: &Seen<'_>,
    ) -> Result<Completion, Failure> {
        let analysis = seen.analysis.map(|analysis| analysis.clone().restore(seen.vault));
        if sink.start(model, analysis.as_ref(), seen.vault.counts()).await.is_err() {
            return Err(answer.abandon());
        }
        let _step = enter(job, "stream");
        let source = Source::of_input(seen.redacted);
        let verifier = Verifier::new(&source, self.config.verify, seen.vault);
        let mut deltas = Deltas::new(sink, verifier, seen.vault);
        let streams = seen.structured && seen.redacted.task().has_text();
        loop {
            let text = tokio::select! {
                () = sink.closed() => return Err(answer.abandon()),
                text = answer.next_text() => text?,
            };
            let Some(text) = text else { break };
            if streams && deltas.push(&text).await.is_err() {
                return Err(answer.abandon());
            }
        }
        match deltas.finish().await {
            Ok(shown) => drop(job.notes.shown.set(shown)),
            Err(Gone) => return Err(answer.abandon()),
        }
        answer.finish()
    }
}

/// Begins a step of a request, which ends when the guard is dropped.
pub(crate) fn enter<'a>(job: &Job<'a>, stage: &'static str) -> Entered<'a> {
    job.notes.recorder.enter(stage)
}

/// A request's preparation, which all its attempts share.
pub(crate) struct Seen<'a> {
    pub(crate) redacted: &'a Input<Redacted>,
    vault: &'a Vault,
    analysis: Option<&'a Analysis>,
    structured: bool,
    pub(crate) version: &'static str,
}

/// One attempt, answered or failed, that has to be settled.
pub(crate) struct Asked {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) model: &'static str,
    pub(crate) permit: Permit,
    pub(crate) period: String,
    pub(crate) outcome: Result<Completion, Failure>,
    pub(crate) bill: Bill,
    took: Duration,
    /// From the request's arrival to the attempt's end.
    pub(crate) duration: Duration,
    is_settled: bool,
}

impl Asked {
    /// Whether the answer has the agreed form.
    pub(crate) fn is_readable(&self, seen: &Seen<'_>) -> bool {
        let Ok(completion) = &self.outcome else { return false };
        read(completion.stop_reason, &completion.text, seen.redacted, seen.structured).is_ok()
    }

    /// What a second attempt asks for, where one may mend the answer: twice the output where it was cut off, the same where
    /// it has another form than agreed. Not where the caller chose `max_tokens`, where the stream has begun, or where
    /// the time left is less than the first attempt took.
    fn second_choice(
        &self,
        choice: &Choice,
        job: &Job<'_>,
        config: &Config,
        seen: &Seen<'_>,
        deadline: Instant,
    ) -> Option<Choice> {
        let completion = self.outcome.as_ref().ok()?;
        let in_time = Instant::now() + self.took.max(SHORTEST_CALL) < deadline;
        if job.sink.is_some() || !in_time {
            return None;
        }
        match completion.stop_reason {
            StopReason::MaxTokens if job.request.options.max_tokens.is_none() => choice.doubled(config),
            StopReason::EndTurn if !self.is_readable(seen) => Some(choice.clone()),
            _ => None,
        }
    }
}

fn note_unwritten(what: &'static str, result: Result<(), StoreError>, arrival: &Arrival) {
    if let Err(error) = result {
        tracing::error!(request_id = %arrival.request_id, what, %error, "not written");
    }
}

fn wanted<'a>(job: &'a Job<'_>, choice: &Choice, call: &Call) -> Wanted<'a> {
    Wanted {
        caller: job.caller,
        allowance: job.allowance,
        request_id: &job.arrival.request_id,
        attempt: 1,
        provider: Provider::Anthropic,
        model: choice.model.id(),
        task: job.request.input.task(),
        request_bytes: call.bytes(),
        input_tokens: call.bytes().div_ceil(BYTES_PER_TOKEN),
        output_tokens: choice.max_tokens,
        ceiling: choice.model.ceiling(call.bytes(), choice.max_tokens),
    }
}

/// The answer in its agreed form, by how the model stopped.
fn read(stop_reason: StopReason, text: &str, input: &Input<Redacted>, structured: bool) -> Result<Output, Problem> {
    let task = input.task();
    let parsed = match stop_reason {
        StopReason::EndTurn => Output::parse(task, structured, text),
        StopReason::MaxTokens | StopReason::ContextWindowExceeded => Output::parse_truncated(task, structured, text),
        StopReason::Refusal => return Err(Code::ModelRefused.into()),
        StopReason::Unexpected => return Err(Code::ProviderError.into()),
    };
    let fitted = parsed.and_then(|mut output| output.fit(input).map(|()| output));
    fitted.map_err(|InvalidOutput| Code::InvalidModelOutput.into())
}

/// The analysis of a request's documents, and the job as it was read for it.
struct Analyzed {
    posting: Posting,
    analysis: Analysis,
}

impl Analyzed {
    /// `None` for a task that has not both.
    fn of(input: &Input<Redacted>) -> Option<Analyzed> {
        let (resume, posting) = (input.resume()?, Posting::of(input.job()?));
        Some(Analyzed { analysis: posting.analyze(resume), posting })
    }

    /// The analysis with the score of the verified answer beside the original's.
    fn with_score_of(&self, output: &Output) -> Analysis {
        let mut analysis = self.analysis.clone();
        if let (Output::ResumeOptimization(_), Some(text)) = (output, output.text()) {
            analysis.match_score_after = self.posting.score(text);
        }
        analysis
    }
}

/// 128 random bits in hexadecimal: whoever wrote the documents cannot close a fence of this request.
fn random_fence() -> Result<String, Problem> {
    let random = getrandom::u64().and_then(|high| getrandom::u64().map(|low| (high, low)));
    random.map(|(high, low)| format!("{high:016x}{low:016x}")).map_err(|error| refusal::internal("random", &error))
}

/// `/analyze`: the same analysis, no model, no cost.
pub(crate) fn analyze_only(input: &Input<String>) -> Option<Analysis> {
    let (redacted, vault) = redact(input);
    Analyzed::of(&redacted).map(|analyzed| analyzed.analysis.restore(&vault))
}

/// `/redact`: the texts as a model would see them.
pub(crate) fn redact_only(input: &Input<String>) -> RedactedTexts {
    let (redacted, vault) = redact(input);
    let text = |text: Option<&Redacted>| text.map(|text| visible(text.as_str()).into_owned()).unwrap_or_default();
    RedactedTexts {
        resume_redacted: text(redacted.resume()),
        job_description_redacted: text(redacted.job()),
        redaction: vault.counts().clone(),
    }
}
