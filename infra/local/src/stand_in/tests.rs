//! The stand-in does all six tasks from the real prompts, with and without a schema.

use shared::analysis::analyze;
use shared::prompts::{Output, Prompts};
use shared::redaction::redact;
use shared::request::{Input, Task};
use shared::verify::{Mode, verify_output};

use super::work;

const RESUME: &str = include_str!("../../../../examples/resume.txt");
const JOB: &str = include_str!("../../../../examples/job.txt");

fn inputs() -> [Input<String>; 6] {
    let (resume, job) = (RESUME.to_owned(), JOB.to_owned());
    [
        Input::ResumeOptimization { resume: resume.clone(), job: job.clone() },
        Input::CoverLetter {
            resume: resume.clone(),
            job: job.clone(),
            company: "Northwind & Sons".to_owned(),
            position: "Engineer".to_owned(),
        },
        Input::JobAnalysis { job },
        Input::BulletPoints {
            bullets: vec!["Ran 3 clusters\nof many nodes".to_owned()],
            requirements: vec!["Go".to_owned()],
        },
        Input::Achievements { experience: "Ran the on-call rota for two years. Wrote its handbook.".to_owned() },
        Input::QualityReview { resume },
    ]
}

#[test]
fn every_task_is_answered_in_both_forms_without_a_claim_of_its_own() {
    let prompts = Prompts::embedded();
    for input in inputs() {
        let task = input.task();
        let (redacted, vault) = redact(&input);
        let analysis = redacted.resume().zip(redacted.job()).map(|(resume, job)| analyze(resume, job));
        for structured in [true, false] {
            let prompt = prompts.render(&redacted, analysis.as_ref(), "v1", structured, "00ff").expect("v1 exists");
            let fields = prompt.schema.as_ref().and_then(|schema| schema["properties"].as_object());
            let fields: Option<Vec<String>> = fields.map(|fields| fields.keys().cloned().collect());
            let text = work::answer(&prompt.user, fields.as_deref());
            let mut output =
                Output::parse(task, structured, &text).unwrap_or_else(|_| panic!("{} {text}", task.name()));
            output.fit(&redacted).expect("as many bullets as were given");
            let found = verify_output(&mut output, &redacted, Mode::Flag, &vault).expect("something is left");
            assert!(found.is_none_or(|found| found.flagged.is_empty()), "{}", task.name());
        }
    }
}

#[test]
fn a_prompt_of_no_task_gets_an_empty_object() {
    assert_eq!(work::answer("hello", Some(&[])), "{}");
    assert_eq!(work::answer("hello", None), "");
    assert_eq!(Task::ALL.len(), inputs().len());
}
