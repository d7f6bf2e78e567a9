//! Documents with their personal data marked: the dev corpus' JSON lines, and the fixtures' inline marks.

use serde_json::Value;

/// Personal data in a document, in code points.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Its kind, as in placeholders.
    pub kind: String,
    /// First code point.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// The text.
    pub value: String,
    /// Identifying parts, where the gold names them.
    pub core: Vec<String>,
}

/// Something that must survive.
#[derive(Clone, Debug)]
pub struct Keep {
    /// What it is.
    pub kind: String,
    /// First code point.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name.
    pub id: String,
    /// Its text.
    pub text: String,
    /// What must go.
    pub marks: Vec<Mark>,
    /// What must stay.
    pub keeps: Vec<Keep>,
}

/// Reads JSON lines in the dev corpus' format; lines that are none are left out.
#[must_use]
pub fn corpus(json_lines: &str) -> Vec<Document> {
    json_lines.lines().filter_map(|line| serde_json::from_str(line).ok()).map(|line: Value| document(&line)).collect()
}

fn document(line: &Value) -> Document {
    let text = line["text"].as_str().unwrap_or_default().to_owned();
    let offset = |value: &Value| value.as_u64().and_then(|value| usize::try_from(value).ok()).unwrap_or(0);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let slice = |start: usize, end: usize| text.chars().skip(start).take(end.saturating_sub(start)).collect();
    let marks = line["spans"].as_array().into_iter().flatten().map(|span| {
        let (start, end) = (offset(&span["start"]), offset(&span["end"]));
        let core = span["core"].as_array().into_iter().flatten().map(word).collect();
        Mark { kind: word(&span["type"]), start, end, value: slice(start, end), core }
    });
    let keeps = line["keep"].as_array().into_iter().flatten();
    let keeps =
        keeps.map(|keep| Keep { kind: word(&keep["kind"]), start: offset(&keep["start"]), end: offset(&keep["end"]) });
    Document { id: word(&line["id"]), marks: marks.collect(), keeps: keeps.collect(), text }
}

/// Reads rows between `---` lines with marks such as `{{NAME|Jane Doe}}` and `{{keep|Morgan Stanley}}`.
#[must_use]
pub fn fixtures(name: &str, rows: &str) -> Vec<Document> {
    let rows = rows.trim_end().split("\n---\n").enumerate();
    rows.map(|(index, row)| fixture(format!("{name}-{:03}", index + 1), row)).collect()
}

fn fixture(id: String, row: &str) -> Document {
    let mut document = Document { id, text: String::new(), marks: Vec::new(), keeps: Vec::new() };
    let mut rest = row;
    while let Some((before, mark)) = rest.split_once("{{") {
        document.text.push_str(before);
        let Some((mark, after)) = mark.split_once("}}") else { break };
        let (kind, value) = mark.split_once('|').unwrap_or(("keep", mark));
        let start = document.text.chars().count();
        let end = start + value.chars().count();
        document.text.push_str(value);
        if kind == "keep" {
            document.keeps.push(Keep { kind: "keep".to_owned(), start, end });
        } else {
            let (kind, value) = (kind.to_owned(), value.to_owned());
            document.marks.push(Mark { kind, start, end, value, core: Vec::new() });
        }
        rest = after;
    }
    document.text.push_str(rest);
    document
}
