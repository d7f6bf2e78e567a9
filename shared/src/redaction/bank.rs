//! Bank accounts and payment cards: IBANs (ISO 13616) and card numbers (ISO/IEC 7812), by checksum or label.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::label::{Before, Phrases};
use super::layout::Layout;
use super::number::Cluster;
use super::{Kind, Span};

static IBAN_LABELS: Phrases =
    Phrases::of(&["iban", "account", "bank account", "konto", "kontonummer", "compte", "cuenta", "conto"]);
/// What may stand at some distance before a card's number.
static NEAR_CARDS: Phrases = Phrases::of(&["card", "kreditkarte", "tarjeta", "cartao", "kreditkartennummer"]);
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
        if !cluster.plus
            && let Some(range) = card(layout, cluster)
        {
            found.push(Span { range, kind: Kind::CreditCard });
        }
    }
}

/// The groups of a cluster that are a card's number: a valid one, or behind a label one of the usual shape. Digits of an
/// expiry date or a check code may stand on both sides.
fn card(layout: &Layout<'_>, cluster: &Cluster) -> Option<Range<usize>> {
    let text = layout.text;
    let joined = |c: char| c.is_alphanumeric() || c == '_';
    let after = &text[cluster.range.end..];
    let bound = text[..cluster.range.start].ends_with(joined)
        || after.starts_with(joined)
        || after.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    if cluster.digits.len() < 13 || bound {
        return None;
    }
    let before = cluster.before(layout);
    let labeled = before.ends_with(CARD_LABELS) || before.contains(&NEAR_CARDS);
    let groups = &cluster.groups;
    let mut shaped = None;
    let mut before_groups = 0;
    for first in 0..groups.len() {
        let mut count = 0;
        let start = before_groups;
        before_groups += groups[first];
        for last in first..groups.len() {
            count += groups[last];
            if count > 19 {
                break;
            }
            let usual = first == last
                || (groups[first] == 4 && groups[first..=last].iter().all(|length| (1..=7).contains(length)));
            if count < 13 || !usual {
                continue;
            }
            let range = || digit_range(text, &cluster.range, start, count);
            if luhn(&cluster.digits[start..start + count]) {
                return Some(range());
            }
            if labeled && shaped.is_none() && matches!(groups[first..=last], [4, 4, 4, 4] | [4, 6, 5] | [4, 6, 4] | [_])
            {
                shaped = Some(range());
            }
        }
    }
    shaped.or_else(|| (labeled && cluster.digits.len() <= 19).then(|| cluster.range.clone()))
}

/// The byte range of `count` digits from the `start`-th on.
fn digit_range(text: &str, range: &Range<usize>, start: usize, count: usize) -> Range<usize> {
    let digits = || {
        text[range.clone()]
            .bytes()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_digit())
            .map(|(at, _)| range.start + at)
    };
    let first = digits().nth(start).unwrap_or(range.start);
    let last = digits().nth(start + count - 1).unwrap_or(range.end - 1);
    first..last + 1
}

/// An IBAN whose two check digits begin the cluster.
fn iban(layout: &Layout<'_>, cluster: &Cluster) -> Option<Span> {
    let text = layout.text;
    let (start, _) = text[..cluster.range.start].char_indices().rev().nth(1)?;
    let mut country = text[start..cluster.range.start].chars();
    let free = !text[..start].ends_with(char::is_alphanumeric);
    if !free
        || !country.all(|c| as_latin(c).is_ascii_alphabetic())
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
        let end = at + c.len_utf8();
        match as_latin(c) {
            c if c.is_ascii_alphanumeric() && compact.len() < 34 => {
                compact.push(c.to_ascii_uppercase() as u8);
                gap = false;
                let ends = !rest[end..].starts_with(|c: char| as_latin(c).is_ascii_alphanumeric());
                if ends && compact.len() >= 15 {
                    // A following word in capitals would spoil the checksum: the longest valid prefix counts.
                    if mod_97(&compact) {
                        valid = Some(end);
                    }
                    if rest[..end].bytes().rev().take_while(u8::is_ascii_alphabetic).count() < 3 {
                        shaped = Some(end);
                    }
                }
            }
            ' ' | '-' if !gap => gap = true,
            _ => break,
        }
    }
    let labeled = || Before::of(layout.before(start)).contains(&IBAN_LABELS);
    let end = valid.or_else(|| shaped.filter(|_| labeled()))?;
    Some(Span { range: start..start + end, kind: Kind::Iban })
}

/// The Latin capital that a Greek or Cyrillic letter looks like, a letter without its marks; every other character as it is.
fn as_latin(c: char) -> char {
    const GREEK: (&str, &str) = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX");
    const CYRILLIC: (&str, &str) = ("АВЕЅІЈКМНОРСТУХ", "ABESIJKMHOPCTYX");
    if c.is_ascii() {
        return c;
    }
    let mut pairs = [GREEK, CYRILLIC].into_iter().flat_map(|(from, to)| from.chars().zip(to.chars()));
    let bare = std::iter::once(c).nfd().next().unwrap_or(c);
    pairs.find(|(from, _)| *from == bare).map_or(bare, |(_, to)| to)
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
