//! Identifying numbers: US social security numbers by shape, IBANs and payment cards by shape and checksum.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Span};

static SSN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{3}([- ])\d{2}[- ]\d{4}\b").expect("a constant pattern"));
static IBAN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b").expect("a constant pattern"));
static LABELED_IBAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\biban\b[^A-Z0-9\n]{0,6}([A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){2,8})\b").expect("a constant pattern")
});
static CARD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d(?:[ -]?\d){12,18}\b").expect("a constant pattern"));

pub(super) fn find(text: &str, found: &mut Vec<Span>) {
    let mut push = |range, kind| found.push(Span { range, kind });
    for at in SSN.find_iter(text) {
        push(at.range(), Kind::Ssn);
    }
    for captures in LABELED_IBAN.captures_iter(text) {
        if let Some(value) = captures.get(1) {
            push(value.range(), Kind::Iban);
        }
    }
    for at in IBAN.find_iter(text) {
        if let Some(length) = valid_iban_prefix(at.as_str()) {
            push(at.start()..at.start() + length, Kind::Iban);
        }
    }
    for at in CARD.find_iter(text).filter(|at| luhn(at.as_str())) {
        push(at.range(), Kind::CreditCard);
    }
}

/// The length in bytes of the longest prefix, cut at a space, that is a valid IBAN: a following word in capitals would
/// otherwise spoil the checksum.
fn valid_iban_prefix(candidate: &str) -> Option<usize> {
    let mut cuts: Vec<usize> = candidate.match_indices(' ').map(|(at, _)| at).collect();
    cuts.push(candidate.len());
    cuts.into_iter().rev().find(|&end| mod_97(&candidate[..end]))
}

/// ISO 7064 mod 97-10 over the rearranged characters, for lengths that ISO 13616 allows.
fn mod_97(text: &str) -> bool {
    let compact: Vec<u8> = text.bytes().filter(|&byte| byte != b' ').collect();
    if !(15..=34).contains(&compact.len()) {
        return false;
    }
    let rearranged = compact[4..].iter().chain(&compact[..4]);
    let remainder = rearranged.fold(0u32, |remainder, &byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    remainder == 1
}

/// The Luhn checksum of ISO/IEC 7812, for 13 to 19 digits that are not all the same.
fn luhn(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| {
            let doubled = digit * if index % 2 == 1 { 2 } else { 1 };
            doubled / 10 + doubled % 10
        })
        .sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10) && digits.iter().any(|&digit| digit != digits[0])
}
