//! Acronyms and what they stand for.

use foldhash::HashMap;

use super::claims::Reading;
use super::lists;
use crate::words::{Word, root};

impl Reading<'_> {
    /// For each word whether it belongs to the full form of an acronym that the source or the line has, or is an acronym that
    /// the line spells out.
    pub(super) fn expansions(&self) -> Vec<bool> {
        let mut expanded = vec![false; self.words.len()];
        let content: Vec<usize> =
            (0..self.words.len()).filter(|at| !lists::is_function_word(&self.words[*at].lower)).collect();
        let shouted = self.words.iter().enumerate().filter(|(_, word)| word.text.chars().all(char::is_uppercase));
        let acronyms: HashMap<&str, usize> = shouted.map(|(at, word)| (word.lower.as_ref(), at)).collect();
        for length in 2..=6 {
            for run in content.windows(length) {
                if !run.iter().all(|at| self.words[*at].is_capitalized()) {
                    continue;
                }
                let together = run.windows(2).all(|pair| {
                    let gap = &self.plain[self.words[pair[0]].range.end..self.words[pair[1]].range.start];
                    !gap.contains([',', ';', '|', '(', ')', ':', '.'])
                });
                if !together {
                    continue;
                }
                let initials: String = run.iter().filter_map(|at| self.words[*at].lower.chars().next()).collect();
                let own = acronyms.get(initials.as_str()).copied();
                if run.iter().any(|at| self.words[*at].lower.as_ref() == initials) {
                    continue;
                }
                if self.source.has_word(&initials) {
                    run.iter().for_each(|at| expanded[*at] = true);
                } else if let Some(own) = own.filter(|own| !run.contains(own)) {
                    expanded[own] = true;
                }
            }
        }
        self.explained(&mut expanded);
        expanded
    }

    /// "Postgraduate Certificate in Education (PGCE)" where the source has one of the two.
    fn explained(&self, expanded: &mut [bool]) {
        for (at, word) in self.words.iter().enumerate().skip(2) {
            let length = word.text.len();
            let behind = self.plain[..word.range.start].ends_with('(') && self.plain[word.range.end..].starts_with(')');
            if !behind || !(2..=6).contains(&length) || !word.text.bytes().all(|byte| byte.is_ascii_uppercase()) {
                continue;
            }
            for start in (at.saturating_sub(6)..at - 1).rev() {
                let full = &self.words[start..at];
                let joined = full.windows(2).all(|pair| {
                    let gap = &self.plain[pair[0].range.end..pair[1].range.start];
                    matches!(gap, " " | "-" | " & ")
                });
                if !joined || !spells(&word.lower, full) {
                    continue;
                }
                if self.source.has_word(&word.lower) {
                    expanded[start..at].fill(true);
                } else if full.iter().all(|word| self.source.has_root(root(&word.lower)) || !word.is_capitalized()) {
                    expanded[at] = true;
                }
                break;
            }
        }
    }
}

/// Whether letters stand in words in this order, the first of each word's own being its first: every word with a capital has
/// one at least, a compound may have more (`Postgraduate`, `Healthcare`).
fn spells(letters: &str, words: &[Word<'_>]) -> bool {
    let Some((word, others)) = words.split_first() else { return letters.is_empty() };
    if !word.is_capitalized() && spells(letters, others) {
        return true;
    }
    let mut own = word.lower.chars();
    for (at, letter) in letters.char_indices() {
        let found = if at == 0 { own.next() == Some(letter) } else { own.any(|c| c == letter) };
        if !found {
            return false;
        }
        if spells(&letters[at + letter.len_utf8()..], others) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::spells;
    use crate::words::words;

    #[test]
    fn an_acronym_takes_letters_of_every_word_that_counts() {
        for (acronym, full) in [
            ("pgce", "Postgraduate Certificate in Education"),
            ("hca", "Healthcare Assistant"),
            ("gdpr", "General Data Protection Regulation"),
            ("sen", "Special Educational Needs"),
        ] {
            assert!(spells(acronym, &words(full)), "{acronym}");
        }
        for (acronym, full) in [("cpa", "Healthcare Assistant"), ("ga", "General Data Assistant"), ("", "A")] {
            assert!(!spells(acronym, &words(full)), "{acronym}");
        }
    }
}
