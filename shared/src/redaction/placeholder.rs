//! Placeholders: `<PII_REDACTED_{KIND}_{n}>`, how they are written and recognized.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::Span;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

    fn from_label(label: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.label().eq_ignore_ascii_case(label))
    }
}

/// Anything that contains the placeholder's stem, bracketed or not: it must not reach the model as it is, or the answer
/// could not be told from our own placeholders.
static LITERAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)<?PII_REDACTED[A-Z0-9_]*>?").expect("a constant pattern"));

/// A placeholder as models write it: any case, brackets possibly lost.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)<?PII_REDACTED_([A-Z]+(?:_[A-Z]+)*)_([0-9]+)>?").expect("a constant pattern"));

pub(super) fn find_literals(text: &str, found: &mut Vec<Span>) {
    found.extend(LITERAL.find_iter(text).map(|at| Span { range: at.range(), kind: Kind::Literal }));
}

pub(super) fn write(kind: Kind, number: usize) -> String {
    format!("<PII_REDACTED_{}_{number}>", kind.label())
}

/// Placeholders in order: byte range and, where it can be one of ours, kind and number.
pub(super) fn find(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, Option<(Kind, usize)>)> + '_ {
    PLACEHOLDER.captures_iter(text).filter_map(|captures| {
        let kind = captures.get(1).and_then(|label| Kind::from_label(label.as_str()));
        let number = captures.get(2).and_then(|digits| digits.as_str().parse().ok());
        captures.get(0).map(|whole| (whole.range(), kind.zip(number)))
    })
}
