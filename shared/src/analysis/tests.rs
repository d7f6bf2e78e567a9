use super::*;
use crate::redaction::redact;
use crate::request::Input;

const JOB: &str = "Backend Engineer\n\nRequirements:\n- 5+ years of Rust or C++\n- Experience with PostgreSQL and Kafka\n\
    \nNice to have:\n- Terraform\n- Node.js\n\nBenefits:\n- Free fruit and a Peloton\n";
const RESUME: &str =
    "Zoë Ångström\nRust developer\n\nEXPERIENCE\n- Wrote Rust services on PostgreSQL\n- Node.js tooling\n";

fn analysis(resume: &str, job: &str) -> Analysis {
    let (input, vault) = redact(&Input::ResumeOptimization { resume: resume.to_owned(), job: job.to_owned() });
    let Input::ResumeOptimization { resume, job } = &input else { unreachable!("mapped in place") };
    analyze(resume, job).restore(&vault)
}

#[test]
fn every_requirement_has_a_verdict_and_its_evidence_is_a_place_in_the_resume() {
    let analysis = analysis(RESUME, JOB);
    let verdicts: Vec<(&str, Verdict)> = analysis.requirements.iter().map(|f| (f.text.as_str(), f.verdict)).collect();
    assert_eq!(
        verdicts,
        [
            ("5+ years of Rust or C++", Verdict::Near),
            ("Experience with PostgreSQL and Kafka", Verdict::Near),
            ("Terraform", Verdict::Missing),
            ("Node.js", Verdict::Met)
        ]
    );
    for evidence in analysis.requirements.iter().filter_map(|finding| finding.evidence.as_ref()) {
        let there: String = RESUME.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
        assert_eq!(there, evidence.text);
    }
    // (3 x 0.5 + 3 x 0.5 + 0.5 x 0 + 0.5 x 1) / 7
    assert_eq!(analysis.match_score, Some(50.0));
    assert_eq!(analysis.missing_keywords, ["c++", "kafka", "terraform"]);
}

#[test]
fn no_requirement_means_no_score() {
    let analysis = analysis(RESUME, "We are a friendly company by the sea.");
    assert_eq!(analysis.match_score, None);
    assert!(analysis.missing_keywords.is_empty());
}

#[test]
fn similarity_is_one_for_equal_and_zero_for_foreign_texts() {
    assert!((analysis(RESUME, RESUME).semantic_similarity - 1.0).abs() < 1e-9);
    assert!(analysis(RESUME, "Pastry chef wanted, must bake croissants").semantic_similarity < 0.01);
}

#[test]
fn personal_data_of_the_job_never_becomes_a_keyword() {
    let job = "Requirements:\n- Write to Zoë Ångström, zoe@example.com, about Kafka";
    let analysis = analysis(RESUME, job);
    assert_eq!(analysis.missing_keywords, ["kafka"]);
    assert!(analysis.requirements[0].text.contains("zoe@example.com"), "the caller gets his own text back");
}

#[test]
fn odd_documents_do_not_break_it() {
    for text in ["..........", "𝕏𝕏𝕏𝕏𝕏𝕏𝕏𝕏𝕏𝕏", "- \n- \n- \n-------", "必須:\n- Rust の経験\n- データベース設計"]
    {
        let analysis = analysis(text, text);
        assert!(analysis.match_score.is_none_or(|score| (0.0..=100.0).contains(&score)));
    }
}
