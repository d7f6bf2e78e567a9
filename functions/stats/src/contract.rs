//! The schemas of what this function answers, from the types that it answers with.

use schemars::{Schema, SchemaGenerator};
use shared::ledger::HistoryPage;
use shared::trace::RequestTrace;

use crate::answer::StatsAnswer;

/// The schemas of `/stats`, `/stats/requests` and `/requests/{id}`; what they refer to is left with `generator`.
#[must_use]
pub fn schemas(generator: &mut SchemaGenerator) -> [Schema; 3] {
    [
        generator.subschema_for::<StatsAnswer>(),
        generator.subschema_for::<HistoryPage>(),
        generator.subschema_for::<RequestTrace>(),
    ]
}
