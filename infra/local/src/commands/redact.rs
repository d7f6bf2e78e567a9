//! `redact`: what the model would see, as spans for programs or coloured for a person.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::redaction::{Detection, Kind, redact_document, visible};

use super::jsonl::answer_lines;
use super::{Outcome, print, read_text};
use crate::Error;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Options {
    /// Read {"id","text"} lines from stdin and answer {"id","redacted","spans"} lines.
    #[arg(long)]
    jsonl: bool,
    /// Show this file as the model would see it.
    file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Wanted {
    id: Value,
    text: String,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    redacted: String,
    spans: Vec<Detection>,
}

pub(super) fn run(options: &Options) -> Result<Outcome, Error> {
    match &options.file {
        Some(file) => show(&read_text(file)?),
        None => answer_lines(|Wanted { id, text }| {
            let (redacted, _, spans) = redact_document(&text);
            Answer { id, redacted: redacted.as_str().to_owned(), spans }
        }),
    }
}

fn show(text: &str) -> Result<Outcome, Error> {
    let (redacted, vault, _) = redact_document(text);
    let shown = visible(redacted.as_str());
    print(&if std::io::stdout().is_terminal() { color(&shown) } else { shown.into_owned() })?;
    let counts: Vec<String> = vault.counts().iter().map(|(kind, count)| format!("{count} {}", kind.label())).collect();
    let summary = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    super::say(&format!("\nreplaced: {summary}"));
    Ok(Outcome::Done)
}

/// Placeholders in a color of their kind.
fn color(text: &str) -> String {
    let mut colored = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = rest.find("<PII_REDACTED_") {
        let end = rest[start..].find('>').map_or(rest.len(), |length| start + length + 1);
        let placeholder = &rest[start..end];
        let of_kind = |kind: &Kind| placeholder.contains(&format!("_{}_", kind.label()));
        let number = 31 + Kind::ALL.iter().position(of_kind).unwrap_or(0) % 6;
        colored.push_str(&format!("{}\u{1b}[{number}m{placeholder}\u{1b}[0m", &rest[..start]));
        rest = &rest[end..];
    }
    colored + rest
}
