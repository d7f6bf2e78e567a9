//! Content words: what is left of a text without function words, job-advert filler and placeholders.

/// A content word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// Lower case, as written otherwise.
    pub(super) lower: String,
    /// The form that is compared: without a plural `s`.
    pub(super) stem: String,
    /// Written like a name of something: capitals inside a sentence, digits or signs.
    pub(super) is_name: bool,
}

/// Function words of English, German, French and Spanish, and words that job descriptions use whatever the job is.
const STOP: &[&str] = &[
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
    "working", "year", "years", "aber", "als", "am", "an", "auch", "auf", "aus", "bei", "bis", "das", "dem", "den",
    "der", "des", "die", "du", "durch", "ein", "eine", "einem", "einen", "einer", "erfahrung", "für", "im", "in",
    "ist", "jahre", "kenntnisse", "mit", "nach", "oder", "sie", "sind", "sowie", "über", "um", "und", "uns", "von",
    "vor", "wie", "wir", "wird", "zu", "zum", "zur", "au", "aux", "avec", "ce", "ces", "dans", "de", "des", "du", "en",
    "est", "et", "la", "le", "les", "nous", "ou", "par", "pas", "pour", "qui", "sur", "un", "une", "vos", "votre",
    "vous", "al", "como", "con", "del", "el", "es", "los", "las", "más", "para", "por", "que", "se", "su", "sus", "y",
    "años", "experiencia", "expérience", "ans",
];

/// The content words of a text in order, with repetitions.
pub(super) fn terms(text: &str) -> Vec<Term> {
    let mut found = Vec::new();
    let mut starts_sentence = true;
    for raw in text.split(|c: char| !(c.is_alphanumeric() || "+#.-/&'’_".contains(c))) {
        let word = raw.trim_matches(['.', '-', '/', '&', '\'', '’', '_']).trim_start_matches(['+', '#']);
        if word.is_empty() {
            continue;
        }
        if !word.to_ascii_lowercase().contains("pii_redacted") {
            push(word, starts_sentence, &mut found);
        }
        starts_sentence = raw.ends_with('.');
    }
    found
}

fn push(word: &str, starts_sentence: bool, found: &mut Vec<Term>) {
    let lower = word.to_lowercase();
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let signs = word.chars().any(|c| c.is_ascii_digit() || "+#.&".contains(c)) && word.chars().any(char::is_alphabetic);
    let is_name = signs || capitals > 1 || (capitals == 1 && word.starts_with(char::is_uppercase) && !starts_sentence);
    let single = lower.chars().count() == 1 && !matches!(word, "C" | "R");
    let number = !word.chars().any(char::is_alphabetic);
    if !single && !number && !STOP.contains(&lower.as_str()) {
        found.push(Term { stem: stem(&lower), lower: lower.clone(), is_name });
    }
    // A compound also counts as its parts: "backend/platform", "event-driven".
    if lower.contains(['/', '-']) {
        for part in word.split(['/', '-']).filter(|part| part.chars().count() > 2) {
            push(part, starts_sentence, found);
        }
    }
}

/// Without a plural `s`: enough to compare English nouns, harmless elsewhere because both sides get it.
fn stem(lower: &str) -> String {
    let plural = lower.len() > 3 && lower.ends_with('s') && !lower.ends_with("ss") && !lower.ends_with(".js");
    if plural { lower[..lower.len() - 1].to_owned() } else { lower.to_owned() }
}
