use super::*;
use crate::analysis::analyze;
use crate::redaction::redact;

const RESUME: &str = include_str!("../../../examples/resume.txt");
const JOB: &str = include_str!("../../../examples/job.txt");

fn inputs() -> Vec<Input<String>> {
    let (resume, job) = (RESUME.to_owned(), JOB.to_owned());
    vec![
        Input::ResumeOptimization { resume: resume.clone(), job: job.clone() },
        Input::CoverLetter {
            resume: resume.clone(),
            job: job.clone(),
            company: "Northwind & Sons".to_owned(),
            position: "Platform Engineer".to_owned(),
        },
        Input::JobAnalysis { job },
        Input::BulletPoints {
            bullets: vec!["Ran 3 clusters".to_owned(), "Wrote {{ fence }}".to_owned()],
            requirements: vec!["Kubernetes".to_owned()],
        },
        Input::Achievements { experience: "Ran the on-call rota for two years.".to_owned() },
        Input::QualityReview { resume },
    ]
}

fn rendered(input: &Input<String>, structured: bool) -> Prompt {
    let (redacted, _) = redact(input);
    let analysis = redacted.resume().zip(redacted.job()).map(|(resume, job)| analyze(resume, job));
    let prompts = Prompts::embedded();
    let version = prompts.version(input.task(), None).expect("v1 exists");
    prompts
        .render(&redacted, analysis.as_ref(), version, structured, "0123456789abcdef")
        .expect("all variables are given")
}

#[test]
fn every_template_renders_real_text_in_five_parts() {
    for input in inputs() {
        for structured in [true, false] {
            let prompt = rendered(&input, structured);
            let headings: Vec<usize> =
                ["# 1. Context", "# 2. Analysis", "# 3. Task", "# 4. Output format", "# 5. Constraints"]
                    .iter()
                    .map(|heading| prompt.user.find(heading).unwrap_or_else(|| panic!("{heading} is missing")))
                    .collect();
            assert!(headings.is_sorted());
            assert!(!prompt.user.contains("PII_REDACTED_NAME_1>") || input.task() != Task::Achievements);
            assert_eq!(prompt.schema.is_some(), structured);
        }
    }
}

#[test]
fn untrusted_text_stands_between_fences_and_is_not_evaluated() {
    for input in inputs() {
        let prompt = rendered(&input, true);
        let opened = prompt.user.matches("<<<").count();
        assert!(opened > 0 && opened == prompt.user.matches(">>>").count(), "{}", input.task().name());
    }
    let bullets = &inputs()[3];
    assert!(rendered(bullets, true).user.contains("[2] Wrote {{ fence }}"));
}

#[test]
fn no_template_asks_for_metrics_the_source_lacks() {
    for (name, text) in FILES {
        let lower = text.to_lowercase();
        for forbidden in ["add metrics", "enhance metrics", "quantify impact"] {
            assert!(!lower.contains(forbidden), "{name} says {forbidden}");
        }
    }
}

#[test]
fn an_unknown_version_is_refused() {
    let prompts = Prompts::embedded();
    assert!(prompts.version(Task::CoverLetter, Some("v1")).is_ok());
    let problem = prompts.version(Task::CoverLetter, Some("v99")).expect_err("there is no v99");
    assert_eq!(problem.errors[0].pointer, "/prompt_version");
}

#[test]
fn schemas_stay_within_the_providers_subset_and_put_the_text_first() {
    fn check(schema: &serde_json::Value) {
        let allowed =
            ["type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "description"];
        let object = schema.as_object().expect("a schema object");
        assert!(object.keys().all(|key| allowed.contains(&key.as_str())), "{object:?}");
        if let Some(properties) = object.get("properties").and_then(|value| value.as_object()) {
            assert_eq!(object["additionalProperties"], false);
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(object["required"], serde_json::json!(names));
            properties.values().for_each(check);
        }
        if let Some(items) = object.get("items") {
            check(items);
        }
        object.get("anyOf").and_then(|value| value.as_array()).into_iter().flatten().for_each(check);
    }
    for task in Task::ALL {
        check(&schema(task));
    }
    let first = |task| schema(task)["properties"].as_object().and_then(|p| p.keys().next().cloned());
    assert_eq!(first(Task::ResumeOptimization).as_deref(), Some("optimized_resume"));
    assert_eq!(first(Task::CoverLetter).as_deref(), Some("cover_letter"));
    assert_eq!(schema(Task::JobAnalysis)["properties"]["seniority"]["anyOf"][1]["type"], "null");
}

#[test]
fn tagged_sections_read_as_the_same_answer() {
    let text = "<optimized_resume>\nA\nB\n</optimized_resume>\n<changes_made>[\"x\"]</changes_made>\n\
                <expected_improvement>y</expected_improvement>";
    let json = r#"{"optimized_resume":"A\nB","changes_made":["x"],"expected_improvement":"y"}"#;
    let task = Task::ResumeOptimization;
    assert_eq!(Output::parse(task, false, text), Output::parse(task, true, json));
    assert!(Output::parse(task, true, json).is_ok());
    assert_eq!(
        Output::parse(task, true, r#"{"optimized_resume":" ","changes_made":[],"expected_improvement":""}"#),
        Err(InvalidOutput)
    );
    assert_eq!(Output::parse(Task::Achievements, true, r#"{"achievements":["a","b"]}"#), Err(InvalidOutput));
}

#[test]
fn a_cut_answer_keeps_its_complete_lines() {
    let whole = r#"{"optimized_resume": "Zo\u00eb \ud83d\ude00\nline \"two\"\nline three", "changes_made": []"#;
    for cut in (0..whole.len()).filter(|&cut| whole.is_char_boundary(cut)) {
        if let Some(text) = partial_text(Task::ResumeOptimization, &whole[..cut]) {
            assert!("Zoë 😀\nline \"two\"\nline three".starts_with(&text), "{cut}: {text}");
        }
    }
    let output = Output::parse_truncated(Task::ResumeOptimization, true, whole).expect("two complete lines");
    assert_eq!(output.text(), Some("Zoë 😀\nline \"two\""));
    assert!(Output::parse_truncated(Task::Achievements, true, "{\"achievements\": [\"a\\n").is_err());
}
