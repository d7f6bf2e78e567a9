//! Prices: dated data, exact money.
//!
//! The sheet is `shared/prices.json`: facts with source and date, all token classes and tiers. Money is whole
//! picodollars (10^-12 USD), because some prices (62.5 nanodollars per token) are not whole nanodollars. A model that is
//! not in the sheet has no price and is refused; it is never priced as another.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use time::macros::date;
use time::{Date, OffsetDateTime};

const PICO_DIGITS: usize = 12;

/// An amount of money: 10^-12 USD each. `u64` holds 18 million dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Picodollars(pub u64);

impl Picodollars {
    /// Nothing.
    pub const ZERO: Picodollars = Picodollars(0);

    /// Reads a plain decimal amount of dollars: digits, optionally a point and at most 12 digits.
    ///
    /// ```
    /// # use shared::prices::Picodollars;
    /// assert_eq!(Picodollars::parse_dollars("0.0625"), Some(Picodollars(62_500_000_000)));
    /// assert_eq!(Picodollars::parse_dollars("-1"), None);
    /// ```
    #[must_use]
    pub fn parse_dollars(text: &str) -> Option<Picodollars> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > PICO_DIGITS {
            return None;
        }
        format!("{whole}{fraction:0<PICO_DIGITS$}").parse().ok().map(Picodollars)
    }

    /// The sum, at most the largest amount.
    #[must_use]
    pub fn plus(self, other: Picodollars) -> Picodollars {
        Picodollars(self.0.saturating_add(other.0))
    }

    /// This amount divided by `count`, rounded half up to a picodollar; nothing for a count of 0.
    #[must_use]
    pub fn per(self, count: u64) -> Picodollars {
        Picodollars((self.0.saturating_add(count / 2)).checked_div(count).unwrap_or(0))
    }
}

/// Dollars: exact decimal, no exponent, no trailing zeros.
impl fmt::Display for Picodollars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10u64.pow(12), self.0 % 10u64.pow(12));
        let text = format!("{whole}.{fraction:012}");
        formatter.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A JSON number written from the integer, so no binary fraction touches it.
impl Serialize for Picodollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl schemars::JsonSchema for Picodollars {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Dollars".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "number",
            "minimum": 0,
            "description": "US dollars, exact: up to twelve decimals, no exponent.",
        })
    }
}

/// Tokens of one attempt by price class. The classes are disjoint: the whole prompt is input + cache read + cache write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens at the full price.
    pub input_tokens: u64,
    /// Output tokens, thinking included.
    pub output_tokens: u64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Prompt tokens written to it for five minutes.
    pub cache_write_5m_tokens: u64,
    /// Prompt tokens written to it for one hour.
    pub cache_write_1h_tokens: u64,
}

impl Usage {
    /// The sum of both, class by class.
    #[must_use]
    pub fn plus(&self, other: &Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens + other.input_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
            cache_read_tokens: self.cache_read_tokens + other.cache_read_tokens,
            cache_write_5m_tokens: self.cache_write_5m_tokens + other.cache_write_5m_tokens,
            cache_write_1h_tokens: self.cache_write_1h_tokens + other.cache_write_1h_tokens,
        }
    }

    /// Both cache write classes.
    #[must_use]
    pub fn cache_write_tokens(&self) -> u64 {
        self.cache_write_5m_tokens.saturating_add(self.cache_write_1h_tokens)
    }

    /// The whole prompt, whatever its class.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.cache_read_tokens).saturating_add(self.cache_write_tokens())
    }
}

/// Picodollars per token, by class. In the sheet: dollars per million tokens, so one cent is 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPrices {
    input: u64,
    output: u64,
    cache_read: u64,
    cache_write_5m: u64,
    cache_write_1h: u64,
}

impl TokenPrices {
    /// By class: input, output, cache read, cache write.
    fn costs(&self, usage: &Usage) -> [u128; 4] {
        let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        [
            cost(usage.input_tokens, self.input),
            cost(usage.output_tokens, self.output),
            cost(usage.cache_read_tokens, self.cache_read),
            cost(usage.cache_write_5m_tokens, self.cache_write_5m)
                + cost(usage.cache_write_1h_tokens, self.cache_write_1h),
        ]
    }

    fn cost(&self, usage: &Usage) -> Picodollars {
        Picodollars(u64::try_from(self.costs(usage).iter().sum::<u128>()).unwrap_or(u64::MAX))
    }
}

/// The tier that bills a whole request, output included, once its prompt exceeds a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LongPrompt {
    prompt_tokens_over: u64,
    prices: TokenPrices,
}

/// One model: its prices, limits and abilities.
#[derive(Debug)]
pub struct Model {
    id: &'static str,
    prices: TokenPrices,
    long_prompt: Option<LongPrompt>,
    context_input_tokens: u64,
    max_output_tokens: u64,
    /// The shortest prefix that the provider caches, in tokens.
    prompt_cache_min_tokens: Option<u64>,
    takes_temperature: bool,
    structured_output: bool,
    is_retired: bool,
    shutdown: Option<Date>,
    successor: Option<&'static str>,
}

impl Model {
    /// The model's id, as sent to the provider and as a record keeps it.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The largest prompt, in tokens.
    #[must_use]
    pub fn context_input_tokens(&self) -> u64 {
        self.context_input_tokens
    }

    /// The largest `max_tokens`.
    #[must_use]
    pub fn max_output_tokens(&self) -> u64 {
        self.max_output_tokens
    }

    /// Whether the provider caches a prefix of so many bytes, counted at the cautious end: five bytes a token.
    #[must_use]
    pub fn caches(&self, prefix_bytes: u64) -> bool {
        self.prompt_cache_min_tokens.is_some_and(|least| prefix_bytes / 5 >= least)
    }

    /// Whether a temperature may be sent (the 4.5 and 4.6 generations).
    #[must_use]
    pub fn takes_temperature(&self) -> bool {
        self.takes_temperature
    }

    /// Whether the model answers by a JSON schema; without it the prompt asks for tagged sections.
    #[must_use]
    pub fn structured_output(&self) -> bool {
        self.structured_output
    }

    /// What `usage` costs: tokens times price for each class, in the tier of the whole prompt.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Picodollars {
        self.tier(usage.prompt_tokens()).cost(usage)
    }

    /// The parts of [`Model::cost`] by token class: input, output, cache read, cache write.
    #[must_use]
    pub fn costs(&self, usage: &Usage) -> [Picodollars; 4] {
        let costs = self.tier(usage.prompt_tokens()).costs(usage);
        costs.map(|cost| Picodollars(u64::try_from(cost).unwrap_or(u64::MAX)))
    }

    /// The dearest that one attempt can get: every byte of the request as one token of the dearest prompt class that can
    /// apply, and all of `max_tokens` as output, in the highest tier that so many bytes can reach.
    ///
    /// A byte-level tokenizer never makes more tokens than bytes, so the provider's count stays below. The classes are
    /// plain input and the five-minute cache write; nothing is ever written to the cache for an hour.
    #[must_use]
    pub fn ceiling(&self, request_bytes: u64, max_tokens: u64) -> Picodollars {
        let price = |prices: &TokenPrices| {
            let input = u128::from(request_bytes) * u128::from(prices.input.max(prices.cache_write_5m));
            let output = u128::from(max_tokens) * u128::from(prices.output);
            Picodollars(u64::try_from(input + output).unwrap_or(u64::MAX))
        };
        price(&self.prices).max(price(self.tier(request_bytes)))
    }

    fn tier(&self, prompt_tokens: u64) -> &TokenPrices {
        match &self.long_prompt {
            Some(tier) if prompt_tokens > tier.prompt_tokens_over => &tier.prices,
            _ => &self.prices,
        }
    }
}

/// Why a model cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not in the sheet, or not a model of this provider: it has no price here.
    #[error("unknown model")]
    Unknown,
    /// The provider has shut it down.
    #[error("retired model")]
    Retired {
        /// The model to use instead.
        successor: &'static str,
    },
}

/// All prices of one date.
#[derive(Debug)]
pub struct PriceSheet {
    version: &'static str,
    as_of: Date,
    /// By their ids.
    models: &'static [Model],
}

/// Laid out by `build.rs`, which also refuses a price that is not whole picodollars.
static EMBEDDED: PriceSheet = include!(concat!(env!("OUT_DIR"), "/prices.rs"));

impl PriceSheet {
    /// The sheet in the binary.
    #[must_use]
    pub fn embedded() -> &'static PriceSheet {
        &EMBEDDED
    }

    /// The date of the prices, kept with every record.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// A model that can be asked at `now`.
    ///
    /// # Errors
    ///
    /// [`ModelError`]: not in the sheet, or shut down by `now`.
    pub fn model(&self, id: &str, now: SystemTime) -> Result<&'static Model, ModelError> {
        let model = self.row(id).ok_or(ModelError::Unknown)?;
        let gone = model.shutdown.is_some_and(|date| OffsetDateTime::from(now).date() >= date);
        if model.is_retired || gone {
            return Err(ModelError::Retired { successor: model.successor.unwrap_or("claude-sonnet-5-5") });
        }
        Ok(model)
    }

    /// The models that could be asked when the sheet was made.
    pub fn offered(&self) -> impl Iterator<Item = &Model> {
        let is_gone = |model: &Model| model.shutdown.is_some_and(|shutdown| self.as_of >= shutdown);
        self.models.iter().filter(move |model| !model.is_retired && !is_gone(model))
    }

    /// A model's row whatever its status, for old records and examples.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&'static Model> {
        let index = self.models.binary_search_by_key(&id, |model| model.id).ok()?;
        self.models.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::format_description;

    fn at(date: &str) -> SystemTime {
        Date::parse(date, format_description!("[year]-[month]-[day]"))
            .map(|date| date.midnight().assume_utc().into())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn tokens(input_tokens: u64, output_tokens: u64) -> Usage {
        Usage { input_tokens, output_tokens, ..Usage::default() }
    }

    /// The source document's three examples. Its "$0.018/1K output" for Sonnet 4 is an error there: $15 per million
    /// is $0.015 per thousand.
    #[test]
    fn the_source_documents_costs_are_met_exactly() {
        let sonnet = PriceSheet::embedded().row("claude-sonnet-4-20250514").expect("in the sheet");
        assert_eq!(sonnet.cost(&tokens(15_000, 8_000)).to_string(), "0.165");
        assert_eq!(sonnet.cost(&tokens(2_500, 1_200)).to_string(), "0.0255");
        assert_eq!(sonnet.cost(&tokens(50_000, 25_000)).to_string(), "0.525");
        assert_eq!(sonnet.cost(&tokens(50_000, 25_000)).per(25).to_string(), "0.021");
        assert_eq!(sonnet.cost(&tokens(0, 1_000)).to_string(), "0.015");
    }

    #[test]
    fn all_token_classes_have_their_own_price() {
        let model = PriceSheet::embedded().row("claude-sonnet-5-5").expect("in the sheet");
        let usage = Usage {
            input_tokens: 1_000,
            output_tokens: 100,
            cache_read_tokens: 10_000,
            cache_write_5m_tokens: 2_000,
            cache_write_1h_tokens: 3_000,
        };
        // 1000 x 2 + 100 x 10 + 10000 x 0.10 + 2000 x 2.50 + 3000 x 4, per million.
        assert_eq!(model.cost(&usage), Picodollars(21_000_000_000));
        assert_eq!(model.cost(&usage).to_string(), "0.021");
    }

    #[test]
    fn a_long_prompt_bills_the_whole_request_at_its_tier() {
        let haiku = PriceSheet::embedded().row("claude-haiku-5-5").expect("in the sheet");
        assert_eq!(haiku.cost(&tokens(100_000, 1_000)).to_string(), "0.0105");
        assert_eq!(haiku.cost(&tokens(100_001, 1_000)).to_string(), "0.0525005");
    }

    #[test]
    fn retired_and_unknown_models_are_refused_and_the_former_name_a_successor() {
        let sheet = PriceSheet::embedded();
        let today = at("2026-11-23");
        assert!(sheet.model("claude-sonnet-5-5", today).is_ok());
        for id in ["claude-sonnet-4-20250514", "claude-opus-4-20250514", "claude-3-5-sonnet-20241022"] {
            let Err(ModelError::Retired { successor }) = sheet.model(id, today) else { panic!("{id} is not refused") };
            assert!(sheet.model(successor, today).is_ok(), "{id} names {successor}");
        }
        assert_eq!(sheet.model("gpt-4o-mini", today).err(), Some(ModelError::Unknown));
        assert_eq!(sheet.model("nonsense", today).err(), Some(ModelError::Unknown));
        assert!(sheet.model("claude-sonnet-4-5", today).is_ok(), "deprecated, but served until its date");
        assert!(matches!(sheet.model("claude-sonnet-4-5", at("2026-11-30")), Err(ModelError::Retired { .. })));
    }

    proptest! {
        #[test]
        fn dollars_round_trip_through_text(amount in any::<u64>()) {
            let text = Picodollars(amount).to_string();
            prop_assert_eq!(Picodollars::parse_dollars(&text), Some(Picodollars(amount)));
            prop_assert!(!(text.ends_with('.') || text.contains('.') && text.ends_with('0')));
            prop_assert_eq!(serde_json::to_string(&Picodollars(amount)).ok(), Some(text));
        }

        #[test]
        fn no_usage_within_the_request_costs_more_than_its_ceiling(
            bytes in 0u64..400_000, output in 0u64..128_000, split in 0u64..=100, model in 0usize..50,
        ) {
            let sheet = PriceSheet::embedded();
            let model = &sheet.models[model % sheet.models.len()];
            let cached = bytes * split / 100;
            let usage = Usage { input_tokens: bytes - cached, cache_write_5m_tokens: cached, ..tokens(0, output) };
            prop_assert!(model.cost(&usage) <= model.ceiling(bytes, output));
        }
    }
}
