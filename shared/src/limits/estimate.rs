//! Token permits are taken by estimate and corrected when the usage is known.

use super::bucket::Quota;

/// Token permits that were taken by estimate.
#[derive(Clone, Debug)]
pub(super) struct TokenHold {
    pub(super) attribute: String,
    pub(super) quota: Quota,
    /// Prompt tokens, not output.
    pub(super) input: bool,
    pub(super) taken: u64,
    pub(super) tat_after: u64,
    /// Microseconds that the bucket had given back in all when they were taken.
    pub(super) given_back: u64,
}

impl TokenHold {
    /// Microseconds to add to the arrival time: positive where more was used than taken, which puts the bucket into debt
    /// (a request larger than the burst takes all of it and owes the rest).
    ///
    /// A refund never exceeds what time has not regenerated yet, else the window after it would admit more than the burst.
    /// Takes only raise the arrival time, refunds only lower it: since this take it has been no lower than `tat_after` less
    /// what others got back since, so that much of it is still owed. `given_back` is what the bucket has given back by now.
    pub(super) fn correction_us(&self, actual: u64, now: u64, given_back: u64) -> i128 {
        let charged = i128::from(self.quota.increment_us(self.taken));
        let difference = i128::from(self.quota.refill_us(actual)) - charged;
        difference.max(-i128::from(self.owed_us(now, given_back)))
    }

    /// Microseconds that are certainly not regenerated yet.
    fn owed_us(&self, now: u64, given_back: u64) -> u64 {
        self.tat_after.saturating_sub(now).saturating_sub(given_back.saturating_sub(self.given_back))
    }

    /// The most that the bucket may have given back for this correction to hold.
    pub(super) fn most_given_back(&self, correction_us: i128, now: u64) -> u64 {
        let refund = u64::try_from(-correction_us).unwrap_or(0);
        self.given_back.saturating_add(self.tat_after.saturating_sub(now).saturating_sub(refund))
    }

    /// The attribute that counts what the bucket has given back.
    pub(super) fn given_back_attribute(&self) -> String {
        given_back_attribute(&self.attribute)
    }
}

/// The attribute that counts what a bucket has given back.
pub(super) fn given_back_attribute(bucket: &str) -> String {
    format!("g{bucket}")
}

#[cfg(test)]
mod tests {
    use super::super::bucket::{PERIOD, Take};
    use super::*;
    use proptest::prelude::*;

    /// One request of a trace.
    #[derive(Clone, Debug)]
    struct Call {
        /// Microseconds after the one before.
        gap: u64,
        estimate: u64,
        /// Of the estimate, in percent.
        used: u64,
        /// Microseconds until it is known.
        lasts: u64,
    }

    fn call() -> impl Strategy<Value = Call> {
        (0u64..6_000_000, 1u64..4_000, 0u64..=100, 0u64..40_000_000).prop_map(|(gap, estimate, used, lasts)| Call {
            gap,
            estimate,
            used,
            lasts,
        })
    }

    #[test]
    fn a_call_larger_than_the_burst_is_paid_off_before_the_next() {
        let quota = Quota::per_minute(100).expect("a quota");
        let start = 1_000_000_000_000u64;
        let take = Take { increment: quota.increment_us(8_192), now: start, wait: 0 };
        let tat = start + take.increment;
        let hold =
            TokenHold { attribute: String::new(), quota, input: false, taken: 8_192, tat_after: tat, given_back: 0 };
        let tat = u64::try_from(i128::from(tat) + hold.correction_us(1_800, start + 1_000_000, 0)).expect("a time");
        // 1,800 tokens at 100 a minute are 18 minutes; a whole bucket is there again when they are over.
        let minute = u64::try_from(PERIOD.as_micros()).expect("a minute");
        let next = |minutes: u64| Take { now: start + minutes * minute, ..take }.refused_for(Some(tat));
        assert!(next(17).is_some() && next(18).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

        /// What was really used in any window, the tokens counted when they were taken, is at most the burst and what
        /// refills in the window.
        #[test]
        fn refunds_never_let_a_window_use_more_than_burst_and_refill(calls in proptest::collection::vec(call(), 1..60)) {
            let quota = Quota::per_minute(10_000).expect("a quota");
            let (mut now, mut tat) = (1_000_000_000_000u64, 0u64);
            let mut used: Vec<(u64, u64)> = Vec::new();
            let mut given_back = 0;
            let mut running: Vec<(u64, TokenHold, u64)> = Vec::new();
            for call in calls {
                now += call.gap;
                running.sort_by_key(|(end, ..)| *end);
                while running.first().is_some_and(|(end, ..)| *end <= now) {
                    let (end, hold, actual) = running.remove(0);
                    let correction = hold.correction_us(actual, end, given_back);
                    prop_assert!(correction >= 0 || hold.most_given_back(correction, end) >= given_back);
                    given_back += u64::try_from(-correction).unwrap_or(0);
                    tat = u64::try_from(i128::from(tat) + correction).expect("a time");
                }
                let take = Take { increment: quota.increment_us(call.estimate), now, wait: 0 };
                if take.refused_for(Some(tat)).is_some() {
                    continue;
                }
                tat = tat.max(now) + take.increment;
                let actual = call.estimate * call.used / 100;
                let hold = TokenHold { attribute: String::new(), quota, input: false, taken: call.estimate, tat_after: tat, given_back };
                running.push((now + call.lasts, hold, actual));
                used.push((now, actual));
            }
            let minute = u64::try_from(PERIOD.as_micros()).expect("a minute");
            for first in 0..used.len() {
                let mut sum = 0;
                for (at, actual) in &used[first..] {
                    sum += u128::from(*actual);
                    let refill = u128::from(at - used[first].0) * 10_000 / u128::from(minute);
                    prop_assert!(sum <= 10_000 + refill + 1, "{sum} in a window that allows {}", 10_000 + refill);
                }
            }
        }
    }
}
