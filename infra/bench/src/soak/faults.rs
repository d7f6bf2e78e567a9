//! What the model's far end may do to a request, what its caller must then be told, and the word that carries the choice.

/// What happens to one request. The generator draws it; the model server reads it from the job's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    None,
    /// 429 with `retry-after: 1`, then well.
    Throttled,
    /// 529 twice, then well.
    Overloaded,
    /// 500, then well.
    Failing,
    /// 400.
    Rejected,
    /// A reset in the place of an answer.
    ResetAtOnce,
    /// A reset in the middle of the answer.
    ResetLater,
    /// Everything but `message_stop`.
    NoEnd,
    /// Silence in the middle, longer than anybody waits.
    Silent,
    /// Text where JSON was agreed, then well.
    NotJson,
    /// An `error` event in the middle.
    ErrorEvent,
    /// The client goes away in the middle of its stream.
    HangUp,
}

impl Fault {
    pub(super) const ALL: [Fault; 12] = [
        Fault::None,
        Fault::Throttled,
        Fault::Overloaded,
        Fault::Failing,
        Fault::Rejected,
        Fault::ResetAtOnce,
        Fault::ResetLater,
        Fault::NoEnd,
        Fault::Silent,
        Fault::NotJson,
        Fault::ErrorEvent,
        Fault::HangUp,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Fault::None => "none",
            Fault::Throttled => "429, then well",
            Fault::Overloaded => "529 twice, then well",
            Fault::Failing => "500, then well",
            Fault::Rejected => "400",
            Fault::ResetAtOnce => "reset before the answer",
            Fault::ResetLater => "reset in the answer",
            Fault::NoEnd => "no message_stop",
            Fault::Silent => "silence in the answer",
            Fault::NotJson => "not JSON, then well",
            Fault::ErrorEvent => "error event",
            Fault::HangUp => "client hangs up",
        }
    }

    /// What the caller is told: the status, then the code of a problem or the last event of a stream.
    pub(super) fn expected(self, is_streamed: bool) -> &'static str {
        match (self, is_streamed) {
            (Fault::None | Fault::Throttled | Fault::Overloaded | Fault::Failing, false) => "200",
            (Fault::None | Fault::Throttled | Fault::Overloaded | Fault::Failing, true) => "200 done",
            (Fault::Rejected, _) => "502 provider-error",
            (Fault::ResetAtOnce, _) | (Fault::ResetLater | Fault::NoEnd, false) => "502 provider-stream-ended",
            (Fault::ResetLater | Fault::NoEnd, true) => "200 error provider-stream-ended",
            (Fault::Silent, false) => "504 provider-timeout",
            (Fault::Silent, true) => "200 error provider-timeout",
            // A stream that has begun is not asked for again.
            (Fault::NotJson, false) => "200",
            (Fault::NotJson, true) => "200 error invalid-model-output",
            (Fault::ErrorEvent, false) => "503 provider-overloaded",
            (Fault::ErrorEvent, true) => "200 error provider-overloaded",
            (Fault::HangUp, _) => GONE,
        }
    }
}

/// In the place of a status, of a client that went away.
pub(super) const GONE: &str = "gone";

/// How every word begins.
const MARK: &str = "soak";

/// The word in a request's texts that tells the model server what to do, and one request's answer from another's. It has
/// letters only, because digits may be taken for personal data.
pub(super) fn word(fault: Fault, number: u64) -> String {
    let letter = |digit: char| char::from(b'a' + u8::try_from(digit.to_digit(16).unwrap_or(0)).unwrap_or(0));
    let fault = Fault::ALL.iter().position(|known| *known == fault).unwrap_or(0);
    format!("{MARK}{}", format!("{fault:x}{number:x}").chars().map(letter).collect::<String>())
}

/// What the first word in a text says.
pub(super) fn find(text: &str) -> Option<(Fault, u64)> {
    let rest = text.split_once(MARK)?.1;
    let digits = rest.bytes().map_while(|byte| (b'a'..=b'p').contains(&byte).then(|| u64::from(byte - b'a')));
    let (fault, number) = (digits.clone().next()?, digits.skip(1).fold(0, |number, digit| number * 16 + digit));
    Some((*Fault::ALL.get(usize::try_from(fault).ok()?)?, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_comes_back_from_any_text() {
        for (number, fault) in [0, 9, 200, 123_456_789].into_iter().zip(Fault::ALL) {
            let text = format!("- Experience with {}\\n- Rust", word(fault, number));
            assert_eq!(find(&text), Some((fault, number)));
        }
    }
}
