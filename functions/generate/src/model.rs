//! Which model is asked, and with how many tokens.

use std::time::SystemTime;

use shared::llm::Call;
use shared::prices::{Model, ModelError, PriceSheet};
use shared::problem::{Code, Problem};
use shared::request::{GenerateRequest, Input};

use crate::Config;

/// A model and the numbers of a call to it.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) model: &'static Model,
    pub(crate) max_tokens: u64,
    pub(crate) temperature: Option<f64>,
}

/// Fewest output tokens of a default: current models think inside `max_tokens`.
const FLOOR: u64 = 8_192;
const BASE: u64 = 6_000;

impl Choice {
    pub(crate) fn of(request: &GenerateRequest, config: &Config, now: SystemTime) -> Result<Choice, Problem> {
        let options = &request.options;
        let default = config.models.get(&request.input.task()).map_or("", String::as_str);
        let name = options.model.as_deref().unwrap_or(default);
        let model = PriceSheet::embedded().model(name, now).map_err(refused)?;
        let most = config.max_tokens.min(model.max_output_tokens());
        if options.max_tokens.is_some_and(|wanted| wanted > most) {
            return Err(Problem::invalid_field("/max_tokens", format!("at most {most} for this model and deployment")));
        }
        if options.temperature.is_some() && !model.takes_temperature() {
            return Err(Problem::invalid_field("/temperature", "this model takes no temperature"));
        }
        let default_tokens = BASE + input_bytes(&request.input) / 2;
        Ok(Choice {
            model,
            max_tokens: options.max_tokens.unwrap_or_else(|| default_tokens.max(FLOOR).min(most)),
            temperature: options.temperature.or(config.temperature).filter(|_| model.takes_temperature()),
        })
    }
}

impl Choice {
    /// The same with twice the output tokens, as far as model and deployment allow; `None` where that is no more.
    pub(crate) fn doubled(&self, config: &Config) -> Option<Choice> {
        let most = config.max_tokens.min(self.model.max_output_tokens());
        let max_tokens = self.max_tokens.saturating_mul(2).min(most);
        (max_tokens > self.max_tokens).then(|| Choice { max_tokens, ..self.clone() })
    }

    /// Refuses a call that cannot fit the model's context, at the cautious end: a token has at most a few bytes, so a
    /// request of more than eight bytes for each token of the context is too long whatever it says.
    pub(crate) fn require_room(&self, call: &Call) -> Result<(), Problem> {
        let most = self.model.context_input_tokens().saturating_mul(8);
        if call.bytes() > most { Err(Code::ContextTooLong.into()) } else { Ok(()) }
    }
}

/// All texts of the request as sent, in UTF-8 bytes.
fn input_bytes(input: &Input<String>) -> u64 {
    let mut bytes = 0;
    let _ = input.map(|_, text| bytes += text.len() as u64);
    bytes
}

fn refused(error: ModelError) -> Problem {
    match error {
        ModelError::Unknown => Code::ModelUnknown.into(),
        ModelError::Retired { successor } => {
            Problem::new(Code::ModelRetired).with_detail(format!("The model is retired; use {successor}."))
        }
    }
}
