//! The claims of a line, and whether the source supports them.

use std::ops::Range;

use super::Class;
use super::figures::{self, Figure, Sign, Unit};
use super::lists;
use super::source::{Aligned, Source, is_bullet};
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
    entry: Option<usize>,
    /// What the answer's head has said since it turned to that position.
    has_title: bool,
    has_period: bool,
}

const EMPLOYER_CUES: &[&str] = &["at", "@", "joined", "bei", "chez"];
const COMPANY_FORMS: &[&str] = &[
    "inc", "gmbh", "ltd", "llc", "ag", "corp", "corporation", "plc", "bv", "sarl", "kg", "company", "group",
    "holdings", "s.a", "sa", "university", "college", "bank", "labs", "institute", "hospital", "clinic",
];
const CERTIFIED: &[&str] = &[
    "certified", "certification", "certifications", "certificate", "licensed", "license", "licence", "accredited",
    "zertifiziert", "zertifikat", "certifié", "certifiée", "certificado", "certificada", "chartered",
];
const COPIED_WORDS: usize = 4;
const HEAD_WORDS: usize = 16;

/// A line being read.
struct Reading<'a> {
    source: &'a Source,
    plain: &'a str,
    words: &'a [Word<'a>],
    mentions: &'a [Mention],
    aligned: Aligned,
    /// Reads as a line that heads a position: no bullet, no sentence.
    is_head: bool,
    is_heading: bool,
    /// Has a period or a date.
    is_dated: bool,
    claims: Vec<Claim>,
}

/// The claims of a line in order of class. Reads nothing but the line, the source and what earlier lines left in `context`.
pub(super) fn judge(source: &Source, line: &str, vault: &Vault, context: &mut Context) -> Vec<Claim> {
    let plain = without_placeholders(line);
    let words = words(&plain);
    let mentions = lexicon::find(&plain, &words);
    let is_heading =
        !words.is_empty() && words.len() <= 6 && words.iter().all(|word| lists::is_heading_word(&word.lower));
    let is_head =
        !is_bullet(line) && words.len() <= HEAD_WORDS && !plain.trim_end().ends_with(['.', '!', '?']) && !is_heading;
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
        claims: Vec::new(),
    };
    reading.placeholders(line, vault);
    reading.bait();
    reading.links();
    reading.certificates();
    reading.degrees();
    reading.dates_and_titles(context);
    reading.skills();
    reading.names();
    reading.figures();
    reading.scope(line);
    // What is copied is true, unless so short that it may be true of another position.
    if words.len() >= COPIED_WORDS && source.says(line) {
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
    fn add(&mut self, class: Class, range: Range<usize>, supported: bool) {
        let overlaps = |claim: &Claim| claim.range.start < range.end && range.start < claim.range.end;
        if !self.claims.iter().any(overlaps) {
            self.claims.push(Claim { class, range, supported });
        }
    }

    fn is_taken(&self, at: usize) -> bool {
        self.claims.iter().any(|claim| claim.range.contains(&at))
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

    /// Dates, titles and employers of a line that heads a position belong together: one position must have them all.
    fn dates_and_titles(&mut self, context: &mut Context) {
        let found = figures::read(self.plain, self.words);
        self.is_dated = !found.periods.is_empty() || !found.dates.is_empty();
        let titles = self.titles();
        let employers = self.employers(&titles);
        let dated = !found.periods.is_empty();
        let aligned: Vec<usize> = self.aligned.lines.clone();
        let heads = if self.is_head
            && !self.source.entries.is_empty()
            && (dated || !titles.is_empty() || !employers.is_empty())
        {
            self.entry(&found.periods, &titles, &employers, context)
        } else {
            None
        };
        for period in &found.periods {
            let is_in = |periods: &[figures::Period]| periods.iter().any(|other| period.is_in(other));
            let supported = match heads {
                Some(entry) => is_in(&self.source.entries[entry].periods),
                None => self.source.lines.iter().any(|line| is_in(&line.figures.periods)),
            };
            self.add(Class::Date, period.range.clone(), supported);
        }
        for (range, date) in &found.dates {
            let says = |line: &super::source::Line| {
                let periods =
                    line.figures.periods.iter().flat_map(|period| std::iter::once(period.from).chain(period.to));
                let dates = line.figures.dates.iter().map(|(_, date)| *date);
                let plain = i128::from(date.year) * 1_000_000;
                dates.chain(periods).any(|other| date.is_in(other))
                    || line.figures.figures.iter().any(|figure| figure.value == plain)
            };
            let near = aligned.iter().any(|&index| says(&self.source.lines[index]))
                || heads
                    .is_some_and(|entry| self.source.lines[self.source.entries[entry].head.clone()].iter().any(says));
            // A line that says little else takes its date from anywhere; one that tells of a certain thing, from there.
            let loose = self.aligned.share < 0.5 || self.words.iter().filter(|word| word.has_letter()).count() < 2;
            let supported = near || (loose && self.source.lines.iter().any(says));
            self.add(Class::Date, range.clone(), supported);
        }
        for title in titles {
            let wanted = self.content(&title);
            let forbidden: Vec<&str> =
                lists::LOW.iter().copied().filter(|low| !wanted.iter().any(|word| word == low)).collect();
            let all = 0..self.source.lines.len();
            let supported = match heads {
                Some(entry) => self.source.has_together(&wanted, self.source.entries[entry].head.clone(), &forbidden),
                None => self.source.has_together(&wanted, all, &forbidden),
            };
            self.add(Class::Title, self.span(&title), supported);
        }
        for employer in employers {
            let wanted = self.content(&employer);
            let known = |words: &[String]| self.source.has_together(words, 0..self.source.lines.len(), &[]);
            let in_entry = heads
                .is_none_or(|entry| self.source.has_together(&wanted, self.source.entries[entry].head.clone(), &[]));
            let supported = known(&wanted) && (in_entry || !dated);
            self.add(Class::Employer, self.span(&employer), supported);
        }
    }

    /// The position that a head line tells of: the one with most of what it says.
    fn entry(
        &self,
        periods: &[figures::Period],
        titles: &[Range<usize>],
        employers: &[Range<usize>],
        context: &mut Context,
    ) -> Option<usize> {
        let score = |index: usize| {
            let entry = &self.source.entries[index];
            let has = |words: &Range<usize>| {
                let wanted = self.content(words);
                self.source.has_together(&wanted, entry.head.clone(), &[])
            };
            let employer = employers.iter().filter(|words| has(words)).count() * 4;
            let title = titles.iter().filter(|words| has(words)).count() * 3;
            let partly = titles
                .iter()
                .flat_map(|words| self.content(words))
                .filter(|word| self.source.lines[entry.head.clone()].iter().any(|line| line.words.contains(word)));
            let period =
                periods.iter().filter(|period| entry.periods.iter().any(|other| period.is_in(other))).count() * 3;
            employer + title + period + usize::from(partly.count() > 0)
        };
        let kinds =
            usize::from(!periods.is_empty()) + usize::from(!titles.is_empty()) + usize::from(!employers.is_empty());
        // A date by itself, or a title by itself, belongs to the employer above it.
        let continues = kinds == 1
            && employers.is_empty()
            && context.entry.is_some()
            && !((!titles.is_empty() && context.has_title) || (!periods.is_empty() && context.has_period));
        let best = if continues {
            context.entry
        } else {
            (0..self.source.entries.len()).rev().max_by_key(|&index| score(index)).filter(|&index| score(index) > 1)
        };
        let has_neither = best.is_none();
        if best != context.entry || !continues {
            *context = Context { entry: best, has_title: false, has_period: false };
        }
        context.has_title |= !titles.is_empty();
        context.has_period |= !periods.is_empty();
        // No position fits at all: then what the line says must stand somewhere in the source.
        best.filter(|_| !has_neither)
    }

    /// Titles, as ranges of words.
    fn titles(&self) -> Vec<Range<usize>> {
        let words = self.words;
        let mut found: Vec<Range<usize>> = Vec::new();
        for (index, word) in words.iter().enumerate() {
            if !lists::is_role(singular(&word.lower)) || found.last().is_some_and(|last| last.end > index) {
                continue;
            }
            let joined = |a: usize| {
                matches!(
                    &self.plain[words[a].range.end..words[a + 1].range.start],
                    " " | "-" | "/" | " & " | "/ " | " / "
                )
            };
            let belongs = |word: &Word<'_>| {
                word.has_letter()
                    && !lists::is_function_word(&word.lower)
                    && (word.is_capitalized() || lists::is_seniority(&word.lower) || self.is_head)
            };
            let mut start = index;
            while start > 0
                && joined(start - 1)
                && belongs(&words[start - 1])
                && index - start < 4
                && !lists::is_inflating(&words[start - 1].lower)
            {
                start -= 1;
            }
            // "Led" and the like begin a bullet with a capital letter.
            if start < index
                && words[start].starts
                && !self.is_head
                && !lists::is_seniority(&words[start].lower)
                && !words[start + 1].is_capitalized()
            {
                start += 1;
            }
            let mut end = index + 1;
            while end < words.len()
                && joined(end - 1)
                && lists::is_role(singular(&words[end].lower))
                && (words[end].is_capitalized() || self.is_head)
            {
                end += 1;
            }
            // Director of Infrastructure
            if end + 1 < words.len()
                && joined(end - 1)
                && joined(end)
                && words[end].lower == "of"
                && words[end + 1].is_capitalized()
            {
                end += 2;
            }
            let phrase = &words[start..end];
            let senior =
                phrase.iter().any(|word| lists::is_seniority(&word.lower) && !lists::is_weak_role(&word.lower))
                    || phrase[..phrase.len() - 1].iter().any(|word| lists::is_seniority(&word.lower));
            let acronym = word.text.len() >= 2 && word.text.chars().all(char::is_uppercase);
            let capital = word.is_capitalized() && !(word.starts && index == start);
            let plural = word.lower.ends_with('s') && !lists::is_role(&word.lower);
            let others = start.checked_sub(1).is_some_and(|before| {
                matches!(
                    words[before].lower.as_ref(),
                    "with" | "to" | "for" | "by" | "of" | "other" | "two" | "from" | "and" | "the" | "our" | "between"
                )
            });
            let weak = lists::is_weak_role(singular(&word.lower)) && phrase.len() == 1;
            let after_as = start.checked_sub(1).is_some_and(|before| {
                matches!(words[before].lower.as_ref(), "as" | "a" | "an" | "als" | "became" | "into")
            });
            let is_title = acronym
                || (self.is_head && !weak && !plural && (word.is_capitalized() || phrase.len() == words.len()))
                || (!plural
                    && !weak
                    && (capital
                        || (senior && !others)
                        || (after_as && phrase.len() > 1)
                        || (word.starts && phrase.len() > 1)));
            if is_title && !self.is_heading {
                found.push(start..end);
            }
        }
        found
    }

    /// Organizations, as ranges of words: after "at", beside a company form, or what else a head line names.
    fn employers(&self, titles: &[Range<usize>]) -> Vec<Range<usize>> {
        let words = self.words;
        let in_title = |index: usize| titles.iter().any(|title| title.contains(&index));
        let is_skill = |index: usize| self.mentions.iter().any(|mention| mention.words.contains(&index));
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut index = 0;
        while index < words.len() {
            let word = &words[index];
            if !word.is_capitalized() || in_title(index) {
                index += 1;
                continue;
            }
            let mut end = index + 1;
            while end < words.len() && !in_title(end) && words[end].is_capitalized() {
                let gap = &self.plain[words[end - 1].range.end..words[end].range.start];
                if !matches!(gap, " " | " & " | "-" | ". ") {
                    break;
                }
                end += 1;
            }
            let head = &self.plain[..word.range.start];
            let after =
                index.checked_sub(1).is_some_and(|before| EMPLOYER_CUES.contains(&words[before].lower.as_ref()))
                    || head.trim_end().ends_with('@');
            let form =
                end - index > 1 && words[index..end].iter().any(|word| COMPANY_FORMS.contains(&word.lower.as_ref()));
            let labels = self.plain[words[end - 1].range.end..].starts_with(':');
            // "Developed 14 services" without a bullet is a sentence.
            let sentence = index == 0
                && words.get(end).is_some_and(|next| {
                    &self.plain[words[end - 1].range.end..next.range.start] == " "
                        && !next.is_capitalized()
                        && next.has_letter()
                });
            let heads = self.is_head && self.is_dated && !labels && !sentence;
            let only_skill =
                (index..end).all(is_skill) || words[index..end].iter().all(|word| lists::is_heading_word(&word.lower));
            if (after || form || heads) && !only_skill && !lists::is_no_name(word) && !self.is_heading {
                found.push(index..end);
            }
            index = end;
        }
        found
    }

    fn degrees(&mut self) {
        for (range, degree) in lists::degrees(self.plain, self.words) {
            let Some(index) = self.words.iter().position(|word| word.range == range) else { continue };
            let field: Vec<String> = self.words[index + 1..]
                .iter()
                .take_while(|word| {
                    !self.plain[range.end..word.range.start].contains([',', ';', '|', '(', '–', '—'])
                        && self.plain[range.end..word.range.start].find(" - ").is_none()
                })
                .filter(|word| {
                    word.has_letter()
                        && !lists::is_function_word(&word.lower)
                        && !PARTS_OF_DEGREES.contains(&word.lower.as_ref())
                })
                .take_while(|word| !matches!(word.lower.as_ref(), "from" | "at"))
                .map(|word| root(&word.lower))
                .take(4)
                .collect();
            let has_field = |line: &super::source::Line| {
                let roots: Vec<String> = line.words.iter().map(|word| root(word)).collect();
                field.iter().all(|word| {
                    roots.contains(word)
                        || (matches!(word.as_str(), "comput" | "scienc") && roots.iter().any(|root| root == "c"))
                })
            };
            let words_of = |line: &super::source::Line| {
                lists::degrees(&line.text, &words(&line.text)).iter().any(|(_, other)| *other == degree)
            };
            let supported = self.source.degrees.contains(&degree)
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
            let supported = self.source.skills.contains(&mention.skill);
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
                line.words.iter().any(|other| root(other) == *word || is_certifying(word, other))
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
                    self.source.exact.contains(word.text)
                        || word.lower.len() > 3 && self.source.words.contains(word.lower.as_ref())
                })
                && (wanted.len() == 1 || self.source.has_together(&wanted, 0..self.source.lines.len(), &[]));
            let supported = self.source.skills.contains(&mention.skill) || literal;
            self.add(Class::Skill, self.span(&mention.words), supported);
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
        for word in self.words {
            if self.is_taken(word.range.start) || lists::is_no_name(word) || !word.has_letter() {
                continue;
            }
            let coined = word.is_coined() && !shouts;
            let named = word.is_capitalized()
                && !word.starts
                && self.source.capitals_are_names
                && !all_capital
                && word.text.chars().count() > 1;
            if !coined && !named {
                continue;
            }
            let lower = word.lower.as_ref();
            let bare = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(lower);
            let known = |word: &str| self.source.words.contains(word) || self.source.words.contains(singular(word));
            let spelled = word.text.chars().all(char::is_uppercase) && self.source.initials.contains(lower);
            let rooted = !coined && self.source.roots.contains(&root(bare));
            let supported = known(bare) || known(lower) || spelled || rooted || lists::is_heading_word(lower);
            self.add(Class::Name, word.range.clone(), supported);
        }
    }

    fn figures(&mut self) {
        let found = figures::read(self.plain, self.words);
        for figure in found.figures {
            if self.is_taken(figure.range.start) {
                continue;
            }
            let supported = self.supports(&figure);
            let class = if matches!(figure.sign, Sign::Time(_)) { Class::Date } else { Class::Number };
            self.add(class, figure.range, supported);
        }
    }

    fn supports(&self, claim: &Figure) -> bool {
        let same_sign = |other: &Figure| other.sign == claim.sign;
        let turned = |other: &Figure| matches!((claim.end, other.end), (Some(a), Some(b)) if a != b);
        let equal: Vec<(usize, &Figure)> = self
            .source
            .figures()
            .filter(|(_, other)| other.value == claim.value && same_sign(other) && !turned(other))
            .collect();
        let counts_same = |other: &Figure| other.counts.is_some() && other.counts == claim.counts;
        if equal.iter().any(|(_, other)| counts_same(other)) {
            return true;
        }
        // What is counted stands beside another figure in the source: then this is not its figure.
        let contradicted = claim.counts.is_some()
            && self.source.figures().any(|(line, other)| {
                counts_same(other)
                    && same_sign(other)
                    && (self.aligned.lines.contains(&line) || matches!(claim.sign, Sign::Time(_)))
            });
        let aligned = equal.iter().any(|(line, _)| self.aligned.lines.contains(line));
        if aligned && !contradicted {
            return true;
        }
        let year = claim.value / 1_000_000;
        let is_year = self
            .source
            .lines
            .iter()
            .any(|line| line.figures.dates.iter().any(|(_, date)| i128::from(date.year) == year));
        let loose = self.aligned.share < 0.3 && !equal.is_empty() && !contradicted;
        loose || (claim.sign == Sign::Plain && is_year && (1950..=2049).contains(&year)) || self.is_career(claim)
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
        let stated = self.source.figures().any(|(_, other)| {
            matches!(other.sign, Sign::Time(Unit::Year)) && other.counts == claim.counts && other.value != claim.value
        });
        !of_something && !stated && years * 12 <= i128::from(self.source.months_of_work())
    }

    /// Verbs of leading where the source only took part.
    fn scope(&mut self, line: &str) {
        if self.is_head && !is_bullet(line) {
            return;
        }
        let Some(index) = self.words.iter().take(3).position(|word| lists::is_inflating(&word.lower)) else { return };
        let supported = self.aligned.lines.iter().any(|&line| self.source.lines[line].has_strong_verb);
        let range = self.words[index].range.clone();
        if !self.is_taken(range.start) && self.aligned.share >= 0.3 {
            self.add(Class::Scope, range, supported);
        }
    }

    /// The words of a phrase that count: lower case, singular, no function words.
    fn content(&self, words: &Range<usize>) -> Vec<String> {
        let content = self.words[words.clone()].iter().filter(|word| !lists::is_function_word(&word.lower));
        content.map(|word| singular(&word.lower).to_owned()).collect()
    }

    fn span(&self, words: &Range<usize>) -> Range<usize> {
        self.words[words.start].range.start..self.words[words.end - 1].range.end
    }
}

const PARTS_OF_DEGREES: &[&str] = &[
    "science", "arts", "degree", "engineering", "honours", "honors", "hons", "philosophy", "applied", "fine",
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

const TOP_LEVEL: &[&str] = &[
    "com", "org", "net", "io", "dev", "co", "de", "fr", "es", "uk", "eu", "ai", "app", "me", "info", "biz", "xyz",
    "ru", "cn", "ly", "link", "click", "site", "online", "example", "test", "us", "ch", "at", "it", "nl", "be", "pl",
    "in", "gov", "edu", "to", "gg", "invalid", "top", "page", "evil",
];

/// Whether a token is an address, a markdown link, or markup that could load or run something.
fn is_link(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    let markup = lower
        .find('<')
        .is_some_and(|at| lower[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'));
    if lower.contains("://")
        || lower.starts_with("www.")
        || lower.contains("mailto:")
        || lower.contains("javascript:")
        || lower.contains("data:")
        || lower.contains("](")
        || markup
    {
        return true;
    }
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let host = bare.split(['/', '?', '#', ':']).next().unwrap_or_default();
    if host.contains('@') && host.contains('.') {
        return true;
    }
    let Some((name, top)) = host.rsplit_once('.') else { return false };
    let is_name =
        name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.')) && name.chars().any(char::is_alphabetic);
    let has_path = bare.len() > host.len();
    is_name
        && name.len() > 1
        && TOP_LEVEL.contains(&top)
        && (has_path || !token.contains(char::is_uppercase) || top == "com")
}

/// Empties a remark that links to what `known` (lower case) does not, or says what a hidden instruction wants said. Such a
/// sentence goes alone where others are left.
pub(super) fn screen(remark: &mut String, known: &str, bait: &std::collections::HashSet<String>) {
    let is_foul = |sentence: &str| {
        let plain = without_placeholders(sentence);
        let trim = |token: &str| {
            token.trim_matches(['(', ')', '[', ']', '<', '>', ',', ';', '.', '!', '"', '\'', '|']).to_lowercase()
        };
        plain.split_whitespace().any(|token| is_link(token) && !known.contains(&trim(token)))
            || words(&plain).iter().any(|word| bait.contains(word.lower.as_ref()))
    };
    if is_foul(remark) {
        let kept: Vec<String> = remark
            .split_inclusive('\n')
            .map(|line| super::sentences(line).into_iter().filter(|sentence| !is_foul(sentence)).collect())
            .collect();
        *remark = kept.concat().trim().to_owned();
    }
}
