//! Bank accounts and payment cards: IBANs (ISO 13616) and card numbers (ISO/IEC 7812), by checksum or label.

use super::label::Before;
use super::layout::Layout;
use super::number::Cluster;
use super::{Kind, Span};

const IBAN_LABELS: &[&str] = &["iban", "account", "bank account", "konto", "kontonummer", "compte", "cuenta", "conto"];
const CARD_LABELS: &[&str] = &[
    "card",
    "credit card",
    "debit card",
    "visa",
    "mastercard",
    "amex",
    "american express",
    "kreditkarte",
    "carte",
    "carte bancaire",
    "tarjeta",
    "carta di credito",
    "cartao",
    "cartao de credito",
    "karta",
    "creditcard",
    "card for travel expenses",
    "corporate card",
];

pub(super) fn find(layout: &Layout<'_>, clusters: &[Cluster], found: &mut Vec<Span>) {
    for cluster in clusters {
        if let Some(span) = iban(layout, cluster) {
            found.push(span);
        }
        if (13..=19).contains(&cluster.digits.len()) && !cluster.plus {
            let before = Before::of(layout.before(cluster.range.start));
            let free = !layout.text[..cluster.range.start].ends_with(char::is_alphanumeric);
            let labeled =
                before.ends_with(CARD_LABELS) || before.contains(&["card", "kreditkarte", "tarjeta", "cartao"]);
            if free && (luhn(&cluster.digits) || labeled) {
                found.push(Span { range: cluster.range.clone(), kind: Kind::CreditCard });
            }
        }
    }
}

/// An IBAN whose two check digits begin the cluster.
fn iban(layout: &Layout<'_>, cluster: &Cluster) -> Option<Span> {
    let text = layout.text;
    let start = cluster.range.start.checked_sub(2)?;
    let country = text.get(start..cluster.range.start)?;
    let free = !text[..start].ends_with(char::is_alphanumeric);
    if !free
        || !country.bytes().all(|byte| byte.is_ascii_alphabetic())
        || cluster.groups.first().is_none_or(|length| *length < 2)
    {
        return None;
    }
    let line_end = layout.line_of(start).map_or(text.len(), |index| layout.lines[index].range.end);
    let rest = &text[start..line_end];
    let mut compact = Vec::with_capacity(34);
    let mut valid = None;
    let mut shaped = None;
    let mut gap = false;
    for (at, c) in rest.char_indices() {
        match c {
            c if c.is_ascii_alphanumeric() && compact.len() < 34 => {
                compact.push(c.to_ascii_uppercase() as u8);
                gap = false;
                let ends = !rest[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric());
                if ends && compact.len() >= 15 {
                    // A following word in capitals would spoil the checksum: the longest valid prefix counts.
                    if mod_97(&compact) {
                        valid = Some(at + 1);
                    }
                    if rest[..=at].bytes().rev().take_while(u8::is_ascii_alphabetic).count() < 3 {
                        shaped = Some(at + 1);
                    }
                }
            }
            ' ' | '-' if !gap => gap = true,
            _ => break,
        }
    }
    let labeled = || Before::of(layout.before(start)).contains(IBAN_LABELS);
    let end = valid.or_else(|| shaped.filter(|_| labeled()))?;
    Some(Span { range: start..start + end, kind: Kind::Iban })
}

/// ISO 7064 mod 97-10 over the rearranged characters.
fn mod_97(compact: &[u8]) -> bool {
    if !compact[2..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let rearranged = compact[4..].iter().chain(&compact[..4]);
    let remainder = rearranged.fold(0u32, |remainder, &byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        _ => (remainder * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    });
    remainder == 1
}

/// The Luhn checksum, for digits that are not all the same.
fn luhn(digits: &str) -> bool {
    let values = digits.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = values
        .enumerate()
        .map(|(index, digit)| {
            let doubled = digit * if index % 2 == 1 { 2 } else { 1 };
            doubled / 10 + doubled % 10
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != digits.as_bytes()[0])
}
