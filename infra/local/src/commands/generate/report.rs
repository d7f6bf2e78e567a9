//! An answer as a report for a person.

use std::fmt::Write;

use serde_json::Value;
use shared::request::Task;

/// The answer, the task's own fields first.
pub(super) fn answer(task: Task, answer: &Value) -> String {
    let mut report = String::new();
    match task {
        Task::ResumeOptimization => {
            section(&mut report, "Rewritten résumé", text(&answer["optimized_resume"]));
            list(&mut report, "Changes", &answer["changes_made"]);
            section(&mut report, "Expected improvement", text(&answer["expected_improvement"]));
        }
        Task::CoverLetter => section(&mut report, "Cover letter", text(&answer["cover_letter"])),
        Task::JobAnalysis => {
            section(&mut report, "Summary", text(&answer["summary"]));
            let requirements = items(&answer["requirements"])
                .map(|item| format!("[{}] {}", text(&item["importance"]), text(&item["text"])))
                .collect::<Vec<_>>();
            section(&mut report, "Requirements", &requirements.join("\n"));
            list(&mut report, "Responsibilities", &answer["responsibilities"]);
            list(&mut report, "Keywords", &answer["keywords"]);
        }
        Task::BulletPoints => {
            for bullet in items(&answer["bullets"]) {
                let _ = writeln!(report, "- {}\n  {}\n", text(&bullet["tailored"]), text(&bullet["rationale"]));
            }
        }
        Task::Achievements => list(&mut report, "Achievements", &answer["achievements"]),
        Task::QualityReview => {
            let scores = answer["scores"].as_object().into_iter().flatten();
            let scores: Vec<String> = scores.map(|(name, score)| format!("{name}: {score} of 10")).collect();
            section(&mut report, "Scores", &scores.join("\n"));
            list(&mut report, "Strengths", &answer["strengths"]);
            let issues: Vec<String> =
                items(&answer["issues"]).map(|i| format!("[{}] {}", text(&i["severity"]), text(&i["text"]))).collect();
            section(&mut report, "Issues", &issues.join("\n"));
            list(&mut report, "Recommendations", &answer["recommendations"]);
        }
    }
    analysis(&mut report, &answer["analysis"]);
    verification(&mut report, &answer["verification"]);
    usage(&mut report, answer);
    report
}

fn analysis(report: &mut String, analysis: &Value) {
    if analysis.is_null() {
        return;
    }
    let score = |value: &Value| {
        value.as_f64().map_or("none: the job states no requirement".to_owned(), |s| format!("{s} of 100"))
    };
    let mut lines = format!("score: {}", score(&analysis["match_score"]));
    if !analysis["match_score_after"].is_null() {
        let _ = write!(lines, "; after the rewrite: {}", score(&analysis["match_score_after"]));
    }
    let missing: Vec<&str> = items(&analysis["missing_keywords"]).map(text).collect();
    let _ =
        write!(lines, "\nsimilarity: {}\nmissing keywords: {}", analysis["semantic_similarity"], missing.join(", "));
    section(report, "Match", &lines);
}

fn verification(report: &mut String, verification: &Value) {
    if verification.is_null() {
        return;
    }
    let count = |name: &str| verification[name].as_array().map_or(0, Vec::len);
    let lines = format!(
        "{} claims checked against the source, {} supported, {} reverted, {} flagged",
        verification["checked"],
        verification["supported"],
        count("reverted"),
        count("flagged")
    );
    section(report, "Verification", &lines);
}

fn usage(report: &mut String, answer: &Value) {
    let usage = &answer["usage_stats"];
    let hidden: Vec<String> =
        answer["redaction"].as_object().into_iter().flatten().map(|(kind, count)| format!("{count} {kind}")).collect();
    let simulated = if answer["simulated"] == true { " (simulated: the stand-in model answered)" } else { "" };
    let lines = format!(
        "${} for {} input and {} output tokens of {}{simulated}\nhidden from the model: {}",
        usage["cost_usd"],
        usage["input_tokens"],
        usage["output_tokens"],
        text(&usage["model"]),
        if hidden.is_empty() { "nothing".to_owned() } else { hidden.join(", ") }
    );
    section(report, "Cost", &lines);
}

/// One line about the period so far.
pub(super) fn statistics(statistics: &Value) -> String {
    format!(
        "statistics of period {}: {} requests, {} tokens, ${}",
        text(&statistics["period"]),
        statistics["total_requests"],
        statistics["total_tokens"],
        statistics["total_cost"]
    )
}

/// What a problem says.
pub(super) fn problem(body: &str) -> String {
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    let fields =
        items(&problem["errors"]).map(|error| format!("\n  {}: {}", text(&error["pointer"]), text(&error["detail"])));
    format!(
        "error: {} {}: {}{}",
        problem["status"],
        text(&problem["code"]),
        text(&problem["detail"]),
        fields.collect::<String>()
    )
}

fn section(report: &mut String, title: &str, body: &str) {
    let _ = writeln!(report, "== {title}\n\n{}\n", body.trim_end());
}

fn list(report: &mut String, title: &str, values: &Value) {
    let lines: Vec<String> = items(values).map(|item| format!("- {}", text(item))).collect();
    section(report, title, &lines.join("\n"));
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
