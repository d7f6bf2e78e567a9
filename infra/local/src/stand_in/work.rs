//! The six tasks, done by selecting and reordering what the documents say.

mod job;
mod resume;
mod review;

use serde_json::{Map, Value, json};

use super::documents::Documents;
use super::relevance::{bullet, sentences, shared, words};

/// The fields that tell the tasks apart, first fields of their answers.
const FIRST_FIELDS: [&str; 6] =
    ["optimized_resume", "cover_letter", "requirements", "bullets", "achievements", "scores"];

/// The answer's text: a JSON object where the request has a schema, else tagged sections.
pub(super) fn answer(prompt: &str, schema_fields: Option<&[String]>) -> String {
    let documents = Documents::of(prompt);
    let first = match schema_fields {
        Some(fields) => fields.first().cloned().unwrap_or_default(),
        None => first_tag(prompt),
    };
    let answer = match first.as_str() {
        "optimized_resume" => resume::optimize(&documents),
        "cover_letter" => json!({ "cover_letter": cover_letter(&documents) }),
        "requirements" => job::analyze(documents.text("JOB_DESCRIPTION")),
        "bullets" => bullets(&documents),
        "achievements" => json!({ "achievements": achievements(documents.text("EXPERIENCE_TEXT")) }),
        "scores" => review::review(documents.text("RESUME")),
        _ => json!({}),
    };
    if schema_fields.is_some() { answer.to_string() } else { tagged(answer.as_object().unwrap_or(&Map::new())) }
}

/// The task of a prompt without a schema: the first tag that part 4 of the prompt shows.
fn first_tag(prompt: &str) -> String {
    let format = prompt.rsplit_once("# 4.").map_or("", |(_, format)| format);
    let tags = FIRST_FIELDS.iter().filter_map(|field| format.find(&format!("<{field}>")).map(|at| (at, field)));
    tags.min().map(|(_, field)| (*field).to_owned()).unwrap_or_default()
}

fn tagged(fields: &Map<String, Value>) -> String {
    let section = |(name, value): (&String, &Value)| match value {
        // The one field that may be null is asked for as JSON.
        Value::String(text) if name != "seniority" => format!("<{name}>\n{text}\n</{name}>\n"),
        other => format!("<{name}>{other}</{name}>\n"),
    };
    fields.iter().map(section).collect()
}

/// A letter of the résumé's own lines: those that share the most with the job, in the résumé's order.
fn cover_letter(documents: &Documents) -> String {
    let wanted = words(documents.text("JOB_DESCRIPTION"));
    let resume = documents.text("RESUME");
    let mut lines: Vec<(usize, usize, &str)> = Vec::new();
    for (place, line) in resume.lines().enumerate() {
        let text = bullet(line).unwrap_or_default();
        let common = shared(text, &wanted).len();
        if common > 0 {
            lines.push((common, place, text));
        }
    }
    lines.sort_by_key(|&(common, place, _)| (std::cmp::Reverse(common), place));
    lines.truncate(5);
    lines.sort_by_key(|&(_, place, _)| place);
    let company = documents.text("COMPANY_NAME").trim();
    let position = documents.text("POSITION_TITLE").trim();
    let signature = resume.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let evidence: Vec<String> = lines.iter().map(|(.., text)| format!("- {text}")).collect();
    format!(
        "Dear hiring team of {company},\n\nI am applying for the position: {position}.\n\n\
         From my work so far, closest to what you ask for:\n\n{}\n\nI would be glad to tell you more.\n\n{signature}",
        evidence.join("\n")
    )
}

/// Each bullet as it is: a line copied unchanged is always acceptable.
fn bullets(documents: &Documents) -> Value {
    let requirements = documents.items("JOB_REQUIREMENTS");
    let tailor = |given: &String| {
        let fits =
            requirements.iter().map(|text| (shared(given, &words(text)).len(), text)).max_by_key(|(common, _)| *common);
        let rationale = match fits {
            Some((common, requirement)) if common > 0 => format!("Kept as it is; it speaks to: {requirement}"),
            _ => "Kept as it is; it speaks to none of the requirements.".to_owned(),
        };
        json!({ "original": given, "tailored": given, "rationale": rationale })
    };
    json!({ "bullets": documents.items("EXPERIENCE_BULLETS").iter().map(tailor).collect::<Vec<_>>() })
}

/// Three to five sentences, those with figures first. A text with fewer is repeated rather than embroidered.
fn achievements(experience: &str) -> Vec<String> {
    let mut found = sentences(experience);
    found.sort_by_key(|sentence| (bullets_first(experience, sentence), !sentence.chars().any(|c| c.is_ascii_digit())));
    found.truncate(5);
    let known = found.len();
    while known > 0 && found.len() < 3 {
        found.push(found[found.len() % known].clone());
    }
    found
}

fn bullets_first(text: &str, sentence: &str) -> bool {
    !text.lines().filter_map(bullet).any(|line| line.contains(sentence))
}
