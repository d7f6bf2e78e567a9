//! Analysis: what the job asks for, and what the résumé shows of it. No model, no cost, deterministic.
//!
//! It reads redacted texts only, so nothing it says (keywords and suggestions go into the prompt) can hold detected
//! personal data. Formula `lexical-1`: requirements are the job's bullet lines and cue sentences; one is *met* when at
//! least 60 % of its content words occur in the résumé, *near* from 30 %; the score is the weighted share (required 3,
//! preferred 1, bonus 0.5; met 1, near 0.5). It knows no synonyms yet and does not see how a word is used.

mod requirements;
mod words;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::Serialize;

pub use requirements::Importance;

use crate::redaction::{Redacted, Vault};
use requirements::Requirement;
use words::{Term, terms};

/// Name and version of the formula behind `match_score`.
pub const FORMULA: &str = "lexical-1";
const MET: f64 = 0.6;
const NEAR: f64 = 0.3;
const MAX_KEYWORDS: usize = 15;
const MAX_SUGGESTIONS: usize = 6;

/// How far the résumé satisfies a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Shown.
    Met,
    /// Partly shown.
    Near,
    /// Not shown.
    Missing,
}

/// The place in the résumé that speaks for a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The line.
    pub text: String,
    /// Its first code point in the résumé as sent.
    pub start: usize,
    /// One past its last.
    pub end: usize,
}

/// One requirement and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The job's words.
    pub text: String,
    /// How much the job wants it.
    pub importance: Importance,
    /// Its weight in the score.
    pub weight: f64,
    /// Whether the résumé shows it.
    pub verdict: Verdict,
    /// Where.
    pub evidence: Option<Evidence>,
}

/// The analysis of one résumé and one job description.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Weighted coverage of the requirements, 0 to 100 with one decimal; `null` where the job states none.
    pub match_score: Option<f64>,
    /// Cosine of the two texts' content words (logarithmic term frequency), 0 to 1 with four decimals.
    pub semantic_similarity: f64,
    /// Words of the requirements that the résumé lacks, most wanted first, lower case.
    pub missing_keywords: Vec<String>,
    /// What evidence would help, one sentence for each unmet requirement. Never asks to invent any.
    pub suggestions: Vec<String>,
    /// [`FORMULA`].
    pub formula: &'static str,
    /// Every requirement in the job's order.
    pub requirements: Vec<Finding>,
    /// The score of the rewritten résumé, where there is one.
    pub match_score_after: Option<f64>,
}

impl Analysis {
    /// The analysis with personal data back in its texts, for the caller.
    #[must_use]
    pub fn restore(mut self, vault: &Vault) -> Analysis {
        for finding in &mut self.requirements {
            finding.text = vault.rehydrate(&finding.text);
            if let Some(evidence) = &mut finding.evidence {
                evidence.text = vault.rehydrate(&evidence.text);
            }
        }
        for suggestion in &mut self.suggestions {
            *suggestion = vault.rehydrate(suggestion);
        }
        self
    }
}

/// Holds a résumé against a job description.
#[must_use]
pub fn analyze(resume: &Redacted, job: &Redacted) -> Analysis {
    let shown = Resume::of(resume.as_str());
    let requirements = requirements::find(job.as_str());
    let findings: Vec<Finding> =
        requirements.iter().map(|requirement| shown.judge(requirement, Some(resume))).collect();
    Analysis {
        match_score: score(&findings),
        semantic_similarity: similarity(resume.as_str(), job.as_str()),
        missing_keywords: missing_keywords(&requirements, &shown),
        suggestions: suggestions(&findings),
        formula: FORMULA,
        requirements: findings,
        match_score_after: None,
    }
}

/// The score that a rewritten résumé would get for the same job.
#[must_use]
pub fn score_of(rewritten: &str, job: &Redacted) -> Option<f64> {
    let shown = Resume::of(rewritten);
    let findings: Vec<Finding> =
        requirements::find(job.as_str()).iter().map(|requirement| shown.judge(requirement, None)).collect();
    score(&findings)
}

struct Resume<'a> {
    text: &'a str,
    stems: HashSet<String>,
    lines_of: HashMap<String, Vec<usize>>,
    lines: Vec<Range<usize>>,
}

impl Resume<'_> {
    fn of(text: &str) -> Resume<'_> {
        let mut resume = Resume { text, stems: HashSet::new(), lines_of: HashMap::new(), lines: Vec::new() };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim();
            let indent = line.len() - line.trim_start().len();
            if !content.is_empty() {
                let index = resume.lines.len();
                resume.lines.push(start + indent..start + indent + content.len());
                for term in terms(content) {
                    let lines = resume.lines_of.entry(term.stem.clone()).or_default();
                    if lines.last() != Some(&index) {
                        lines.push(index);
                    }
                    resume.stems.insert(term.stem);
                }
            }
            start += line.len();
        }
        resume
    }

    fn judge(&self, requirement: &Requirement, source: Option<&Redacted>) -> Finding {
        let wanted: HashSet<&str> = requirement.key_stems();
        let shown = wanted.iter().filter(|stem| self.stems.contains(**stem)).count();
        #[expect(clippy::cast_precision_loss, reason = "a few dozen words")]
        let coverage = if wanted.is_empty() { 0.0 } else { shown as f64 / wanted.len() as f64 };
        let verdict = match coverage {
            share if share >= MET => Verdict::Met,
            share if share >= NEAR => Verdict::Near,
            _ => Verdict::Missing,
        };
        let evidence = source.filter(|_| verdict != Verdict::Missing).and_then(|source| self.evidence(&wanted, source));
        Finding {
            text: requirement.text.clone(),
            importance: requirement.importance,
            weight: requirement.importance.weight(),
            verdict,
            evidence,
        }
    }

    /// The line with the most of the wanted words; the first of equals.
    fn evidence(&self, wanted: &HashSet<&str>, source: &Redacted) -> Option<Evidence> {
        let mut hits: HashMap<usize, usize> = HashMap::new();
        for line in wanted.iter().filter_map(|stem| self.lines_of.get(*stem)).flatten() {
            *hits.entry(*line).or_default() += 1;
        }
        let best = hits.into_iter().max_by_key(|&(line, count)| (count, std::cmp::Reverse(line)))?.0;
        let bytes = self.lines[best].clone();
        let place = source.original_range(bytes.clone());
        Some(Evidence { text: self.text[bytes].to_owned(), start: place.start, end: place.end })
    }
}

fn score(findings: &[Finding]) -> Option<f64> {
    let total: f64 = findings.iter().map(|finding| finding.weight).sum();
    let reached: f64 = findings
        .iter()
        .map(|finding| {
            finding.weight
                * match finding.verdict {
                    Verdict::Met => 1.0,
                    Verdict::Near => 0.5,
                    Verdict::Missing => 0.0,
                }
        })
        .sum();
    (total > 0.0).then(|| round(100.0 * reached / total, 10.0))
}

fn similarity(a: &str, b: &str) -> f64 {
    let weights = |text: &str| {
        let mut counts: HashMap<String, f64> = HashMap::new();
        for term in terms(text) {
            *counts.entry(term.stem).or_default() += 1.0;
        }
        counts.values_mut().for_each(|count| *count = 1.0 + count.ln());
        counts
    };
    let (a, b) = (weights(a), weights(b));
    // Summed in a fixed order: floating-point sums depend on it, and equal requests must get equal answers.
    let mut shared: Vec<(&String, f64)> = a.iter().filter_map(|(stem, x)| b.get(stem).map(|y| (stem, x * y))).collect();
    shared.sort_by(|x, y| x.0.cmp(y.0));
    let norm = |weights: &HashMap<String, f64>| {
        let mut squares: Vec<f64> = weights.values().map(|weight| weight * weight).collect();
        squares.sort_by(f64::total_cmp);
        squares.iter().sum::<f64>().sqrt()
    };
    let length = norm(&a) * norm(&b);
    let dot: f64 = shared.iter().map(|(_, product)| product).sum();
    if length > 0.0 { round((dot / length).min(1.0), 10_000.0) } else { 0.0 }
}

fn missing_keywords(requirements: &[Requirement], shown: &Resume<'_>) -> Vec<String> {
    let mut wanted: Vec<(&Term, f64)> = Vec::new();
    let mut index_of: HashMap<&str, usize> = HashMap::new();
    for requirement in requirements {
        for term in requirement.key_terms().filter(|term| !shown.stems.contains(&term.stem)) {
            let index = *index_of.entry(&term.stem).or_insert(wanted.len());
            if index == wanted.len() {
                wanted.push((term, 0.0));
            }
            wanted[index].1 += requirement.importance.weight();
        }
    }
    // Stable: equal weights keep the job's order.
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
    wanted.into_iter().take(MAX_KEYWORDS).map(|(term, _)| term.lower.clone()).collect()
}

fn suggestions(findings: &[Finding]) -> Vec<String> {
    let unmet = findings.iter().filter(|finding| finding.verdict != Verdict::Met);
    let sentence = |finding: &Finding| match finding.verdict {
        Verdict::Near => {
            format!("Partly shown: \"{}\". If you did more of it, say where and what under Experience.", finding.text)
        }
        _ => format!(
            "Not shown: \"{}\". If you have done it, name the place and the result under Experience; if not, leave it out.",
            finding.text
        ),
    };
    unmet.take(MAX_SUGGESTIONS).map(sentence).collect()
}

fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

#[cfg(test)]
mod tests;
