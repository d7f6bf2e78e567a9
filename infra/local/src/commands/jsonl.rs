//! One JSON object a line, in and out, in order.

use std::io::{BufRead, Read};

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Outcome, print};
use crate::Error;

/// The option that every command of this kind has.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Read one JSON object a line from stdin and answer one a line, in order.
    #[arg(long, required = true)]
    jsonl: bool,
}

/// Longest line that is read, in bytes: more than two texts of 50,000 code points with every one escaped.
const MAX_LINE: u64 = 3 * 1024 * 1024;

/// Answers every line of stdin that is not blank. A line that is not the wanted object becomes an error line; the rest goes on.
pub(super) fn answer_lines<I: DeserializeOwned, O: Serialize>(answer: impl Fn(I) -> O) -> Result<Outcome, Error> {
    let mut stdin = std::io::stdin().lock();
    let mut outcome = Outcome::Done;
    let mut line = Vec::new();
    for number in 1usize.. {
        line.clear();
        if (&mut stdin).take(MAX_LINE + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let too_long = line.len() as u64 > MAX_LINE;
        if too_long && !line.ends_with(b"\n") {
            stdin.skip_until(b'\n')?;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        // A derived struct would also accept an array of its fields.
        let is_object = line.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let wanted = if too_long || !is_object { None } else { serde_json::from_slice::<I>(&line).ok() };
        let reply = match wanted {
            Some(wanted) => serde_json::to_string(&answer(wanted))?,
            None => {
                outcome = Outcome::Failed;
                let code = if too_long { "body-too-large" } else { "invalid-request" };
                json!({ "id": null, "line": number, "error": code }).to_string()
            }
        };
        print(&format!("{reply}\n"))?;
    }
    Ok(outcome)
}
