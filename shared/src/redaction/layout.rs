//! Lines, fields and the header: the structure of a document that detectors read.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

use super::{lexicon, placeholder};

/// Lines that a header has at most, empty ones not counted.
pub(super) const HEADER_LINES: usize = 14;

/// Lines that can hold the owner's name by their place alone.
pub(super) const FIRST_LINES: usize = 4;

/// A line with contacts has no more bytes than this.
pub(super) const MAX_CONTACT_LINE: usize = 400;

/// A normalized text with its lines.
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
    /// Byte ranges without line ends, trimmed.
    pub(super) lines: Vec<Line>,
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) range: Range<usize>,
    /// Before the first section, where the owner introduces himself, or in a section about him.
    pub(super) is_header: bool,
    /// In a section that names other people.
    pub(super) names_others: bool,
    /// In a section of works with their authors.
    pub(super) lists_authors: bool,
    /// Has a digit.
    pub(super) has_digit: bool,
    /// Was looked at in an earlier round and has not changed since.
    pub(super) is_settled: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn of(text: &'a str) -> Layout<'a> {
        let mut lines = Vec::new();
        let (mut start, mut seen) = (0, 0);
        let (mut is_header, mut names_others, mut lists_authors) = (true, false, false);
        let bytes = text.as_bytes();
        while start < text.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(text.len(), |length| start + length);
            let whole = &text[start..end];
            let content = whole.trim();
            if !content.is_empty() {
                seen += 1;
                if let Some(section) = lexicon::section(content) {
                    is_header = section == lexicon::Section::Personal;
                    names_others = section == lexicon::Section::People;
                    lists_authors = section == lexicon::Section::Works;
                } else if seen > HEADER_LINES && is_header && lines.last().is_some_and(|line: &Line| line.is_header) {
                    is_header = false;
                }
                let from = start + (whole.len() - whole.trim_start().len());
                let has_digit = content.bytes().any(|byte| byte.is_ascii_digit());
                lines.push(Line {
                    range: from..from + content.len(),
                    is_header,
                    names_others,
                    lists_authors,
                    has_digit,
                    is_settled: false,
                });
            }
            start = end + 1;
        }
        Layout { text, lines }
    }

    /// The same for a later round: lines outside the header without a placeholder have nothing new to tell.
    pub(super) fn again(text: &'a str) -> Layout<'a> {
        let mut layout = Layout::of(text);
        for line in layout.lines.iter_mut().skip(FIRST_LINES) {
            line.is_settled = !line.is_header;
        }
        for at in memchr::memmem::find_iter(text.as_bytes(), placeholder::OPENING) {
            if let Some(index) = layout.line_of(at) {
                layout.lines[index].is_settled = false;
            }
        }
        layout
    }

    /// The line that a byte lies in, by index.
    pub(super) fn line_of(&self, at: usize) -> Option<usize> {
        let index = self.lines.partition_point(|line| line.range.end < at);
        self.lines.get(index).filter(|line| line.range.start <= at).map(|_| index)
    }

    /// The text of a line before a byte; where that is empty, the line before if it is a label by itself (`Phone:`).
    pub(super) fn before(&self, at: usize) -> &'a str {
        let Some(index) = self.line_of(at) else { return "" };
        let line = &self.lines[index];
        let before = &self.text[line.range.start.min(at)..at];
        if !before.trim().is_empty() {
            return before;
        }
        let label = index.checked_sub(1).map(|index| &self.text[self.lines[index].range.clone()]);
        let is_label = |label: &&str| {
            label.len() < 40 && !label.bytes().any(|byte| byte.is_ascii_digit()) && words(label).count() <= 4
        };
        label.filter(is_label).unwrap_or("")
    }

    /// The parts of a line between bars, bullets, tabs and wide gaps.
    pub(super) fn fields(&self, line: &Line) -> Vec<Range<usize>> {
        let mut fields = Vec::new();
        let text = &self.text[line.range.clone()];
        let mut start = 0;
        let mut at = 0;
        let mut push = |from: usize, to: usize| {
            let part = &text[from..to];
            let trimmed = part.trim();
            if !trimmed.is_empty() {
                let from = from + (part.len() - part.trim_start().len());
                fields.push(line.range.start + from..line.range.start + from + trimmed.len());
            }
        };
        while let Some(byte) = text.as_bytes().get(at) {
            // Letters, digits and most signs are no separators, nor is a blank between two words.
            let is_plain = match byte {
                b' ' => !matches!(text.as_bytes().get(at + 1), Some(b' ' | b'/' | b'~')),
                byte => byte.is_ascii() && !matches!(byte, b'|' | b'\t'),
            };
            if is_plain {
                at += 1;
                continue;
            }
            let Some(c) = text[at..].chars().next() else { break };
            let width = match c {
                '|' | '•' | '·' | '\t' | '‖' | '¦' | '◦' | '▪' | '●' | '◆' | '★' | '✉' | '☎' | '⌂' => {
                    c.len_utf8()
                }
                ' ' if text[at..].starts_with("   ") => 3,
                ' ' if text[at..].starts_with(" / ") || text[at..].starts_with(" ~ ") => 3,
                _ => 0,
            };
            if width > 0 {
                push(start, at);
                start = at + width;
                at = start;
            } else {
                at += c.len_utf8();
            }
        }
        push(start, text.len());
        fields
    }
}

/// The words of a text: runs of letters, with their byte ranges.
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(char::is_alphabetic)?;
        let end = text[start..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |length| start + length);
        at = end;
        Some(start..end)
    })
}

/// [`fold`], without a copy of a word that is its own.
pub(super) fn folded(word: &str) -> Cow<'_, str> {
    let plain = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if plain { Cow::Borrowed(word) } else { Cow::Owned(fold(word)) }
}

/// Lower case without diacritics, for comparison.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            '\u{c0}'..='\u{17f}' if let Some(base) = base_letter(c) => folded.push(base),
            // Punctuation and ideographs have nothing to fold.
            '\u{2000}'..='\u{206f}' | '\u{4e00}'..='\u{9fff}' => folded.push(c),
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            c => decompose_canonical(c, |part| {
                if canonical_combining_class(part) == 0 {
                    folded.extend(part.to_lowercase());
                }
            }),
        }
    }
    folded
}

/// The letter under the diacritics of U+00C0 to U+017F, in lower case, for those that have one: the canonical decompositions
/// of Unicode, and `ł`, `ø`, `đ` and `ı`, which have none.
fn base_letter(c: char) -> Option<char> {
    const LETTERS: &[u8; 192] = b"\
        aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y\
        aaaaaaccccccccddddeeeeeeeeeegggggggghh..iiiiiiiiii..jjkk.llllll.\
        .llnnnnnn...oooooo..rrrrrrsssssssstttt..uuuuuuuuuuuuwwyyyzzzzzz.";
    let letter = LETTERS.get(usize::try_from(u32::from(c)).ok()?.checked_sub(0xc0)?)?;
    letter.is_ascii_alphabetic().then(|| char::from(*letter))
}

/// The last character boundary at or before `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_letters_are_those_of_unicode() {
        for c in '\u{c0}'..='\u{17f}' {
            let mut base = String::new();
            decompose_canonical(c, |part| {
                if canonical_combining_class(part) == 0 {
                    base.extend(part.to_lowercase());
                }
            });
            if let Some(letter) = base_letter(c) {
                assert!(base == letter.to_string() || "łŁøØđĐı".contains(c), "{c}");
            } else {
                assert!(!base.is_ascii(), "{c}");
            }
        }
    }
}
