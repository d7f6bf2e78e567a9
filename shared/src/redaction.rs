//! Redaction: personal data out before the prompt, back in after the answer.
//!
//! [`redact`] swaps each detected span for a numbered placeholder such as `<PII_REDACTED_EMAIL_1>` (same spelling, same
//! number, over all texts of a request) and keeps the originals in a [`Vault`]. A vault lives for one request, is never
//! serialized, is wiped when dropped, and its `Debug` prints counts only.
//!
//! **Invariant:** only this module can build a [`Redacted`], and the prompt renderer accepts nothing else.
//!
//! It does not promise that no personal data is left: it replaces *detected* kinds. Detected so far: e-mail addresses,
//! phone numbers, web addresses, US social security numbers, IBANs, payment cards, and the name in a résumé's header with
//! its later mentions. Each detector is one file that takes a text and adds spans.

mod email;
mod name;
mod numbers;
mod phone;
mod placeholder;
mod url;
mod vault;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

pub use placeholder::Kind;
pub use vault::{Placeholders, Vault};

use crate::request::{Input, Role};

/// Personal data at a byte range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    range: Range<usize>,
    kind: Kind,
}

/// A text without its detected personal data.
///
/// It remembers where each placeholder stood in the original, so that offsets can be answered in the original's code
/// points. It prints no text in `Debug`.
#[derive(Clone)]
pub struct Redacted {
    text: String,
    /// Each placeholder: its range here and the range it stands for, both in code points.
    swaps: Vec<(Range<usize>, Range<usize>)>,
}

impl Redacted {
    /// The text with placeholders.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The original's code point range for a byte range of this text. A range that touches a placeholder covers all of
    /// what it stands for.
    #[must_use]
    pub fn original_range(&self, bytes: Range<usize>) -> Range<usize> {
        let start = self.text[..bytes.start].chars().count();
        let end = start + self.text[bytes].chars().count();
        self.original_offset(start, false)..self.original_offset(end, true)
    }

    fn original_offset(&self, offset: usize, is_end: bool) -> usize {
        // The last placeholder that starts before the offset decides the shift.
        let index = self.swaps.partition_point(|(here, _)| here.start < offset);
        match index.checked_sub(1).map(|last| &self.swaps[last]) {
            None => offset,
            Some((here, there)) if offset >= here.end => offset - here.end + there.end,
            Some((_, there)) => {
                if is_end {
                    there.end
                } else {
                    there.start
                }
            }
        }
    }
}

impl std::fmt::Debug for Redacted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Redacted({} bytes, {} placeholders)", self.text.len(), self.swaps.len())
    }
}

/// One detected span, in code points of the original text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detection {
    /// First code point.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

/// Number of spans by kind; literal placeholders in the input are not counted.
pub type Counts = BTreeMap<Kind, usize>;

/// Redacts every text of a request with one numbering.
#[must_use]
pub fn redact(input: &Input<String>) -> (Input<Redacted>, Vault) {
    let mut names = Vec::new();
    let _ = input.map(|role, text| {
        if role == Role::Resume {
            names.extend(name::in_header(text));
        }
    });
    let names = name::Words::of(&names);
    let mut vault = Vault::default();
    let redacted = input.map(|_, text| swap(text, &detect(text, &names), &mut vault));
    (redacted, vault)
}

/// Redacts one document by itself, for the `redact` command.
#[must_use]
pub fn redact_document(text: &str) -> (Redacted, Vault, Vec<Detection>) {
    let names = name::Words::of(&name::in_header(text).into_iter().collect::<Vec<_>>());
    let spans = detect(text, &names);
    let mut vault = Vault::default();
    let redacted = swap(text, &spans, &mut vault);
    let pairs = redacted.swaps.iter().zip(&spans).filter(|(_, span)| span.kind != Kind::Literal);
    let detections = pairs.map(|((_, there), span)| Detection { start: there.start, end: there.end, kind: span.kind });
    let detections = detections.collect();
    (redacted, vault, detections)
}

/// All spans of a text in order, without overlaps. Spans that overlap become one: nothing that any detector claims may
/// stay. Its kind is that of the longest; the earlier detector wins among equals, and a literal among nothing else.
///
/// A placeholder is a boundary, so taking one value out can uncover its neighbor (`4111111111111111https://…`): what
/// stands between spans is looked at again until nothing more is found.
fn detect(text: &str, names: &name::Words) -> Vec<Span> {
    let mut spans = detect_once(text, names);
    let mut uncovered = spans.clone();
    while !uncovered.is_empty() {
        uncovered.clear();
        let mut start = 0;
        let ends = spans.iter().map(|span| (span.range.start, span.range.end)).chain([(text.len(), text.len())]);
        for (end, next) in ends {
            let shift = |span: Span| Span { range: span.range.start + start..span.range.end + start, kind: span.kind };
            uncovered.extend(detect_once(&text[start..end], names).into_iter().map(shift));
            start = next;
        }
        spans.extend(uncovered.iter().cloned());
        spans.sort_by_key(|span| span.range.start);
    }
    spans
}

fn detect_once(text: &str, names: &name::Words) -> Vec<Span> {
    let mut found = Vec::new();
    placeholder::find_literals(text, &mut found);
    email::find(text, &mut found);
    url::find(text, &mut found);
    numbers::find(text, &mut found);
    phone::find(text, &mut found);
    names.find(text, &mut found);

    found.sort_by_key(|span| span.range.start);
    let mut joined: Vec<(Span, usize)> = Vec::with_capacity(found.len());
    for span in found {
        let weight = if span.kind == Kind::Literal { 0 } else { span.range.len() };
        match joined.last_mut() {
            Some((last, heaviest)) if span.range.start < last.range.end => {
                last.range.end = last.range.end.max(span.range.end);
                if weight > *heaviest {
                    (last.kind, *heaviest) = (span.kind, weight);
                }
            }
            _ => joined.push((span, weight)),
        }
    }
    joined.into_iter().map(|(span, _)| span).collect()
}

fn swap(text: &str, spans: &[Span], vault: &mut Vault) -> Redacted {
    let mut redacted = Redacted { text: String::with_capacity(text.len()), swaps: Vec::with_capacity(spans.len()) };
    let (mut copied, mut here, mut there) = (0, 0, 0);
    for span in spans {
        let kept = &text[copied..span.range.start];
        let original = &text[span.range.clone()];
        let placeholder = vault.placeholder(span.kind, original);
        let (kept_chars, original_chars) = (kept.chars().count(), original.chars().count());
        (here, there) = (here + kept_chars, there + kept_chars);
        redacted.swaps.push((here..here + placeholder.len(), there..there + original_chars));
        (here, there) = (here + placeholder.len(), there + original_chars);
        redacted.text.push_str(kept);
        redacted.text.push_str(&placeholder);
        copied = span.range.end;
    }
    redacted.text.push_str(&text[copied..]);
    redacted
}

#[cfg(test)]
mod tests;
