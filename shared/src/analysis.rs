//! Analysis: what the job asks for, and what the résumé shows of it. No model, no cost, deterministic.
//!
//! It reads redacted texts only, so nothing it says (keywords and suggestions go into the prompt) can hold detected
//! personal data. Formula `coverage-3`: requirements are the job's bullet lines and cue sentences. Each asks for names of the
//! lexicon, a degree, or content words by their inverse document frequency; "or" makes alternatives. What is used in a position counts 1, what is
//! only listed (a list of skills, a summary) 0.7, a relative 0.5; too few dated years take up to half. A requirement is *met* from 0.65 on, *near*
//! from 0.3; the score is the weighted mean (required 3, preferred 1, bonus 0.5). Eight words in a row that stand in the job
//! just so count for nothing.

mod advice;
mod bucket;
mod posting;
mod requirements;
mod resume;
mod similarity;
mod table;
mod words;

use foldhash::HashMap;
use serde::Serialize;

pub use posting::Posting;
pub use requirements::Importance;

use self::words::Text;
use crate::redaction::{Redacted, Vault, without_placeholders};
use crate::words::words;
use resume::Judged;
use similarity::Bag;

/// Name and version of the formula behind `match_score`.
pub const FORMULA: &str = "coverage-3";
const MET: f64 = 0.65;
const NEAR: f64 = 0.3;
const MAX_KEYWORDS: usize = 15;

/// How far the résumé satisfies a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Evidence {
    /// The line.
    pub text: String,
    /// Its first code point in the résumé as sent.
    pub start: usize,
    /// One past its last.
    pub end: usize,
}

/// One requirement and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Analysis {
    /// Weighted coverage of the requirements, 0 to 100 with one decimal; `null` where the job states none.
    pub match_score: Option<f64>,
    /// Closeness in wording (TF-IDF) and meaning (word table), 0 to 1 with four decimals.
    pub semantic_similarity: f64,
    /// Names and words of the requirements that the résumé lacks, most wanted first, in the job's spelling, lower case.
    pub missing_keywords: Vec<String>,
    /// What evidence would help, one sentence for each unmet requirement, and what a parser stumbles over. Never asks to
    /// invent any.
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
    Posting::of(job).analyze(resume)
}

/// The cosine of the two texts' content words alone (TF-IDF): what the similarity is compared with.
#[must_use]
pub fn lexical_similarity(resume: &Redacted, job: &Redacted) -> f64 {
    let plain = [resume, job].map(|text| without_placeholders(text.as_str()));
    let words = plain.each_ref().map(|text| words(text));
    let texts = [Text::of(&plain[0], &words[0]), Text::of(&plain[1], &words[1])];
    Bag::of(&texts[0].terms).lexical(&Bag::of(&texts[1].terms))
}

/// Whether a word is in the table of words: then a capital letter alone does not make it a name.
pub(crate) fn is_ordinary_word(lower: &str) -> bool {
    table::find(lower).is_some()
}

/// The cosine of two words in the table, if it has both.
pub(crate) fn nearness(a: &str, b: &str) -> Option<f64> {
    Some(table::find(a)?.cosine(table::find(b)?))
}

fn score(judged: &[Judged]) -> Option<f64> {
    let total: f64 = judged.iter().map(|judged| judged.finding.weight).sum();
    let reached: f64 = judged.iter().map(|judged| judged.finding.weight * judged.coverage).sum();
    (total > 0.0).then(|| round(100.0 * reached / total, 10.0))
}

fn missing_keywords(judged: &[Judged]) -> Vec<String> {
    let mut wanted: Vec<(&str, f64)> = Vec::new();
    let mut index_of: HashMap<&str, usize> = HashMap::default();
    for judged in judged {
        for (word, weight) in &judged.missing {
            let index = *index_of.entry(word).or_insert(wanted.len());
            if index == wanted.len() {
                wanted.push((word, 0.0));
            }
            wanted[index].1 += weight * judged.finding.weight;
        }
    }
    // Stable: equal weights keep the job's order.
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
    wanted.into_iter().take(MAX_KEYWORDS).map(|(word, _)| word.to_owned()).collect()
}

fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

#[cfg(test)]
mod tests;
