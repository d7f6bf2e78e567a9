//! How much a redaction left, and how much it took too much: the rules of `fixtures/pii-dev/score.py`, in Rust.
//!
//! Original and redacted text are normalized alike, split into tokens and aligned. A gold span *leaks* when an identifying
//! part of it survives in its place. `.ci/redaction` compares the figures of both.

mod align;
mod gold;
mod leak;
mod text;

use std::collections::BTreeMap;

pub use gold::{Document, Keep, Mark, corpus, fixtures};

use leak::leaks;
use text::{Token, compact, is_wordy, tokens};

/// Counts of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Gold spans.
    pub all: usize,
    /// Those that leaked, or were lost.
    pub bad: usize,
}

impl Count {
    /// The share that is well.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of a corpus")]
    pub fn good(&self) -> f64 {
        if self.all == 0 { 1.0 } else { 1.0 - self.bad as f64 / self.all as f64 }
    }
}

/// The figures of a set of documents.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Documents.
    pub documents: usize,
    /// Documents without any leak.
    pub leak_free: usize,
    /// Spans by kind.
    pub kinds: BTreeMap<String, Count>,
    /// Hard negatives by kind.
    pub keeps: BTreeMap<String, Count>,
    /// Word tokens outside gold spans, and those that were lost.
    pub tokens: Count,
    /// What leaked (kind, document, value).
    pub leaked: Vec<(String, String, String)>,
    /// What was lost (kind, document, value).
    pub lost: Vec<(String, String, String)>,
}

impl Score {
    /// Scores a redactor over documents.
    pub fn of(documents: &[Document], redact: impl Fn(&str) -> String) -> Score {
        let mut score = Score::default();
        for document in documents {
            score.add(document, &redact(&document.text));
        }
        score
    }

    /// All spans.
    #[must_use]
    pub fn spans(&self) -> Count {
        sum(&self.kinds)
    }

    /// All hard negatives.
    #[must_use]
    pub fn hard_negatives(&self) -> Count {
        sum(&self.keeps)
    }

    /// The share of documents without a leak.
    #[must_use]
    pub fn leak_free_share(&self) -> f64 {
        Count { all: self.documents, bad: self.documents - self.leak_free }.good()
    }

    fn add(&mut self, document: &Document, redacted: &str) {
        let original = tokens(&document.text);
        let (pieces, whole) = without_placeholders(redacted);
        let alive = align::matched(&original, &pieces);
        let masked = compact(&masked(document));
        let redacted = compact(&whole);
        let mut in_gold = vec![false; original.len()];
        let mut clean = true;
        let gold: Vec<String> = document.marks.iter().map(|mark| compact(&mark.value)).collect();
        for (index, mark) in document.marks.iter().enumerate() {
            let range = token_range(&original, mark.start, mark.end);
            in_gold[range.clone()].fill(true);
            let runs = surviving(&original[range.clone()], &alive[range]);
            let value = &gold[index];
            let inside_other =
                || gold.iter().enumerate().any(|(other, text)| other != index && text.contains(value.as_str()));
            let bad = leaks(mark, &runs)
                || (value.chars().count() >= 8
                    && redacted.matches(value.as_str()).count() > masked.matches(value.as_str()).count()
                    && !inside_other());
            let count = self.kinds.entry(mark.kind.clone()).or_default();
            count.all += 1;
            if bad {
                count.bad += 1;
                clean = false;
                self.leaked.push((mark.kind.clone(), document.id.clone(), mark.value.clone()));
            }
        }
        for keep in &document.keeps {
            let range = token_range(&original, keep.start, keep.end);
            let bad = range.into_iter().any(|token| !alive[token] && is_wordy(&original[token].text));
            let count = self.keeps.entry(keep.kind.clone()).or_default();
            count.all += 1;
            if bad {
                count.bad += 1;
                let value = document.text.chars().skip(keep.start).take(keep.end - keep.start).collect();
                self.lost.push((keep.kind.clone(), document.id.clone(), value));
            }
        }
        let outside = original
            .iter()
            .zip(&in_gold)
            .zip(&alive)
            .filter(|((token, in_gold), _)| !**in_gold && is_wordy(&token.text));
        for (_, alive) in outside {
            self.tokens.all += 1;
            self.tokens.bad += usize::from(!alive);
        }
        self.documents += 1;
        self.leak_free += usize::from(clean);
    }
}

fn sum(counts: &BTreeMap<String, Count>) -> Count {
    counts.values().fold(Count::default(), |sum, count| Count { all: sum.all + count.all, bad: sum.bad + count.bad })
}

/// The tokens of a redacted text with a mark for each placeholder, and the text with line ends in their places.
fn without_placeholders(redacted: &str) -> (Vec<String>, String) {
    let mut pieces = Vec::new();
    let mut whole = String::with_capacity(redacted.len());
    let mut rest = redacted;
    while let Some((start, end)) = placeholder(rest) {
        pieces.extend(tokens(&rest[..start]).into_iter().map(|token| token.text));
        pieces.push("\0".to_owned());
        whole.push_str(&rest[..start]);
        whole.push('\n');
        rest = &rest[end..];
    }
    pieces.extend(tokens(rest).into_iter().map(|token| token.text));
    whole.push_str(rest);
    (pieces, whole)
}

/// The next `<PII_REDACTED_[A-Z_]+(_[0-9]+)?>`.
fn placeholder(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("<PII_REDACTED_")?;
        let body = &text[start + "<PII_REDACTED_".len()..];
        let letters = body.bytes().take_while(|byte| byte.is_ascii_uppercase() || *byte == b'_').count();
        let digits = body[letters..].bytes().take_while(u8::is_ascii_digit).count();
        let end = start + "<PII_REDACTED_".len() + letters + digits;
        if letters > 0 && text[end..].starts_with('>') {
            return Some((start, end + 1));
        }
        from = start + 1;
    }
}

/// The document with a line end for every gold span.
fn masked(document: &Document) -> String {
    let mut text = String::new();
    let mut at = 0;
    let mut marks: Vec<&Mark> = document.marks.iter().collect();
    marks.sort_by_key(|mark| (mark.start, std::cmp::Reverse(mark.end)));
    let chars: Vec<char> = document.text.chars().collect();
    for mark in marks.into_iter().filter(|mark| mark.start < mark.end) {
        if mark.end <= at {
            continue;
        }
        text.extend(&chars[at..mark.start.max(at)]);
        text.push('\n');
        at = mark.end;
    }
    text.extend(&chars[at..]);
    text
}

/// The tokens that touch a range of code points.
fn token_range(tokens: &[Token], start: usize, end: usize) -> std::ops::Range<usize> {
    let mut first = tokens.partition_point(|token| token.start < start);
    while first > 0 && tokens[first - 1].end > start {
        first -= 1;
    }
    let last = first + tokens[first..].iter().take_while(|token| token.start < end).count();
    first..last
}

/// Runs of word tokens that are still there.
fn surviving(tokens: &[Token], alive: &[bool]) -> Vec<String> {
    let mut runs = Vec::new();
    let mut run = String::new();
    for (token, alive) in tokens.iter().zip(alive).filter(|(token, _)| is_wordy(&token.text)) {
        if *alive {
            run.push_str(&token.text);
        } else if !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}
