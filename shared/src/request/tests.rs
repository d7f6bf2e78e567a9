use serde_json::Value;

use super::*;

fn problems(task: Task, json: &str) -> Vec<(String, String)> {
    match parse(task, json.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(problem) => problem.errors.into_iter().map(|error| (error.pointer, error.detail)).collect(),
    }
}

#[test]
fn the_source_documents_body_is_valid() {
    let body = r#"{"resume_raw_text": "Software Engineer with 5 years...",
                   "job_description_text": "Looking for Senior Python Developer..."}"#;
    assert_eq!(problems(Task::ResumeOptimization, body), []);
}

#[test]
fn the_schema_names_exactly_the_fields_that_are_read() {
    for task in Task::ALL {
        let schema = schema(task);
        let names: Vec<&String> = schema["properties"].as_object().expect("properties").keys().collect();
        for name in &names {
            let body = format!("{{\"{name}\": {{}}}}");
            assert_eq!(problems(task, &body)[0].0, format!("/{name}"), "known, of another type");
        }
        let missing = problems(task, "{}");
        let required: Vec<&str> =
            schema["required"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(missing.len(), required.len());
        assert!(missing.iter().all(|(pointer, _)| required.contains(&pointer.trim_start_matches('/'))));
        assert!(problems(task, "{\"other\": 1}")[0].1.contains("not known"));
    }
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let body = r#"{"resume_raw_text": "short", "max_tokens": 0, "temperature": 7}"#;
    let pointers: Vec<String> = problems(Task::ResumeOptimization, body).into_iter().map(|(p, _)| p).collect();
    assert_eq!(pointers, ["/job_description_text", "/max_tokens", "/resume_raw_text", "/temperature"]);
    let body = r#"{"experience_bullets": ["did things", ""], "job_requirements": []}"#;
    let pointers: Vec<String> = problems(Task::BulletPoints, body).into_iter().map(|(p, _)| p).collect();
    assert_eq!(pointers, ["/experience_bullets/1", "/job_requirements"]);
}

#[test]
fn structure_errors_point_without_quoting() {
    let cases = [
        ("", "", "empty"),
        ("   ", "", "empty"),
        ("[\"a long enough text\", \"another long text\"]", "", "object"),
        ("{\"resume_raw_text\": ", "", "not valid JSON"),
        ("{\"jane@example.com\": 1}", "", "not known"),
        ("{\"resume_raw_text\": 7654321}", "/resume_raw_text", "wrong type"),
        ("{\"model\": null, \"model\": null}", "", "twice"),
        ("{} {}", "", "one JSON object"),
    ];
    for (body, pointer, part) in cases {
        let found = problems(Task::ResumeOptimization, body);
        assert_eq!(found.len(), 1, "{body}");
        assert!(found[0].0 == pointer && found[0].1.contains(part), "{body}: {found:?}");
        assert!(!found[0].1.contains("jane") && !found[0].1.contains("7654321"));
    }
}

#[test]
fn marks_are_not_piled_up() {
    let body = |marks: usize| {
        let marks = "\u{301}".repeat(marks);
        format!(r#"{{"resume_raw_text": "Zoe{marks} Engineer", "job_description_text": "0123456789"}}"#)
    };
    assert_eq!(problems(Task::ResumeOptimization, &body(30)), []);
    let found = problems(Task::ResumeOptimization, &body(31));
    assert_eq!((found.len(), found[0].0.as_str()), (1, "/resume_raw_text"));
}

#[test]
fn lengths_count_code_points_after_trimming() {
    let body = |chars: usize| {
        format!(r#"{{"resume_raw_text": "  {}  ", "job_description_text": "0123456789"}}"#, "é".repeat(chars))
    };
    assert_eq!(problems(Task::ResumeOptimization, &body(10)), []);
    assert_eq!(problems(Task::ResumeOptimization, &body(50_000)), []);
    assert_eq!(problems(Task::ResumeOptimization, &body(9)).len(), 1);
    assert_eq!(problems(Task::ResumeOptimization, &body(50_001)).len(), 1);
}
