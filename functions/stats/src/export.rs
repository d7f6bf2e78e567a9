//! Records as a JSON page, as NDJSON or as CSV.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use shared::ledger::{HistoryItem, HistoryPage};
use shared::problem::{Code, Problem};
use shared::request_id::RequestId;
use shared::response::{self, Complete};

use crate::query::{HistoryQuery, Whose};

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv";

/// The media type to answer in.
pub(crate) fn negotiate(headers: &HeaderMap) -> Result<&'static str, Problem> {
    response::negotiate(headers, &[JSON, NDJSON, CSV])
}

/// One page. The other two formats have no place for a cursor, so the next page is a `Link` in all three.
pub(crate) fn response(
    format: &'static str,
    page: &HistoryPage,
    query: &HistoryQuery,
    period: &str,
    request_id: &RequestId,
) -> Result<Complete, Problem> {
    let body = match format {
        NDJSON => ndjson(&page.items),
        CSV => csv(&page.items),
        _ => serde_json::to_vec(page).ok(),
    };
    let mut response = response::complete(200, format, body.ok_or(Code::Internal)?, request_id);
    if let Some(cursor) = &page.next_cursor {
        // Relative, so that it holds with and without a stage in the path. Nothing in it needs escaping.
        let whose =
            if let Whose::One(caller) = &query.whose { format!("caller={}&", caller.as_str()) } else { String::new() };
        let link = format!("<?{whose}period={period}&limit={}&cursor={cursor}>; rel=\"next\"", query.limit);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert("link", link);
        }
    }
    Ok(response)
}

fn ndjson(items: &[HistoryItem]) -> Option<Vec<u8>> {
    let mut lines = Vec::new();
    for item in items {
        serde_json::to_writer(&mut lines, item).ok()?;
        lines.push(b'\n');
    }
    Some(lines)
}

fn csv(items: &[HistoryItem]) -> Option<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).ok()?;
    for item in items {
        writer.write_record(row(item).iter().map(|cell| harmless(cell).into_owned())).ok()?;
    }
    writer.into_inner().ok()
}

const COLUMNS: [&str; 17] = [
    "request_id", "attempt", "timestamp", "caller", "task", "prompt_version", "model", "status", "input_tokens",
    "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "price_version", "estimated", "simulated",
    "duration_ms",
];

fn row(item: &HistoryItem) -> [String; 17] {
    [
        item.request_id.clone(),
        item.attempt.to_string(),
        item.timestamp.clone(),
        item.caller.clone(),
        item.task.clone(),
        item.prompt_version.clone(),
        item.model.clone(),
        item.status.name().to_owned(),
        item.input_tokens.to_string(),
        item.output_tokens.to_string(),
        item.cache_read_tokens.to_string(),
        item.cache_write_tokens.to_string(),
        item.cost_usd.to_string(),
        item.price_version.clone(),
        item.estimated.to_string(),
        item.simulated.to_string(),
        item.duration_ms.to_string(),
    ]
}

/// A cell that a spreadsheet would take for a formula, made text by an apostrophe.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ledger::Status;
    use shared::prices::Picodollars;

    #[test]
    fn columns_are_the_fields_of_a_record_in_order_and_formulas_are_text() {
        let item = HistoryItem {
            request_id: "0Vb1x".to_owned(),
            attempt: 1,
            timestamp: "2026-11-24T06:00:00Z".to_owned(),
            caller: "-team".to_owned(),
            task: "cover-letter".to_owned(),
            prompt_version: "v1".to_owned(),
            model: "claude-sonnet-5-5".to_owned(),
            status: Status::Completed,
            input_tokens: 1,
            output_tokens: 2,
            cache_read_tokens: 3,
            cache_write_tokens: 4,
            cost_usd: Picodollars(25_500_000_000),
            price_version: "2026-11-22".to_owned(),
            estimated: false,
            simulated: true,
            duration_ms: 5,
        };
        let json = serde_json::to_value(&item).expect("serializes");
        let names: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(names, COLUMNS);
        let text = String::from_utf8(csv(&[item]).expect("written")).expect("text");
        assert_eq!(
            text.lines().nth(1),
            Some(
                "0Vb1x,1,2026-11-24T06:00:00Z,'-team,cover-letter,v1,claude-sonnet-5-5,completed,1,2,3,4,0.0255,\
                 2026-11-22,false,true,5"
            )
        );
    }
}
