//! Requirements: the bullet lines under a job description's headings and its sentences with a cue, each with what it asks for.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::table;
use super::words::terms;
use crate::lexicon::{self, Mention, Skill};
use crate::redaction::without_placeholders;
use crate::verify::claimed::{Degree, degrees, years};
use crate::words::{Word, words};

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

    pub(super) fn name(self) -> &'static str {
        match self {
            Importance::Required => "required",
            Importance::Preferred => "preferred",
            Importance::Bonus => "nice to have",
        }
    }
}

/// Something that would do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Alternative {
    /// A name of the lexicon, in the job's spelling.
    Skill(Skill, String),
    /// A content word: as written, its root, and how much it says.
    Word { lower: String, root: String, idf: f64 },
    /// This level of study or a higher one.
    Degree(Degree),
}

/// One requirement. Each group must be satisfied; any alternative of a group does it.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    pub(super) text: String,
    pub(super) importance: Importance,
    pub(super) groups: Vec<Vec<Alternative>>,
    /// Years of it, at least.
    pub(super) years: Option<u32>,
}

impl Requirement {
    fn of(text: &str, importance: Importance) -> Option<Requirement> {
        let plain = without_placeholders(text);
        let words = words(&plain);
        let mentions = lexicon::find(&plain, &words);
        let is_mentioned = |index: usize| mentions.iter().any(|mention| mention.words.contains(&index));
        let mut groups = skill_groups(&plain, &words, &mentions);
        let levels = degrees(&plain, &words);
        if let Some(lowest) = levels.iter().map(|(_, degree)| *degree).min() {
            groups.push(vec![Alternative::Degree(lowest)]);
        }
        let rest = terms(&words).into_iter().filter(|term| !is_mentioned(term.index));
        let rest: Vec<_> =
            rest.filter(|term| !levels.iter().any(|(range, _)| *range == words[term.index].range)).collect();
        // Names decide where there are any, else all content words do.
        let named = !groups.is_empty() || rest.iter().any(|term| term.is_name);
        groups.extend(rest.into_iter().filter(|term| !named || term.is_name && levels.is_empty()).map(|term| {
            let idf = table::idf(table::find(&term.lower));
            vec![Alternative::Word { lower: term.lower, root: term.root, idf }]
        }));
        groups.dedup();
        let years = years(&plain, &words);
        let wanted = !groups.is_empty() || years.is_some();
        wanted.then(|| Requirement { text: text.to_owned(), importance, groups, years })
    }
}

/// The names of a requirement; those joined by "or" or a slash are alternatives, also where commas come before.
fn skill_groups(plain: &str, words: &[Word<'_>], mentions: &[Mention]) -> Vec<Vec<Alternative>> {
    let bytes = |mention: &Mention| words[mention.words.start].range.start..words[mention.words.end - 1].range.end;
    let between = |a: &Mention, b: &Mention| plain[bytes(a).end..bytes(b).start].to_lowercase();
    let is_or = |gap: &str| {
        matches!(gap.trim().trim_start_matches(',').trim(), "or" | "/" | "oder" | "ou" | "o" | "or a" | "and/or")
    };
    let is_comma = |gap: &str| gap.trim() == ",";
    let mut groups: Vec<Vec<Alternative>> = Vec::new();
    let mut at = 0;
    while at < mentions.len() {
        let mut end = at + 1;
        while end < mentions.len()
            && (is_or(&between(&mentions[end - 1], &mentions[end]))
                || is_comma(&between(&mentions[end - 1], &mentions[end])))
        {
            end += 1;
        }
        let run: Range<usize> = at..end;
        let any =
            run.len() > 1 && run.clone().skip(1).any(|index| is_or(&between(&mentions[index - 1], &mentions[index])));
        let alternatives =
            mentions[run].iter().map(|mention| Alternative::Skill(mention.skill, plain[bytes(mention)].to_lowercase()));
        if any {
            groups.push(alternatives.collect());
        } else {
            groups.extend(alternatives.map(|alternative| vec![alternative]));
        }
        at = end;
    }
    groups
}

const BONUS: &[&str] = &[
    "bonus", "nice to have", "nice-to-have", "a plus", "is a plus", "advantage", "von vorteil", "un plus", "se valora",
];
const PREFERRED: &[&str] = &[
    "preferred", "desired", "desirable", "should have", "ideally", "wünschenswert", "souhait", "deseable",
    "idealerweise",
];
const REQUIRED: &[&str] = &[
    "require", "must", "qualification", "you have", "you bring", "you need", "essential", "minimum", "who you are",
    "what we look", "looking for", "anforderung", "dein profil", "ihr profil", "profil recherché", "votre profil",
    "requisitos", "tu perfil", "das bringst du mit", "was du mitbringst", "skills", "what you'll bring",
    "your profile",
];
const OTHER: &[&str] = &[
    "about", "benefit", "we offer", "responsibilit", "you will do", "you'll do", "your role", "the role", "your tasks",
    "how to apply", "what we offer", "what you will do", "what you'll do", "how we work", "contact", "perks", "salary",
    "aufgaben", "wir bieten", "missions", "ofrecemos", "location", "our team", "equal", "nous offrons", "funciones",
    "über uns",
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
        let lower = line.to_lowercase();
        let bullet = line.trim_start_matches(['-', '*', '•', '–', '·', '‣', '▪', '◦']).trim_start();
        if bullet.len() < line.len() {
            if let Some(importance) = section.unwrap_or(Some(Importance::Required)) {
                found.extend(Requirement::of(bullet, cue(&lower).unwrap_or(importance)));
            }
        } else if is_heading(line, &lower) {
            section = Some(heading(&lower));
        } else if section != Some(None) && contains(&lower, SENTENCE) {
            for sentence in line.split_inclusive(['.', '!', ';']).map(str::trim) {
                let lower = sentence.to_lowercase();
                if contains(&lower, SENTENCE) {
                    found.extend(Requirement::of(sentence, cue(&lower).unwrap_or(Importance::Required)));
                }
            }
        }
        if found.len() >= MAX_REQUIREMENTS {
            break;
        }
    }
    found.truncate(MAX_REQUIREMENTS);
    found
}

fn is_heading(line: &str, lower: &str) -> bool {
    let short = line.len() <= 80 && line.split_whitespace().count() <= 8;
    let marked = line.starts_with('#') || line.ends_with(':') || line.chars().all(|c| !c.is_lowercase());
    let open = !line.ends_with(['.', '!', '?', ';', ',']);
    short && (marked || (open && contains(lower, REQUIRED)) || (!line.ends_with('.') && begins_section(lower)))
}

fn begins_section(lower: &str) -> bool {
    [BONUS, PREFERRED, OTHER].iter().any(|cues| cues.iter().any(|cue| lower.starts_with(cue)))
}

/// The importance of what follows a heading; `None` for sections that require nothing.
fn heading(lower: &str) -> Option<Importance> {
    let other = !contains(lower, REQUIRED) && contains(lower, OTHER);
    cue(lower).or((!other).then_some(Importance::Required))
}

fn cue(lower: &str) -> Option<Importance> {
    if contains(lower, BONUS) {
        Some(Importance::Bonus)
    } else if contains(lower, PREFERRED) {
        Some(Importance::Preferred)
    } else {
        None
    }
}

fn contains(lower: &str, cues: &[&str]) -> bool {
    cues.iter().any(|cue| lower.contains(cue))
}
