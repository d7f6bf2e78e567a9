//! `openapi`: the contract, for `docs/openapi.json`.

use super::{Outcome, print};
use crate::{Error, openapi};

pub(super) fn run() -> Result<Outcome, Error> {
    print(&format!("{}\n", serde_json::to_string_pretty(&openapi::document())?))?;
    Ok(Outcome::Done)
}
