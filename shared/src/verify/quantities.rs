//! Quantities: figures, amounts in words, lengths of time, and what follows from the source's.

use super::Class;
use super::claims::Reading;
use super::figures::{self, Date, Figure, Sign, Unit};
use super::lists;
use super::numerals::names;
use crate::analysis::nearness;
use crate::lexicon;
use crate::redaction::Words;
use crate::words::{root, singular, words};

impl Reading<'_> {
    pub(super) fn figures(&mut self) {
        let found = std::mem::take(&mut self.quantities);
        let units: Vec<Sign> =
            found.figures.iter().map(|figure| figure.sign).filter(|sign| matches!(sign, Sign::Time(_))).collect();
        for figure in found.figures {
            // "one of" claims nothing; "1" may be the source's "one".
            if self.is_taken(figure.range.start) || self.plain[figure.range.clone()].eq_ignore_ascii_case("one") {
                continue;
            }
            let supported = self.supports(&figure) || self.is_converted(&figure) || self.is_elided(&figure, &units);
            let class = if matches!(figure.sign, Sign::Time(_)) { Class::Date } else { Class::Number };
            self.add(class, figure.range, supported);
        }
    }

    fn supports(&self, claim: &Figure) -> bool {
        let differs = |a: Option<Unit>, b: Option<Unit>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let turned = |other: &Figure| {
            matches!((claim.end, other.end), (Some(a), Some(b)) if a != b) || differs(claim.per, other.per)
        };
        // "per month" where the source says nothing of that kind.
        let unheard = |line: usize, other: &Figure| {
            claim.per.is_some_and(|unit| other.per.is_none() && !self.source.lines[line].tells_time(unit))
        };
        let equal: Vec<(usize, &Figure)> = self
            .source
            .figures_of(claim.value)
            .filter(|(line, other)| {
                other.sign == claim.sign
                    && !turned(other)
                    && !unheard(*line, other)
                    && !self.counts_others(claim, *line, other)
            })
            .collect();
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        if equal.iter().any(|(_, other)| same(&other.counts, &claim.counts) || same(&other.of, &claim.of)) {
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

    /// Whether a figure counts something else than the source's: managers for starters, bridges for miles. Words that the line
    /// has, too, and words near in meaning are the same.
    fn counts_others(&self, claim: &Figure, line: usize, other: &Figure) -> bool {
        let (Some(own), Some(theirs)) = (&claim.counts, &other.counts) else { return false };
        if !claim.is_direct
            || !other.is_direct
            || own == theirs
            || self.source.line_has(line, own)
            || root(own) == root(theirs)
            || other.sign != Sign::Plain
        {
            return false;
        }
        // A rank that the source does not give to anybody.
        if lists::is_role(own) && !self.source.has_word(own) {
            return true;
        }
        nearness(own, theirs).is_some_and(|near| near < OTHERS)
    }

    /// "0.9 s" where the source has 900 ms.
    fn is_converted(&self, claim: &Figure) -> bool {
        let Sign::Time(unit) = claim.sign else { return false };
        let at = EXACT_UNITS.iter().position(|(known, _)| *known == unit);
        let Some(own) = at.map(|at| EXACT_UNITS[at].1) else { return false };
        EXACT_UNITS.iter().filter(|(other, _)| *other != unit).any(|(other, length)| {
            let value = claim.value * own;
            value % length == 0
                && self
                    .source
                    .figures_of(value / length)
                    .any(|(line, figure)| figure.sign == Sign::Time(*other) && self.aligned.lines.contains(&line))
        })
    }

    /// "from nine days to four" where the source has four of what the line's other lengths of time are given in.
    fn is_elided(&self, claim: &Figure, units: &[Sign]) -> bool {
        claim.sign == Sign::Plain
            && claim.counts.is_none()
            && self
                .source
                .figures_of(claim.value)
                .any(|(line, figure)| units.contains(&figure.sign) && self.aligned.lines.contains(&line))
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
            let elided =
                |other: &&Figure| other.value == claim.value && other.sign == Sign::Plain && other.counts.is_none();
            let same = found.figures.iter().any(|other| other.sign == claim.sign && other.value != claim.value);
            if matches!(claim.sign, Sign::Time(_)) && same && found.figures.iter().any(|other| elided(&other)) {
                return true;
            }
            found.figures.windows(2).any(|pair| {
                let (from, to) = (pair[0].value, pair[1].value);
                let change = (from - to).abs();
                let percent = claim.sign == Sign::Percent
                    && from > 0
                    && (change * 100 - claim.value / 1_000_000 * from).abs() * 2 <= from;
                let from_to = pair[0].end == Some(figures::End::From);
                // "in 4 days instead of 9"
                let to_from = pair[1].end == Some(figures::End::From) && pair[0].end.is_none();
                let elided = to_from && pair[1].sign == Sign::Plain && pair[1].counts.is_none();
                ((pair[0].sign == pair[1].sign && (from_to || to_from)) || elided)
                    && ((percent && from_to) || (change == claim.value && pair[0].sign == claim.sign))
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
                || !self.source.has_word(word)
                || self.source.exact.contains(&capitalized(word))
        });
        let counted = claim.counts.as_deref().unwrap_or_default();
        let stated = self
            .source
            .figures_counting(counted)
            .any(|(_, other)| matches!(other.sign, Sign::Time(Unit::Year)) && other.value != claim.value);
        !of_something && !stated && years * 12 <= i128::from(self.source.months_of_work())
    }

    /// Whole percents by which figures of the aligned lines went from one to the next.
    fn changes(&self) -> impl Iterator<Item = i128> {
        let pairs = self.aligned.lines.iter().flat_map(|line| self.source.lines[*line].figures.figures.windows(2));
        pairs.filter(|pair| pair[0].sign == pair[1].sign && pair[0].value > 0).map(|pair| {
            let (from, to) = (pair[0].value, pair[1].value);
            ((to - from) * 200 + from) / (2 * from)
        })
    }

    /// "weekly reports" that were monthly ones.
    fn frequencies(&mut self) {
        let length = |word: &str| FREQUENCY_NAMES.position(word).map(|at| FREQUENCIES[at].1);
        let Some(&from) = self.aligned.lines.first() else { return };
        for word in self.words {
            let Some(own) = length(&word.lower) else { continue };
            let says = |(name, of): &(&str, &str)| self.source.line_has(from, name) || self.source.line_has(from, of);
            let same = FREQUENCIES.iter().filter(|(_, of)| *of == own).any(says);
            let other = FREQUENCIES.iter().any(|(name, of)| *of != own && self.source.line_has(from, name));
            if other && !same && !self.is_taken(word.range.start) {
                self.add(Class::Number, word.range.clone(), false);
            }
        }
    }

    /// "dozens of", "half a million", "for over a decade"; and digits that look like others.
    pub(super) fn amounts(&mut self, line: &str) {
        for (index, word) in self.words.iter().enumerate() {
            let scaled = index > 0
                && (self.words[index - 1].text.ends_with(|c: char| c.is_ascii_digit())
                    || figures::is_number(&self.words[index - 1].lower));
            let part = matches!(word.lower.as_ref(), "quarter" | "third" | "fifth" | "tenth");
            let quarter = part && index > 0 && matches!(self.words[index - 1].lower.as_ref(), "a" | "one");
            if (!lists::is_amount(&word.lower) && !quarter) || scaled || self.is_taken(word.range.start) {
                continue;
            }
            let has = |value: i128, sign: Sign| {
                self.source.figures_of(value * 1_000_000).any(|(_, other)| other.sign == sign)
            };
            let changed = |percent: i128| self.changes().any(|change| (change.abs() - percent).abs() <= 2);
            let same = match word.lower.as_ref() {
                "third" | "drittel" | "tiers" | "tercio" => changed(33),
                "quarter" | "viertel" if changed(25) => true,
                "fifth" => changed(20),
                "tenth" => changed(10),
                "half" | "halved" | "halving" | "halbiert" | "hälfte" | "moitié" | "mitad" if changed(50) => true,
                "half" | "halved" | "halving" | "halbiert" | "hälfte" | "moitié" | "mitad" => {
                    has(50, Sign::Percent) || self.source.has_root("halv") || self.source.has_word("half")
                }
                "quarter" => has(25, Sign::Percent),
                "decade" | "decades" => has(10, Sign::Time(Unit::Year)),
                "dozen" => has(12, Sign::Plain),
                _ => false,
            };
            let known = self.source.has_word(singular(&word.lower));
            self.add(Class::Number, word.range.clone(), same || known);
        }
        self.frequencies();
        for (at, c) in line.char_indices().filter(|(_, c)| !c.is_ascii()) {
            let disguised = c.is_numeric()
                || matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{24b6}'..='\u{24e9}');
            if disguised
                && !matches!(c, '½' | '¼' | '¾' | '²' | '³' | '¹')
                && !self.source.has_text(&c.to_lowercase().to_string())
                && self.taken.get(at) == Some(&false)
            {
                self.add(Class::Number, at..at + c.len_utf8(), false);
            }
        }
    }
}

/// Units of time that are multiples of one another, in milliseconds.
const EXACT_UNITS: [(Unit, i128); 6] = [
    (Unit::Millisecond, 1),
    (Unit::Second, 1_000),
    (Unit::Minute, 60_000),
    (Unit::Hour, 3_600_000),
    (Unit::Day, 86_400_000),
    (Unit::Week, 604_800_000),
];

/// Below this cosine two counted words are two things.
const OTHERS: f64 = 0.1;

/// How often, and of what length of time.
const FREQUENCIES: [(&str, &str); 21] = [
    ("täglich", "tag"),
    ("wöchentlich", "woche"),
    ("monatlich", "monat"),
    ("jährlich", "jahr"),
    ("quotidien", "jour"),
    ("hebdomadaire", "semaine"),
    ("mensuel", "mois"),
    ("mensuelle", "mois"),
    ("annuel", "an"),
    ("annuelle", "an"),
    ("semanal", "semana"),
    ("mensual", "mes"),
    ("hourly", "hour"),
    ("daily", "day"),
    ("weekly", "week"),
    ("monthly", "month"),
    ("quarterly", "quarter"),
    ("yearly", "year"),
    ("annual", "year"),
    ("annually", "year"),
    ("nightly", "night"),
];

static FREQUENCY_NAMES: Words<64> = Words::of(&names(&FREQUENCIES));

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
