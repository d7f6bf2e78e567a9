//! The claims of a line, and whether the source supports them.

use std::collections::HashMap;
use std::ops::Range;

use super::Class;
use super::figures::{self, Date, Figure, Sign, Unit};
use super::bait::is_echo;
use super::links::is_link;
use super::lists;
use super::source::{Aligned, Source, ends_sentence, is_bullet};
use crate::analysis::is_ordinary_word;
use crate::lexicon::{self, Kind, Mention};
use crate::redaction::{Kind as Personal, Vault, placeholders, without_placeholders};
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

const CERTIFIED: &[&str] = &[
    "certified", "certification", "certifications", "certificate", "licensed", "license", "licence", "accredited",
    "zertifiziert", "zertifikat", "certifié", "certifiée", "certificado", "certificada", "chartered",
];
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
    claims: Vec<Claim>,
    /// Which bytes belong to a claim.
    taken: Vec<bool>,
}

/// The claims of a line in order of class. Reads nothing but the line, the source and what earlier lines left in `context`.
pub(super) fn judge(source: &Source, line: &str, vault: &Vault, context: &mut Context) -> Vec<Claim> {
    let plain = without_placeholders(line);
    let words = words(&plain);
    let mentions = lexicon::find(&plain, &words);
    let is_heading =
        !words.is_empty() && words.len() <= 6 && words.iter().all(|word| lists::is_heading_word(&word.lower));
    let is_head =
        !is_bullet(line) && words.len() <= HEAD_WORDS && !ends_sentence(&plain) && !is_heading;
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
        claims: Vec::new(),
        taken: vec![false; plain.len()],
    };
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

    fn is_taken(&self, at: usize) -> bool {
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
        for word in self.words {
            if self.source.bait.contains(word.lower.as_ref()) {
                self.add(Class::Name, word.range.clone(), false);
            }
        }
    }

    fn links(&mut self) {
        let mut at = 0;
        for token in self.plain.split_whitespace() {
            let start = at + self.plain[at..].find(token).unwrap_or(0);
            at = start + token.len();
            if is_link(token) {
                let bare = token.trim_matches(['(', ')', '[', ']', '<', '>', ',', ';', '.', '!', '"', '\'', '|']);
                let supported = self.source.has_text(&bare.to_lowercase());
                self.add(Class::Link, start..at, supported);
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
                    && !PARTS_OF_DEGREES.contains(&word.lower.as_ref())
                    && !lists::is_honor(&word.lower)
            };
            let mut field: Vec<String> = Vec::new();
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
            let has_field = |line: &super::source::Line| {
                let roots: Vec<String> = words(&line.text).iter().map(|word| root(&word.lower)).collect();
                field.iter().all(|word| {
                    roots.contains(word)
                        || (matches!(word.as_str(), "comput" | "scienc") && roots.iter().any(|root| root == "c"))
                })
            };
            let words_of = |line: &super::source::Line| {
                lists::degrees(&line.text, &words(&line.text)).iter().any(|(_, other)| *other == degree)
            };
            let supported = self.source.degrees.contains(&degree)
                && !self.drops_qualifier()
                && (field.is_empty()
                    || self.source.lines.iter().enumerate().any(|(at, line)| {
                        let next = self.source.lines.get(at + 1);
                        words_of(line) && (has_field(line) || next.is_some_and(has_field))
                    }));
            // "of Science" is part of it.
            let part = |word: &&Word<'_>| {
                lists::is_function_word(&word.lower) || PARTS_OF_DEGREES.contains(&word.lower.as_ref())
            };
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
            if !CERTIFIED.contains(&word.lower.as_ref()) || self.is_heading {
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
            let wanted: Vec<String> = self.words[start..end]
                .iter()
                .filter(|word| !lists::is_function_word(&word.lower))
                .map(|word| root(&word.lower))
                .collect();
            let has = |line: &super::source::Line, word: &String| {
                words(&line.text).iter().any(|other| root(&other.lower) == *word || is_certifying(word, &other.lower))
            };
            let supported = self.source.lines.iter().any(|line| wanted.iter().all(|word| has(line, word)))
                || self.mentions.iter().any(|mention| mention.words.contains(&index));
            self.add(Class::Certification, self.span(&(start..end)), supported);
        }
    }

    fn skills(&mut self) {
        for mention in self.mentions.iter().filter(|mention| mention.skill.kind() != Kind::Certificate) {
            let words = &self.words[mention.words.clone()];
            let wanted: Vec<String> = words.iter().map(|word| singular(&word.lower).to_owned()).collect();
            // Written in the source just so, whatever the lexicon takes it for there.
            let literal = self.source.has_text(&self.plain[self.span(&mention.words)].to_lowercase())
                && words.iter().all(|word| {
                    self.source.has_exact(word)
                        || word.lower.len() > 3 && self.source.words.contains(word.lower.as_ref())
                })
                && (wanted.len() == 1 || self.source.has_together(&wanted, 0..self.source.lines.len(), &[]));
            let supported = self.source.skills.contains(&mention.skill) || literal;
            self.add(Class::Skill, self.span(&mention.words), supported);
        }
    }

    /// Prizes, honors, patents.
    fn honors(&mut self) {
        for word in self.words.iter().filter(|word| lists::is_honor(&word.lower)) {
            let stem = root(&word.lower);
            let known = self.source.words.contains(singular(&word.lower)) || self.source.roots.contains(&stem);
            let supported = known || self.source.roots.iter().any(|root| root.starts_with("award") && stem.starts_with("award"));
            let hons = stem.starts_with("hon") && self.source.words.iter().any(|word| word.starts_with("hono") || word == "hons");
            let supported = supported || hons;
            if !self.is_heading {
                self.add(Class::Certification, word.range.clone(), supported);
            }
        }
    }

    /// "dozens of", "half a million", "for over a decade"; and digits that look like others.
    fn amounts(&mut self, line: &str) {
        for (index, word) in self.words.iter().enumerate() {
            let scaled = index > 0
                && (self.words[index - 1].text.ends_with(|c: char| c.is_ascii_digit())
                    || figures::is_number(&self.words[index - 1].lower));
            let part = matches!(word.lower.as_ref(), "quarter" | "third" | "fifth" | "tenth");
            let quarter = part && index > 0 && matches!(self.words[index - 1].lower.as_ref(), "a" | "one");
            if (!lists::is_amount(&word.lower) && !quarter) || scaled || self.is_taken(word.range.start) {
                continue;
            }
            let has = |value: i128, sign: Sign| self.source.figures_of(value * 1_000_000).any(|(_, other)| other.sign == sign);
            let same = match word.lower.as_ref() {
                "half" | "halved" | "halving" => has(50, Sign::Percent) || self.source.roots.contains("halv") || self.source.words.contains("half"),
                "quarter" => has(25, Sign::Percent),
                "decade" | "decades" => has(10, Sign::Time(Unit::Year)),
                "dozen" => has(12, Sign::Plain),
                _ => false,
            };
            let known = self.source.words.contains(singular(&word.lower));
            self.add(Class::Number, word.range.clone(), same || known);
        }
        for (at, c) in line.char_indices() {
            let disguised = c.is_numeric() && !c.is_ascii() || matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{24b6}'..='\u{24e9}');
            if disguised && !matches!(c, '½' | '¼' | '¾' | '²' | '³' | '¹') && !self.source.has_text(&c.to_lowercase().to_string()) && self.taken.get(at) == Some(&false) {
                self.add(Class::Number, at..at + c.len_utf8(), false);
            }
        }
    }

    /// A sentence that has nothing of the source in it, in a rewritten résumé.
    fn foreign(&mut self) {
        let content: Vec<&Word<'_>> = self.words.iter().filter(|word| word.has_letter() && !lists::is_function_word(&word.lower)).collect();
        let known = |word: &&&Word<'_>| self.source.roots.contains(&root(&word.lower)) || lists::is_heading_word(&word.lower);
        let (Some(first), Some(last)) = (self.words.first(), self.words.last()) else { return };
        if content.len() >= FOREIGN_WORDS && !content.iter().any(|word| known(&word)) && !self.claims.iter().any(|claim| claim.supported) {
            let range = first.range.start..last.range.end;
            self.claims.push(Claim { class: Class::Name, range, supported: false });
        }
    }

    /// Words written as names that the source does not know.
    fn names(&mut self) {
        if self.is_heading {
            return;
        }
        let lettered = self.words.iter().filter(|word| word.has_letter()).count();
        let capitals = self.words.iter().filter(|word| word.has_letter() && word.is_capitalized()).count();
        let shouts = !self.plain.chars().any(char::is_lowercase);
        let all_capital = capitals * 3 > lettered * 2 && lettered > 3 && !self.is_head;
        let expanded = self.expansions();
        let label = self.plain.find(':').filter(|at| self.words.iter().filter(|word| word.range.end <= *at).count() <= 4);
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
            let lower = word.lower.as_ref();
            let bare = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(lower);
            let known = |word: &str| self.source.words.contains(word) || self.source.words.contains(singular(word));
            let spelled = word.text.chars().all(char::is_uppercase) && self.source.spells(lower);
            let rooted = !coined && self.source.roots.contains(&root(bare));
            let supported = known(bare) || known(lower) || spelled || rooted || lists::is_heading_word(lower);
            self.add(Class::Name, word.range.clone(), supported);
        }
    }

    /// For each word whether it belongs to the full form of an acronym that the source or the line has, or is an acronym that
    /// the line spells out.
    pub(super) fn expansions(&self) -> Vec<bool> {
        let mut expanded = vec![false; self.words.len()];
        let content: Vec<usize> = (0..self.words.len()).filter(|at| !lists::is_function_word(&self.words[*at].lower)).collect();
        let shouted = self.words.iter().enumerate().filter(|(_, word)| word.text.chars().all(char::is_uppercase));
        let acronyms: HashMap<&str, usize> = shouted.map(|(at, word)| (word.lower.as_ref(), at)).collect();
        for length in 2..=6 {
            for run in content.windows(length) {
                let together = run.windows(2).all(|pair| {
                    let gap = &self.plain[self.words[pair[0]].range.end..self.words[pair[1]].range.start];
                    !gap.contains([',', ';', '|', '(', ')', ':', '.'])
                });
                if !together || !run.iter().all(|at| self.words[*at].is_capitalized()) {
                    continue;
                }
                let initials: String = run.iter().filter_map(|at| self.words[*at].lower.chars().next()).collect();
                let own = acronyms.get(initials.as_str()).copied();
                if run.iter().any(|at| self.words[*at].lower.as_ref() == initials) {
                    continue;
                }
                if self.source.words.contains(&initials) {
                    run.iter().for_each(|at| expanded[*at] = true);
                } else if let Some(own) = own.filter(|own| !run.contains(own)) {
                    expanded[own] = true;
                }
            }
        }
        expanded
    }

    fn figures(&mut self) {
        let found = figures::read(self.plain, self.words);
        for figure in found.figures {
            // "one of" claims nothing; "1" may be the source's "one".
            if self.is_taken(figure.range.start) || self.plain[figure.range.clone()].eq_ignore_ascii_case("one") {
                continue;
            }
            let supported = self.supports(&figure);
            let class = if matches!(figure.sign, Sign::Time(_)) { Class::Date } else { Class::Number };
            self.add(class, figure.range, supported);
        }
    }

    fn supports(&self, claim: &Figure) -> bool {
        let differs = |a: Option<Unit>, b: Option<Unit>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let turned = |other: &Figure| {
            matches!((claim.end, other.end), (Some(a), Some(b)) if a != b) || differs(claim.per, other.per)
        };
        let equal: Vec<(usize, &Figure)> = self
            .source
            .figures_of(claim.value)
            .filter(|(_, other)| other.sign == claim.sign && !turned(other))
            .collect();
        if equal.iter().any(|(_, other)| other.counts.is_some() && other.counts == claim.counts) {
            return true;
        }
        // What is counted stands beside another figure in the source: then this is not its figure.
        let best = self.aligned.lines.first();
        let in_best = equal.iter().any(|(line, _)| Some(line) == best);
        let is_near = |line: &usize| match in_best {
            true => Some(line) == best,
            false => self.aligned.lines.contains(line) || matches!(claim.sign, Sign::Time(_)),
        };
        let contradicted = claim.counts.as_ref().is_some_and(|counted| {
            self.source.figures_counting(counted).any(|(line, other)| other.sign == claim.sign && is_near(&line))
        });
        let aligned = equal.iter().any(|(line, _)| self.aligned.lines.contains(line));
        if (aligned && !contradicted) || self.is_derived(claim) {
            return true;
        }
        let loose = self.aligned.share < 0.3 && !equal.is_empty() && !contradicted;
        loose || self.is_year(claim) || self.is_career(claim)
    }

    /// What follows from the aligned lines: the difference of two of their figures, its percentage, the years of a period, or a
    /// figure whose unit is only said with another ("in 4 days instead of 9").
    fn is_derived(&self, claim: &Figure) -> bool {
        self.aligned.lines.iter().any(|&line| {
            let found = &self.source.lines[line].figures;
            let years = |period: &figures::Period| {
                let to = period.to?;
                Some(i128::from(to.months().abs_diff(period.from.months())))
            };
            if claim.sign == Sign::Time(Unit::Year) {
                let months = claim.value * 12 / 1_000_000;
                return found.periods.iter().filter_map(years).any(|lasted| (lasted - months).abs() <= 11);
            }
            let elided = |other: &&Figure| other.value == claim.value && other.sign == Sign::Plain && other.counts.is_none();
            let same = found.figures.iter().any(|other| other.sign == claim.sign && other.value != claim.value);
            if matches!(claim.sign, Sign::Time(_)) && same && found.figures.iter().any(|other| elided(&other)) {
                return true;
            }
            found.figures.windows(2).any(|pair| {
                let (from, to) = (pair[0].value, pair[1].value);
                let change = (from - to).abs();
                let percent = claim.sign == Sign::Percent && from > 0 && (change * 100 - claim.value / 1_000_000 * from).abs() * 2 <= from;
                pair[0].sign == pair[1].sign && pair[0].end == Some(figures::End::From) && (percent || (change == claim.value && pair[0].sign == claim.sign))
            })
        })
    }

    /// "in 2019" where the source has the year in a date.
    fn is_year(&self, claim: &Figure) -> bool {
        let year = claim.value / 1_000_000;
        let year = u16::try_from(year).ok().filter(|year| (1950..=2049).contains(year));
        claim.sign == Sign::Plain && year.is_some_and(|year| self.source.has_date(Date { year, month: None }))
    }

    /// "9 years of experience" where the source's dates add up to it.
    fn is_career(&self, claim: &Figure) -> bool {
        let years = match claim.sign {
            Sign::Time(Unit::Year) => claim.value / 1_000_000,
            _ => return false,
        };
        let of_something = claim.counts.as_ref().is_some_and(|word| {
            let words = words(word);
            !lexicon::find(word, &words).is_empty()
                || !self.source.words.contains(word)
                || self.source.exact.contains(&capitalized(word))
        });
        let counted = claim.counts.as_deref().unwrap_or_default();
        let stated = self
            .source
            .figures_counting(counted)
            .any(|(_, other)| matches!(other.sign, Sign::Time(Unit::Year)) && other.value != claim.value);
        !of_something && !stated && years * 12 <= i128::from(self.source.months_of_work())
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

const PARTS_OF_DEGREES: &[&str] = &[
    "doctor", "juris", "hons", "science", "arts", "degree", "engineering", "honours", "honors", "hons", "philosophy", "applied", "fine",
    "business", "administration", "first", "class", "thesis",
];

fn is_certifying(root: &str, word: &str) -> bool {
    let stem = |text: &str| text.chars().take(6).collect::<String>();
    (root.starts_with("certif") || root.starts_with("licen") || root.starts_with("zertif"))
        && stem(root)[..5] == stem(word).chars().take(5).collect::<String>()
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
