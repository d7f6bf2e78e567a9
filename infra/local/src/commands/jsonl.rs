//! One JSON object a line, in and out, in order.

use std::io::BufRead;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Outcome, print};
use crate::Error;

/// Longest line that is read, in bytes: more than two texts of 50,000 code points with every one escaped.
const MAX_LINE: usize = 3 * 1024 * 1024;

/// Answers every line of stdin. A line that is not the wanted object becomes an error line; the rest goes on.
pub(super) fn answer_lines<I: DeserializeOwned, O: Serialize>(answer: impl Fn(I) -> O) -> Result<Outcome, Error> {
    let mut stdin = std::io::stdin().lock();
    let mut outcome = Outcome::Done;
    let mut line = Vec::new();
    for number in 1usize.. {
        line.clear();
        if stdin.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let wanted = if line.len() > MAX_LINE { None } else { serde_json::from_slice::<I>(&line).ok() };
        let reply = match wanted {
            Some(wanted) => serde_json::to_string(&answer(wanted))?,
            None => {
                outcome = Outcome::Failed;
                let code = if line.len() > MAX_LINE { "body-too-large" } else { "invalid-request" };
                json!({ "id": null, "line": number, "error": code }).to_string()
            }
        };
        print(&format!("{reply}\n"))?;
    }
    Ok(outcome)
}
