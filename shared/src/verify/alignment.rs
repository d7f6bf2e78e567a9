//! Alignment: which lines of the source a line of an answer comes from.

use super::lines::roots;
use super::source::Source;
use crate::redaction::without_placeholders;
use crate::words::{Word, words};

/// Look-ups that one alignment makes at most, rare words first: a source of many lines that all share a word must not make
/// every line of an answer cost all of them.
const MAX_LOOKUPS: usize = 256;
/// Lines that an alignment returns at most.
const MAX_ALIGNED: usize = 4;

/// Source lines that a line of an answer comes from.
#[derive(Default)]
pub(super) struct Aligned {
    /// Best first.
    pub(super) lines: Vec<usize>,
    /// The share of the answer's content words that the best has.
    pub(super) share: f64,
}

impl Source {
    /// The lines that share most with a line of an answer; rare words count more. Dates count nothing, or a position would
    /// be found by the very date that is in question.
    pub(super) fn align(&self, words: &[Word<'_>]) -> Aligned {
        let wanted = roots(words);
        let mut total = 0.0;
        let mut known: Vec<(&[u32], f64)> = Vec::with_capacity(wanted.len());
        for root in wanted {
            let lines = self.lines_of.get(root).map(|lines| lines.as_slice());
            #[expect(clippy::cast_precision_loss, reason = "a few thousand lines")]
            let weight = lines.map_or(1.0, |lines| 1.0 / (1.0 + (lines.len() as f64).ln()));
            total += weight;
            known.extend(lines.map(|lines| (lines, weight)));
        }
        known.sort_by_key(|(lines, _)| lines.len());
        let all = known.iter().flat_map(|(lines, weight)| lines.iter().map(move |line| (*line, *weight)));
        let mut scores: Vec<(u32, f64)> = all.take(MAX_LOOKUPS).collect();
        // Stable: the weights of a line are added up in their order, whatever the line.
        scores.sort_by_key(|(line, _)| *line);
        let sum = |of_line: &[(u32, f64)]| (of_line[0].0, of_line.iter().map(|(_, weight)| weight).sum());
        let mut ranked: Vec<(u32, f64)> = scores.chunk_by(|a, b| a.0 == b.0).map(sum).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let Some(&(_, best)) = ranked.first() else { return Aligned::default() };
        let lines = ranked
            .iter()
            .take(MAX_ALIGNED)
            .filter(|(_, score)| *score >= best / 2.0)
            .map(|(line, _)| *line as usize)
            .collect();
        Aligned { lines, share: if total > 0.0 { best / total } else { 0.0 } }
    }

    /// The source's line nearest to `line`, and whether it shares at least half of its content.
    pub(super) fn nearest(&self, line: &str) -> Option<(bool, &str)> {
        let plain = without_placeholders(line);
        let aligned = self.align(&words(&plain));
        let best = aligned.lines.first().copied();
        let line = self.lines.get(best.unwrap_or(0))?;
        Some((best.is_some() && aligned.share >= 0.5, line.text.as_str()))
    }

    /// The lines that an answer's line is made of, where it is made of several: each with a quarter of its content.
    pub(super) fn parts(&self, line: &str) -> Vec<&str> {
        let plain = without_placeholders(line);
        let words = words(&plain);
        let wanted = roots(&words);
        let aligned = self.align(&words);
        let has = |index: &&usize| {
            let own = crate::words::words(&self.lines[**index].text);
            let own = roots(&own);
            wanted.iter().filter(|root| own.contains(root)).count() * 4 >= wanted.len().max(1)
        };
        let mut parts: Vec<usize> = aligned.lines.iter().filter(has).copied().collect();
        parts.sort_unstable();
        parts.into_iter().map(|index| self.lines[index].text.as_str()).collect()
    }
}
