//! Words: how analysis and verification read a text.
//!
//! A word is a run of letters and digits with the signs that belong to it: `C++`, `C#`, `.NET`, `Node.js`, `R&D`, `3.7`.
//! Hyphens and slashes separate, so that `Java/Kotlin` and `event-driven` are two words each.

use std::borrow::Cow;
use std::ops::Range;

/// A word and its place.
#[derive(Clone, Debug)]
pub(crate) struct Word<'a> {
    /// As written.
    pub(crate) text: &'a str,
    /// In lower case.
    pub(crate) lower: Cow<'a, str>,
    /// Bytes of the text that was read.
    pub(crate) range: Range<usize>,
    /// The first of a line or sentence, where a capital letter says nothing.
    pub(crate) starts: bool,
    /// Its first character, and those behind it.
    first: Shape,
    rest: Shape,
}

/// What kinds of characters a word has, as a set of bits: seen while it is read, asked for many times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape(u8);

impl Shape {
    const LETTER: u8 = 1;
    const CAPITAL: u8 = 2;
    const DIGIT: u8 = 4;
    /// Which names of things have: `C++`.
    const SIGN: u8 = 8;
    /// A stop or an apostrophe.
    const JOINT: u8 = 16;
    const FOREIGN: u8 = 32;

    /// Of every byte of ASCII; of others nothing.
    const OF_BYTES: [u8; 256] = {
        let mut kinds = [0; 256];
        let mut byte: u8 = 0;
        while byte.is_ascii() {
            kinds[byte as usize] = match byte {
                b'a'..=b'z' => Shape::LETTER,
                b'A'..=b'Z' => Shape::LETTER | Shape::CAPITAL,
                b'0'..=b'9' => Shape::DIGIT,
                b'+' | b'#' => Shape::SIGN,
                b'.' | b'\'' => Shape::JOINT,
                _ => 0,
            };
            byte += 1;
        }
        kinds
    };

    fn of(c: char) -> Shape {
        if c.is_ascii() {
            return Shape(Shape::OF_BYTES[c as usize]);
        }
        let kinds = [(c.is_alphabetic(), Shape::LETTER), (c.is_uppercase(), Shape::CAPITAL), (c == '’', Shape::JOINT)];
        Shape(kinds.iter().filter(|(has, _)| *has).fold(Shape::FOREIGN, |all, (_, kind)| all | kind))
    }

    fn has(self, kinds: u8) -> bool {
        self.0 & kinds != 0
    }

    fn with(self, other: Shape) -> Shape {
        Shape(self.0 | other.0)
    }
}

impl Word<'_> {
    pub(crate) fn is_capitalized(&self) -> bool {
        self.first.has(Shape::CAPITAL)
    }

    /// `AWS`, `GitHub`, `HTML5`, `.NET`: written like a name wherever it stands.
    pub(crate) fn is_coined(&self) -> bool {
        let signs = Shape::DIGIT | Shape::SIGN;
        self.has_letter()
            && (self.rest.has(Shape::CAPITAL | signs) || self.first.has(signs))
            && !self.first.has(Shape::DIGIT)
    }

    pub(crate) fn has_letter(&self) -> bool {
        self.first.with(self.rest).has(Shape::LETTER)
    }

    /// Has a stop or an apostrophe: `B.Sc`, `master's`.
    pub(crate) fn has_joint(&self) -> bool {
        self.first.with(self.rest).has(Shape::JOINT)
    }
}

/// The words of a text in order.
pub(crate) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found: Vec<Word<'_>> = Vec::with_capacity(text.len() / 6);
    let (mut at, mut before, mut starts) = (0, ' ', true);
    while let Some(c) = char_at(text, at) {
        let start = at;
        at += c.len_utf8();
        let dotted =
            || c == '.' && !before.is_alphanumeric() && before != '.' && text[at..].starts_with(char::is_uppercase);
        if !c.is_alphanumeric() && !dotted() {
            let ends = matches!(c, '\n' | '.' | '!' | '?' | ':' | ';' | '•' | '|' | '"' | '“' | '–' | '—' | '(');
            starts = starts || ends;
            before = c;
            continue;
        }
        let first = Shape::of(c);
        let (end, rest) = word_behind(text, at, c);
        let word = &text[start..end];
        let all = first.with(rest);
        let lower = match (all.has(Shape::FOREIGN), all.has(Shape::CAPITAL)) {
            (true, _) => Cow::Owned(word.to_lowercase()),
            (false, true) => Cow::Owned(word.to_ascii_lowercase()),
            (false, false) => Cow::Borrowed(word),
        };
        found.push(Word { text: word, lower, range: start..end, starts, first, rest });
        before = word.chars().next_back().unwrap_or(c);
        (at, starts) = (end, false);
    }
    found
}

/// Where a word ends whose first character is `first` and whose second would begin at `at`, and what is behind the first.
fn word_behind(text: &str, mut at: usize, first: char) -> (usize, Shape) {
    let bytes = text.as_bytes();
    let mut rest = Shape::default();
    let mut before = first;
    loop {
        // Mostly letters of ASCII.
        let start = at;
        while let Some(&byte) = bytes.get(at) {
            let kind = Shape(Shape::OF_BYTES[usize::from(byte)]);
            if !kind.has(Shape::LETTER | Shape::DIGIT) {
                break;
            }
            rest = rest.with(kind);
            at += 1;
        }
        if at > start {
            before = char::from(bytes[at - 1]);
        }
        let Some(c) = char_at(text, at) else { return (at, rest) };
        let next = at + c.len_utf8();
        let inner = match c {
            '+' | '#' => before.is_alphanumeric() || matches!(before, '+' | '#'),
            '.' | '&' | '\'' | '’' | '_' => {
                before.is_alphanumeric() && text[next..].starts_with(char::is_alphanumeric)
            }
            _ => !c.is_ascii() && (c.is_alphanumeric() || is_mark(c)),
        };
        if !inner {
            return (at, rest);
        }
        rest = rest.with(Shape::of(c));
        (before, at) = (c, next);
    }
}

/// The character that begins at a byte; one of ASCII without the decoder.
fn char_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at)? {
        byte if byte.is_ascii() => Some(char::from(*byte)),
        _ => text[at..].chars().next(),
    }
}

/// A combining accent, which belongs to the letter before it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Words in a row that nobody writes by chance as another has written them.
pub(crate) const RUN: usize = 8;

/// A word's hash (FNV-1a of its lower case, 64 bits).
pub(crate) fn hash(lower: &str) -> u64 {
    lower.bytes().fold(BASIS, |hash, byte| fold(hash, u64::from(byte)))
}

/// A hash of every [`RUN`] words in a row, over the words' own.
pub(crate) fn runs(words: &[Word<'_>]) -> impl Iterator<Item = u64> {
    let hashes: Vec<u64> = words.iter().map(|word| hash(&word.lower)).collect();
    (RUN..=hashes.len()).map(move |end| run(&hashes[end - RUN..end]))
}

/// The same of hashed words.
pub(crate) fn runs_of(hashes: &[u64]) -> impl Iterator<Item = u64> {
    hashes.windows(RUN).map(run)
}

fn run(hashes: &[u64]) -> u64 {
    hashes.iter().fold(BASIS, |sum, hash| fold(sum, *hash))
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn fold(hash: u64, byte: u64) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    (hash ^ byte).wrapping_mul(PRIME)
}

/// Without a plural `s`: enough to compare English nouns, harmless elsewhere because both sides get it. The word table is
/// keyed by it.
pub(crate) fn singular(lower: &str) -> &str {
    let plural = lower.len() > 3 && lower.ends_with('s') && !lower.ends_with("ss") && !lower.ends_with(".js");
    if plural { &lower[..lower.len() - 1] } else { lower }
}

/// Without a plural `s`, `ed`, `ing` or `er`: what is compared where the form of a word does not matter.
pub(crate) fn root(lower: &str) -> &str {
    let word = singular(lower);
    let stripped = ["ing", "ed", "er"].iter().find_map(|end| word.strip_suffix(end).filter(|rest| rest.len() >= 4));
    stripped.unwrap_or(word).trim_end_matches('e')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn names_keep_their_signs_and_sentences_lose_theirs() {
        assert_eq!(texts("C++, C#/.NET. Node.js; R&D at AT&T"), ["C++", "C#", ".NET", "Node.js", "R&D", "at", "AT&T"]);
        assert_eq!(
            texts("event-driven, 3.7 of 4.0... It's over."),
            ["event", "driven", "3.7", "of", "4.0", "It's", "over"]
        );
        assert_eq!(texts("Zoë naïve\u{301} データ"), ["Zoë", "naïve\u{301}", "データ"]);
    }

    #[test]
    fn a_capital_after_a_full_stop_or_a_bullet_says_nothing() {
        let starts: Vec<bool> = words("- Led Rust. Also Go (Big)").iter().map(|word| word.starts).collect();
        assert_eq!(starts, [true, false, true, false, true]);
    }
}
