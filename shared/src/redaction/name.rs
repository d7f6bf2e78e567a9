//! The owner's name: found by the shape of a résumé's first lines, then wherever its words recur.

use std::collections::HashSet;
use std::ops::Range;

use super::{Kind, Span};

const HEADER_LINES: usize = 8;

/// Words of header lines that are not names: titles of the document, of jobs and of sections, labels, places of work.
const NOT_NAMES: &[&str] = &[
    "resume", "résumé", "curriculum", "vitae", "cv", "profile", "summary", "objective", "contact", "address", "phone",
    "email", "name", "about", "me", "experience", "education", "skills", "page", "confidential", "personal", "details",
    "engineer", "engineering", "developer", "manager", "senior", "junior", "lead", "leader", "principal", "staff",
    "software", "data", "product", "project", "program", "analyst", "architect", "designer", "consultant", "director",
    "head", "chief", "officer", "scientist", "specialist", "administrator", "assistant", "associate", "intern",
    "nurse", "teacher", "accountant", "marketing", "sales", "full", "stack", "backend", "frontend", "devops", "cloud",
    "platform", "web", "mobile", "machine", "learning", "business", "operations", "technical", "professional", "with",
    "and", "of", "for", "in", "at", "the", "years", "lebenslauf", "university", "college", "inc", "ltd", "gmbh", "llc",
    "company", "optimized", "tailored", "looking", "work", "history", "employment", "references", "projects",
    "languages",
];
const PARTICLES: &[&str] = &[
    "de", "da", "di", "do", "dos", "del", "della", "der", "den", "van", "von", "zu", "la", "le", "el", "al", "bin",
    "ibn", "y", "e", "ten", "ter",
];
const ORGANIZATIONS: &[&str] = &[
    "inc", "ltd", "llc", "gmbh", "ag", "corp", "corporation", "university", "college", "institute", "school", "group",
    "foundation", "hospital", "bank", "partners", "labs",
];

/// The name in the header of a résumé, as written.
pub(super) fn in_header(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(HEADER_LINES);
    lines.filter_map(name_of_line).next()
}

fn name_of_line(line: &str) -> Option<String> {
    let labeled = line.split_once(':').filter(|(label, _)| {
        let label = label.trim().trim_matches('*').to_lowercase();
        ["name", "full name", "nom", "nombre", "nome", "naam"].contains(&label.as_str())
    });
    let candidate = labeled.map_or(line, |(_, value)| value);
    let cut = [",", "|", "•", "·", " - ", " – ", " — ", "(", "\t", "  "];
    let end = cut.iter().filter_map(|mark| candidate.trim_start().find(mark)).min();
    let candidate = candidate.trim_start();
    let candidate = candidate[..end.unwrap_or(candidate.len())].trim_matches(['#', '*', '_', ' ', ':']);
    let words: Vec<&str> = candidate.split_whitespace().collect();
    let looks_right = (2..=5).contains(&words.len())
        && words.iter().all(|word| is_name_word(word) || PARTICLES.contains(word))
        && words.iter().any(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 2);
    looks_right.then(|| candidate.to_owned())
}

fn is_name_word(word: &str) -> bool {
    let letters = word.chars().all(|c| c.is_alphabetic() || "'’.-".contains(c));
    letters && word.starts_with(char::is_uppercase) && !NOT_NAMES.contains(&word.to_lowercase().trim_end_matches('.'))
}

/// The spellings of name words to look for.
pub(super) struct Words(HashSet<String>);

impl Words {
    pub(super) fn of(names: &[String]) -> Words {
        let mut spellings = HashSet::new();
        for part in names.iter().flat_map(|name| name.split_whitespace()).flat_map(|word| word.split(['-', '\'', '’']))
        {
            let word = part.trim_matches('.');
            if word.chars().count() < 2 || PARTICLES.contains(&word) {
                continue;
            }
            let title: String = word.chars().take(1).chain(word.chars().skip(1).flat_map(char::to_lowercase)).collect();
            spellings.extend([word.to_owned(), word.to_uppercase(), title]);
        }
        Words(spellings)
    }

    /// Runs of name words, with the initials and particles between and before them. A run that is part of an
    /// organization's name stays.
    pub(super) fn find(&self, text: &str, found: &mut Vec<Span>) {
        if self.0.is_empty() {
            return;
        }
        let words: Vec<Range<usize>> = words(text);
        let mut index = 0;
        while index < words.len() {
            if !self.matches(text, &words[index]) {
                index += 1;
                continue;
            }
            let mut last = index;
            while let Some(next) = self.next_of_run(text, &words, last) {
                last = next;
            }
            let mut first = index;
            while first > 0 && joins(text, &words, first - 1) && initial(text, &words[first - 1]) {
                first -= 1;
            }
            let start = words[first].start;
            let organization = words.get(last + 1).is_some_and(|next| {
                text[words[last].end..next.start].trim() == ""
                    && ORGANIZATIONS.contains(&text[next.clone()].to_lowercase().as_str())
            });
            if !organization {
                found.push(Span { range: start..words[last].end, kind: Kind::Name });
            }
            index = last + 1;
        }
    }

    fn next_of_run(&self, text: &str, words: &[Range<usize>], last: usize) -> Option<usize> {
        let mut next = last + 1;
        while next < words.len() && joins(text, words, next - 1) {
            let word = &text[words[next].clone()];
            if self.matches(text, &words[next]) {
                return Some(next);
            }
            if !(PARTICLES.contains(&word) || initial(text, &words[next])) {
                return None;
            }
            next += 1;
        }
        None
    }

    fn matches(&self, text: &str, word: &Range<usize>) -> bool {
        self.0.contains(&text[word.clone()])
    }
}

/// Whether nothing but a space, a hyphen or an initial's point stands between a word and the next.
fn joins(text: &str, words: &[Range<usize>], index: usize) -> bool {
    words
        .get(index + 1)
        .is_some_and(|next| matches!(&text[words[index].end..next.start], " " | "-" | ". " | "." | "'" | "’"))
}

fn initial(text: &str, word: &Range<usize>) -> bool {
    let mut letters = text[word.clone()].chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_none()
}

fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphabetic(), start) {
            (true, None) => start = Some(at),
            (false, Some(first)) => {
                words.push(first..at);
                start = None;
            }
            _ => {}
        }
    }
    words
}
