//! Token buckets as GCRA (generic cell rate algorithm): one number each, the theoretical arrival time (TAT).
//!
//! A bucket of `burst` permits that refills in one minute is idle when its TAT lies in the past. Taking permits adds
//! their increment to the later of TAT and now; a take is allowed while the result lies at most one minute ahead. The
//! expressions of a database lack `max`, so a take comes in two forms and the store guesses which applies: *idle* sets
//! the TAT from now, *busy* adds to it. Slack in the busy form's floor keeps concurrent takers from guessing wrong in
//! turns; it never admits more than the burst at one instant from rest.

use std::time::Duration;

/// The refill period of a whole bucket.
pub const PERIOD: Duration = Duration::from_secs(60);
const PERIOD_US: u64 = 60_000_000;

/// Permits per minute; the burst is one minute's worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota(u64);

impl Quota {
    /// `per_minute` permits; `None` for 0, which is no limit.
    #[must_use]
    pub fn per_minute(per_minute: u64) -> Option<Quota> {
        (per_minute > 0).then_some(Quota(per_minute))
    }

    /// Permits per minute.
    #[must_use]
    pub fn limit(self) -> u64 {
        self.0
    }

    /// Microseconds that `permits` take to refill, rounded up, at most a whole bucket's: a request larger than the burst
    /// takes all of it.
    #[must_use]
    pub fn increment_us(self, permits: u64) -> u64 {
        self.refill_us(permits).min(PERIOD_US)
    }

    /// Microseconds that `permits` take to refill, rounded up, however many they are.
    #[must_use]
    pub fn refill_us(self, permits: u64) -> u64 {
        let exact = (u128::from(permits) * u128::from(PERIOD_US)).div_ceil(u128::from(self.0));
        // A century at most: an arrival time must stay a number.
        u64::try_from(exact).unwrap_or(u64::MAX).min(PERIOD_US * 60 * 24 * 36_525)
    }
}

/// The three buckets of one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Requests per minute.
    pub requests: Option<Quota>,
    /// Prompt tokens per minute.
    pub input_tokens: Option<Quota>,
    /// Output tokens per minute.
    pub output_tokens: Option<Quota>,
}

/// One take from one bucket at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    /// The take's increment in microseconds.
    pub increment: u64,
    /// Now, in microseconds since the Unix epoch.
    pub now: u64,
    /// How much later than now the permits may be due.
    pub wait: u64,
}

/// The form a take has in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Expected TAT: absent or before now. It is set to now + increment.
    Idle,
    /// Expected TAT: within [`Take::busy_range`]. The increment is added.
    Busy,
}

impl Take {
    /// The form that fits a TAT: idle where it is unknown.
    #[must_use]
    pub fn form(&self, tat: Option<u64>) -> Form {
        if tat.is_some_and(|tat| tat >= self.now) { Form::Busy } else { Form::Idle }
    }

    /// TATs to which the busy form may add: from slack before now to the last that keeps the result within the period
    /// plus the allowed wait.
    #[must_use]
    pub fn busy_range(&self) -> (u64, u64) {
        let slack = (PERIOD_US / 50).min(self.increment);
        (self.now.saturating_sub(slack), self.now + PERIOD_US + self.wait - self.increment)
    }

    /// `None` if a bucket with this TAT allows the take, else how long until it does without waiting.
    #[must_use]
    pub fn refused_for(&self, tat: Option<u64>) -> Option<Duration> {
        let due = tat.unwrap_or(0).max(self.now) + self.increment;
        let excess = |allowed: u64| due.checked_sub(self.now + PERIOD_US + allowed).filter(|&excess| excess > 0);
        excess(self.wait).and_then(|_| excess(0)).map(Duration::from_micros)
    }

    /// How long a taker has to wait whose take led to this TAT.
    #[must_use]
    pub fn wait_until_due(&self, tat_after: u64) -> Duration {
        Duration::from_micros(tat_after.saturating_sub(self.now + PERIOD_US))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The database's side: applies one form if its condition holds.
    fn apply(take: &Take, form: Form, tat: &mut Option<u64>) -> bool {
        let (floor, limit) = take.busy_range();
        match (form, *tat) {
            (Form::Idle, known) if known.is_none_or(|tat| tat < take.now) => *tat = Some(take.now + take.increment),
            (Form::Busy, Some(known)) if (floor..=limit).contains(&known) => *tat = Some(known + take.increment),
            _ => return false,
        }
        true
    }

    fn take(quota: u64, permits: u64, now: u64) -> Take {
        let increment = Quota::per_minute(quota).map_or(0, |quota| quota.increment_us(permits));
        Take { increment, now, wait: 0 }
    }

    #[test]
    fn a_bucket_at_rest_admits_exactly_its_burst() {
        for quota in [1, 7, 50, 600, 6000] {
            let now = 1_000_000_000_000;
            let mut tat = None;
            let take = take(quota, 1, now);
            let admitted = (0..quota + 10).filter(|_| apply(&take, take.form(tat), &mut tat)).count();
            let lost_to_rounding = quota.saturating_sub(PERIOD_US / take.increment);
            assert_eq!(admitted as u64, quota - lost_to_rounding);
            assert!(lost_to_rounding <= 1, "{quota}");
            let wait = take.refused_for(tat).expect("the bucket is empty");
            let later = Take { now: now + u64::try_from(wait.as_micros()).expect("small"), ..take };
            assert_eq!(later.refused_for(tat), None, "sleeping exactly that long is enough");
        }
    }

    proptest! {
        #[test]
        fn admitted_never_exceeds_burst_plus_refill(
            quota in 1u64..500, gaps in proptest::collection::vec(0u64..3_000_000, 1..300),
        ) {
            let start = 1_000_000_000_000;
            let (mut now, mut tat, mut admitted) = (start, None, 0u64);
            for gap in gaps {
                now += gap;
                let take = take(quota, 1, now);
                let refused = take.refused_for(tat).is_some();
                let applied = apply(&take, take.form(tat), &mut tat);
                prop_assert_eq!(applied, !refused);
                admitted += u64::from(applied);
            }
            let refilled = u128::from(now - start) * u128::from(quota) / u128::from(PERIOD_US);
            // Slack lets a busy take start up to one permit before now.
            prop_assert!(u128::from(admitted) <= u128::from(quota) + refilled + 1);
        }
    }
}
