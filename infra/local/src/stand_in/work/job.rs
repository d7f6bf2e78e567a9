//! The job description taken apart by its headings.

use serde_json::{Value, json};

use crate::stand_in::relevance::{bullet, sentences};

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Required,
    Preferred,
    Bonus,
    Duties,
    Culture,
    Other,
}

const HEADINGS: &[(&str, Section)] = &[
    ("nice", Section::Bonus),
    ("bonus", Section::Bonus),
    ("plus", Section::Bonus),
    ("preferred", Section::Preferred),
    ("desired", Section::Preferred),
    ("require", Section::Required),
    ("must", Section::Required),
    ("qualification", Section::Required),
    ("you bring", Section::Required),
    ("you will do", Section::Duties),
    ("responsibilit", Section::Duties),
    ("role", Section::Duties),
    ("how we work", Section::Culture),
    ("culture", Section::Culture),
    ("about", Section::Culture),
];
const LEVELS: &[&str] = &["intern", "junior", "senior", "staff", "principal", "lead", "head", "director"];

pub(super) fn analyze(job: &str) -> Value {
    let mut requirements = Vec::new();
    let (mut duties, mut culture, mut section) = (Vec::new(), Vec::new(), Section::Other);
    for line in job.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (bullet(line), section) {
            (Some(text), Section::Required) => requirements.push(json!({ "text": text, "importance": "required" })),
            (Some(text), Section::Preferred) => requirements.push(json!({ "text": text, "importance": "preferred" })),
            (Some(text), Section::Bonus) => requirements.push(json!({ "text": text, "importance": "bonus" })),
            (Some(text), Section::Duties) => duties.push(text.to_owned()),
            (Some(_), _) => {}
            (None, _) if is_heading(line) => section = of_heading(line),
            (None, Section::Culture) => culture.extend(sentences(line)),
            (None, _) => {}
        }
    }
    let all = sentences(job);
    if requirements.is_empty() {
        let asked = all.iter().filter(|text| asks(text));
        requirements.extend(asked.map(|text| json!({ "text": text, "importance": "required" })));
    }
    let containing = |cues: &[&str]| {
        let found = all.iter().find(|text| cues.iter().any(|cue| text.to_lowercase().contains(cue)));
        found.cloned().unwrap_or_default()
    };
    let title = job.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let level = title.split_whitespace().find(|word| LEVELS.contains(&word.to_lowercase().as_str()));
    json!({
        "requirements": requirements,
        "responsibilities": duties,
        "experience": containing(&["years", "experience"]),
        "education": containing(&["degree", "bachelor", "master", "diploma"]),
        "keywords": keywords(&requirements),
        "culture": culture,
        "red_flags": [],
        "seniority": level,
        "summary": all.iter().take(3).cloned().collect::<Vec<_>>().join(" "),
    })
}

fn is_heading(line: &str) -> bool {
    line.split_whitespace().count() <= 6 && !line.ends_with('.')
}

fn of_heading(line: &str) -> Section {
    let lower = line.to_lowercase();
    HEADINGS.iter().find(|(cue, _)| lower.contains(cue)).map_or(Section::Other, |(_, section)| *section)
}

fn asks(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["looking for", "require", "must", "experience", "need"].iter().any(|cue| lower.contains(cue))
}

/// Words written like names of things, each once, in order.
fn keywords(requirements: &[Value]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in requirements.iter().filter_map(|requirement| requirement["text"].as_str()) {
        for word in text.split_whitespace().skip(1) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#');
            let known = word.contains("PII_REDACTED") || found.iter().any(|known| known == word);
            if word.starts_with(char::is_uppercase) && !known {
                found.push(word.to_owned());
            }
        }
    }
    found
}
