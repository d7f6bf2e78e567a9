//! Positions of the source: dated lines with what stands around them.

use foldhash::HashSet;

use super::figures::Period;
use super::lines::ends_sentence;
use super::lists;
use super::source::{Entry, HEAD_LINES, Line, MAX_NEAR, MAX_PLACES, Source, push_new};
use crate::redaction::without_placeholders;
use crate::words::{Word, singular, words};

impl Source {
    /// Finds the dated lines and the heads around them.
    pub(super) fn find_entries(&mut self) {
        let is_dated = |line: &Line| !line.is_bullet && !line.figures.periods.is_empty() && line.words.len() <= 30;
        let is_head = |line: &Line| !line.is_bullet && line.words.len() <= 16 && !ends_sentence(&line.text);
        for at in 0..self.lines.len() {
            if !is_dated(&self.lines[at]) {
                continue;
            }
            let mut start = at;
            while start > 0
                && at - start < HEAD_LINES
                && is_head(&self.lines[start - 1])
                && !is_dated(&self.lines[start - 1])
            {
                start -= 1;
            }
            let mut end = at + 1;
            while end < self.lines.len()
                && end - at < HEAD_LINES
                && is_head(&self.lines[end])
                && !is_dated(&self.lines[end])
            {
                end += 1;
            }
            let periods = self.lines[at].figures.periods.clone();
            let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
            for line in start..end {
                self.entries_of.entry(u32::try_from(line).unwrap_or(u32::MAX)).or_default().push(number);
            }
            for period in &periods {
                push_new(self.entries_from.entry(period.from.year).or_default(), number);
            }
            self.entries.push(Entry { head: start..end, periods });
        }
    }

    /// The line of a position's head that stands for one of an answer: a line of the same kind (with a role, or dates) that is
    /// not the same.
    pub(super) fn head_line(&self, entry: usize, line: &str) -> Option<&str> {
        let plain = without_placeholders(line);
        let wanted = words(&plain);
        let has_role = |words: &[Word<'_>]| words.iter().any(|word| lists::is_role(singular(&word.lower)));
        let role = has_role(&wanted);
        let head = &self.lines[self.entries[entry].head.clone()];
        let of_kind = head.iter().find(|own| {
            let own_plain = without_placeholders(&own.text);
            own.text.trim() != line.trim() && role && has_role(&words(&own_plain))
        });
        of_kind.map(|own| own.text.as_str())
    }

    /// The first entry whose head a line belongs to.
    pub(super) fn entry_of(&self, line: usize) -> Option<usize> {
        Some(*self.entries_of.get(&u32::try_from(line).ok()?)?.first()? as usize)
    }

    /// Entries that a line of an answer may be about: those of the lines it is aligned with, of its periods, of its words, and
    /// the one before.
    pub(super) fn entries_near(
        &self,
        aligned: &[usize],
        periods: &[Period],
        words: &[String],
        before: Option<usize>,
    ) -> Vec<usize> {
        let of_lines = aligned.iter().filter_map(|line| self.entries_of.get(&u32::try_from(*line).ok()?)).flatten();
        let of_words = words.iter().filter_map(|word| self.ids.get(word)).flat_map(|id| &self.lines_with[*id as usize]);
        let of_words = of_words.filter_map(|line| self.entries_of.get(line)).flatten();
        let mut near: Vec<usize> = of_lines.map(|entry| *entry as usize).collect();
        near.extend(
            before.into_iter().flat_map(|entry| [entry, entry + 1]).filter(|entry| *entry < self.entries.len()),
        );
        if !periods.is_empty() {
            let begun = periods.iter().filter_map(|period| self.entries_from.get(&period.from.year)).flatten();
            near.extend(begun.map(|entry| *entry as usize).take(MAX_NEAR));
        }
        near.extend(of_words.map(|entry| *entry as usize).take(MAX_PLACES));
        let mut seen = HashSet::default();
        near.retain(|entry| seen.insert(*entry));
        near.truncate(MAX_NEAR);
        near
    }
}
