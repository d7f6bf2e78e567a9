//! The real handlers over local backends, called in process with the event that production would send.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use authorizer::{Authorizer, Refused};
use generate::{Generate, ResponseBody};
use http::{Method, Response};
use http_body_util::{BodyExt, Full};
use lambda_http::Request;
use serde_json::Value;
use shared::cors::Cors;
use shared::problem::Code;
use shared::response::{Arrival, finish, problem};
use shared::settings::{Reader, Tables};
use stats::Stats;

use crate::Error;
use crate::backends;
use crate::environment::Environment;
use crate::event::{FUNCTION_TIMEOUT, HttpRequest, invocation};
use crate::stand_in::RequestLog;

/// The functions, ready to be called.
#[derive(Clone)]
pub struct Service {
    generate: Arc<Generate>,
    stats: Arc<Stats>,
    /// In front of them, where keys are asked for.
    authorizer: Option<Arc<Authorizer>>,
    cors: Cors,
    /// Where things are, in sentences for a person.
    pub notes: Vec<String>,
}

impl Service {
    /// Starts what the environment does not name: the database without `AWS_ENDPOINT_URL_DYNAMODB`, the stand-in model
    /// without `ANTHROPIC_API_KEY` and `ANTHROPIC_BASE_URL`.
    ///
    /// # Errors
    ///
    /// Configuration errors, and backends that do not start or answer.
    pub async fn start(
        mut environment: Environment,
        data_dir: Option<&Path>,
        log: RequestLog,
    ) -> Result<Service, Error> {
        let mut notes = Vec::new();
        environment.preset("AUTH_MODE", "local");
        let endpoint = match environment.get("AWS_ENDPOINT_URL_DYNAMODB") {
            Some(endpoint) => endpoint,
            None => backends::serve_dynamodb(0, data_dir).await?,
        };
        environment.set("AWS_ENDPOINT_URL_DYNAMODB", &endpoint);
        notes.push(format!("dynamodb on {endpoint}"));

        let base_url = environment.get("ANTHROPIC_BASE_URL");
        let by_parameter = environment.get("ANTHROPIC_API_KEY_PARAMETER").is_some();
        let parameters = environment.get("AWS_ENDPOINT_URL_SSM").filter(|_| by_parameter);
        match (environment.get("ANTHROPIC_API_KEY"), base_url) {
            (None, None) if by_parameter && parameters.is_none() => notes.push(
                "the model key's parameter is read in AWS only, or from AWS_ENDPOINT_URL_SSM: /generate answers 503"
                    .to_owned(),
            ),
            (None, None) if by_parameter => notes.push("using https://api.anthropic.com: calls cost money".to_owned()),
            (None, None) => {
                let model = backends::serve_model(0, log).await?;
                notes.push(format!("no model key is set: a stand-in model answers on {model}, answers are simulated"));
                environment.set("ANTHROPIC_BASE_URL", model);
                environment.set("ANTHROPIC_API_KEY", "local");
            }
            (Some(_), None) => notes.push("using https://api.anthropic.com: calls cost money".to_owned()),
            (_, Some(base_url)) => notes.push(format!("model on {base_url}")),
        }

        let lookup = |name: &str| environment.get(name);
        let generate = generate::Config::read(&lookup)?;
        let stats = stats::Config::read(&lookup)?;
        let authorizer = authorizer::Config::read(&lookup)?;
        let cors = stats.cors.clone();
        let client = backends::connect(&environment, &endpoint, &Tables::read(&Reader::new(&lookup))).await?;
        let asks = environment.get_or("AUTH_MODE", "") == "authorizer";
        let authorizer = asks.then(|| Arc::new(Authorizer::new(&authorizer, client.clone())));
        let parameters = parameters.map(|endpoint| backends::parameters(&environment, endpoint)).transpose()?;
        let generate = Arc::new(Generate::new(generate, client.clone(), parameters)?);
        Ok(Service { generate, stats: Arc::new(Stats::new(stats, client)), authorizer, cors, notes })
    }

    /// Calls the function that the path belongs to, with the event of a REST API.
    ///
    /// # Errors
    ///
    /// If the request cannot be an event.
    pub async fn call(&self, request: &HttpRequest) -> Result<Response<ResponseBody>, Error> {
        let mut event = request.v1_event();
        if let Some(authorizer) = &self.authorizer
            && !is_open(request)
        {
            match authorizer.handle(&serde_json::from_value(request.authorizer_event())?).await {
                Ok(allowed) => event["requestContext"]["authorizer"] = serde_json::to_value(allowed.context)?,
                Err(refused) => return self.refusal(refused, request),
            }
        }
        self.invoke(request.uri.path(), &event, FUNCTION_TIMEOUT).await
    }

    /// As the gateway's own answers in the template; a page of the listed origins may read them.
    fn refusal(&self, refused: Refused, request: &HttpRequest) -> Result<Response<ResponseBody>, Error> {
        let code = match refused {
            Refused::Unauthorized => Code::Unauthenticated,
            Refused::Unavailable => Code::StoreUnavailable,
        };
        let arrival = Arrival::at(SystemTime::now());
        let mut response = problem(&code.into(), &arrival.request_id);
        finish(&invocation(&request.v1_event(), FUNCTION_TIMEOUT)?, &self.cors, &mut response);
        Ok(response.map(|body| Full::new(body).boxed_unsync()))
    }

    /// Calls the function that the path belongs to, with an event that has `time_left` until its deadline.
    ///
    /// # Errors
    ///
    /// If it is no event.
    pub async fn invoke(
        &self,
        path: &str,
        event: &Value,
        time_left: Duration,
    ) -> Result<Response<ResponseBody>, Error> {
        let event = invocation(event, time_left)?;
        if is_generate(path) { self.generate.handle(event).await } else { self.stats(event).await }
    }

    /// Calls `generate` with a request as the runtime would hand it over.
    ///
    /// # Errors
    ///
    /// None: the signature is the runtime's.
    pub async fn generate(&self, event: Request) -> Result<Response<ResponseBody>, Error> {
        self.generate.handle(event).await
    }

    async fn stats(&self, event: Request) -> Result<Response<ResponseBody>, Error> {
        Ok(self.stats.handle(event).await?.map(BodyExt::boxed_unsync))
    }
}

/// What the template lets pass without a key.
fn is_open(request: &HttpRequest) -> bool {
    request.method == Method::OPTIONS || matches!(request.uri.path(), "/health" | "/openapi.json")
}

/// The paths of the template's `generate` function; all others, also unknown ones, are the other function's.
fn is_generate(path: &str) -> bool {
    let rest = path.strip_prefix("/api/v1/").unwrap_or_default().trim_end_matches('/');
    matches!(rest, "generate" | "analyze" | "redact" | "data") || rest.starts_with("generate/")
}
