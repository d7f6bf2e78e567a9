//! A job description, read once: the résumé as sent and the one that is written of it are held against the same.

use foldhash::{HashMap, HashSet};

use super::requirements::{self, Requirement};
use super::resume::{Judged, Resume};
use super::similarity::Bag;
use super::words::{Text, is_english};
use super::{Analysis, FORMULA, advice, missing_keywords, round, score};
use crate::redaction::{Redacted, without_placeholders};
use crate::words::{RUN, hash, root, runs_of, words};

/// Content words of a job from which on a line with most of them is that job.
const WHOLE_JOB: usize = 12;
/// Words of a job's line that nobody writes by chance just so.
const PASTED_WORDS: usize = 4;
/// Lines that begin with one word.
const MAX_SAME: usize = 16;
/// First words of a job's lines that are looked for.
const MAX_PASTED: usize = 200;

/// What a job description asks for, and how it says so: the requirements' texts and the content words are kept, the rest as
/// hashes.
pub struct Posting {
    requirements: Vec<Requirement>,
    bag: Bag<'static>,
    pub(super) is_english: bool,
    /// Hashes of every [`RUN`] words in a row.
    runs: HashSet<u64>,
    /// Lines of several words that are more than names, as hashes, by their first word. A list of tools may be anybody's.
    lines: HashMap<u64, Vec<Vec<u64>>>,
    /// Hashes of the content words' roots.
    roots: HashSet<u64>,
}

impl Posting {
    /// Reads a job description.
    #[must_use]
    pub fn of(job: &Redacted) -> Posting {
        let plain = without_placeholders(job.as_str());
        let words = words(&plain);
        let read = Text::of(&plain, &words);
        let hashes: Vec<u64> = words.iter().map(|word| hash(&word.lower)).collect();
        let content = words.iter().zip(&read.is_content).filter(|(_, is_content)| **is_content);
        Posting {
            requirements: requirements::find(job.as_str()),
            bag: Bag::of(&read.terms).into_owned(),
            is_english: is_english(&words),
            runs: runs_of(&hashes).collect(),
            lines: pasted_lines(&read, &hashes),
            roots: content.map(|(word, _)| hash(root(&word.lower))).collect(),
        }
    }

    /// Holds a résumé against it.
    #[must_use]
    pub fn analyze(&self, resume: &Redacted) -> Analysis {
        let plain = without_placeholders(resume.as_str());
        let words = words(&plain);
        let read = Text::of(&plain, &words);
        let shown = Resume::of(resume.as_str(), &read, self);
        let judged: Vec<Judged> =
            self.requirements.iter().map(|requirement| shown.judge(requirement, Some(resume))).collect();
        Analysis {
            match_score: score(&judged),
            semantic_similarity: round(Bag::of(&read.terms).similarity(&self.bag), 10_000.0),
            missing_keywords: missing_keywords(&judged),
            suggestions: advice::advice(&judged, &shown, resume.as_str()),
            formula: FORMULA,
            requirements: judged.into_iter().map(|judged| judged.finding).collect(),
            match_score_after: None,
        }
    }

    /// The score that a rewritten résumé would get; `None` where the job states no requirement.
    #[must_use]
    pub fn score(&self, rewritten: &str) -> Option<f64> {
        let plain = without_placeholders(rewritten);
        let words = words(&plain);
        let read = Text::of(&plain, &words);
        let shown = Resume::of(rewritten, &read, self);
        let judged: Vec<Judged> = self.requirements.iter().map(|requirement| shown.judge(requirement, None)).collect();
        score(&judged)
    }

    /// For every word of a résumé whether it is pasted: it belongs to a run of words that stands in the job just so, lines and
    /// punctuation aside; its line holds a whole line of the job, or most of the job's words in any order.
    pub(super) fn copied(&self, own: &Text<'_>) -> Vec<bool> {
        let hashes: Vec<u64> = own.words.iter().map(|word| hash(&word.lower)).collect();
        let mut copied = vec![false; hashes.len()];
        let (mut first, mut start) = (0, 0);
        for line in own.plain.split_inclusive('\n') {
            start += line.len();
            let last = first + own.words[first..].partition_point(|word| word.range.end <= start);
            if self.has_most(own, first..last) {
                copied[first..last].fill(true);
            } else if !self.lines.is_empty() {
                // Looked up by the first word: a job has some dozens of lines.
                for at in first..last {
                    for wanted in self.lines.get(&hashes[at]).into_iter().flatten() {
                        if hashes[at..last].starts_with(wanted) {
                            copied[at..at + wanted.len()].fill(true);
                        }
                    }
                }
            }
            first = last;
        }
        for (start, run) in runs_of(&hashes).enumerate() {
            // A list of skills may name the same ones in the same order.
            if self.runs.contains(&run) && own.is_content[start..start + RUN].contains(&false) {
                copied[start..start + RUN].fill(true);
            }
        }
        copied
    }

    /// Whether a line has more than half of the job's content words.
    fn has_most(&self, own: &Text<'_>, line: std::ops::Range<usize>) -> bool {
        if self.roots.len() < WHOLE_JOB || line.len() * 2 <= self.roots.len() {
            return false;
        }
        let roots = own.words[line].iter().map(|word| hash(root(&word.lower)));
        roots.filter(|root| self.roots.contains(root)).collect::<HashSet<u64>>().len() * 2 > self.roots.len()
    }
}

fn pasted_lines(job: &Text<'_>, hashes: &[u64]) -> HashMap<u64, Vec<Vec<u64>>> {
    let mut lines: HashMap<u64, Vec<Vec<u64>>> = HashMap::default();
    let (mut first, mut start) = (0, 0);
    for line in job.plain.split_inclusive('\n') {
        start += line.len();
        let last = first + job.words[first..].partition_point(|word| word.range.end <= start);
        let own = &hashes[first..last];
        if own.len() >= PASTED_WORDS && job.is_content[first..last].contains(&false) && lines.len() < MAX_PASTED {
            let same = lines.entry(own[0]).or_default();
            if same.len() < MAX_SAME && !same.iter().any(|other| other == own) {
                same.push(own.to_vec());
            }
        }
        first = last;
    }
    lines
}
