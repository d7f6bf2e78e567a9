//! The claims of a line, and whether the source supports them.

use std::ops::Range;

use super::Class;
use super::alignment::Aligned;
use super::bait::is_echo;
use super::disguise::disguised;
use super::figures::{self, Figures};
use super::lines::{ends_sentence, is_bullet, is_name_pair};
use super::links::{is_link, may_link};
use super::source::{MAX_PLACES, Source};
use super::{languages, lists};
use crate::analysis::is_ordinary_word;
use crate::lexicon::{self, Kind, Mention};
use crate::redaction::{Kind as Personal, Vault, Words, placeholders, without_placeholders};
use crate::words::{Word, root, singular, words};

/// A claim of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) class: Class,
    /// Bytes of the line.
    pub(super) range: Range<usize>,
    pub(super) supported: bool,
}

/// What earlier lines of the answer say about a line: the position that it stands under.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// The line before.
    pub(super) before: String,
    pub(super) entry: Option<usize>,
    /// What the answer's head has said since it turned to that position.
    pub(super) has_title: bool,
    pub(super) has_period: bool,
}

static CERTIFIED: Words<64> = Words::of(&[
    "certified", "certification", "certifications", "certificate", "licensed", "license", "licence", "accredited",
    "zertifiziert", "zertifikat", "certifié", "certifiée", "certificado", "certificada", "chartered",
]);
/// A sentence of fewer content words may share none with the source.
const FOREIGN_WORDS: usize = 3;
const COPIED_WORDS: usize = 4;
const HEAD_WORDS: usize = 16;

/// A line being read.
pub(super) struct Reading<'a> {
    pub(super) source: &'a Source,
    pub(super) plain: &'a str,
    pub(super) words: &'a [Word<'a>],
    pub(super) mentions: &'a [Mention],
    pub(super) aligned: Aligned,
    /// Reads as a line that heads a position: no bullet, no sentence.
    pub(super) is_head: bool,
    pub(super) is_heading: bool,
    /// Has a period or a date.
    pub(super) is_dated: bool,
    pub(super) has_period: bool,
    /// What the line's numbers and dates are.
    pub(super) quantities: Figures,
    /// For each word whether it is explained by an acronym, or is one that is.
    pub(super) expanded: Vec<bool>,
    claims: Vec<Claim>,
    /// Which bytes belong to a claim.
    pub(super) taken: Vec<bool>,
}

/// The claims of a line in order of class. Reads nothing but the line, the source and what earlier lines left in `context`.
pub(super) fn judge(source: &Source, line: &str, vault: &Vault, context: &mut Context) -> Vec<Claim> {
    let plain = without_placeholders(line);
    let words = words(&plain);
    let mentions = lexicon::find(&plain, &words);
    let is_heading =
        !words.is_empty() && words.len() <= 6 && words.iter().all(|word| lists::is_heading_word(&word.lower));
    let is_head = !is_bullet(line) && words.len() <= HEAD_WORDS && !ends_sentence(&plain) && !is_heading;
    let aligned = source.align(&words);
    let mut reading = Reading {
        source,
        plain: &plain,
        words: &words,
        mentions: &mentions,
        aligned,
        is_head,
        is_heading,
        is_dated: false,
        has_period: false,
        quantities: figures::read(&plain, &words),
        expanded: Vec::new(),
        claims: Vec::new(),
        taken: vec![false; plain.len()],
    };
    reading.expanded = reading.expansions();
    reading.placeholders(line, vault);
    reading.bait();
    reading.links();
    reading.certificates();
    reading.degrees();
    reading.dates_and_titles(context);
    reading.skills();
    reading.honors();
    reading.names();
    reading.figures();
    reading.amounts(line);
    reading.scope(line);
    if source.is_resume {
        reading.foreign();
    }
    // What is copied is true, unless so short that it may be true of another position.
    let place = source.following(&context.before, line);
    if let Some(entry) = place.and_then(|place| source.entry_of(place)) {
        *context = Context { entry: Some(entry), ..std::mem::take(context) };
    }
    if place.is_some() || (words.len() >= COPIED_WORDS && source.says(line)) {
        reading
            .claims
            .iter_mut()
            .filter(|claim| !matches!(claim.class, Class::Link))
            .for_each(|claim| claim.supported = true);
    }
    reading.claims.sort_by_key(|claim| (claim.class, claim.range.start));
    reading.claims
}

impl Reading<'_> {
    pub(super) fn add(&mut self, class: Class, range: Range<usize>, supported: bool) {
        if !self.taken[range.clone()].contains(&true) {
            self.taken[range.clone()].fill(true);
            self.claims.push(Claim { class, range, supported });
        }
    }

    /// Whether the line that this one comes from says that something is not finished, and this one does not.
    fn drops_qualifier(&self) -> bool {
        let Some(&line) = self.aligned.lines.first() else { return false };
        let own = |word: &&&str| self.words.iter().any(|own| own.lower == **word);
        lists::QUALIFIERS.iter().filter(|word| self.source.line_has(line, word)).any(|word| !own(&word))
    }

    pub(super) fn has_degree(&self) -> bool {
        self.claims.iter().any(|claim| claim.class == Class::Degree)
    }

    pub(super) fn is_taken(&self, at: usize) -> bool {
        self.taken.get(at) == Some(&true)
    }

    /// Personal data of the job is none of the applicant's.
    fn placeholders(&mut self, line: &str, vault: &Vault) {
        for (range, key) in placeholders(line) {
            let Some(key) = key else { continue };
            let class = match key.0 {
                Personal::Url | Personal::Email | Personal::Handle => Class::Link,
                _ => Class::Name,
            };
            if vault.knows(key) && !self.source.has_placeholder(key) {
                self.add(class, range, false);
            }
        }
    }

    fn bait(&mut self) {
        if let (true, Some(first), Some(last)) = (is_echo(self.words), self.words.first(), self.words.last()) {
            self.add(Class::Name, first.range.start..last.range.end, false);
        }
        for range in disguised(self.plain, self.source.text(), self.source.scripts) {
            self.add(Class::Name, range, false);
        }
        for word in self.words {
            if self.source.bait.wanted.contains(word.lower.as_ref()) {
                self.add(Class::Name, word.range.clone(), false);
            }
        }
    }

    fn links(&mut self) {
        if !may_link(self.plain) {
            return;
        }
        let mut next = 0;
        for token in self.plain.split_inclusive(char::is_whitespace) {
            let start = next;
            next += token.len();
            let token = token.trim_end();
            if is_link(token) {
                let bare = token.trim_matches(['(', ')', '[', ']', '<', '>', ',', ';', '.', '!', '"', '\'', '|']);
                let supported = self.source.has_text(&bare.to_lowercase());
                self.add(Class::Link, start..start + token.len(), supported);
            }
        }
    }

    fn degrees(&mut self) {
        for (range, degree) in lists::degrees(self.plain, self.words) {
            let Some(index) = self.words.iter().position(|word| word.range == range) else { continue };
            // Up to the first sign behind a word of it: "BSc (Hons) Nursing, Leeds", "B.A., History, York".
            let content = |word: &Word<'_>| {
                word.has_letter()
                    && !lists::is_function_word(&word.lower)
                    && !lists::is_degree(&word.lower)
                    && !PARTS_OF_DEGREES.has(&word.lower)
                    && !lists::is_honor(&word.lower)
            };
            let mut field: Vec<&str> = Vec::new();
            let mut before = range.end;
            for word in &self.words[index + 1..] {
                let gap = &self.plain[before..word.range.start];
                let ends = gap.contains([',', ';', '|', '(', ')', '–', '—']) || gap == " - ";
                if (ends && !field.is_empty()) || field.len() == 4 || matches!(word.lower.as_ref(), "from" | "at") {
                    break;
                }
                if content(word) {
                    field.push(root(&word.lower));
                }
                before = word.range.end;
            }
            let has_field = |line: u32| {
                field.iter().all(|word| {
                    let computing = matches!(*word, "comput" | "scienc") && self.source.line_has_root(line, "c");
                    self.source.line_has_root(line, word) || computing
                })
            };
            let lines = self.source.degrees.get(&degree).map(Vec::as_slice).unwrap_or_default();
            let supported = !self.drops_qualifier()
                && lines.iter().any(|&line| {
                    // The field may stand on the next line, unless that names a degree of its own.
                    let next = line + 1;
                    let own_next = self.source.degrees.values().any(|lines| lines.binary_search(&next).is_ok());
                    field.is_empty() || has_field(line) || (!own_next && has_field(next))
                });
            // "of Science" is part of it.
            let part = |word: &&Word<'_>| lists::is_function_word(&word.lower) || PARTS_OF_DEGREES.has(&word.lower);
            let last = self.words[index + 1..]
                .iter()
                .take_while(part)
                .filter(|word| !lists::is_function_word(&word.lower))
                .last();
            let end = last
                .filter(|last| !self.plain[range.end..last.range.start].contains([',', ';', '|', '(']))
                .map_or(range.end, |last| last.range.end);
            self.add(Class::Degree, range.start..end, supported);
        }
    }

    fn certificates(&mut self) {
        for mention in self.mentions.iter().filter(|mention| mention.skill.kind() == Kind::Certificate) {
            let supported = self.source.skills.contains(&mention.skill) && !self.drops_qualifier();
            self.add(Class::Certification, self.span(&mention.words), supported);
        }
        for (index, word) in self.words.iter().enumerate() {
            if !CERTIFIED.has(&word.lower) || self.is_heading {
                continue;
            }
            let near = |at: usize| &self.plain[self.words[at].range.end..self.words[at + 1].range.start] == " ";
            let named = |at: usize| self.words[at].is_capitalized() || self.words[at].is_coined();
            let mut start = index;
            while start > 0 && near(start - 1) && named(start - 1) && index - start < 4 {
                start -= 1;
            }
            let mut end = index + 1;
            while end < self.words.len() && near(end - 1) && named(end) && end - index < 6 {
                end += 1;
            }
            // "certified in first aid"
            if end == index + 1 && start == index {
                end = (index + 4).min(self.words.len());
                while end > index + 1
                    && self.plain[word.range.end..self.words[end - 1].range.start]
                        .contains([',', ';', '.', '(', ')', ':'])
                {
                    end -= 1;
                }
            }
            let wanted: Vec<&str> = self.words[start..end]
                .iter()
                .filter(|word| !lists::is_function_word(&word.lower))
                .map(|word| root(&word.lower))
                .collect();
            let stem = lists::certifying(&word.lower);
            let certifying = stem.and_then(|stem| self.source.certifying.get(stem));
            let certifying = certifying.map(Vec::as_slice);
            let of_root = || self.source.lines_of.get(root(&word.lower)).map(|lines| lines.as_slice());
            let lines = certifying.or_else(of_root);
            let has = |line: u32| {
                wanted.iter().all(|word| {
                    let same = stem.is_some_and(|stem| word.starts_with(stem));
                    same || self.source.line_has_root(line, word)
                })
            };
            let supported = self.expanded[index]
                || !self.drops_qualifier()
                    && lines.is_some_and(|lines| lines.iter().take(MAX_PLACES).any(|&line| has(line)))
                || self.mentions.iter().any(|mention| mention.words.contains(&index));
            self.add(Class::Certification, self.span(&(start..end)), supported);
        }
    }

    fn skills(&mut self) {
        let levels = languages::levels(self.plain, self.words, self.mentions);
        let skills = self.mentions.iter().enumerate();
        for (index, mention) in skills.filter(|(_, mention)| mention.skill.kind() != Kind::Certificate) {
            // "ML and BI:" over the tools that are.
            let words = &self.words[mention.words.clone()];
            let heads_list = words.iter().all(|word| lists::is_label(&word.lower))
                && self.plain[self.span(&mention.words).end..]
                    .split_once(':')
                    .is_some_and(|(rest, _)| rest.len() <= 24);
            if heads_list {
                continue;
            }
            let level = levels.iter().find(|(at, _)| *at == index).map(|(_, level)| *level);
            let known = self.source.levels.get(&mention.skill).copied();
            let spoken = level.is_none_or(|level| languages::is_supported(level, known));
            let words = &self.words[mention.words.clone()];
            let wanted: Vec<String> = words.iter().map(|word| singular(&word.lower).to_owned()).collect();
            // Written in the source just so, whatever the lexicon takes it for there.
            let literal = self.source.has_text(&self.plain[self.span(&mention.words)].to_lowercase())
                && words.iter().all(|word| {
                    self.source.has_exact(word) || word.lower.len() > 3 && self.source.has_word(&word.lower)
                })
                && (wanted.len() == 1 || self.source.has_together(&wanted, 0..self.source.lines.len(), &[]));
            let literal = literal && !self.source.lacked.contains(&mention.skill);
            let supported = spoken && (self.source.skills.contains(&mention.skill) || literal);
            self.add(Class::Skill, self.span(&mention.words), supported);
        }
    }

    /// Prizes, honors, patents; and what was only begun.
    fn honors(&mut self) {
        for at in self.words.windows(3).filter(|run| run[0].lower == "of" && run[1].lower == "the") {
            if matches!(at[2].lower.as_ref(), "year" | "month" | "quarter")
                && !self.source.has_text(&format!("of the {}", at[2].lower))
            {
                self.add(Class::Certification, at[0].range.start..at[2].range.end, false);
            }
        }
        for word in self.words.iter().filter(|word| lists::is_achieved(&word.lower)) {
            if self.drops_qualifier() && !self.source.has_word(&word.lower) {
                self.add(Class::Certification, word.range.clone(), false);
            }
        }
        for word in self.words.iter().filter(|word| lists::is_honor(&word.lower)) {
            let stem = root(&word.lower);
            let known = self.source.has_word(singular(&word.lower)) || self.source.has_root(stem);
            let any = |forms: &[&str]| forms.iter().any(|form| self.source.has_word(form));
            let supported = known
                || (stem.starts_with("award") && any(&["award", "awarded", "awards"]))
                || (stem.starts_with("hon") && any(&["hons", "honours", "honors", "honour", "honor"]));
            if !self.is_heading {
                self.add(Class::Certification, word.range.clone(), supported);
            }
        }
    }

    /// A sentence that has nothing of the source in it, in a rewritten résumé.
    fn foreign(&mut self) {
        let content: Vec<&Word<'_>> =
            self.words.iter().filter(|word| word.has_letter() && !lists::is_function_word(&word.lower)).collect();
        let known = |word: &&&Word<'_>| self.source.has_root(root(&word.lower)) || lists::is_heading_word(&word.lower);
        let (Some(first), Some(last)) = (self.words.first(), self.words.last()) else { return };
        if content.len() >= FOREIGN_WORDS
            && !content.iter().any(|word| known(&word))
            && !self.claims.iter().any(|claim| claim.supported)
        {
            let range = first.range.start..last.range.end;
            self.claims.push(Claim { class: Class::Name, range, supported: false });
        }
    }

    /// Names that go on in another way than in the source: "Palisade Capital" for the Palisade Bank.
    fn other_names(&mut self) {
        let words = self.words;
        for (at, pair) in words.windows(2).enumerate().filter(|(_, pair)| is_name_pair(self.plain, pair)) {
            let own = pair[1].lower.as_ref();
            if !self.source.goes_on_otherwise(&pair[0].lower, own)
                || is_ordinary_word(&pair[0].lower)
                || self.is_taken(pair[1].range.start)
                || lists::is_role(singular(own))
            {
                continue;
            }
            // What stands in the source anywhere as a name of its own may follow here.
            let apart = self.source.exact.contains(pair[1].text) || lists::is_heading_word(own);
            let skill = self.mentions.iter().any(|mention| mention.words.contains(&(at + 1)));
            if !apart && !skill {
                self.add(Class::Name, pair[1].range.clone(), false);
            }
        }
    }

    /// Words written as names that the source does not know.
    fn names(&mut self) {
        if self.is_heading {
            return;
        }
        self.other_names();
        let lettered = self.words.iter().filter(|word| word.has_letter()).count();
        let capitals = self.words.iter().filter(|word| word.has_letter() && word.is_capitalized()).count();
        let shouts = !self.plain.chars().any(char::is_lowercase);
        let all_capital = capitals * 3 > lettered * 2 && lettered > 3 && !self.is_head;
        let expanded = std::mem::take(&mut self.expanded);
        let label =
            self.plain.find(':').filter(|at| self.words.iter().filter(|word| word.range.end <= *at).count() <= 4);
        for (index, word) in self.words.iter().enumerate() {
            if self.is_taken(word.range.start) || lists::is_no_name(word) || !word.has_letter() {
                continue;
            }
            if expanded[index] {
                continue;
            }
            let has_digit = word.text.bytes().any(|byte| byte.is_ascii_digit());
            let coined = word.is_coined() && (!shouts || has_digit);
            let named = word.is_capitalized()
                && !word.starts
                && self.source.capitals_are_names
                && !all_capital
                && word.text.chars().count() > 1;
            // A line of its own with a name that no dictionary has: an employer, a school.
            let alone = word.starts
                && word.is_capitalized()
                && self.is_head
                && self.words.len() <= 6
                && !word.lower.ends_with("ed")
                && !word.lower.ends_with("ing")
                && self.source.capitals_are_names
                && !is_ordinary_word(&word.lower);
            // Title Case and labels: ordinary words name nobody there.
            let in_label = label.is_some_and(|at| word.range.end <= at);
            let titled = (in_label || shouts || capitals * 3 >= lettered * 2) && is_ordinary_word(&word.lower);
            if !coined && !alone && (!named || titled || shouts) {
                continue;
            }
            // "Autodesk Revit" is Revit.
            let makes = lists::is_maker(&word.lower)
                && self
                    .mentions
                    .iter()
                    .any(|mention| mention.words.start == index + 1 && self.source.skills.contains(&mention.skill));
            if makes || (in_label && lists::is_label(&word.lower)) {
                continue;
            }
            let lower = word.lower.as_ref();
            let bare = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(lower);
            let known = |word: &str| self.source.has_word(word) || self.source.has_word(singular(word));
            let undotted = lower.contains('.').then(|| lower.replace('.', ""));
            let supported = known(bare)
                || known(lower)
                || undotted.is_some_and(|undotted| known(&undotted))
                || lists::is_heading_word(lower)
                || (!coined && self.source.has_root(root(bare)))
                || (word.text.chars().all(char::is_uppercase) && self.source.spells(lower));
            self.add(Class::Name, word.range.clone(), supported);
        }
    }

    /// Verbs of leading where the source only took part.
    fn scope(&mut self, line: &str) {
        if self.is_head && !is_bullet(line) {
            return;
        }
        // Who helped migrate has not migrated.
        let first = self.aligned.lines.first().filter(|_| self.aligned.share >= 0.4);
        let weak = first.is_some_and(|&line| self.source.lines[line].has_weak_verb);
        if let Some(word) = self.words.first().filter(|word| weak && !self.is_taken(word.range.start))
            && !self.words.iter().take(4).any(|word| lists::is_weak(&word.lower))
        {
            self.add(Class::Scope, word.range.clone(), false);
        }
        let Some(index) = self.words.iter().take(3).position(|word| lists::is_inflating(&word.lower)) else { return };
        let supported = self.aligned.lines.first().is_some_and(|&line| self.source.lines[line].has_strong_verb);
        let range = self.words[index].range.clone();
        if !self.is_taken(range.start) && self.aligned.share >= 0.3 {
            self.add(Class::Scope, range, supported);
        }
    }

    /// The words of a phrase that count: lower case, singular, no function words.
    pub(super) fn content(&self, words: &Range<usize>) -> Vec<String> {
        let content = self.words[words.clone()].iter().filter(|word| !lists::is_function_word(&word.lower));
        content.map(|word| singular(&word.lower).to_owned()).collect()
    }

    pub(super) fn span(&self, words: &Range<usize>) -> Range<usize> {
        self.words[words.start].range.start..self.words[words.end - 1].range.end
    }
}

static PARTS_OF_DEGREES: Words<64> = Words::of(&[
    "doctor", "juris", "hons", "science", "arts", "degree", "engineering", "honours", "honors", "hons", "philosophy",
    "applied", "fine", "business", "administration", "first", "class", "thesis",
]);
