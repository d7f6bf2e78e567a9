//! Lexicon: names of tools, methods and certificates with their aliases, from `shared/lexicon/skills.txt`.
//!
//! `JS` is `JavaScript`, `k8s` is `Kubernetes`; but `Java` is not in `JavaScript`, `Go` not in `going` or "Go to market",
//! `R` not in `R&D`, `C` not in `C++`. No automaton is built, and nothing is read at start: `shared/build.rs` lays the names
//! out by their first words.

use crate::redaction::Words;
use crate::words::Word;

/// A name of the lexicon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Skill(u16);

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Certificate,
    Language,
}

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) skill: Skill,
    /// The words it consists of, by index.
    pub(crate) words: std::ops::Range<usize>,
}

struct Entry {
    name: &'static str,
    kind: Kind,
    family: u16,
    /// Whether other members of the family are near to it.
    has_relatives: bool,
    implied: &'static [Skill],
}

struct Alias {
    skill: Skill,
    /// The words behind the first.
    rest: &'static [&'static str],
    /// As it must be written, where case counts.
    exact: Option<&'static str>,
}

// `ENTRIES` by number; `FIRSTS`, the first words of all names; `ALIASES` of each of those, longest first.
include!(concat!(env!("OUT_DIR"), "/lexicon.rs"));

/// Words after which or before which a name that is also an ordinary word is that ordinary word.
static VERB_COMPLEMENTS: Words<128> = Words::of(&[
    "at", "in", "the", "a", "an", "your", "our", "their", "with", "beyond", "above", "through", "quickly", "interest",
    "ahead", "live", "of", "off", "out", "it", "them", "that", "this", "on", "up", "into", "as", "by", "from", "for",
]);
/// Behind these a name is that of something else: an express delivery, a chef de partie, Ruby Street.
static BEHIND_WORDS: Words<64> = Words::of(&[
    "delivery", "courier", "train", "theatre", "theater", "airline", "airlines", "street", "road", "avenue", "novels",
    "snake", "board", "boards", "de", "keeper",
]);
const NOT_BEFORE_A_LETTER: &[&str] = &[
    "vitamin", "series", "hepatitis", "grade", "class", "plan", "level", "section", "appendix", "exhibit", "category",
    "type", "schedule", "part", "form", "group",
];

impl Skill {
    /// The canonical name.
    pub(crate) fn name(self) -> &'static str {
        self.entry().name
    }

    pub(crate) fn kind(self) -> Kind {
        self.entry().kind
    }

    /// What has been shown with it.
    pub(crate) fn implied(self) -> &'static [Skill] {
        self.entry().implied
    }

    /// Whether one is half an answer to the wish for the other.
    pub(crate) fn is_near(self, other: Skill) -> bool {
        let (a, b) = (self.entry(), other.entry());
        self != other && a.has_relatives && a.family == b.family
    }

    fn entry(self) -> &'static Entry {
        &ENTRIES[usize::from(self.0)]
    }
}

/// The names in a text, in order, without overlaps. `words` must be all words of `text`.
pub(crate) fn find(text: &str, words: &[Word<'_>]) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let aliases = FIRSTS.position(&words[at].lower).map(|first| ALIASES[first]);
        let alias = aliases.and_then(|aliases| aliases.iter().find(|alias| alias.stands_at(text, words, at)));
        let length = alias.map_or(1, |alias| alias.rest.len() + 1);
        if let Some(alias) = alias {
            found.push(Mention { skill: alias.skill, words: at..at + length });
        }
        at += length;
    }
    found
}

/// Words that take back what comes after them in the sentence.
static NEGATIONS: Words<128> = Words::of(&[
    "no", "not", "never", "without", "lack", "lacking", "keen", "eager", "learn", "learning", "want", "wants", "hope",
    "hoping", "willing", "kein", "keine", "keinen", "nicht", "ohne", "sans", "jamais", "aucune", "sin", "nunca",
    "ninguna", "isn't", "don't", "didn't", "haven't", "planning", "plan",
]);
/// How far before a name they may stand.
const NEGATED_WITHIN: usize = 5;

/// Whether the sentence says that somebody does not have what stands at `at`: "no experience with Kubernetes".
pub(crate) fn is_negated(text: &str, words: &[Word<'_>], at: usize) -> bool {
    let Some(word) = words.get(at) else { return false };
    let near = words[at.saturating_sub(NEGATED_WITHIN)..at].iter().rev();
    near.take_while(|before| !text[before.range.end..word.range.start].contains(['.', ';', '!', '?', '\n', ':']))
        .any(|before| NEGATIONS.has(&before.lower))
}

impl Alias {
    fn stands_at(&self, text: &str, words: &[Word<'_>], at: usize) -> bool {
        let end = at + self.rest.len() + 1;
        let Some(own) = words.get(at..end) else { return false };
        let same = |(word, wanted): (&Word<'_>, &&str)| word.lower == **wanted;
        if !own[1..].iter().zip(self.rest).all(same) {
            return false;
        }
        let glued = own.windows(2).all(|pair| text[pair[0].range.end..pair[1].range.start].chars().count() <= 1);
        let Some(exact) = self.exact else { return glued };
        if !glued || !text[own[0].range.start..].starts_with(exact) {
            return false;
        }
        own.len() > 1 || !is_ordinary(text, words, at)
    }
}

/// Whether a word that is also a name stands there as a word: "Go to market", "Express interest", "C-level", "Vitamin C".
fn is_ordinary(text: &str, words: &[Word<'_>], at: usize) -> bool {
    let word = &words[at];
    let sign = |c: char| matches!(c, '-' | '&' | '\'' | '’');
    let short = word.text.chars().count() <= 2;
    if short && (text[..word.range.start].ends_with(sign) || text[word.range.end..].starts_with(sign)) {
        return true;
    }
    let single = word.text.len() == 1;
    if single && at > 0 && NOT_BEFORE_A_LETTER.contains(&words[at - 1].lower.as_ref()) {
        return true;
    }
    // An initial: `R. Miller`.
    let initial =
        text[word.range.end..].strip_prefix('.').is_some_and(|rest| rest.trim_start().starts_with(char::is_uppercase));
    if single && initial && text[word.range.end..].starts_with(". ") {
        return true;
    }
    let Some(next) = words.get(at + 1) else { return false };
    if &text[word.range.end..next.range.start] != " " {
        return word.text == "Go" && text[word.range.end..].starts_with('-');
    }
    let lower = next.lower.as_ref();
    if BEHIND_WORDS.has(lower) {
        return true;
    }
    let to_do = lower == "to"
        && words
            .get(at + 2)
            .is_none_or(|word| !word.is_capitalized() || matches!(word.lower.as_ref(), "market" | "the"));
    to_do || (word.starts && VERB_COMPLEMENTS.has(lower))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn names(text: &str) -> Vec<&'static str> {
        find(text, &words(text)).into_iter().map(|mention| mention.skill.name()).collect()
    }

    #[test]
    fn aliases_are_one_skill() {
        for (text, name) in [
            ("JS", "JavaScript"),
            ("k8s", "Kubernetes"),
            ("Golang", "Go"),
            ("Postgres", "PostgreSQL"),
            ("Google Cloud Platform", "GCP"),
            ("CI/CD", "CI/CD"),
            ("continuous delivery", "CI/CD"),
            ("nodejs", "Node.js"),
            ("c sharp", "C#"),
            ("MS Excel", "Excel"),
            ("sklearn", "scikit-learn"),
            ("React.js", "React"),
            (".NET Core", ".NET"),
            ("Amazon Web Services", "AWS"),
            ("A/B tests", "A/B testing"),
            ("PCI DSS", "PCI DSS"),
            ("TCP/IP", "TCP/IP"),
        ] {
            assert_eq!(names(&format!("We use {text} daily")), [name], "{text}");
        }
    }

    #[test]
    fn homographs_are_told_apart() {
        for text in [
            "JavaScripting", "going to work", "Go to market strategy", "R&D budget", "Vitamin C", "C-level talks",
            "Go-to-market", "Excel at sales", "Express interest in it", "Excel in a busy office", "the rest of us",
            "Series C", "Mr. R. Miller", "a workday", "rust on the hull", "swift reaction", "React quickly",
            "greenhouse gas", "word of mouth", "lean on me", "spark joy", "the chef", "assembly line",
        ] {
            assert!(names(text).is_empty(), "{text}: {:?}", names(text));
        }
        assert_eq!(names("Java, JavaScript, C, C++ and C#"), ["Java", "JavaScript", "C", "C++", "C#"]);
        assert_eq!(names("Languages: R, Go, Swift"), ["R", "Go", "Swift"]);
        assert_eq!(names("Go and Rust services"), ["Go", "Rust"]);
        assert_eq!(names("Moved from Go to Rust"), ["Go", "Rust"]);
    }
}
