//! Labels: words that stand before a value and say what it is.

use super::layout::{floor, fold};
use super::words::Endings;

/// How far back a label may stand, in bytes.
const REACH: usize = 56;

/// The end of what stands before a value, folded, without separators and fillers (`Passport No.: ` gives `passport`).
#[derive(Clone, Debug)]
pub(super) struct Before(String);

impl Before {
    pub(super) fn of(before: &str) -> Before {
        let tail = &before[floor(before, before.len().saturating_sub(REACH))..];
        let mut folded = fold(tail);
        loop {
            let trimmed = folded.trim_end_matches(|c: char| c.is_whitespace() || ":.#№-=(>*_\"'·–—º°|•[".contains(c));
            let filler =
                ["no", "nr", "num", "number", "numero", "nummer", "numer", "n", "is", "code", "cislo", "numeru"];
            let shorter = filler.iter().find_map(|word| {
                let rest = trimmed.strip_suffix(word)?;
                rest.ends_with(|c: char| !c.is_alphanumeric()).then_some(rest.len())
            });
            match shorter {
                Some(length) => folded.truncate(length),
                None => {
                    let length = trimmed.len();
                    folded.truncate(length);
                    return Before(folded);
                }
            }
        }
    }

    /// Whether one of the labels, folded, ends it as whole words.
    pub(super) fn ends_with(&self, labels: &[&str]) -> bool {
        ends_with_word(&self.0, labels, char::is_alphanumeric)
    }

    /// The same for a long list.
    pub(super) fn ends_with_label(&self, labels: &Endings) -> bool {
        labels.end(&self.0, char::is_alphanumeric)
    }

    /// Whether a label is all that stands before the value.
    pub(super) fn is(&self, label: &str) -> bool {
        self.0.trim_start_matches(|c: char| !c.is_alphanumeric()) == label
    }

    /// Whether one of the labels stands anywhere in it as whole words.
    pub(super) fn contains(&self, labels: &Phrases) -> bool {
        let mut joined = false;
        for (at, c) in self.0.char_indices() {
            let starts = !joined;
            joined = c.is_alphanumeric();
            if !starts {
                continue;
            }
            let rest = &self.0.as_bytes()[at..];
            if !labels.may_begin(rest[0]) {
                continue;
            }
            let matches = |label: &&&str| rest.starts_with(label.as_bytes());
            let free = |label: &&str| !self.0[at + label.len()..].starts_with(char::is_alphanumeric);
            if labels.list.iter().filter(matches).any(free) {
                return true;
            }
        }
        false
    }
}

/// A list of folded labels that a text may hold.
pub(super) struct Phrases {
    list: &'static [&'static str],
    /// Their first bytes, as a set of bits: most words begin with none of them.
    firsts: [u64; 4],
}

impl Phrases {
    pub(super) const fn of(list: &'static [&'static str]) -> Phrases {
        let mut firsts = [0; 4];
        let mut index = 0;
        while index < list.len() {
            let first = list[index].as_bytes()[0];
            firsts[first as usize / 64] |= 1 << (first % 64);
            index += 1;
        }
        Phrases { list, firsts }
    }

    fn may_begin(&self, byte: u8) -> bool {
        self.firsts[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
    }
}

/// Whether a text ends with one of the labels, and no character that `joins` stands right before it. Labels are not empty.
pub(super) fn ends_with_word(text: &str, labels: &[&str], joins: impl Fn(char) -> bool + Copy) -> bool {
    let bytes = text.as_bytes();
    // Comparing the last byte first makes a long list cheap: most labels end there.
    let Some(last) = bytes.last() else { return false };
    labels.iter().any(|label| {
        label.as_bytes()[label.len() - 1] == *last
            && text.strip_suffix(label).is_some_and(|rest| !rest.ends_with(joins))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_and_separators_do_not_hide_a_label() {
        for before in ["Passport No.: ", "PASSPORT #", "passport number is ", "Passport -> ", "· Passport – "] {
            assert!(Before::of(before).ends_with(&["passport"]), "{before}");
        }
        assert!(Before::of("N° de téléphone : ").ends_with(&["telephone"]));
        assert!(!Before::of("my cell").ends_with(&["ell"]));
        assert!(Before::of("SKU in warehouse ").contains(&Phrases::of(&["sku"])));
    }
}
