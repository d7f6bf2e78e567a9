//! Placeholders: `<PII_REDACTED_{KIND}_{n}>`, how they are written and recognized.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Span;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A person's name or a part of it.
    Name,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A postal address.
    Address,
    /// A web address.
    Url,
    /// A US social security number.
    Ssn,
    /// Another national id.
    NationalId,
    /// An international bank account number.
    Iban,
    /// A passport number.
    Passport,
    /// A payment card number.
    CreditCard,
    /// A date of birth.
    Dob,
    /// An IP address.
    Ip,
    /// A user name on a platform.
    Handle,
    /// Input text that looked like a placeholder. Restored, never counted.
    Literal,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 14] = [
        Kind::Name,
        Kind::Email,
        Kind::Phone,
        Kind::Address,
        Kind::Url,
        Kind::Ssn,
        Kind::NationalId,
        Kind::Iban,
        Kind::Passport,
        Kind::CreditCard,
        Kind::Dob,
        Kind::Ip,
        Kind::Handle,
        Kind::Literal,
    ];

    /// The kind as it stands in a placeholder.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Kind::Name => "NAME",
            Kind::Email => "EMAIL",
            Kind::Phone => "PHONE",
            Kind::Address => "ADDRESS",
            Kind::Url => "URL",
            Kind::Ssn => "SSN",
            Kind::NationalId => "NATIONAL_ID",
            Kind::Iban => "IBAN",
            Kind::Passport => "PASSPORT",
            Kind::CreditCard => "CREDIT_CARD",
            Kind::Dob => "DOB",
            Kind::Ip => "IP",
            Kind::Handle => "HANDLE",
            Kind::Literal => "LITERAL",
        }
    }

    /// The kind that `text` begins with in any case, and the length of its label there. Separators count as underscores.
    fn starting(text: &str) -> Option<(Kind, usize)> {
        // As it is written by us.
        let own = text.bytes().take_while(|byte| byte.is_ascii_uppercase() || *byte == b'_').count();
        let own = text[..own].trim_end_matches('_');
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.label() == own) {
            return Some((kind, own.len()));
        }
        let first = text.bytes().next()?.to_ascii_uppercase();
        let matching = |kind: Kind| {
            if kind.label().as_bytes()[0] != first {
                return None;
            }
            let mut at = 0;
            for part in kind.label().split('_') {
                at += if at > 0 { separator(&text[at..])? } else { 0 };
                let word = text.get(at..at + part.len())?;
                if !word.eq_ignore_ascii_case(part) {
                    return None;
                }
                at += part.len();
            }
            Some((kind, at))
        };
        Kind::ALL.into_iter().filter_map(matching).max_by_key(|(_, length)| *length)
    }
}

/// A placeholder in a text, as models write it: any case, brackets changed or lost, separators changed or escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// All of it, brackets included.
    pub(super) range: Range<usize>,
    /// Kind and number, where it can be one of ours.
    pub(super) key: Option<(Kind, usize)>,
    /// A possessive or plural ending that was pulled inside the brackets.
    pub(super) ending: Range<usize>,
}

/// The length of what separates two parts: an underscore, a hyphen, a space, any of them escaped.
fn separator(text: &str) -> Option<usize> {
    let bare = text.strip_prefix('\\').unwrap_or(text);
    let escaped = text.len() - bare.len();
    let next = bare.bytes().next().filter(|byte| matches!(byte, b'_' | b'-' | b' '))?;
    let doubled = next == b'_' && bare[1..].starts_with('_');
    Some(escaped + 1 + usize::from(doubled))
}

/// Where `PII` and `REDACTED` stand together: the range of the two words.
fn stems(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'P', b'p', bytes).filter_map(move |start| {
        let first = text.get(start..start + 3).filter(|word| word.eq_ignore_ascii_case("PII"))?;
        let gap = separator(&text[start + first.len()..])?;
        let second = start + first.len() + gap;
        text.get(second..second + 8).filter(|word| word.eq_ignore_ascii_case("REDACTED"))?;
        Some(start..second + 8)
    })
}

/// Everything in a text that reads as a placeholder, in order: whole ones with their key, broken ones without.
pub(super) fn find(text: &str) -> impl Iterator<Item = Found> + '_ {
    let mut taken = 0;
    stems(text).filter_map(move |stem| {
        let found = (stem.start >= taken).then(|| at(text, &stem))?;
        taken = found.range.end;
        Some(found)
    })
}

fn at(text: &str, stem: &Range<usize>) -> Found {
    let Some((key, end)) = kind_and_number(text, stem.end) else {
        // The number or the kind is lost: it stands for nothing, and must not be shown.
        let tail = text[stem.end..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let end = stem.end + tail;
        return Found { range: with_brackets(text, stem.start, end), key: None, ending: end..end };
    };
    // `<PII_REDACTED_NAME_1's>`
    let possessive = ["'s", "’s", "s", "'"].into_iter().find(|ending| {
        let rest = text[end..].strip_prefix(*ending);
        rest.is_some_and(|rest| BRACKETS.iter().any(|(_, close)| rest.starts_with(close)))
    });
    let ending = end..end + possessive.map_or(0, str::len);
    Found { range: with_brackets(text, stem.start, ending.end), key, ending }
}

/// Kind and number behind the stem, and where they end. The key is `None` for a kind that does not exist.
fn kind_and_number(text: &str, from: usize) -> Option<(Option<(Kind, usize)>, usize)> {
    let mut at = from + separator(&text[from..])?;
    let (kind, length) = match Kind::starting(&text[at..]) {
        Some((kind, length)) => (Some(kind), length),
        None => {
            let word = text[at..].bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'_').count();
            (None, text[at..at + word].trim_end_matches('_').len())
        }
    };
    if length == 0 {
        return None;
    }
    at += length;
    at += separator(&text[at..])?;
    let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
    let number = text[at..at + digits].parse().ok();
    (digits > 0).then(|| (kind.zip(number), at + digits))
}

/// What may stand around a placeholder.
const BRACKETS: [(&str, &str); 6] =
    [("<", ">"), ("\\<", "\\>"), ("&lt;", "&gt;"), ("[", "]"), ("\\[", "\\]"), ("{", "}")];

/// The range with the brackets that belong to it: a pair, or the half of one that is left.
fn with_brackets(text: &str, start: usize, end: usize) -> Range<usize> {
    let (head, rest) = (&text[..start], &text[end..]);
    for (open, close) in BRACKETS {
        if head.ends_with(open) && rest.starts_with(close) {
            return start - open.len()..end + close.len();
        }
    }
    let open = if head.ends_with('<') { 1 } else { 0 };
    let close = if rest.starts_with('>') { 1 } else { 0 };
    start - open..end + close
}

/// Everything in an input that could be taken for a placeholder, however disguised: it must not reach the model as it is,
/// or the answer could not be told from our own.
pub(super) fn find_literals(text: &str, found: &mut Vec<Span>) {
    found.extend(find(text).map(|literal| Span { range: literal.range, kind: Kind::Literal }));
}

/// Whether a text that begins here may be a placeholder, or more of one, when more text follows.
pub(super) fn may_continue(text: &str) -> bool {
    let opens = BRACKETS.iter().map(|(open, _)| *open);
    if opens.clone().any(|open| open.len() > text.len() && open.starts_with(text)) {
        return true;
    }
    let open = opens.filter(|open| text.starts_with(*open)).map(str::len).max().unwrap_or(0);
    let mut rest = &text[open..];
    for word in ["PII", "REDACTED"] {
        let common = rest.bytes().zip(word.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        if common < word.len() {
            return common == rest.len();
        }
        rest = &rest[word.len()..];
        let gap = rest.bytes().take_while(|byte| matches!(byte, b'\\' | b'_' | b'-' | b' ')).count();
        if gap == rest.len() {
            return gap <= 3;
        }
        rest = &rest[gap..];
    }
    // Kind and number, and what they may be followed by.
    let label = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'\\' | b'_' | b'-' | b' '))
        .count();
    rest = &rest[label..];
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    rest = &rest[digits..];
    let closings = BRACKETS.iter().map(|(_, close)| *close);
    let endings = ["", "'", "'s", "’", "’s", "s"];
    rest.is_empty()
        || endings.iter().any(|ending| {
            ending.starts_with(rest)
                || rest.strip_prefix(ending).is_some_and(|rest| {
                    closings.clone().any(|close| close.len() > rest.len() && close.starts_with(rest))
                })
        })
}

/// Whether a text holds what stands for a name.
pub(super) fn has_name(text: &str) -> bool {
    text.contains('_') && find(text).any(|found| matches!(found.key, Some((Kind::Name | Kind::Literal, _))))
}

/// What a placeholder begins with, as it is written here.
pub(super) const OPENING: &str = "<PII_REDACTED_";

pub(super) fn write(kind: Kind, number: usize) -> String {
    format!("{OPENING}{}_{number}>", kind.label())
}
