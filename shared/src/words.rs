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
}

impl Word<'_> {
    pub(crate) fn is_capitalized(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    /// `AWS`, `GitHub`, `HTML5`, `.NET`: written like a name wherever it stands.
    pub(crate) fn is_coined(&self) -> bool {
        let letters = self.text.chars().filter(|c| c.is_alphabetic()).count();
        let inner_capital = self.text.chars().skip(1).any(char::is_uppercase);
        let signs = self.text.chars().any(|c| c.is_ascii_digit() || matches!(c, '+' | '#'));
        letters > 0 && (inner_capital || signs) && !self.text.starts_with(|c: char| c.is_ascii_digit())
    }

    pub(crate) fn has_letter(&self) -> bool {
        self.text.chars().any(char::is_alphabetic)
    }
}

/// The words of a text in order.
pub(crate) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found: Vec<Word<'_>> = Vec::with_capacity(text.len() / 6);
    let mut chars = text.char_indices().peekable();
    let mut before = ' ';
    let mut starts = true;
    while let Some((start, c)) = chars.next() {
        let next_is = |wanted: fn(char) -> bool| text[start + c.len_utf8()..].starts_with(wanted);
        let dotted = c == '.' && !before.is_alphanumeric() && before != '.' && next_is(char::is_uppercase);
        if !c.is_alphanumeric() && !dotted {
            let ends = matches!(c, '\n' | '.' | '!' | '?' | ':' | ';' | '•' | '|' | '"' | '“' | '–' | '—' | '(');
            starts = starts || ends;
            before = c;
            continue;
        }
        let mut end = start + c.len_utf8();
        before = c;
        while let Some(&(at, c)) = chars.peek() {
            let inner = match c {
                '+' | '#' => before.is_alphanumeric() || matches!(before, '+' | '#'),
                '.' | '&' | '\'' | '’' | '_' => {
                    before.is_alphanumeric() && text[at + c.len_utf8()..].starts_with(char::is_alphanumeric)
                }
                _ => c.is_alphanumeric() || is_mark(c),
            };
            if !inner {
                break;
            }
            before = c;
            end = at + c.len_utf8();
            chars.next();
        }
        let word = &text[start..end];
        let is_lower = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        let lower = if is_lower { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) };
        found.push(Word { text: word, lower, range: start..end, starts });
        starts = false;
    }
    found
}

/// A combining accent, which belongs to the letter before it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Words in a row that nobody writes by chance as another has written them.
pub(crate) const RUN: usize = 8;

/// A hash of every [`RUN`] words in a row (FNV-1a over the words' own, 64 bits).
pub(crate) fn runs(words: &[Word<'_>]) -> impl Iterator<Item = u64> {
    const PRIME: u64 = 0x0100_0000_01b3;
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    let fold = |hash: u64, byte: u64| (hash ^ byte).wrapping_mul(PRIME);
    let hash = |word: &Word<'_>| word.lower.bytes().fold(BASIS, |hash, byte| fold(hash, u64::from(byte)));
    let hashes: Vec<u64> = words.iter().map(hash).collect();
    let runs: Vec<u64> = hashes.windows(RUN).map(|run| run.iter().fold(BASIS, |sum, hash| fold(sum, *hash))).collect();
    runs.into_iter()
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
