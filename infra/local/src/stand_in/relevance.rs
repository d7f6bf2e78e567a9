//! How much two texts have to do with each other: the words they share.

use std::collections::BTreeSet;

/// Words that say nothing about a subject.
const STOP: &[&str] = &[
    "and", "the", "for", "with", "from", "that", "this", "was", "were", "are", "has", "have", "had", "our", "your",
    "you", "which", "what", "when", "who", "will", "they", "them", "their", "into", "over", "under", "about", "all",
    "also", "not", "or", "of", "in", "on", "at", "to", "by", "an", "as", "is", "it", "its", "be", "we", "us", "our",
    "experience", "years", "work", "working", "knowledge", "ability", "team", "teams", "und", "der", "die", "das",
    "mit", "les", "des", "une",
];

/// The content words of a text in lower case, placeholders left out.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_alphanumeric() || "+#._<>".contains(c)))
        .filter(|word| !word.contains("PII_REDACTED"))
        .map(|word| word.trim_matches(|c| ".<>_".contains(c)).to_lowercase())
        .filter(|word| {
            word.chars().count() > 1 && word.chars().any(char::is_alphabetic) && !STOP.contains(&word.as_str())
        })
        .collect()
}

/// The words of `line` that also occur among `wanted`.
pub(super) fn shared(line: &str, wanted: &BTreeSet<String>) -> Vec<String> {
    words(line).intersection(wanted).cloned().collect()
}

/// A line without its bullet sign, if it is a bullet.
pub(super) fn bullet(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    ["- ", "* ", "• ", "– ", "· ", "▪ "].iter().find_map(|sign| trimmed.strip_prefix(sign)).map(str::trim)
}

/// The sentences of a text.
pub(super) fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = bullet(line).unwrap_or(line.trim());
        let mut rest = line;
        while let Some(end) = rest.find(". ").map(|at| at + 1) {
            found.push(rest[..end].trim().to_owned());
            rest = rest[end..].trim_start();
        }
        found.push(rest.trim().to_owned());
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}
