//! The source: what an answer may claim.

use std::borrow::Cow;
use std::ops::Range;

use foldhash::{HashMap, HashSet};
use smallvec::{SmallVec, smallvec};

use super::bait::Bait;
use super::claimed::total_months;
use super::disguise::Scripts;
use super::figures::{self, Date, Figure, Figures, Period, Sign, Unit, unit_of};
use super::lines::{bare, is_bullet, is_invisible, is_name_pair, pieces, roots};
use super::{languages, lists};
use crate::lexicon::{self, Skill};
use crate::redaction::{Kind, Redacted, placeholders, visible, without_placeholders};
use crate::request::Input;
use crate::words::{Word, singular, words};

/// Positions that one line may be about.
pub(super) const MAX_NEAR: usize = 12;
/// Places of one word or value that are looked at.
pub(super) const MAX_PLACES: usize = 64;
/// Bytes of a line that is still one.
pub(super) const LONG_LINE: usize = 1_000;
/// Bytes of a text for each word that it says for the first time, roughly.
const BYTES_PER_WORD: usize = 12;
/// Lines around a dated line that belong to its head at most.
pub(super) const HEAD_LINES: usize = 3;

/// Numbers of lines or words: mostly one or two.
pub(super) type Places = SmallVec<[u32; 4]>;

/// The facts of the sources.
#[derive(Default)]
pub struct Source {
    pub(super) lines: Vec<Line>,
    /// Positions, dated lines with what stands around them.
    pub(super) entries: Vec<Entry>,
    /// Every word that is not all lower case, as written.
    pub(super) exact: HashSet<String>,
    /// A number for every word in lower case, as written and in the singular.
    pub(super) ids: HashMap<String, u32>,
    /// Figures by value, and by what they count: line and index there.
    by_value: HashMap<i128, Vec<(u32, u32)>>,
    by_count: HashMap<String, Vec<(u32, u32)>>,
    pub(super) skills: HashSet<Skill>,
    /// How well languages are spoken.
    pub(super) levels: HashMap<Skill, u8>,
    /// What it says is not there: "no experience with".
    pub(super) lacked: HashSet<Skill>,
    /// Lines that name a degree, and that have a word of certifying, by its stem.
    pub(super) degrees: HashMap<lists::Degree, Vec<u32>>,
    pub(super) certifying: HashMap<&'static str, Vec<u32>>,
    /// First letters of every line's words, small words aside: what an acronym may stand for.
    initials: String,
    /// Of a rewritten résumé, whose every sentence has something of it.
    pub(super) is_resume: bool,
    /// What a document's hidden instruction wants to see in the answer.
    pub(super) bait: Bait,
    /// Capitalized words that follow one another: the Bank of "Palisade Bank".
    followed_by: HashMap<u32, Places>,
    /// Lines that read so, bullet signs aside.
    reading: HashMap<String, Places>,
    /// Sentences of lines of several, bullet signs aside.
    sentences: HashSet<String>,
    /// Entries by a year in which a period of theirs begins.
    pub(super) entries_from: HashMap<u16, Vec<u32>>,
    /// Entries whose head a line belongs to.
    pub(super) entries_of: HashMap<u32, Vec<u32>>,
    /// Lines that have a word, by its number.
    pub(super) lines_with: Vec<Places>,
    /// Periods by the year they begin in; every date by its year.
    periods_from: HashMap<u16, Vec<Period>>,
    dates_in: HashMap<u16, Vec<Date>>,
    /// Dates that follow each other in a line: "joined in 2011 and became head in 2016".
    spans: HashMap<u16, Vec<(Date, Date)>>,
    placeholders: HashSet<(Kind, usize)>,
    /// What it is written in.
    pub(super) scripts: Scripts,
    /// All of it in lower case, for links.
    text: String,
    /// Lines by the roots of their words.
    pub(super) lines_of: HashMap<String, Places>,
    /// Whether a capital letter inside a sentence marks a name. Not in German, which writes nouns so.
    pub(super) capitals_are_names: bool,
}

/// A line of a source.
pub(super) struct Line {
    pub(super) text: String,
    /// Words in lower case, in the singular, in order, as numbers of [`Source::ids`].
    pub(super) words: Vec<u32>,
    /// Names a school or a degree.
    is_school: bool,
    pub(super) figures: Figures,
    pub(super) is_bullet: bool,
    pub(super) has_strong_verb: bool,
    /// Lengths of time that it names.
    times: Vec<Unit>,
    /// Says among its first words that somebody took part.
    pub(super) has_weak_verb: bool,
}

/// A position, a study, a project: a dated line with the lines of its head.
pub(super) struct Entry {
    /// Lines of the head, by index.
    pub(super) head: Range<usize>,
    pub(super) periods: Vec<Period>,
}

impl Source {
    /// Reads the sources' facts.
    #[must_use]
    pub fn of(texts: &[&Redacted]) -> Source {
        let mut source = Source::default();
        let length: usize = texts.iter().map(|text| text.as_str().len()).sum();
        source.ids.reserve(length / BYTES_PER_WORD);
        source.lines_of.reserve(length / BYTES_PER_WORD);
        source.text.reserve(length);
        for text in texts {
            for line in text.as_str().lines() {
                // A page without a line end is read by its sentences: what is compared with a line has an end.
                match line.len() {
                    0..=LONG_LINE => source.read(line, true),
                    _ => super::sentences(line).into_iter().flat_map(pieces).for_each(|piece| source.read(piece, true)),
                }
            }
        }
        source.find_entries();
        let foreign =
            ["und", "der", "die", "mit", "für", "von", "bei"].iter().filter(|word| source.has_word(word)).count();
        source.capitals_are_names = foreign < 4;
        let implied: Vec<Skill> = source.skills.iter().flat_map(|skill| skill.implied()).copied().collect();
        source.skills.extend(implied);
        source
    }

    /// The facts that an answer to this input may state.
    #[must_use]
    pub fn of_input(input: &Input<Redacted>) -> Source {
        let mut source = Source::of(&input.sources());
        if let Input::CoverLetter { company, position, job, .. } = input {
            source.allow_words(&[company, position]);
            // A letter addresses the person whom the job names.
            let names = placeholders(job.as_str()).filter_map(|(_, key)| key).filter(|(kind, _)| *kind == Kind::Name);
            source.placeholders.extend(names);
        }
        source.bait = Bait::of(input);
        source.is_resume = matches!(input, Input::ResumeOptimization { .. });
        source
    }

    /// Lets the answer name these, as a cover letter names the company it is sent to. They support no figure.
    fn allow_words(&mut self, texts: &[&Redacted]) {
        for text in texts {
            self.read(text.as_str(), false);
        }
    }

    /// Reads a line as the model does; without `has_figures` its words only.
    fn read(&mut self, line: &str, has_figures: bool) {
        let line = &*visible(line);
        if line.trim().is_empty() {
            return;
        }
        let index = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        add(&mut self.reading, bare(line), index);
        let sentences = super::sentences(line);
        if sentences.len() > 1 {
            self.sentences.extend(sentences.into_iter().map(|sentence| bare(sentence).to_owned()));
        }
        let plain = without_placeholders(line);
        self.placeholders.extend(placeholders(line).filter_map(|(_, key)| key));
        self.text.push_str(&plain.to_lowercase());
        self.scripts.add(&plain);
        self.text.push('\n');
        let words = words(&plain);
        for word in &words {
            if word.text != word.lower {
                self.exact.insert(word.text.to_owned());
            }
        }
        for root in roots(&words) {
            add(&mut self.lines_of, root, index);
        }
        let mentions = lexicon::find(&plain, &words);
        for (at, level) in languages::levels(&plain, &words, &mentions) {
            let known = self.levels.entry(mentions[at].skill).or_default();
            *known = level.max(*known);
        }
        for mention in mentions {
            let negated = lexicon::is_negated(&plain, &words, mention.words.start);
            if negated {
                self.lacked.insert(mention.skill)
            } else {
                self.skills.insert(mention.skill)
            };
        }
        for (_, degree) in lists::degrees(&plain, &words) {
            push_new(self.degrees.entry(degree).or_default(), index);
        }
        for stem in words.iter().filter_map(|word| lists::certifying(&word.lower)) {
            push_new(self.certifying.entry(stem).or_default(), index);
        }
        let content = words.iter().filter(|word| !matches!(word.lower.as_ref(), "of" | "and" | "the" | "for"));
        self.initials.extend(content.filter_map(|word| word.lower.chars().next()));
        self.initials.push('\n');
        let figures = if has_figures { figures::read(&plain, &words) } else { Figures::default() };
        for (at, figure) in (0..).zip(&figures.figures) {
            self.by_value.entry(figure.value).or_default().push((index, at));
            if let Some(counted) = &figure.counts {
                self.by_count.entry(counted.clone()).or_default().push((index, at));
            }
        }
        let ids: Vec<u32> = words
            .iter()
            .map(|word| {
                let one = singular(&word.lower);
                if one.len() < word.lower.len() {
                    self.id_of(&word.lower);
                }
                self.id_of(one)
            })
            .collect();
        for (at, _) in words.windows(2).enumerate().filter(|(_, pair)| is_name_pair(&plain, pair)) {
            self.followed_by.entry(ids[at]).or_default().push(ids[at + 1]);
        }
        // Also for the forms that are no singular: whoever asks for one finds no line.
        self.lines_with.resize_with(self.ids.len(), Places::new);
        for id in &ids {
            let lines = &mut self.lines_with[*id as usize];
            if lines.last() != Some(&index) && lines.len() < MAX_PLACES {
                lines.push(index);
            }
        }
        for period in &figures.periods {
            push_new(self.periods_from.entry(period.from.year).or_default(), period.clone());
            for date in [Some(period.from), period.to].into_iter().flatten() {
                push_new(self.dates_in.entry(date.year).or_default(), date);
            }
        }
        for pair in figures.dates.windows(2) {
            push_new(self.spans.entry(pair[0].1.year).or_default(), (pair[0].1, pair[1].1));
        }
        for (_, date) in &figures.dates {
            push_new(self.dates_in.entry(date.year).or_default(), *date);
        }
        self.lines.push(Line {
            is_school: words.iter().any(|word| lists::is_school(singular(&word.lower))),
            is_bullet: is_bullet(line),
            times: words.iter().filter_map(|word| unit_of(&word.lower)).collect(),
            has_weak_verb: words.iter().take(3).any(|word| lists::is_weak(&word.lower) && word.lower != "with"),
            has_strong_verb: words.iter().any(|word| lists::is_strong(&word.lower)),
            figures,
            words: ids,
            text: line.to_owned(),
        });
    }

    fn id_of(&mut self, word: &str) -> u32 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.insert(word.to_owned(), next);
        next
    }

    /// A line without the characters that nobody sees, unless the source has them, too.
    pub(super) fn visible<'a>(&self, line: &'a str) -> Cow<'a, str> {
        if line.is_ascii() {
            return Cow::Borrowed(line);
        }
        Cow::Owned(line.chars().filter(|&c| !is_invisible(c) || self.text.contains(c)).collect())
    }

    /// The line that reads so behind one that reads like `before`, bullet signs aside.
    pub(super) fn following(&self, before: &str, line: &str) -> Option<usize> {
        let before = bare(before);
        let reads_before = |line: &&u32| match (**line).checked_sub(1) {
            Some(above) => bare(&self.lines[above as usize].text) == before,
            None => before.is_empty(),
        };
        self.reading.get(bare(line))?.iter().take(MAX_PLACES).find(reads_before).map(|line| *line as usize)
    }

    /// Whether a period stands anywhere in the source.
    pub(super) fn has_period(&self, period: &Period) -> bool {
        self.periods_from.get(&period.from.year).is_some_and(|known| known.iter().any(|other| period.is_in(other)))
            || self.spans.get(&period.from.year).is_some_and(|known| {
                known.iter().any(|(from, to)| period.from.is_in(*from) && period.to.is_some_and(|end| end.is_in(*to)))
            })
    }

    /// Whether a date stands anywhere in the source.
    pub(super) fn has_date(&self, date: Date) -> bool {
        self.dates_in.get(&date.year).is_some_and(|known| known.iter().any(|other| date.is_in(*other)))
            || self.by_value.contains_key(&(i128::from(date.year) * 1_000_000))
    }

    /// Whether a line of the source reads so, bullet signs aside.
    pub(super) fn says(&self, line: &str) -> bool {
        let line = bare(line);
        self.reading.contains_key(line) || self.sentences.contains(line)
    }

    pub(super) fn has_placeholder(&self, key: (Kind, usize)) -> bool {
        self.placeholders.contains(&key)
    }

    /// Whether the source has a word in just this spelling.
    pub(super) fn has_exact(&self, word: &Word<'_>) -> bool {
        if word.text == word.lower { self.has_word(word.text) } else { self.exact.contains(word.text) }
    }

    /// Whether the source has a word, in lower case: as written there, or in the singular of that.
    pub(super) fn has_word(&self, lower: &str) -> bool {
        self.ids.contains_key(lower)
    }

    /// Whether a capitalized word is followed by other capitalized ones in the source, and by this one never.
    pub(super) fn goes_on_otherwise(&self, name: &str, next: &str) -> bool {
        let id = |word: &str| self.ids.get(singular(word)).copied();
        let known = id(name).and_then(|name| self.followed_by.get(&name));
        known.is_some_and(|known| id(next).is_none_or(|next| !known.contains(&next)))
    }

    /// Whether the source has a word of this root.
    pub(super) fn has_root(&self, root: &str) -> bool {
        self.lines_of.contains_key(root)
    }

    /// All of it in lower case, without placeholders.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn has_text(&self, lower: &str) -> bool {
        self.text.contains(lower)
    }

    /// Whether the first letters of words in a row spell this.
    pub(super) fn spells(&self, acronym: &str) -> bool {
        self.initials.contains(acronym)
    }

    /// Whether a line has a word of this root.
    pub(super) fn line_has_root(&self, line: u32, root: &str) -> bool {
        self.lines_of.get(root).is_some_and(|lines| lines.binary_search(&line).is_ok())
    }

    /// Whether a line has this word, in lower case and in the singular.
    pub(super) fn line_has(&self, line: usize, word: &str) -> bool {
        self.ids.get(word).is_some_and(|id| self.lines[line].words.contains(id))
    }

    /// Whether a line has these words in this order, with nothing but small words between them.
    pub(super) fn has_sequence(&self, wanted: &[String], lines: &Range<usize>) -> bool {
        let ids: Option<Vec<u32>> = wanted.iter().map(|word| self.ids.get(word).copied()).collect();
        let Some(ids) = ids else { return false };
        let Some(first) = ids.first() else { return true };
        let small =
            ["of", "the", "and", "de", "für", "for"].map(|word| self.ids.get(word).copied().unwrap_or(u32::MAX));
        self.lines_with[*first as usize].iter().filter(|line| lines.contains(&(**line as usize))).any(|line| {
            let own = &self.lines[*line as usize].words;
            let follows = |(at, _): (usize, &u32)| {
                let rest = own[at..].iter().filter(|id| !small.contains(id));
                rest.take(ids.len()).eq(&ids)
            };
            own.iter().enumerate().filter(|(_, id)| *id == first).any(follows)
        })
    }

    /// Whether one of these lines has all these words within a window not much longer than they are.
    pub(super) fn has_together(&self, wanted: &[String], lines: Range<usize>, forbidden: &[&str]) -> bool {
        let ids: Option<Vec<u32>> = wanted.iter().map(|word| self.ids.get(word).copied()).collect();
        let Some(ids) = ids else { return false };
        let forbidden: Vec<(u32, bool)> = forbidden
            .iter()
            .filter_map(|word| Some((*self.ids.get(*word)?, lists::LOW_BEFORE.contains(word))))
            .collect();
        let rarest = ids.iter().min_by_key(|id| self.lines_with[**id as usize].len());
        let Some(rarest) = rarest else { return true };
        let mut places = self.lines_with[*rarest as usize].iter().map(|line| *line as usize);
        places.any(|line| lines.contains(&line) && self.lines[line].has_together(&ids, &forbidden))
    }

    /// Dated months outside education, overlaps counted once; an open end reaches to the latest year that is named.
    pub(super) fn months_of_work(&self) -> u32 {
        let latest = self.lines.iter().flat_map(|line| {
            let ends = line.figures.periods.iter().filter_map(|period| period.to);
            ends.chain(line.figures.dates.iter().map(|(_, date)| *date))
                .chain(line.figures.periods.iter().map(|period| period.from))
        });
        let latest = latest.map(|date| date.year).max().unwrap_or(0);
        let is_work = |entry: &&Entry| {
            let head = &self.lines[entry.head.clone()];
            !head.iter().any(|line| line.is_school)
        };
        total_months(self.entries.iter().filter(is_work).flat_map(|entry| &entry.periods), latest)
    }

    /// The source's figures of this value, with their lines.
    pub(super) fn figures_of(&self, value: i128) -> impl Iterator<Item = (usize, &Figure)> {
        self.figures_at(self.by_value.get(&value))
    }

    /// The source's figures that count this, with their lines.
    pub(super) fn figures_counting(&self, counted: &str) -> impl Iterator<Item = (usize, &Figure)> {
        self.figures_at(self.by_count.get(counted))
    }

    fn figures_at(&self, places: Option<&Vec<(u32, u32)>>) -> impl Iterator<Item = (usize, &Figure)> {
        let places = places.into_iter().flatten().take(MAX_PLACES);
        places.map(|&(line, at)| (line as usize, &self.lines[line as usize].figures.figures[at as usize]))
    }
}

impl Line {
    /// Whether the line says something of this length of time: "monthly", "a day".
    pub(super) fn tells_time(&self, unit: Unit) -> bool {
        self.figures.figures.iter().any(|figure| figure.per == Some(unit) || figure.sign == Sign::Time(unit))
            || self.times.contains(&unit)
    }

    fn has_together(&self, wanted: &[u32], forbidden: &[(u32, bool)]) -> bool {
        let window = wanted.len() + 2;
        let Some(first) = wanted.first() else { return true };
        let mut places = self.words.iter().enumerate().filter(|(_, word)| *word == first).map(|(at, _)| at);
        places.any(|at| {
            let near = &self.words[at.saturating_sub(window)..(at + window).min(self.words.len())];
            let before = at.checked_sub(1).map(|before| self.words[before]);
            let lowers = |(word, only_before): &(u32, bool)| {
                !wanted.contains(word) && if *only_before { before == Some(*word) } else { near.contains(word) }
            };
            wanted.iter().all(|word| near.contains(word)) && !forbidden.iter().any(lowers)
        })
    }
}

/// Adds a line to those under `key`, which is copied only where it is new.
fn add(lines: &mut HashMap<String, Places>, key: &str, line: u32) {
    match lines.get_mut(key) {
        Some(lines) => lines.push(line),
        None => drop(lines.insert(key.to_owned(), smallvec![line])),
    }
}

pub(super) fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if list.len() < MAX_PLACES && !list.contains(&item) {
        list.push(item);
    }
}
