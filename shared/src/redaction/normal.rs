//! The text as detectors read it, and the way back.
//!
//! Disguises come off before detection: compatibility forms and decomposed letters (NFKC, UAX #15), invisible characters,
//! marks that belong to no letter, digits of other scripts, odd spaces and hyphens, letters that are spaced out (`J a n e`),
//! text that is shown backwards. Each byte of the normal text knows the range of the
//! original that it stands for, so what is found here is replaced there, byte for byte.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::hidden::is_hidden;
use super::placeholder;

/// Shows what follows backwards (U+202E), until [`FORWARDS`] or the end of the line.
pub(super) const BACKWARDS: char = '\u{202e}';
const FORWARDS: char = '\u{202c}';

/// In which order characters are read that are shown backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As a model gets them.
    AsStored,
    /// As an eye sees them.
    AsShown,
}

/// A normalized text.
pub(super) struct Normal<'a> {
    text: Cow<'a, str>,
    /// Where the two differ; empty where the text is its own normal form.
    map: Map,
    original_len: usize,
}

impl<'a> Normal<'a> {
    pub(super) fn read(original: &'a str, reading: Reading) -> Normal<'a> {
        let mut normal = if is_plain(original) {
            Normal { text: Cow::Borrowed(original), map: Map::default(), original_len: original.len() }
        } else {
            characters(original, reading)
        };
        normal.join_spaced_letters();
        normal
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The original's bytes that a range of normal bytes stands for.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        if self.map.0.is_empty() {
            return range.clone();
        }
        let first = self.map.part(range.start).map_or(0, |part| part.original_start(range.start));
        let last = range.end.checked_sub(1).and_then(|byte| self.map.part(byte));
        let end = last.map_or(self.original_len, |part| part.original_end(range.end));
        first..end.max(first)
    }

    /// Rewrites runs of single characters with one space between them (`J a n e   D o e`) as words.
    fn join_spaced_letters(&mut self) {
        let runs = spaced_runs(&self.text);
        if runs.is_empty() {
            return;
        }
        let mut joined = String::with_capacity(self.text.len());
        let mut map = Map::default();
        let mut runs = runs.into_iter().peekable();
        for (at, c) in self.text.char_indices() {
            while runs.peek().is_some_and(|run| run.end <= at) {
                runs.next();
            }
            let inside = runs.peek().is_some_and(|run| run.contains(&at));
            // Between letters the space goes; of several, which stand between words, the first stays.
            let follows_space = self.text[..at].ends_with(' ');
            let precedes_space = self.text[at + c.len_utf8()..].starts_with(' ');
            if inside && c == ' ' && (follows_space || !precedes_space) {
                continue;
            }
            map.push(joined.len(), c.len_utf8(), self.original(&(at..at + c.len_utf8())));
            joined.push(c);
        }
        self.text = Cow::Owned(joined);
        self.map = map;
    }
}

/// The way from normal bytes back, part by part.
#[derive(Default)]
struct Map(Vec<Part>);

/// Normal text and the original that it stands for.
struct Part {
    start: u32,
    original: Range<u32>,
    /// Byte by byte the same lengths; otherwise all of it stands for all of the original's part.
    is_parallel: bool,
}

impl Map {
    /// Adds what `length` normal bytes from `start` on stand for, behind everything added before.
    fn push(&mut self, start: usize, length: usize, original: Range<usize>) {
        let is_parallel = length == original.len();
        let original = to_u32(original.start)..to_u32(original.end);
        if let Some(last) = self.0.last_mut().filter(|last| is_parallel && last.is_parallel)
            && last.original.end == original.start
            && last.start + to_u32(last.original.len()) == to_u32(start)
        {
            last.original.end = original.end;
            return;
        }
        self.0.push(Part { start: to_u32(start), original, is_parallel });
    }

    /// The part that a normal byte lies in.
    fn part(&self, byte: usize) -> Option<&Part> {
        let index = self.0.partition_point(|part| part.start as usize <= byte).checked_sub(1)?;
        self.0.get(index)
    }
}

impl Part {
    /// Where the original of the character that begins at a normal byte begins.
    fn original_start(&self, byte: usize) -> usize {
        self.original.start as usize + if self.is_parallel { byte - self.start as usize } else { 0 }
    }

    /// Where the original of the character that ends at a normal byte ends.
    fn original_end(&self, byte: usize) -> usize {
        if self.is_parallel {
            self.original.start as usize + (byte - self.start as usize)
        } else {
            self.original.end as usize
        }
    }
}

/// Whether every character is its own normal form: ASCII without controls, the usual case.
pub(super) fn is_plain(text: &str) -> bool {
    plain_length(text.as_bytes()) == text.len()
}

/// How many bytes from the first on are ASCII that is its own normal form.
fn plain_length(bytes: &[u8]) -> usize {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    // Whole blocks first: without a way out in the middle, many bytes are compared at once.
    let blocks = bytes.chunks_exact(32).take_while(|block| block.iter().fold(true, |all, byte| all & is_plain(byte)));
    let start = blocks.count() * 32;
    start + bytes[start..].iter().take_while(|byte| is_plain(byte)).count()
}

/// Normalizes a starter with the marks that follow it, one cluster at a time.
fn characters(original: &str, reading: Reading) -> Normal<'_> {
    let mut text = String::with_capacity(original.len());
    let mut map = Map::default();
    let mut runs = Runs::default();
    let mut start = 0;
    while start < original.len() {
        // Runs of plain text are copied, all but the last character, which a mark may follow.
        let plain = plain_length(&original.as_bytes()[start..]).saturating_sub(1);
        if plain > 0 {
            map.push(text.len(), plain, start..start + plain);
            text.push_str(&original[start..start + plain]);
            start += plain;
        }
        let rest = &original[start..];
        let Some(c) = rest.chars().next() else { break };
        let shown = (reading == Reading::AsShown && c == BACKWARDS).then(|| runs.length_at(original, start)).flatten();
        if let Some(length) = shown {
            for c in rest[..length].chars().rev().nfkc().filter_map(|c| simple(c).unwrap_or(Some(c))) {
                map.push(text.len(), c.len_utf8(), start..start + length);
                text.push(c);
            }
            start += length;
            continue;
        }
        // A hidden character has none: a row of them is looked through once, from the character before.
        let marks = if is_hidden(c) { 0 } else { marks_length(&rest[c.len_utf8()..]) };
        let end = start + c.len_utf8() + marks;
        match simple(c).filter(|_| marks == 0) {
            Some(Some(c)) => {
                map.push(text.len(), c.len_utf8(), start..end);
                text.push(c);
            }
            Some(None) => {}
            None => {
                let seen = original[start..end].chars().filter(|c| !is_hidden(*c));
                for c in seen.nfkc().filter_map(|c| simple(c).unwrap_or(Some(c))) {
                    // Struck through or crowned, a letter or a digit still reads as what it is.
                    if canonical_combining_class(c) != 0 && text.ends_with(is_latin) {
                        continue;
                    }
                    map.push(text.len(), c.len_utf8(), start..end);
                    text.push(c);
                }
            }
        }
        start = end;
    }
    Normal { text: Cow::Owned(text), map, original_len: original.len() }
}

/// The run of text shown backwards that was looked at last: many may begin in one, and each is looked through once.
#[derive(Default)]
struct Runs {
    /// Where its text ends, and with its closing control.
    text_end: usize,
    end: usize,
    /// Where the last placeholder in it begins.
    placeholder: Option<usize>,
}

impl Runs {
    /// The length of the run that begins at `start`, its controls included. One with a placeholder has been read before.
    fn length_at(&mut self, original: &str, start: usize) -> Option<usize> {
        if start >= self.text_end {
            let first = start + BACKWARDS.len_utf8();
            let inside = &original[first..];
            let inside = &inside[..inside.find(['\n', FORWARDS]).unwrap_or(inside.len())];
            self.text_end = first + inside.len();
            let closing = if original[self.text_end..].starts_with(FORWARDS) { FORWARDS.len_utf8() } else { 0 };
            self.end = self.text_end + closing;
            self.placeholder = placeholder::find(inside).last().map(|found| first + found.range.start);
        }
        self.placeholder.is_none_or(|placeholder| placeholder < start).then_some(self.end - start)
    }
}

/// Letters that have a character of their own for each mark that is written over them, and what takes no mark.
fn is_latin(c: char) -> bool {
    c.is_ascii() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// The length of the combining marks that a text begins with, and of what is hidden between them: without it they belong to the
/// character before.
fn marks_length(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if !c.is_ascii() && canonical_combining_class(c) != 0 {
            end = at + c.len_utf8();
        } else if !is_hidden(c) {
            break;
        }
    }
    end
}

/// What becomes of a character by itself: `Some(None)` for one that is dropped, `None` for one that needs the tables.
#[expect(clippy::option_option, reason = "three outcomes: kept or replaced, dropped, look it up")]
fn simple(c: char) -> Option<Option<char>> {
    match c {
        '\r' => Some(None),
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(Some('\n')),
        c if is_hidden(c) => Some(None),
        c if c.is_ascii() => Some(Some(c)),
        // Circles, squares and keys around a character.
        '\u{488}' | '\u{489}' | '\u{1abe}' | '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}' => Some(None),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3000}' => {
            Some(Some(' '))
        }
        '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => Some(Some('-')),
        // Dashes, bullets, quotation marks, currency signs of ordinary text, and Latin, Greek and Cyrillic letters that
        // are composed already.
        '\u{2012}'..='\u{2015}'
        | '\u{2018}'..='\u{201f}'
        | '\u{2022}'
        | '\u{20ac}'
        | '\u{b7}'
        | '\u{a3}'
        | '\u{c0}'..='\u{131}'
        | '\u{134}'..='\u{13e}'
        | '\u{141}'..='\u{148}'
        | '\u{14a}'..='\u{17e}'
        | '\u{400}'..='\u{45f}' => Some(Some(c)),
        c => digit(c).map(Some),
    }
}

/// The ASCII digit for one of another script (general category Nd, Unicode 16, scripts in modern use). NFKC knows the others.
fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 34] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
        0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
        0xa900, 0xa9d0, 0xaa50, 0xabf0,
    ];
    let code = u32::from(c);
    let zero = ZEROS[ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?];
    char::from_digit(code - zero, 10)
}

/// Byte ranges of lines' parts that consist of at least four single characters with single spaces between them, words
/// being two or more spaces apart.
fn spaced_runs(text: &str) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    // Cheap filter first: a character between spaces, before another.
    let is_single = |space: usize| {
        let before = space.checked_sub(2).map_or(b' ', |at| bytes[at]);
        !(before.is_ascii_graphic() && space > 0 && bytes[space - 1].is_ascii())
    };
    for space in memchr::memchr_iter(b' ', bytes) {
        if space < at || !is_single(space) {
            continue;
        }
        let Some(start) = text[..space].char_indices().next_back().map(|(start, _)| start) else { continue };
        let alone = text[..start].chars().next_back().is_none_or(char::is_whitespace);
        if !alone || !text[start..].starts_with(char::is_alphanumeric) {
            continue;
        }
        let end = run_end(text, start);
        if end.1 >= 4 {
            runs.push(start..end.0);
            at = end.0.max(at);
        }
    }
    runs
}

/// Where a run of single characters that begins at `start` ends, and how many of them are letters or digits.
fn run_end(text: &str, start: usize) -> (usize, usize) {
    let mut end = start;
    let mut count = 0;
    let mut rest = text[start..].chars().peekable();
    while let Some(c) = rest.next_if(|c| !c.is_whitespace()) {
        if c.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric()) {
            break;
        }
        end += c.len_utf8();
        count += usize::from(c.is_alphanumeric());
        if let Some(sign) = rest.next_if(|c| !c.is_alphanumeric() && !c.is_whitespace()) {
            end += sign.len_utf8();
        }
        let mut spaces = 0;
        while rest.next_if_eq(&' ').is_some() {
            spaces += 1;
        }
        if spaces == 0 || spaces > 4 {
            break;
        }
        end += spaces;
    }
    (text[..end].trim_end_matches(' ').len().max(start), count)
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        Normal::read(text, Reading::AsStored).as_str().to_owned()
    }

    #[test]
    fn disguises_come_off() {
        for (given, wanted) in [
            ("ja\u{200b}ne\u{ad}@example.com", "jane@example.com"),
            ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane@example.com"),
            ("Zoe\u{308} O\u{fb01}eld", "Zoë Ofield"),
            ("01\u{a0}23\u{202f}45\u{2011}67", "01 23 45-67"),
            ("J E S S I C A   J .   S M I T H", "JESSICA J. SMITH"),
            ("J a n e  D o e\nEngineer", "Jane Doe\nEngineer"),
            ("j a n e @ e x a m p l e . c o m", "jane@example.com"),
            ("a b c", "a b c"),
            ("Plan A or B is a C", "Plan A or B is a C"),
            ("x\r\ny", "x\ny"),
            ("j\0a\u{9d}n\u{1}e\u{3164} \u{e0041}D\u{180b}oe", "jane Doe"),
            ("j\u{301}a\u{338}ne 1\u{20e3}2\u{301} \u{5e9}\u{5c1}", "jane 12 \u{5e9}\u{5c1}"),
            ("S\u{200d}\u{301}e \u{200d}\u{301}x", "\u{15a}e x"),
            ("+\u{664}\u{669}\u{2800}\u{6f3}\u{966}", "+49 30"),
        ] {
            assert_eq!(normal(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn ranges_lead_back_to_whole_original_characters() {
        let text = "é: Zoe\u{308} O\u{fb01}eld, J a n e  D o e!";
        let normal = Normal::read(text, Reading::AsStored);
        for (wanted, original) in [("Zoë", "Zoe\u{308}"), ("fi", "\u{fb01}"), ("Jane Doe", "J a n e  D o e")] {
            let start = normal.as_str().find(wanted).expect("it is there");
            let range = normal.original(&(start..start + wanted.len()));
            assert_eq!(&text[range], original);
        }
        assert_eq!(normal.original(&(0..normal.as_str().len())), 0..text.len());
    }
}
