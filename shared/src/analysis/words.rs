//! Content words: what is left of a text without function words, job-advert filler and placeholders.

use crate::redaction::Words;
use crate::words::{Word, root};

/// Function words of English, German, French and Spanish, and words that job descriptions use whatever the job is.
static STOP: Words<1024> = Words::of(&[
    "a", "about", "across", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "being",
    "both", "but", "by", "can", "could", "do", "does", "done", "e.g", "each", "either", "etc", "for", "from", "good",
    "great", "had", "has", "have", "he", "her", "him", "his", "how", "i", "i.e", "if", "in", "including", "into", "is",
    "it", "its", "may", "me", "more", "most", "must", "my", "no", "not", "of", "on", "one", "or", "other", "our",
    "out", "over", "own", "per", "plus", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "through", "to", "under", "up", "us", "used", "using",
    "various", "very", "via", "was", "we", "were", "what", "when", "where", "which", "while", "who", "will", "with",
    "within", "without", "would", "you", "your", "ability", "able", "advantage", "applicant", "apply", "background",
    "bonus", "candidate", "comfortable", "comparable", "demonstrated", "desired", "equivalent", "essential",
    "excellent", "experience", "experienced", "expertise", "familiar", "familiarity", "hands-on", "ideal", "ideally",
    "job", "join", "knowledge", "like", "looking", "least", "minimum", "need", "needed", "nice", "position",
    "practical", "preferred", "previous", "proficiency", "proficient", "proven", "qualification", "qualifications",
    "related", "relevant", "required", "requirement", "requirements", "responsibilities", "responsible", "role",
    "similar", "skill", "skills", "solid", "strong", "team", "understanding", "want", "well", "work", "worked",
    "working", "year", "years", "aber", "als", "am", "auch", "auf", "aus", "bei", "bis", "das", "dem", "den", "der",
    "des", "die", "du", "durch", "ein", "eine", "einem", "einen", "einer", "erfahrung", "für", "im", "ist", "jahre",
    "kenntnisse", "mit", "nach", "oder", "sie", "sind", "sowie", "über", "um", "und", "uns", "von", "vor", "wie",
    "wir", "wird", "zu", "zum", "zur", "au", "aux", "avec", "ce", "ces", "dans", "de", "en", "est", "et", "la", "le",
    "les", "nous", "ou", "par", "pas", "pour", "qui", "sur", "un", "une", "vos", "votre", "vous", "al", "como", "con",
    "del", "el", "es", "los", "las", "más", "para", "por", "que", "se", "su", "sus", "y", "años", "mínimo", "studium",
    "abgeschlossenes", "sehr", "gute", "experiencia", "expérience", "ans",
]);

/// A content word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term<'a> {
    /// The word among all words of its text.
    pub(super) index: usize,
    /// Lower case, as written otherwise.
    pub(super) lower: &'a str,
    /// The form that is compared: without endings.
    pub(super) root: &'a str,
    /// Written like a name of something: capitals inside a sentence, digits or signs.
    pub(super) is_name: bool,
}

/// A text as it is compared.
pub(super) struct Text<'a> {
    /// Without placeholders.
    pub(super) plain: &'a str,
    pub(super) words: &'a [Word<'a>],
    /// For every word whether it says something by itself.
    pub(super) is_content: Vec<bool>,
    pub(super) terms: Vec<Term<'a>>,
}

impl<'a> Text<'a> {
    /// `words` must be all words of `plain`.
    pub(super) fn of(plain: &'a str, words: &'a [Word<'a>]) -> Text<'a> {
        let is_content: Vec<bool> = words.iter().map(is_content).collect();
        let terms = terms(words, &is_content);
        Text { plain, words, is_content, terms }
    }
}

/// The content words among the words of a text, in order, with repetitions.
fn terms<'a>(words: &'a [Word<'_>], is_content: &[bool]) -> Vec<Term<'a>> {
    let content = words.iter().enumerate().zip(is_content).filter(|(_, is_content)| **is_content);
    content
        .map(|((index, word), _)| {
            let lower = bare(word);
            let is_name = word.is_coined() || (word.is_capitalized() && !word.starts);
            Term { index, lower, root: root(lower), is_name }
        })
        .collect()
}

/// Without the article that French elides: `d'expérience`.
fn bare<'a>(word: &'a Word<'_>) -> &'a str {
    let lower = word.lower.as_ref();
    if !word.has_joint() {
        return lower;
    }
    let article =
        lower.split_once(['\'', '’']).filter(|(head, _)| matches!(*head, "d" | "l" | "n" | "qu" | "s" | "j" | "c"));
    article.map_or(lower, |(_, word)| word)
}

fn is_content(word: &Word<'_>) -> bool {
    let single =
        word.text.len() <= char::MAX_LEN_UTF8 && word.text.chars().nth(1).is_none() && !matches!(word.text, "C" | "R");
    let placeholder = || word.lower.len() >= "redacted".len() && word.lower.contains("redacted");
    word.has_letter() && !single && !STOP.has(bare(word)) && !placeholder()
}

static ENGLISH: Words<32> = Words::of(&["the", "and", "of", "to", "with", "for", "in", "a", "from", "by"]);
static OTHERS: Words<64> = Words::of(&[
    "und", "der", "die", "das", "mit", "für", "von", "et", "les", "des", "pour", "avec", "dans", "el", "los", "las",
    "con", "para", "por", "del",
]);

/// Whether a text's function words are mostly English, as far as there are any.
pub(super) fn is_english(words: &[Word<'_>]) -> bool {
    let others = words.iter().filter(|word| OTHERS.has(&word.lower)).count();
    others <= 3 || others <= words.iter().filter(|word| ENGLISH.has(&word.lower)).count() + 3
}
