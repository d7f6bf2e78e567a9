//! Redaction: personal data out before the prompt, back in after the answer.
//!
//! [`redact`] swaps each detected span for a numbered placeholder such as `<PII_REDACTED_EMAIL_1>` (same spelling, same
//! number, over all texts of a request) and keeps the originals in a [`Vault`]. A vault lives for one request, is never
//! serialized, is wiped when dropped, and its `Debug` prints counts only.
//!
//! **Invariant:** only this module can build a [`Redacted`], and the prompt renderer accepts nothing else.
//!
//! It does not promise that no personal data is left: it replaces *detected* kinds. Detection works on a normalized text
//! (`normal`) and its structure (`layout`); each detector is one file that adds spans. Nothing is compiled or built at
//! start, and no list of names is used.

mod hidden;
mod normal;
mod layout;
mod words;
mod lexicon;
mod label;
mod number;
mod email;
mod url;
mod phone;
mod bank;
mod ids;
mod dob;
mod ip;
mod address;
mod name;
mod handle;
mod placeholder;
mod rounds;
mod vault;
mod stream;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

pub use hidden::visible;
pub use placeholder::Kind;
pub use stream::{MAX_HELD, Rehydrator};
pub use vault::{Placeholders, Vault};
pub(crate) use words::Words;

/// A text with everything that reads as a placeholder blanked out by as many bytes, so that ranges stay valid.
#[must_use]
pub fn without_placeholders(text: &str) -> Cow<'_, str> {
    let mut found = placeholder::find(text).peekable();
    if found.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for found in found {
        plain.push_str(&text[plain.len()..found.range.start]);
        plain.extend(std::iter::repeat_n(' ', found.range.len()));
    }
    plain.push_str(&text[plain.len()..]);
    Cow::Owned(plain)
}

/// Everything in a text that reads as a placeholder, in order: its bytes, and what it stands for where that can be told.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = (Range<usize>, Option<(Kind, usize)>)> + '_ {
    placeholder::find(text).map(|found| (found.range, found.key))
}

use crate::request::{Input, Role};
use layout::Layout;
use normal::{Normal, Reading};
use rounds::detect;

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
        unswapped(&self.swaps, start, false)..unswapped(&self.swaps, end, true)
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

/// Redacts every text of a request with one numbering. A name found in one text is looked for in all of them.
#[must_use]
pub fn redact(input: &Input<String>) -> (Input<Redacted>, Vault) {
    let mut texts = Vec::new();
    let _ = input.map(|role, text| texts.push((role, text.clone())));
    let borrowed: Vec<(Role, &str)> = texts.iter().map(|(role, text)| (*role, text.as_str())).collect();
    let mut spans = detect(&borrowed).into_iter();
    let mut vault = Vault::default();
    let redacted = input.map(|_, text| swap(text, &spans.next().unwrap_or_default(), &mut vault));
    (redacted, vault)
}

/// Redacts texts that are no request's, with one vault: equal values are equal placeholders in all of them.
#[must_use]
pub fn redact_texts(texts: &[(Role, &str)]) -> (Vec<Redacted>, Vault) {
    let mut vault = Vault::default();
    let redacted = texts.iter().zip(detect(texts)).map(|((_, text), spans)| swap(text, &spans, &mut vault)).collect();
    (redacted, vault)
}

/// Redacts one document by itself, for the `redact` command.
#[must_use]
pub fn redact_document(text: &str) -> (Redacted, Vault, Vec<Detection>) {
    let spans = detect(&[(Role::Resume, text)]).pop().unwrap_or_default();
    let mut vault = Vault::default();
    let redacted = swap(text, &spans, &mut vault);
    let pairs = redacted.swaps.iter().zip(&spans).filter(|(_, span)| span.kind != Kind::Literal);
    let detections = pairs.map(|((_, there), span)| Detection { start: there.start, end: there.end, kind: span.kind });
    let detections = detections.collect();
    (redacted, vault, detections)
}

/// The original's offset for one in a text with swaps (each a range here and the range it stands for): inside a swap the
/// start or the end of the whole.
fn unswapped(swaps: &[(Range<usize>, Range<usize>)], offset: usize, is_end: bool) -> usize {
    // The last swap that starts before the offset decides the shift.
    let index = swaps.partition_point(|(here, _)| here.start < offset);
    match index.checked_sub(1).map(|last| &swaps[last]) {
        None => offset,
        Some((here, there)) if offset >= here.end => offset - here.end + there.end,
        Some((_, there)) if is_end => there.end,
        Some((_, there)) => there.start,
    }
}

/// One round over the texts, or over their drafts. What is shown backwards says one thing to the eye and another to a model: it is
/// read both ways.
fn detect_once(texts: &[(Role, &str)], again: bool) -> Vec<Vec<Span>> {
    let mut spans = detect_in(texts, Reading::AsStored, again);
    if texts.iter().any(|(_, text)| text.contains(normal::BACKWARDS)) {
        for (spans, more) in spans.iter_mut().zip(detect_in(texts, Reading::AsShown, again)) {
            spans.extend(more);
            *spans = joined(std::mem::take(spans));
        }
    }
    spans
}

fn detect_in(texts: &[(Role, &str)], reading: Reading, again: bool) -> Vec<Vec<Span>> {
    let normals: Vec<Normal<'_>> = texts.iter().map(|(_, text)| Normal::read(text, reading)).collect();
    let layouts: Vec<Layout<'_>> = normals
        .iter()
        .map(|normal| if again { Layout::again(normal.as_str()) } else { Layout::of(normal.as_str()) })
        .collect();
    let mut known = name::Known::default();
    let mut found: Vec<Vec<Span>> = layouts.iter().map(by_form).collect();
    for ((layout, found), (role, _)) in layouts.iter().zip(&mut found).zip(texts) {
        let others = joined(std::mem::take(found));
        let mut names = Vec::new();
        name::find(layout, *role == Role::Resume, &others, &mut known, &mut names);
        *found = others;
        found.extend(names);
    }
    for (layout, found) in layouts.iter().zip(&mut found) {
        name::find_again(layout, &known, found);
        handle::find(layout, &|folded| known.is_in(folded), found);
        url::find_own_domains(layout, &|folded| known.is_in(folded), found);
    }
    let restored = normals.iter().zip(found).map(|(normal, found)| {
        found.into_iter().map(|span| Span { range: normal.original(&span.range), kind: span.kind }).collect()
    });
    restored.map(joined).collect()
}

/// What its form gives away, names left out.
fn by_form(layout: &Layout<'_>) -> Vec<Span> {
    let mut found = Vec::new();
    placeholder::find_literals(layout.text, &mut found);
    email::find(layout.text, &mut found);
    url::find(layout, &mut found);
    let clusters = number::clusters(layout);
    bank::find(layout, &clusters, &mut found);
    ids::find(layout, &clusters, &mut found);
    dob::find(layout, &clusters, &mut found);
    ip::find(layout, &clusters, &mut found);
    phone::find(layout, &clusters, &mut found);
    address::find(layout, &mut found);
    found
}

/// Spans in order without overlaps. Spans that overlap become one: nothing that any detector claims may stay. Its kind is
/// that of the longest; the earlier detector wins among equals, and a literal among nothing else.
fn joined(mut found: Vec<Span>) -> Vec<Span> {
    found.sort_by_key(|span| span.range.start);
    let mut joined: Vec<(Span, usize)> = Vec::with_capacity(found.len());
    for span in found.into_iter().filter(|span| !span.range.is_empty()) {
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
