//! What a résumé shows, line by line, and how.

use std::ops::Range;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashSet};

use super::posting::Posting;
use super::requirements::{Alternative, Requirement};
use super::table::{self, Meaning};
use super::words::{Term, Text, is_english};
use super::{Evidence, Finding, MET, NEAR, Verdict};
use crate::lexicon::{self, Skill};
use crate::redaction::Redacted;
use crate::verify::claimed::{Degree, Timeline, degrees, levels};

/// What is only listed, in a list of skills or a summary, counts less than what is used in a position.
const LISTED: f64 = 0.7;
/// A relative of what is wanted.
const RELATED: f64 = 0.5;
/// From this cosine on two words are relatives.
const RELATED_COSINE: f64 = 0.62;

/// A place that shows something.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    line: usize,
    credit: f64,
}

pub(super) struct Resume<'a> {
    text: &'a str,
    /// Bytes of the lines, trimmed.
    lines: Vec<Range<usize>>,
    words: HashMap<&'a str, Shown>,
    skills: HashMap<Skill, Shown>,
    /// How well languages are spoken, where the résumé says so.
    levels: HashMap<Skill, u8>,
    degrees: Vec<(Degree, usize)>,
    /// Words of the table, for relatives.
    vocabulary: Vec<(Meaning, Shown)>,
    timeline: Timeline,
    /// What advice is given about.
    pub(super) copied: usize,
    /// Lines of markup that hides its text.
    pub(super) hidden_lines: usize,
    pub(super) most_repeated: Option<(String, usize)>,
    pub(super) word_count: usize,
    pub(super) sections: HashSet<&'static str>,
    /// Both documents.
    pub(super) is_english: bool,
}

/// What a requirement's verdict rests on.
pub(super) struct Judged {
    pub(super) finding: Finding,
    /// From 0 to 1.
    pub(super) coverage: f64,
    /// Alternatives of groups without any credit, in the job's spelling, with what they say.
    pub(super) missing: Vec<(String, f64)>,
    /// A relative that stands for what is wanted.
    pub(super) related: Option<&'static str>,
    pub(super) only_listed: bool,
    /// Years wanted and years that the dates add up to, where they are too few.
    pub(super) short_of: Option<(u32, u32)>,
}

const SECTIONS: [(&str, &[&str]); 4] = [
    (
        "skills",
        &[
            "skill", "kenntnisse", "compétences", "habilidades", "competencias", "technologies", "tools",
            "fähigkeiten", "competenc", "languages", "sprachen",
        ],
    ),
    ("summary", &["summary", "profile", "objective", "about me", "profil", "kurzprofil", "perfil", "résumé"]),
    (
        "experience",
        &[
            "experience", "employment", "work history", "berufserfahrung", "expérience", "experiencia", "career",
            "werdegang",
        ],
    ),
    (
        "education",
        &["education", "academic", "ausbildung", "studium", "formation", "educación", "formación", "bildung"],
    ),
];

impl<'a> Resume<'a> {
    /// Reads a résumé; what stands in the job word for word shows nothing. `read` is the text without placeholders.
    pub(super) fn of(text: &'a str, read: &'a Text<'a>, posting: &Posting) -> Resume<'a> {
        let is_copied = posting.copied(read);
        let Text { plain, words: own, .. } = *read;
        let mut resume = Resume {
            text,
            lines: Vec::new(),
            words: HashMap::with_capacity_and_hasher(read.terms.len(), RandomState::default()),
            skills: HashMap::default(),
            levels: HashMap::default(),
            degrees: Vec::new(),
            vocabulary: Vec::new(),
            timeline: Timeline::of(plain),
            copied: is_copied.iter().filter(|copied| **copied).count(),
            hidden_lines: 0,
            most_repeated: None,
            word_count: own.len(),
            sections: HashSet::default(),
            is_english: is_english(own) && posting.is_english,
        };
        let mut counts: HashMap<Skill, usize> = HashMap::default();
        let mut section = "";
        let (mut start, mut first) = (0, 0);
        let mut terms = read.terms.as_slice();
        for line in plain.split_inclusive('\n') {
            let content = line.trim();
            let bytes = start + (line.len() - line.trim_start().len())..start + line.trim_end().len();
            let last = first + own[first..].partition_point(|word| word.range.end <= start + line.len());
            let (from, to) = (first, last);
            (start, first) = (start + line.len(), last);
            if content.is_empty() {
                continue;
            }
            if let Some(name) = heading(content) {
                section = name;
                resume.sections.insert(name);
            }
            let index = resume.lines.len();
            resume.lines.push(bytes);
            // Nobody but a machine reads it.
            if is_hidden(content) {
                resume.hidden_lines += 1;
                continue;
            }
            let here = &own[from..to];
            let mentions = lexicon::find(plain, here);
            // Names and little else are a list however they are separated.
            let named: usize = mentions.iter().map(|mention| mention.words.len()).sum();
            let others = read.is_content[from..to].iter().filter(|is_content| **is_content).count();
            let others = others.saturating_sub(named);
            let dense = mentions.len() >= 3 && others <= mentions.len() / 2;
            // "Worked with Rust" says no more than the name.
            let bare = !mentions.is_empty() && others == 0;
            let listed = matches!(section, "skills" | "summary") || is_list(content) || dense || bare;
            let credit = if listed { LISTED } else { 1.0 };
            let (terms_here, behind) = terms.split_at(terms.partition_point(|term| term.index < to));
            terms = behind;
            for term in terms_here.iter().filter(|term| !is_copied[term.index]) {
                resume.show(term, Shown { line: index, credit });
            }
            for (at, level) in levels(plain, here, &mentions) {
                let known = resume.levels.entry(mentions[at].skill).or_default();
                *known = level.max(*known);
            }
            for mention in mentions {
                let lacked = lexicon::is_negated(plain, here, mention.words.start);
                if lacked || mention.words.clone().any(|word| is_copied[from + word]) {
                    continue;
                }
                *counts.entry(mention.skill).or_default() += 1;
                for skill in mention.skill.implied().iter().copied().chain([mention.skill]) {
                    keep_better(&mut resume.skills, skill, Shown { line: index, credit });
                }
            }
            let copied_line = is_copied[from..to].iter().all(|copied| *copied);
            if !copied_line {
                resume.degrees.extend(degrees(plain, here).into_iter().map(|(_, degree)| (degree, index)));
            }
        }
        let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
        resume.most_repeated = most.map(|(skill, count)| (skill.name().to_owned(), count));
        resume
    }

    fn show(&mut self, term: &Term<'a>, shown: Shown) {
        if !self.words.contains_key(term.root)
            && let Some(entry) = table::find(term.lower)
        {
            self.vocabulary.push((entry.meaning(), shown));
        }
        keep_better(&mut self.words, term.root, shown);
    }

    pub(super) fn is_dated(&self) -> bool {
        self.timeline.is_known()
    }

    pub(super) fn judge(&self, requirement: &Requirement, source: Option<&Redacted>) -> Judged {
        let mut total = 0.0;
        let mut reached = 0.0;
        let mut best: Option<Shown> = None;
        let mut missing = Vec::new();
        let mut related = None;
        let mut only_listed = true;
        for group in &requirement.groups {
            let weight = group.iter().map(|alternative| alternative.weight()).fold(0.0, f64::max);
            total += weight;
            let shown = group.iter().filter_map(|alternative| self.shows_at_level(alternative, requirement));
            let shown = shown.max_by(|a, b| a.0.credit.total_cmp(&b.0.credit).then(b.0.line.cmp(&a.0.line)));
            match shown {
                Some((shown, relative)) => {
                    reached += weight * shown.credit;
                    related = related.or(relative);
                    only_listed &= (shown.credit - LISTED).abs() < f64::EPSILON;
                    if best.is_none_or(|best| shown.credit * weight > best.credit) {
                        best = Some(Shown { credit: shown.credit * weight, ..shown });
                    }
                    if relative.is_some() {
                        missing.extend(group.iter().filter_map(Alternative::keyword));
                    }
                }
                None => missing.extend(group.iter().filter_map(Alternative::keyword)),
            }
        }
        let mut coverage: f64 = if total > 0.0 { reached / total } else { 1.0 };
        let short_of = requirement.years.and_then(|wanted| Some((wanted, self.timeline.years_less_than(wanted)?)));
        if let Some((wanted, have)) = short_of {
            coverage *= (f64::from(have) / f64::from(wanted)).max(0.5);
        }
        if total == 0.0 && short_of.is_none() && !self.timeline.is_known() {
            coverage = RELATED;
        }
        let verdict = match coverage {
            share if share >= MET => Verdict::Met,
            share if share >= NEAR => Verdict::Near,
            _ => Verdict::Missing,
        };
        let place = best.map(|best| best.line).or_else(|| self.timeline.line().filter(|line| *line < self.lines.len()));
        let evidence = source.filter(|_| verdict != Verdict::Missing).zip(place).map(|(source, line)| {
            let bytes = self.lines[line].clone();
            let place = source.original_range(bytes.clone());
            Evidence { text: self.text[bytes].to_owned(), start: place.start, end: place.end }
        });
        let finding = Finding {
            text: requirement.text.clone(),
            importance: requirement.importance,
            weight: requirement.importance.weight(),
            verdict,
            evidence,
        };
        let only_listed = only_listed && verdict == Verdict::Met && !requirement.groups.is_empty();
        Judged { finding, coverage, missing, related, only_listed, short_of }
    }

    /// The same, where a language spoken less well than wanted is half an answer.
    fn shows_at_level(
        &self,
        alternative: &Alternative,
        requirement: &Requirement,
    ) -> Option<(Shown, Option<&'static str>)> {
        let (shown, relative) = self.shows(alternative)?;
        let Alternative::Skill(skill, _) = alternative else { return Some((shown, relative)) };
        let wanted = requirement.levels.iter().find(|(wanted, _)| wanted == skill).map(|(_, level)| *level);
        let falls_short = wanted.zip(self.levels.get(skill)).is_some_and(|(wanted, own)| own < &wanted);
        let credit = if falls_short { shown.credit.min(RELATED) } else { shown.credit };
        Some((Shown { credit, ..shown }, relative))
    }

    /// How well an alternative is shown, and by which relative if not by itself.
    fn shows(&self, alternative: &Alternative) -> Option<(Shown, Option<&'static str>)> {
        match alternative {
            Alternative::Skill(skill, _) => {
                if let Some(shown) = self.skills.get(skill) {
                    return Some((*shown, None));
                }
                let relatives = self.skills.iter().filter(|(own, _)| own.is_near(*skill));
                let best = relatives.max_by(|a, b| a.1.credit.total_cmp(&b.1.credit).then(b.0.cmp(a.0)))?;
                Some((Shown { credit: RELATED, ..*best.1 }, Some(best.0.name())))
            }
            Alternative::Word { lower, root, .. } => {
                if let Some(shown) = self.words.get(root.as_str()) {
                    return Some((*shown, None));
                }
                let wanted = table::find(lower)?.meaning();
                let near = self.vocabulary.iter().map(|(own, shown)| (own.cosine(wanted), shown));
                let near = near.filter(|(cosine, _)| *cosine >= RELATED_COSINE);
                let (_, shown) = near.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.line.cmp(&a.1.line)))?;
                Some((Shown { credit: RELATED, ..*shown }, None))
            }
            Alternative::Degree(wanted) => {
                let own = self.degrees.iter().find(|(degree, _)| degree >= wanted);
                own.map(|(_, line)| (Shown { line: *line, credit: 1.0 }, None))
            }
        }
    }
}

impl Alternative {
    fn weight(&self) -> f64 {
        match self {
            Alternative::Skill(..) | Alternative::Degree(_) => 8.0,
            Alternative::Word { idf, .. } => *idf,
        }
    }

    fn keyword(&self) -> Option<(String, f64)> {
        match self {
            Alternative::Skill(_, text) => Some((text.clone(), 8.0)),
            Alternative::Word { lower, idf, .. } => Some((lower.clone(), *idf / 2.0)),
            Alternative::Degree(_) => None,
        }
    }
}

fn keep_better<K: std::hash::Hash + Eq>(places: &mut HashMap<K, Shown>, key: K, shown: Shown) {
    let place = places.entry(key).or_insert(shown);
    if shown.credit > place.credit {
        *place = shown;
    }
}

fn heading(line: &str) -> Option<&'static str> {
    let short = !line.ends_with(['.', ',']) && !line.contains(',') && line.split_whitespace().nth(4).is_none();
    let (label, rest) = line.split_once(':').unwrap_or((line, ""));
    // "Skills: Rust" is a heading and its section in one.
    let label = label.trim().trim_start_matches('#').trim();
    let is_label = !rest.trim().is_empty() && label.split_whitespace().nth(3).is_none();
    if !short && !is_label {
        return None;
    }
    let lower = label.to_lowercase();
    SECTIONS.iter().find(|(_, cues)| cues.iter().any(|cue| lower.contains(cue))).map(|(name, _)| *name)
}

/// Whether a line has markup that shows its text to no reader.
fn is_hidden(line: &str) -> bool {
    if !line.contains('<') {
        return false;
    }
    let lower: String = line.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let hiding = [
        "display:none", "visibility:hidden", "font-size:0", "font-size:1p", "opacity:0", "color:white", "color:#fff",
        "color:rgb(255,255,255)", "color=\"white", "color=\"#fff", "<!--", "hidden>",
    ];
    hiding.iter().any(|sign| lower.contains(sign))
}

/// Items between commas and the like, none of them a sentence.
fn is_list(line: &str) -> bool {
    let (_, items) = line.split_once(':').unwrap_or(("", line));
    let mut items = items.split([',', '|', ';', '•', '·']);
    let short = |item: &str| item.split_whitespace().nth(3).is_none();
    items.clone().nth(2).is_some() && items.all(short)
}
