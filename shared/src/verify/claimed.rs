//! What the analysis reads of a text with the same eyes: degrees, years, dated positions.

use super::figures::{self, Date, Figures, Period, Sign, Unit};
pub(crate) use super::languages::levels;
use super::lists::is_school;
pub(crate) use super::lists::{Degree, degrees};
use crate::words::{Word, words};

/// The years that a requirement asks for: the first, smallest of "3-5 years".
pub(crate) fn years(line: &str, words: &[Word<'_>]) -> Option<u32> {
    let found = figures::read(line, words).figures;
    let years = found.iter().filter(|figure| figure.sign == Sign::Time(Unit::Year));
    years
        .filter_map(|figure| u32::try_from(figure.value / 1_000_000).ok())
        .min()
        .filter(|years| (1..=60).contains(years))
}

/// The dated positions of a résumé, education left out.
pub(crate) struct Timeline {
    months: u32,
    /// The line of the first position, lines without text not counted.
    line: Option<usize>,
    is_open: bool,
}

impl Timeline {
    pub(crate) fn of(text: &str) -> Timeline {
        let lines: Vec<(Figures, bool)> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                // Years are written in digits.
                if !line.contains(char::is_numeric) {
                    return (Figures::default(), false);
                }
                let words = words(line);
                let dates = figures::read_dates(line, &words);
                let school = !dates.periods.is_empty()
                    && (words.iter().any(|word| is_school(&word.lower)) || !degrees(line, &words).is_empty());
                (dates, school)
            })
            .collect();
        let work = lines.iter().enumerate().filter(|(_, (figures, school))| !school && !figures.periods.is_empty());
        let line = work.clone().map(|(line, _)| line).next();
        let periods: Vec<&Period> = work.flat_map(|(_, (figures, _))| &figures.periods).collect();
        let latest = lines.iter().flat_map(|(figures, _)| {
            let ends = figures.periods.iter().flat_map(|period| [Some(period.from), period.to]).flatten();
            ends.chain(figures.dates.iter().map(|(_, date)| *date))
        });
        let latest = latest.map(|date| date.year).max().unwrap_or(0);
        let is_open = periods.iter().any(|period| period.to.is_none());
        Timeline { months: total_months(periods.into_iter(), latest), line, is_open }
    }

    pub(crate) fn is_known(&self) -> bool {
        self.line.is_some()
    }

    pub(crate) fn line(&self) -> Option<usize> {
        self.line
    }

    /// The years that the dates add up to, if that is less than `wanted`. Nothing is said of a position that still lasts
    /// when what is dated falls short by no more than it may have lasted: no clock is read here.
    pub(crate) fn years_less_than(&self, wanted: u32) -> Option<u32> {
        let have = self.months.div_ceil(12);
        let margin = if self.is_open { 2 } else { 0 };
        (self.is_known() && have + margin < wanted).then_some(have)
    }
}

/// Months within periods, overlaps counted once. An open end reaches to the end of `latest`, the last year that is named.
pub(super) fn total_months<'a>(periods: impl Iterator<Item = &'a Period>, latest: u16) -> u32 {
    let end = |to: Option<Date>| {
        to.map_or((u32::from(latest) + 1) * 12, |to| to.months() + if to.month.is_none() { 12 } else { 1 })
    };
    let mut spans: Vec<(u32, u32)> = periods.map(|period| (period.from.months(), end(period.to))).collect();
    spans.sort_unstable();
    let (mut total, mut reached) = (0, 0);
    for (from, to) in spans {
        total += to.saturating_sub(from.max(reached));
        reached = reached.max(to);
    }
    total
}
