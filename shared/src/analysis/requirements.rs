//! Requirements: the bullet lines under a job description's headings and its sentences with a cue.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::words::{Term, terms};

const MAX_REQUIREMENTS: usize = 60;

/// How much the job wants something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Importance {
    /// Must have.
    Required,
    /// Should have.
    Preferred,
    /// Nice to have.
    Bonus,
}

impl Importance {
    pub(super) fn weight(self) -> f64 {
        match self {
            Importance::Required => 3.0,
            Importance::Preferred => 1.0,
            Importance::Bonus => 0.5,
        }
    }
}

pub(super) struct Requirement {
    pub(super) text: String,
    pub(super) importance: Importance,
    terms: Vec<Term>,
}

impl Requirement {
    fn of(text: &str, importance: Importance) -> Option<Requirement> {
        let terms = terms(text);
        (!terms.is_empty()).then(|| Requirement { text: text.to_owned(), importance, terms })
    }

    /// The words that decide: names of things where there are any, else all content words.
    pub(super) fn key_terms(&self) -> impl Iterator<Item = &Term> {
        let names = self.terms.iter().any(|term| term.is_name);
        self.terms.iter().filter(move |term| term.is_name || !names)
    }

    pub(super) fn key_stems(&self) -> HashSet<&str> {
        self.key_terms().map(|term| term.stem.as_str()).collect()
    }
}

const BONUS: &[&str] =
    &["bonus", "nice to have", "nice-to-have", "a plus", "is a plus", "advantage", "von vorteil", "un plus"];
const PREFERRED: &[&str] =
    &["preferred", "desired", "desirable", "should have", "ideally", "wünschenswert", "souhait", "deseable"];
const REQUIRED: &[&str] = &[
    "require", "must", "qualification", "you have", "you bring", "you need", "essential", "minimum", "who you are",
    "what we look", "looking for", "anforderung", "dein profil", "ihr profil", "profil recherché", "requisitos",
    "skills",
];
const OTHER: &[&str] = &[
    "about", "benefit", "we offer", "responsibilit", "you will do", "you'll do", "your role", "the role",
    "how to apply", "what we offer", "what you will do", "what you'll do", "how we work", "contact", "perks", "salary",
    "aufgaben", "wir bieten", "missions", "ofrecemos", "location", "our team", "equal",
];
const SENTENCE: &[&str] = &[
    "require", "must", "experience with", "experience in", "looking for", "proficien", "knowledge of", "familiar",
    "years", "you have", "degree", "skilled in", "erfahrung", "kenntnisse", "expérience", "experiencia", "need",
];

/// The requirements of a job description in order, at most 60.
pub(super) fn find(job: &str) -> Vec<Requirement> {
    let mut section = None;
    let mut found = Vec::new();
    for line in job.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let bullet = line.trim_start_matches(['-', '*', '•', '–', '·', '‣', '▪', '◦']).trim_start();
        if bullet.len() < line.len() {
            if let Some(Some(importance)) = section {
                found.extend(Requirement::of(bullet, cue(bullet).unwrap_or(importance)));
            } else if section.is_none() {
                found.extend(Requirement::of(bullet, cue(bullet).unwrap_or(Importance::Required)));
            }
        } else if is_heading(line) {
            section = Some(heading(line));
        } else if section != Some(None) {
            let wanted = line.split_inclusive(['.', '!', ';']).map(str::trim);
            for sentence in wanted.filter(|sentence| contains(sentence, SENTENCE)) {
                found.extend(Requirement::of(sentence, cue(sentence).unwrap_or(Importance::Required)));
            }
        }
        if found.len() >= MAX_REQUIREMENTS {
            break;
        }
    }
    found.truncate(MAX_REQUIREMENTS);
    found
}

fn is_heading(line: &str) -> bool {
    let short = line.split_whitespace().count() <= 8 && line.len() <= 80;
    let marked = line.starts_with('#') || line.ends_with(':') || line.chars().all(|c| !c.is_lowercase());
    short
        && (marked
            || (!line.ends_with(['.', '!', '?', ';', ',']) && contains(line, REQUIRED) || contains_exactly(line)))
}

fn contains_exactly(line: &str) -> bool {
    let lower = line.to_lowercase();
    [BONUS, PREFERRED, OTHER].iter().any(|cues| cues.iter().any(|cue| lower.starts_with(cue))) && !line.ends_with('.')
}

/// The importance of what follows a heading; `None` for sections that require nothing.
fn heading(line: &str) -> Option<Importance> {
    cue(line).or_else(|| {
        if contains(line, REQUIRED) {
            Some(Importance::Required)
        } else if contains(line, OTHER) {
            None
        } else {
            Some(Importance::Required)
        }
    })
}

fn cue(text: &str) -> Option<Importance> {
    if contains(text, BONUS) {
        Some(Importance::Bonus)
    } else if contains(text, PREFERRED) {
        Some(Importance::Preferred)
    } else {
        None
    }
}

fn contains(text: &str, cues: &[&str]) -> bool {
    let lower = text.to_lowercase();
    cues.iter().any(|cue| lower.contains(cue))
}
