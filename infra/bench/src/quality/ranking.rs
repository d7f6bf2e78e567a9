//! Ranking: do the score and the similarity order résumés for a job better than shared words alone.

use shared::analysis::{Analysis, analyze, lexical_similarity};
use shared::redaction::redact;
use shared::request::Input;

use super::corpus::{Field, Job};
use super::random::Random;
use super::{Checks, Document};

const RESAMPLES: usize = 400;
/// What a résumé that fits shows of a job's required tools at least.
const FITS: f64 = 0.5;

/// What one pair got, and what is true of it.
#[derive(Clone, Copy)]
struct Pair {
    resume: usize,
    job: usize,
    score: f64,
    similarity: f64,
    lexical: f64,
    same_field: bool,
    fits: bool,
}

type Measure = fn(&Pair) -> f64;
type Truth = fn(&Pair) -> bool;

pub(super) fn analyzed(resume: &str, job: &str) -> (Analysis, f64) {
    let input = Input::ResumeOptimization { resume: resume.to_owned(), job: job.to_owned() };
    let (redacted, vault) = redact(&input);
    let (resume, job) = redacted.resume().zip(redacted.job()).expect("the task has both");
    (analyze(resume, job).restore(&vault), lexical_similarity(resume, job))
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]
pub(super) fn run(documents: &[Document], jobs: &[Job], fields: &[Field], checks: &mut Checks) {
    let mut pairs = Vec::new();
    let mut identical = true;
    for (resume, document) in documents.iter().enumerate() {
        for (index, job) in jobs.iter().enumerate() {
            let (analysis, lexical) = analyzed(&document.text, &job.text);
            if (resume + index) % 17 == 0 {
                let again = analyzed(&document.text, &job.text).0;
                identical &= serde_json::to_string(&again).ok() == serde_json::to_string(&analysis).ok();
            }
            let shown = job.tools.iter().filter(|tool| document.tools.contains(tool)).count();
            let same_field = document.field == job.field;
            pairs.push(Pair {
                resume,
                job: index,
                score: analysis.match_score.unwrap_or(0.0),
                similarity: analysis.semantic_similarity,
                lexical,
                same_field,
                fits: same_field && shown as f64 / job.tools.len() as f64 >= FITS && document.years + 1 >= job.years,
            });
        }
    }
    checks.check("reruns are byte-identical", identical);
    println!("ranking: {} pairs; 95 % intervals from {RESAMPLES} resamples of the résumés", pairs.len());
    let gains = report("fits the job", &pairs, documents.len(), |pair| pair.fits);
    checks.check("match_score ranks by fit above TF-IDF", gains[0].0 > 0.0 && gains[0].1 >= 0.0);
    report("same field", &pairs, documents.len(), |pair| pair.same_field);

    let mut described = Vec::new();
    for (resume, document) in documents.iter().enumerate() {
        for (index, field) in fields.iter().enumerate() {
            let (analysis, lexical) = analyzed(&document.text, field.about);
            let (score, similarity) = (analysis.match_score.unwrap_or(0.0), analysis.semantic_similarity);
            let same_field = document.field == field.name;
            described.push(Pair { resume, job: index, score, similarity, lexical, same_field, fits: false });
        }
    }
    let gains = report("same field, described in other words", &described, documents.len(), |pair| pair.same_field);
    checks.check("semantic_similarity ranks by field above TF-IDF", gains[1].0 > 0.0 && gains[1].1 >= 0.0);
    pasting(documents, jobs, checks);
}

/// Prints the three measures; returns how much AUC and MRR are above TF-IDF for the first two.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn report(name: &str, pairs: &[Pair], resumes: usize, truth: Truth) -> Vec<(f64, f64)> {
    let measures: [(&str, Measure); 3] = [
        ("match_score", |pair| pair.score),
        ("semantic_similarity", |pair| pair.similarity),
        ("TF-IDF alone", |pair| pair.lexical),
    ];
    println!("  {name} ({} of {} pairs)", pairs.iter().filter(|pair| truth(pair)).count(), pairs.len());
    let base = figures(pairs, resumes, measures[2].1, truth);
    let of = |(name, measure): (&str, Measure)| {
        let found = figures(pairs, resumes, measure, truth);
        let interval = |values: &[f64]| (percentile(values, 0.025), percentile(values, 0.975));
        let (auc, mrr) = (interval(&found.aucs), interval(&found.mrrs));
        // Paired: each resample judges both.
        let better: Vec<f64> = found.aucs.iter().zip(&base.aucs).map(|(own, base)| own - base).collect();
        let gain = interval(&better);
        let (more, ranked) = (found.auc - base.auc, found.mrr - base.mrr);
        println!(
            "    {name:<20} AUC {:.4} [{:.4}, {:.4}]  MRR {:.4} [{:.4}, {:.4}]  AUC over TF-IDF {more:+.4} [{:+.4}, {:+.4}]",
            found.auc, auc.0, auc.1, found.mrr, mrr.0, mrr.1, gain.0, gain.1
        );
        (more, ranked)
    };
    measures.map(of).to_vec()
}

/// A job pasted into a résumé must not lift it above real evidence, nor above itself.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn pasting(documents: &[Document], jobs: &[Job], checks: &mut Checks) {
    let (mut tried, mut lifted, mut most) = (0, 0, 0.0f64);
    for (index, document) in documents.iter().enumerate() {
        let job = &jobs[index % jobs.len()];
        let score = |text: &str| analyzed(text, &job.text).0.match_score.unwrap_or(0.0);
        let own = score(&document.text);
        for pasted in [
            format!("{}\n\n{}", document.text, job.text),
            format!("{}\n{}", document.text, job.text.replace('\n', " ")),
        ] {
            tried += 1;
            let gain = score(&pasted) - own;
            lifted += usize::from(gain > 0.0);
            most = most.max(gain);
        }
    }
    println!("  job pasted into the résumé: {lifted} of {tried} scores rose, by {most:.1} at most");
    checks.check("pasting the job raises no score", lifted == 0);
}

struct Figures {
    auc: f64,
    mrr: f64,
    aucs: Vec<f64>,
    mrrs: Vec<f64>,
}

fn figures(pairs: &[Pair], resumes: usize, measure: Measure, truth: Truth) -> Figures {
    let mut random = Random::seeded(5);
    let all: Vec<usize> = vec![1; resumes];
    let mut found = Figures {
        auc: auc(pairs, &all, measure, truth),
        mrr: mrr(pairs, &all, measure, truth),
        aucs: vec![],
        mrrs: vec![],
    };
    for _ in 0..RESAMPLES {
        let mut times = vec![0; resumes];
        (0..resumes).for_each(|_| times[random.between(0, resumes - 1)] += 1);
        found.aucs.push(auc(pairs, &times, measure, truth));
        found.mrrs.push(mrr(pairs, &times, measure, truth));
    }
    found
}

/// The share of pairs of a relevant and another that are in order; ties count half.
#[expect(clippy::cast_precision_loss, reason = "a few thousand pairs")]
fn auc(pairs: &[Pair], times: &[usize], measure: Measure, truth: Truth) -> f64 {
    let mut ranked: Vec<(f64, bool, usize)> =
        pairs.iter().map(|pair| (measure(pair), truth(pair), times[pair.resume])).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut ordered, mut good, mut at) = (0.0, 0.0, 0.0, 0);
    while at < ranked.len() {
        let end =
            ranked[at..].iter().position(|other| other.0 > ranked[at].0).map_or(ranked.len(), |length| at + length);
        let count =
            |wanted: bool| ranked[at..end].iter().filter(|one| one.1 == wanted).map(|one| one.2).sum::<usize>() as f64;
        let (here, bad) = (count(true), count(false));
        ordered += here * (below + bad / 2.0);
        below += bad;
        good += here;
        at = end;
    }
    if good * below > 0.0 { ordered / (good * below) } else { 0.5 }
}

/// The mean over the jobs of one over the rank of the best relevant résumé; ties rank in the middle.
#[expect(clippy::cast_precision_loss, reason = "a few dozen ranks")]
fn mrr(pairs: &[Pair], times: &[usize], measure: Measure, truth: Truth) -> f64 {
    let jobs = pairs.iter().map(|pair| pair.job).max().unwrap_or(0) + 1;
    let mut sum = 0.0;
    let mut counted = 0.0;
    for job in 0..jobs {
        let of_job: Vec<&Pair> = pairs.iter().filter(|pair| pair.job == job && times[pair.resume] > 0).collect();
        let best = of_job.iter().filter(|pair| truth(pair)).map(|pair| measure(pair)).fold(f64::NEG_INFINITY, f64::max);
        if best == f64::NEG_INFINITY {
            continue;
        }
        let above = of_job.iter().filter(|pair| measure(pair) > best).count() as f64;
        let level =
            of_job.iter().filter(|pair| !truth(pair) && (measure(pair) - best).abs() < f64::EPSILON).count() as f64;
        sum += 1.0 / (1.0 + above + level / 2.0);
        counted += 1.0;
    }
    if counted > 0.0 { sum / counted } else { 0.0 }
}

fn percentile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let at = (share * (values.len() - 1) as f64).round() as usize;
    values[at]
}
