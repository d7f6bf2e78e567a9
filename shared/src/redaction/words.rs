//! Lists with tables that the compiler builds: a search looks at one or two entries, and nothing is built at start.

use super::layout::fold;

/// A list of folded words, found by a hash with open addressing.
pub(crate) struct Words<const SLOTS: usize> {
    pub(crate) list: &'static [&'static str],
    /// Indices into the list plus one; 0 is an empty slot.
    slots: [u16; SLOTS],
    /// By the last five bits of a first byte, which are the same for both cases: the lengths of words that begin so, as a set of
    /// bits; the same of last bytes. Most words are none of the list, and most of those are seen here.
    beginnings: [u32; 32],
    endings: [u32; 32],
}

impl<const SLOTS: usize> Words<SLOTS> {
    /// `SLOTS` is a power of two and at least twice the length of the list.
    #[expect(clippy::cast_possible_truncation, reason = "the length is checked; `try_from` is not const")]
    #[expect(clippy::indexing_slicing, reason = "runs in the compiler")]
    pub(crate) const fn of(list: &'static [&'static str]) -> Words<SLOTS> {
        assert!(SLOTS.is_power_of_two() && list.len() * 2 <= SLOTS && list.len() < u16::MAX as usize);
        let mut slots = [0; SLOTS];
        let (mut beginnings, mut endings) = ([0; 32], [0; 32]);
        let mut index = 0;
        while index < list.len() {
            let word = list[index].as_bytes();
            beginnings[first(word)] |= 1 << length(word);
            endings[last(word)] |= 1 << length(word);
            let mut slot = hash(word) & (SLOTS - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (SLOTS - 1);
            }
            index += 1;
            slots[slot] = index as u16;
        }
        Words { list, slots, beginnings, endings }
    }

    /// Whether a folded word is in the list.
    #[inline]
    pub(crate) fn has(&self, word: &str) -> bool {
        self.position(word).is_some()
    }

    /// Where a word is in the list.
    #[inline]
    pub(crate) fn position(&self, word: &str) -> Option<usize> {
        self.position_of(word.as_bytes())
    }

    /// The same of a part of a text.
    #[inline]
    pub(crate) fn position_of(&self, word: &[u8]) -> Option<usize> {
        if self.may_have(word) { self.index(word) } else { None }
    }

    fn index(&self, word: &[u8]) -> Option<usize> {
        let mut slot = hash(word) & (SLOTS - 1);
        loop {
            match usize::from(self.slots[slot]) {
                0 => return None,
                index if self.list[index - 1].as_bytes() == word => return Some(index - 1),
                _ => slot = (slot + 1) & (SLOTS - 1),
            }
        }
    }

    /// Whether a word is in the list, folded; without a copy where it is ASCII.
    #[inline]
    pub(super) fn has_folded(&self, word: &str) -> bool {
        if word.is_ascii() {
            self.may_have(word.as_bytes()) && self.find(hash(word.as_bytes()), |entry| entry.eq_ignore_ascii_case(word))
        } else {
            self.has(&fold(word))
        }
    }

    #[inline]
    fn may_have(&self, word: &[u8]) -> bool {
        (self.beginnings[first(word)] & self.endings[last(word)]) >> length(word) & 1 == 1
    }

    fn find(&self, hash: usize, is_it: impl Fn(&str) -> bool) -> bool {
        let mut slot = hash & (SLOTS - 1);
        loop {
            match self.slots[slot] {
                0 => return false,
                index if is_it(self.list[usize::from(index) - 1]) => return true,
                _ => slot = (slot + 1) & (SLOTS - 1),
            }
        }
    }
}

const fn first(word: &[u8]) -> usize {
    if word.is_empty() { 0 } else { (word[0] & 31) as usize }
}

const fn last(word: &[u8]) -> usize {
    if word.is_empty() { 0 } else { (word[word.len() - 1] & 31) as usize }
}

/// Up to 31; longer words count as so long.
const fn length(word: &[u8]) -> usize {
    if word.len() > 31 { 31 } else { word.len() }
}

/// The same for both cases of ASCII letters: a multiplication for every eight bytes, in the manner of FNV.
const fn hash(mut bytes: &[u8]) -> usize {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    const LOWER: u64 = 0x2020_2020_2020_2020;
    let mut hash = bytes.len() as u64;
    while let Some((eight, rest)) = bytes.split_first_chunk::<8>() {
        hash = (hash ^ (u64::from_le_bytes(*eight) | LOWER)).wrapping_mul(PRIME);
        hash ^= hash >> 32;
        bytes = rest;
    }
    let mut rest = 0;
    while let [first, others @ ..] = bytes {
        rest = rest << 8 | *first as u64;
        bytes = others;
    }
    hash = (hash ^ (rest | LOWER)).wrapping_mul(PRIME);
    (hash >> 32) as usize
}

/// A list of folded phrases that a text may end with.
pub(super) struct Endings {
    list: &'static [&'static str],
    /// Hashes of the last two bytes of every phrase, as a set of bits: most texts end with none of them.
    pairs: [u64; 16],
    /// The phrases of one byte, as a set of bits.
    singles: [u64; 4],
}

impl Endings {
    pub(super) const fn of(list: &'static [&'static str]) -> Endings {
        let (mut pairs, mut singles) = ([0; 16], [0; 4]);
        let mut index = 0;
        while index < list.len() {
            let phrase = list[index].as_bytes();
            let last = phrase[phrase.len() - 1];
            if phrase.len() == 1 {
                singles[last as usize / 64] |= 1 << (last % 64);
            } else {
                let pair = pair(phrase[phrase.len() - 2], last);
                pairs[pair / 64] |= 1 << (pair % 64);
            }
            index += 1;
        }
        Endings { list, pairs, singles }
    }

    /// Whether a text ends with one of the phrases, and no character that `joins` stands right before it.
    pub(super) fn end(&self, text: &str, joins: impl Fn(char) -> bool + Copy) -> bool {
        self.may_end(text) && super::label::ends_with_word(text, self.list, joins)
    }

    /// Whether a text that is not folded yet can end with one of the phrases.
    pub(super) fn may_end(&self, text: &str) -> bool {
        let Some((last, rest)) = text.as_bytes().split_last() else { return false };
        let before = rest.last().copied().unwrap_or(b' ');
        let (before, last) = (before.to_ascii_lowercase(), last.to_ascii_lowercase());
        let pair = pair(before, last);
        !before.is_ascii()
            || !last.is_ascii()
            || self.singles[usize::from(last) / 64] >> (last % 64) & 1 == 1
            || self.pairs[pair / 64] >> (pair % 64) & 1 == 1
    }
}

const fn pair(before: u8, last: u8) -> usize {
    (before as usize * 37 + last as usize) % 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_in_any_case_and_no_other() {
        static WORDS: Words<16> = Words::of(&["ab", "ba", "münchen", "x", "zürich"]);
        for word in WORDS.list {
            assert!(WORDS.has(word) && WORDS.has_folded(&word.to_uppercase()) == word.is_ascii(), "{word}");
        }
        for other in ["", "a", "abc", "AB", "zurich"] {
            assert!(!WORDS.has(other), "{other}");
        }
        static FOLDED: Words<4> = Words::of(&["munchen"]);
        assert!(FOLDED.has_folded("München") && !FOLDED.has("München"));
    }

    #[test]
    fn endings_are_whole_words() {
        static ENDINGS: Endings = Endings::of(&["passport", "m", "id no"]);
        let ends = |text: &str| ENDINGS.end(text, char::is_alphanumeric);
        assert!(ends("my passport") && ends("m") && ends("the id no") && ends("f/m"));
        assert!(!ends("mypassport") && !ends("rum") && !ends("") && !ends("no") && !ends("passport "));
        assert!(ENDINGS.may_end("My PASSPORT") && ENDINGS.may_end("naïve é") && !ENDINGS.may_end("passports"));
    }
}
