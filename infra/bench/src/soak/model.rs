//! A model server that answers after 50 ms, does what a request's word tells it to, and keeps what it may bill.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use shared::prices::Picodollars;
use tests::model_server::{Meta, ModelServer, Received, Reply, Step, message};

use super::faults::{Fault, find};
use super::load::resume_as_the_model_sees_it;
use crate::limits::bed::{model, usage};

const DELAY: Duration = Duration::from_millis(50);
/// Longer than the service waits for an event.
pub(super) const IDLE_TIMEOUT_MS: u64 = 2_000;
const SILENCE: Duration = Duration::from_millis(IDLE_TIMEOUT_MS * 2);
/// Events of an answer up to the middle of its text.
const BEGUN: usize = 8;

/// What one call may be billed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bill {
    /// It was refused.
    Nothing,
    /// As reported.
    Exactly(Picodollars),
    /// It broke: at least what the whole answer costs, at most the ceiling.
    Between(Picodollars, Picodollars),
}

/// The server's address and its bills by request, in the order of the calls.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) url: String,
    bills: Arc<Mutex<HashMap<u64, Vec<Bill>>>>,
}

impl Model {
    pub(super) async fn start() -> Model {
        let bills: Arc<Mutex<HashMap<u64, Vec<Bill>>>> = Arc::default();
        let kept = Arc::clone(&bills);
        let answer = json!({
            "optimized_resume": resume_as_the_model_sees_it(),
            "changes_made": ["Nothing, for <PII_REDACTED_NAME_1>"],
            "expected_improvement": "None: it is the same text.",
        });
        let answer = answer.to_string();
        let url = ModelServer::answering(move |request| {
            let Some((fault, number)) = find(&request.body) else {
                return Reply::error(404, "not_found_error", &[]);
            };
            let mut bills = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let calls = bills.entry(number).or_default();
            let (mut reply, bill) = reply(fault, calls.len(), number, &request, &answer);
            calls.push(bill);
            reply.0.insert(0, Step::Pause(DELAY));
            reply
        });
        Model { url: url.await, bills }
    }

    /// All bills since the last time.
    pub(super) fn take_bills(&self) -> HashMap<u64, Vec<Bill>> {
        std::mem::take(&mut *self.bills.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What one call gets that comes after `earlier` ones of the same request, and its bill.
fn reply(fault: Fault, earlier: usize, number: u64, request: &Received, answer: &str) -> (Reply, Bill) {
    let usage = usage(number);
    let reported = json!({ "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens });
    let meta = Meta { usage: reported, ..Meta::default() };
    let events = message(answer, &meta);
    let begun = || Reply::unfinished(&events[..BEGUN]);
    let cost = model().cost(&usage);
    let exactly = Bill::Exactly(cost);
    let between = || {
        let max_tokens = request.json()["max_tokens"].as_u64().unwrap_or(0);
        Bill::Between(cost, model().ceiling(request.body.len() as u64, max_tokens))
    };
    match (fault, earlier) {
        (Fault::Throttled, 0) => (Reply::error(429, "rate_limit_error", &[("retry-after", "1")]), Bill::Nothing),
        (Fault::Overloaded, 0 | 1) => (Reply::error(529, "overloaded_error", &[]), Bill::Nothing),
        (Fault::Failing, 0) => (Reply::error(500, "api_error", &[]), Bill::Nothing),
        (Fault::Rejected, _) => (Reply::error(400, "invalid_request_error", &[]), Bill::Nothing),
        (Fault::ResetAtOnce, _) => (Reply::nothing().then(Step::Reset), between()),
        (Fault::ResetLater, _) => (begun().then(Step::Pause(DELAY)).then(Step::Reset), between()),
        (Fault::NoEnd, _) => (Reply::events(&events[..events.len() - 1]), exactly),
        (Fault::Silent, _) => (begun().then(Step::Pause(SILENCE)).then(Step::Close), between()),
        (Fault::NotJson, 0) => (Reply::text("Sure, here you are", &meta), exactly),
        (Fault::ErrorEvent, _) => (Reply::events(&with_error(&events[..BEGUN])), between()),
        (Fault::HangUp, _) => {
            let mut slow = begun().then(Step::Pause(10 * DELAY));
            // Without the head, which is sent.
            slow.0.extend(Reply::events(&events[BEGUN..]).0.into_iter().skip(1));
            (slow, between())
        }
        _ => (Reply::events(&events), exactly),
    }
}

fn with_error(begun: &[Value]) -> Vec<Value> {
    let mut events = begun.to_vec();
    events.push(json!({ "type": "error", "error": { "type": "overloaded_error", "message": "scripted" } }));
    events
}
