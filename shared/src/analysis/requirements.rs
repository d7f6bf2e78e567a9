//! Requirements: the bullet lines under a job description's headings and its sentences with a cue, each with what it asks for.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::table;
use super::words::Text;
use crate::lexicon::{self, Mention, Skill};
use crate::redaction::without_placeholders;
use crate::verify::claimed::{Degree, degrees, levels as spoken, years};
use crate::words::{Word, words};

const MAX_REQUIREMENTS: usize = 60;
/// A line of a section of requirements with no more words is one, also without a bullet.
const LISTED_WORDS: usize = 14;

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
    /// How well languages are to be spoken.
    pub(super) levels: Vec<(Skill, u8)>,
}

impl Requirement {
    fn of(text: &str, importance: Importance) -> Option<Requirement> {
        let plain = without_placeholders(text);
        let lower = plain.to_lowercase();
        // What a job does not want is no requirement.
        let unwanted =
            ["not required", "not needed", "not necessary", "no need", "nicht erforderlich", "we don't", "we do not"];
        let denies = ["no ", "not ", "without ", "kein ", "keine ", "pas de ", "aucun", "sin ", "ningun", "ningún"];
        let bare = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
        if unwanted.iter().any(|cue| lower.contains(cue)) || denies.iter().any(|cue| bare.starts_with(cue)) {
            return None;
        }
        let words = words(&plain);
        let mentions = lexicon::find(&plain, &words);
        let is_mentioned = |index: usize| mentions.iter().any(|mention| mention.words.contains(&index));
        let mut groups = skill_groups(&plain, &words, &mentions);
        let levels = degrees(&plain, &words);
        if let Some(lowest) = levels.iter().map(|(_, degree)| *degree).min() {
            groups.push(vec![Alternative::Degree(lowest)]);
        }
        let rest = Text::of(&plain, &words).terms.into_iter().filter(|term| !is_mentioned(term.index));
        let rest: Vec<_> =
            rest.filter(|term| !levels.iter().any(|(range, _)| *range == words[term.index].range)).collect();
        // Names decide where there are any, else all content words do.
        let named = !groups.is_empty() || rest.iter().any(|term| term.is_name);
        // A degree in one field or another.
        let studied = !levels.is_empty()
            || ["degree", "diploma", "studium", "diplôme", "grado"].iter().any(|word| lower.contains(word));
        if studied && levels.is_empty() {
            let fields = rest.iter().filter(|term| {
                !matches!(term.lower, "degree" | "diploma" | "equivalent" | "studium" | "grado" | "diplôme")
            });
            let fields: Vec<Alternative> = fields
                .map(|term| Alternative::Word {
                    lower: term.lower.to_owned(),
                    root: term.root.to_owned(),
                    idf: table::idf(table::find(term.lower)),
                })
                .collect();
            groups.extend((!fields.is_empty()).then_some(fields));
        }
        let rest = if studied { Vec::new() } else { rest };
        groups.extend(rest.into_iter().filter(|term| !named || term.is_name).map(|term| {
            let idf = table::idf(table::find(term.lower));
            vec![Alternative::Word { lower: term.lower.to_owned(), root: term.root.to_owned(), idf }]
        }));
        groups.dedup();
        let years = years(&plain, &words);
        let wanted = !groups.is_empty() || years.is_some();
        let levels =
            spoken(&plain, &words, &mentions).into_iter().map(|(at, level)| (mentions[at].skill, level)).collect();
        wanted.then(|| Requirement { text: text.to_owned(), importance, groups, years, levels })
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
    let plain = without_tags(job);
    let mut section = None;
    let mut found = Vec::new();
    for line in plain.lines().map(str::trim).filter(|line| !line.is_empty()) {
        read(line, &mut section, &mut found);
        if found.len() >= MAX_REQUIREMENTS {
            break;
        }
    }
    if found.is_empty() {
        // Prose without a heading or a cue: what it names is what it asks for.
        let sentences = plain.lines().flat_map(|line| line.split_inclusive(['.', '!', ';'])).map(str::trim);
        let named = sentences.filter(|sentence| !lexicon::find(sentence, &words(sentence)).is_empty());
        found.extend(named.filter_map(|sentence| {
            Requirement::of(sentence, cue(&sentence.to_lowercase()).unwrap_or(Importance::Required))
        }));
    }
    found.truncate(MAX_REQUIREMENTS);
    found
}

/// Reads a line in its section: `None` before any, `Some(None)` in one that requires nothing.
fn read(line: &str, section: &mut Option<Option<Importance>>, found: &mut Vec<Requirement>) {
    let lower = line.to_lowercase();
    let bullet = unmarked(line);
    if bullet.len() < line.len() {
        if let Some(importance) = section.unwrap_or(Some(Importance::Required)) {
            found.extend(Requirement::of(bullet, cue(&lower).unwrap_or(importance)));
        }
        return;
    }
    // "Requirements: Python, Kafka"
    if let Some((label, rest)) = line.split_once(':').filter(|(_, rest)| !rest.trim().is_empty())
        && label.split_whitespace().count() <= 4
        && (contains(&label.to_lowercase(), REQUIRED)
            || cue(&label.to_lowercase()).is_some()
            || contains(&label.to_lowercase(), OTHER))
    {
        let importance = heading(&label.to_lowercase());
        *section = Some(importance);
        if let Some(importance) = importance {
            let parts = rest.split_inclusive(['.', ';']).map(str::trim);
            found.extend(
                parts.filter_map(|part| Requirement::of(part, cue(&part.to_lowercase()).unwrap_or(importance))),
            );
        }
        return;
    }
    if is_heading(line, &lower) {
        *section = Some(heading(&lower));
        return;
    }
    let listed = section.flatten().filter(|_| line.split_whitespace().count() <= LISTED_WORDS);
    if let Some(importance) = listed {
        found.extend(Requirement::of(line, cue(&lower).unwrap_or(importance)));
    } else if *section != Some(None) && contains(&lower, SENTENCE) {
        for sentence in line.split_inclusive(['.', '!', ';']).map(str::trim) {
            let lower = sentence.to_lowercase();
            if contains(&lower, SENTENCE) {
                found.extend(Requirement::of(sentence, cue(&lower).unwrap_or(Importance::Required)));
            }
        }
    }
}

/// A line without its bullet sign or number; the line itself if it has none.
fn unmarked(line: &str) -> &str {
    let bare = line.trim_start_matches(['-', '*', '•', '–', '·', '‣', '▪', '◦', '●', '✓']).trim_start();
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = (1..=2).contains(&digits).then(|| bare[digits..].strip_prefix(['.', ')'])).flatten();
    match numbered.filter(|rest| rest.starts_with(' ')) {
        Some(rest) if bare.len() == line.len() => rest.trim_start(),
        _ => bare,
    }
}

/// A text whose tags are line ends, if it is written in HTML: an item of a list is a bullet.
fn without_tags(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    if !["<li", "<p>", "<br", "<h2", "<h3", "<ul", "<div"].iter().any(|tag| lower.contains(tag)) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let tag = &rest[at..];
        // A placeholder or a lone sign is no tag.
        let end =
            tag.find('>').filter(|_| tag[1..].starts_with(|c: char| c.is_ascii_lowercase() || c == '/' || c == '!'));
        match end {
            Some(end) => {
                let inline =
                    ["<b", "</b", "<i>", "</i", "<strong", "</strong", "<em", "</em", "<span", "</span", "<a ", "</a"];
                let name: String = tag.chars().take(9).collect::<String>().to_ascii_lowercase();
                if name.starts_with("<br") || !inline.iter().any(|tag| name.starts_with(tag)) {
                    plain.push_str(if name.starts_with("<li") { "\n- " } else { "\n" });
                }
                rest = &tag[end + 1..];
            }
            None => {
                plain.push('<');
                rest = &tag[1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
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
