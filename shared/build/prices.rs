//! Lays the price sheet out for the compiler: the rows of our provider, prices in picodollars a token.

use std::error::Error;
use std::fmt::Write as _;

use serde_json::Value;

const CLASSES: [&str; 5] = ["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"];

/// The sheet as an expression of type `PriceSheet`, its rows in the order of their ids.
pub(crate) fn sheet(json: &str) -> Result<String, Box<dyn Error>> {
    let sheet: Value = serde_json::from_str(json)?;
    let models = sheet["models"].as_object().ok_or("no models")?;
    let mut rows: Vec<_> = models.iter().filter(|(_, row)| row["provider"] == "anthropic").collect();
    rows.sort_by_key(|(id, _)| *id);
    let as_of = sheet["as_of"].as_str().ok_or("no date")?;
    let mut code = format!("PriceSheet {{ version: {as_of:?}, as_of: {}, models: &[\n", date(as_of));
    for (id, row) in rows {
        model(&mut code, id, row).map_err(|error| format!("{id}: {error}"))?;
    }
    code.push_str("] }");
    Ok(code)
}

fn model(code: &mut String, id: &str, row: &Value) -> Result<(), Box<dyn Error>> {
    let long_prompt = match row.get("long_prompt") {
        Some(tier) => format!(
            "Some(LongPrompt {{ prompt_tokens_over: {}, prices: {} }})",
            number(&tier["prompt_tokens_over"])?,
            prices(tier)?
        ),
        None => "None".to_owned(),
    };
    let status = match row["status"].as_str() {
        Some("active" | "deprecated") => false,
        Some("retired") => true,
        other => return Err(format!("status {other:?}").into()),
    };
    let cache_min = row.get("prompt_cache_min_tokens").map(number).transpose()?;
    let flag = |name: &str| row["flags"][name].as_bool().unwrap_or(false);
    writeln!(
        code,
        "Model {{ id: {id:?}, prices: {}, long_prompt: {long_prompt}, context_input_tokens: {}, max_output_tokens: {}, \
         prompt_cache_min_tokens: {cache_min:?}, takes_temperature: {}, structured_output: {}, is_retired: {status}, \
         shutdown: {}, successor: {:?} }},",
        prices(row)?,
        number(&row["context_input_tokens"])?,
        number(&row["max_output_tokens"])?,
        flag("sampling_params"),
        flag("structured_output"),
        row["shutdown"].as_str().map_or("None".to_owned(), |day| format!("Some({})", date(day))),
        row["successor"].as_str(),
    )?;
    Ok(())
}

fn prices(row: &Value) -> Result<String, Box<dyn Error>> {
    let fields = CLASSES.map(|class| Ok(format!("{class}: {}", per_million(&row[class])?)));
    let fields: Result<Vec<String>, Box<dyn Error>> = fields.into_iter().collect();
    Ok(format!("TokenPrices {{ {} }}", fields?.join(", ")))
}

/// Dollars per million tokens as picodollars a token, which is a factor of a million. Exact, or an error.
fn per_million(price: &Value) -> Result<u64, Box<dyn Error>> {
    let text = price.as_number().ok_or("a price is missing")?.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.len() > 6 {
        return Err(format!("{text} is not whole picodollars a token").into());
    }
    Ok(format!("{whole}{fraction:0<6}").parse()?)
}

fn number(value: &Value) -> Result<u64, Box<dyn Error>> {
    Ok(value.as_u64().ok_or("a number is missing")?)
}

fn date(day: &str) -> String {
    format!("date!({day})")
}
