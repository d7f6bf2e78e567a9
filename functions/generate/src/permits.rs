//! What a request holds: permits and reservations before an attempt, settlement and record after it.

use std::time::{Duration, SystemTime};

use shared::limits::{Denied, Permit, RateState, Wanted};
use shared::llm::{Failure, LlmError};
use shared::metrics::{self, Metric};
use shared::problem::{Code, Problem};
use shared::reconcile::sweep;
use tokio::time::Instant;

use crate::bill::Bill;
use crate::job::Job;
use crate::pipeline::{Asked, SHORTEST_CALL, Seen, enter};
use crate::{Generate, refusal};

/// How long a request that leftovers stand in the way of waits for their end.
const LONGEST_SWEEP: Duration = Duration::from_secs(2);

impl Generate {
    /// Closes leftovers for a request that they stand in the way of; no longer than it may wait for that.
    pub(crate) async fn sweep_briefly(&self, now: SystemTime) -> usize {
        let sweep = sweep(&self.limits, &self.ledger, now);
        tokio::time::timeout(LONGEST_SWEEP, sweep).await.unwrap_or(0)
    }

    /// Takes permits and reserves budget, and sleeps until a booked slot is due. Returns the statistics period, too.
    pub(crate) async fn admit(
        &self,
        wanted: &Wanted<'_>,
        job: &Job<'_>,
        deadline: Instant,
    ) -> Result<(Permit, String), Problem> {
        // Permits are due from now on, not from the arrival: the store may have been slow since.
        let now = SystemTime::now();
        // The two do not depend on each other, so a new caller costs no extra round trip.
        let (known, permit) =
            futures_util::future::join(self.meet(wanted.caller), self.limits.acquire(wanted, now)).await;
        let permit = match permit {
            // What an instance that is gone still holds may be what stands in the way.
            Err(Denied::Concurrency | Denied::Budget { .. }) if self.sweep_briefly(now).await > 0 => {
                self.limits.acquire(wanted, now).await
            }
            permit => permit,
        };
        // A second attempt that finds no room is not the end of the budget.
        if let (Err(Denied::Budget { spent: Some(spent), of_all, .. }), 1) = (&permit, wanted.attempt) {
            self.alerts.refused((!of_all).then_some(wanted.caller), spent, now).await;
        }
        let permit = permit.map_err(|denied| self.refused(&denied, job))?;
        if let Some(rate) = permit.rate {
            let _ = job.notes.rate.set(rate);
        }
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
        let gone = async {
            match job.sink {
                Some(sink) => sink.closed().await,
                None => std::future::pending().await,
            }
        };
        let is_due = async {
            // A sleep of no length is one to the next millisecond.
            if !permit.wait.is_zero() {
                tokio::time::sleep_until(due).await;
            }
        };
        tokio::select! {
            biased;
            () = gone => {
                self.release(&permit, now).await;
                // Nobody reads it.
                return Err(Code::Internal.into());
            }
            () = is_due => {}
        }
        // The later of the two: the caller's item may not have heard of a reset yet.
        let stored = [permit.stored_period.as_deref(), known.as_deref()].into_iter().flatten();
        let stored = stored.max_by_key(|period| shared::budget::period_number(period));
        let period = shared::budget::period(stored, job.arrival.now);
        Ok((permit, period))
    }

    /// A refusal as a problem; the caller's own rate goes into the headers.
    pub(crate) fn refused(&self, denied: &Denied, job: &Job<'_>) -> Problem {
        if let Denied::Rate { retry_after, of_requests: true } = denied
            && let Some(state) = self.limits.rate_state(&job.allowance, None, job.arrival.now)
        {
            let _ = job.notes.rate.set(RateState { remaining: 0, reset: *retry_after, ..state });
        }
        refusal::denied(denied)
    }

    /// Writes the record, then closes the reservation in both items. What fails here is logged and loses neither the answer
    /// nor money: a record that the ledger does not take is kept in the caller's item, and while it stands nowhere, the
    /// reservation stays open at its ceiling until it is swept (`docs/decisions/007-leftovers.md`).
    pub(crate) async fn settle(&self, asked: &Asked, job: &Job<'_>, seen: &Seen<'_>) {
        let _step = enter(job, "settle");
        let now = SystemTime::now();
        let (permit, bill) = (&asked.permit, &asked.bill);
        if let Err(Failure { error: LlmError::Unauthorized, .. }) = &asked.outcome {
            metrics::count(now, self.ledger.table(), Metric::ProviderAuthFailures);
        }
        let record = bill.record(asked, job, seen);
        if let Some(record) = &record
            && let Err(error) = self.ledger.record(record).await
        {
            let kept =
                self.limits.keep_record(&record.caller, &record.request_id, record.attempt, &record.encode()).await;
            metrics::count(now, self.ledger.table(), Metric::UnwrittenRecords);
            let (cost_usd, is_kept) = (record.cost, kept.is_ok());
            tracing::error!(request_id = %record.request_id, %error, %cost_usd, is_kept, "record not written");
            if !is_kept {
                return;
            }
        }
        match self.limits.settle(permit, &bill.usage, bill.cost, now).await {
            Ok(settled) => {
                self.alerts.after(job.caller, &settled, now).await;
            }
            Err(error) => {
                let id = &job.arrival.request_id;
                tracing::error!(request_id = %id, %error, cost_usd = %bill.cost, "not settled");
            }
        }
    }

    /// Gives back a permit that was not used.
    pub(crate) async fn release(&self, permit: &Permit, now: SystemTime) {
        let bill = Bill::nothing();
        if let Err(error) = self.limits.settle(permit, &bill.usage, bill.cost, now).await {
            tracing::error!(%error, "an unused permit stays reserved");
        }
    }
}
