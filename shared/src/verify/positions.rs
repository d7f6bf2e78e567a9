//! Dates, titles and employers: what a line says of a position.

use std::ops::Range;

use super::Class;
use super::claims::{Context, Reading};
use super::figures::{self, Figures};
use super::lists;
use crate::analysis::is_ordinary_word;
use crate::redaction::Words;
use crate::words::{Word, singular};

const EMPLOYER_CUES: &[&str] = &["at", "@", "joined", "bei", "chez"];
/// Companies whose names are ordinary words.
static FAMOUS: Words<128> = Words::of(&[
    "apple", "amazon", "google", "meta", "oracle", "shell", "target", "visa", "ford", "intel", "adobe", "uber",
    "stripe", "square", "microsoft", "facebook", "netflix", "tesla", "siemens", "bosch", "salesforce", "airbnb",
    "nvidia", "cisco", "dell", "sony", "orange", "zoom", "slack", "spotify", "twitter", "boeing", "nike", "gap", "sky",
    "hermes", "santander", "allianz",
]);
static COMPANY_FORMS: Words<256> = Words::of(&[
    "inc", "gmbh", "ltd", "llc", "ag", "corp", "corporation", "plc", "bv", "sarl", "kg", "company", "group",
    "holdings", "s.a", "sa", "university", "college", "bank", "labs", "institute", "hospital", "clinic", "universität",
    "hochschule", "fachhochschule", "université", "universidad", "universiteit", "università", "école", "klinikum",
    "krankenhaus", "stadtwerke", "sparkasse", "school", "academy", "council", "trust",
]);

impl Reading<'_> {
    /// Dates, titles and employers of a line that heads a position belong together: one position must have them all.
    pub(super) fn dates_and_titles(&mut self, context: &mut Context) {
        let found = Figures {
            periods: self.quantities.periods.clone(),
            dates: self.quantities.dates.clone(),
            ..Figures::default()
        };
        self.is_dated = !found.periods.is_empty() || !found.dates.is_empty();
        self.has_period = !found.periods.is_empty();
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
                None => self.source.has_period(period),
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
            // The date may stand on a line of its own beside what it dates.
            let around = |index: usize| index.saturating_sub(1)..(index + 2).min(self.source.lines.len());
            let near = aligned.iter().any(|&index| self.source.lines[around(index)].iter().any(says))
                || heads
                    .is_some_and(|entry| self.source.lines[self.source.entries[entry].head.clone()].iter().any(says));
            // A line that says little else takes its date from anywhere; one that tells of a certain thing, from there.
            let loose = self.aligned.share < 0.5 || self.words.iter().filter(|word| word.has_letter()).count() < 2;
            let supported = near || (loose && self.source.has_date(*date));
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
            // A school belongs to its degree: the line of it, or one beside.
            let all = 0..self.source.lines.len();
            let names_degree = |line: usize| {
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                self.source.degrees.values().any(|lines| lines.binary_search(&line).is_ok())
            };
            let lines = match self.aligned.lines.first() {
                Some(&line) if self.has_degree() => {
                    let from = if line > 0 && !names_degree(line - 1) { line - 1 } else { line };
                    let to = if line + 1 < all.end && !names_degree(line + 1) { line + 2 } else { line + 1 };
                    from..to
                }
                _ => all,
            };
            let known = self.source.has_sequence(&wanted, &lines);
            let in_entry =
                heads.is_none_or(|entry| self.source.has_sequence(&wanted, &self.source.entries[entry].head));
            // Work does not move to another employer.
            let at = self.source.entries.get(context.entry.unwrap_or(usize::MAX)).filter(|_| !self.is_head);
            let here = at.is_none_or(|entry| {
                let beside =
                    self.aligned.lines.iter().any(|line| self.source.has_sequence(&wanted, &(*line..*line + 1)));
                let heads_any = self.source.entries.iter().any(|other| self.source.has_sequence(&wanted, &other.head));
                self.source.has_sequence(&wanted, &entry.head) || beside || !heads_any
            });
            let supported = known && here && (in_entry || !dated);
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
                .filter(|word| entry.head.clone().any(|line| self.source.line_has(line, word)));
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
            && (titles.is_empty() || !context.has_title)
            && (periods.is_empty() || !context.has_period);
        let best = if continues {
            context.entry
        } else {
            let words: Vec<String> = titles.iter().chain(employers).flat_map(|words| self.content(words)).collect();
            let near = self.source.entries_near(&self.aligned.lines, periods, &words, context.entry);
            let ranked = near.into_iter().rev().map(|index| (score(index), index)).max_by_key(|(score, _)| *score);
            ranked.filter(|(score, _)| *score > 1).map(|(_, index)| index)
        };
        if best != context.entry || !continues {
            *context = Context { entry: best, before: std::mem::take(&mut context.before), ..Context::default() };
        }
        context.has_title |= !titles.is_empty();
        context.has_period |= !periods.is_empty();
        // No position fits at all: then what the line says must stand somewhere in the source.
        best
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
            // Jefa de planta, chef de projet
            if end + 1 < words.len()
                && joined(end - 1)
                && joined(end)
                && matches!(words[end].lower.as_ref(), "de" | "des" | "du" | "d'")
            {
                end += 2;
            }
            let appointed = self.appointed(start);
            let start = appointed.unwrap_or(start);
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
            let article = start.checked_sub(1).is_some_and(|before| matches!(words[before].lower.as_ref(), "a" | "an"));
            let placed =
                article && words.get(end).is_some_and(|next| matches!(next.lower.as_ref(), "at" | "for" | "in"));
            let after_as = start.checked_sub(1).is_some_and(|before| {
                matches!(words[before].lower.as_ref(), "as" | "a" | "an" | "als" | "became" | "into")
            });
            // "HR business partner with six years of experience"
            let opens = start == 0 && phrase.len() > 1 && words.get(end).is_some_and(|next| next.lower == "with");
            let is_title = acronym
                || (opens && !plural)
                || ((appointed.is_some() || placed) && !plural)
                || (self.is_head
                    && !plural
                    && (!weak || (self.is_dated && word.is_capitalized()))
                    && (word.is_capitalized() || phrase.len() == words.len()))
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

    /// Where a title begins that ends at a role, if the words before say that somebody had it: "as sales manager", "promoted to
    /// team lead".
    fn appointed(&self, role: usize) -> Option<usize> {
        let words = self.words;
        let is_cue = |at: &usize| {
            matches!(
                words[*at].lower.as_ref(),
                "as" | "als" | "como" | "became" | "promoted" | "appointed" | "elected" | "acting" | "am" | "tant"
            )
        };
        let cue = (role.saturating_sub(5)..role).rev().find(is_cue)?;
        let article =
            |at: usize| matches!(words[at].lower.as_ref(), "a" | "an" | "the" | "to" | "ein" | "eine" | "un" | "una");
        let start = (cue + 1..role).find(|&at| !article(at)).unwrap_or(role);
        let plain =
            (cue..role).all(|at| matches!(&self.plain[words[at].range.end..words[at + 1].range.start], " " | "-"));
        (plain && (start..role).all(|at| !lists::is_function_word(&words[at].lower))).then_some(start)
    }

    /// Organizations, as ranges of words: after "at", beside a company form, or what else a head line names.
    fn employers(&self, titles: &[Range<usize>]) -> Vec<Range<usize>> {
        let words = self.words;
        let in_title = |index: usize| titles.iter().any(|title| title.contains(&index));
        let is_skill = |index: usize| self.mentions.iter().any(|mention| mention.words.contains(&index));
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut index = 0;
        let expanded = &self.expanded;
        while index < words.len() {
            let word = &words[index];
            if !word.is_capitalized() || in_title(index) {
                index += 1;
                continue;
            }
            let mut end = index + 1;
            while end < words.len() && !in_title(end) {
                let gap = &self.plain[words[end - 1].range.end..words[end].range.start];
                let joins = end + 1 < words.len()
                    && COMPANY_FORMS.has(&words[index].lower)
                    && matches!(words[end].lower.as_ref(), "of" | "de" | "für" | "the")
                    && words[end + 1].is_capitalized();
                if joins {
                    end += 2;
                    continue;
                }
                if !words[end].is_capitalized() {
                    break;
                }
                let ended = gap == ". " && COMPANY_FORMS.has(&words[end - 1].lower);
                if ended || !matches!(gap, " " | " & " | "-" | ". ") {
                    break;
                }
                end += 1;
            }
            let head = &self.plain[..word.range.start];
            let after =
                index.checked_sub(1).is_some_and(|before| EMPLOYER_CUES.contains(&words[before].lower.as_ref()))
                    || head.trim_end().ends_with('@');
            let form = end - index > 1 && words[index..end].iter().any(|word| COMPANY_FORMS.has(&word.lower));
            let labels = self.plain[words[end - 1].range.end..].starts_with(':');
            // "Developed 14 services" without a bullet is a sentence.
            let sentence = index == 0
                && words.get(end).is_some_and(|next| {
                    &self.plain[words[end - 1].range.end..next.range.start] == " "
                        && !next.is_capitalized()
                        && next.has_letter()
                });
            let heads = self.is_head && self.is_dated && !labels && !sentence;
            // Ordinary words in a head are no company, but for those that are.
            let ordinary = heads
                && !self.has_period
                && !after
                && !form
                && words[index..end].iter().all(|word| is_ordinary_word(&word.lower) && !FAMOUS.has(&word.lower));
            let spelled = end - index == 1 && expanded[index];
            let excused = ordinary || spelled || (self.has_degree() && !after && !form);
            let only_skill = excused
                || (index..end).all(is_skill)
                || words[index..end].iter().all(|word| lists::is_heading_word(&word.lower));
            if (after || form || heads) && !only_skill && !lists::is_no_name(word) && !self.is_heading {
                found.push(index..end);
            }
            index = end;
        }
        found
    }
}
