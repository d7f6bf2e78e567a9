//! The real handlers over real wires: one DynamoDB endpoint and one scripted model server per test.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use generate::ResponseBody;
use http::{HeaderMap, HeaderName, Method, Response};
use http_body_util::BodyExt;
use local::backends;
use local::environment::Environment;
use local::event::{FUNCTION_TIMEOUT, HttpRequest};
use local::service::Service;
use local::stand_in::RequestLog;
use serde_json::Value;
use shared::dynamodb::connect_to;
use shared::request_id::RequestId;

use crate::model_server::ModelServer;

/// Picodollars that [`Stack::orphan`] reserves.
pub const ORPHAN_CEILING: u64 = 90_000_000_000;

/// An item of a table.
pub type Item = HashMap<String, AttributeValue>;

/// Which event a request becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventVersion {
    /// REST proxy, as in production.
    V1,
    /// HTTP API, as the local emulator sends it.
    V2,
}

/// Everything one test needs.
pub struct Stack {
    /// Both functions.
    pub service: Service,
    /// The model's far end.
    pub model: ModelServer,
    /// The database.
    pub client: Client,
    /// The database's address.
    pub dynamodb: String,
    /// The state table.
    pub state_table: String,
    /// The ledger table.
    pub ledger_table: String,
    /// How long an invocation has until its deadline.
    pub time_left: Duration,
}

/// A response, read completely.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

impl Reply {
    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A problem's code.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Stack {
    /// The default configuration with a key.
    pub async fn start() -> Stack {
        Stack::with(&[("ANTHROPIC_API_KEY", "test-key")]).await
    }

    /// A configuration of these variables; the endpoints are added. `TEST_DYNAMODB_ENDPOINT` names another DynamoDB.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn with(variables: &[(&str, &str)]) -> Stack {
        let model = ModelServer::start().await;
        let dynamodb = match std::env::var("TEST_DYNAMODB_ENDPOINT") {
            Ok(endpoint) if !endpoint.is_empty() => endpoint,
            _ => backends::serve_dynamodb(0, None).await.expect("an embedded database"),
        };
        Stack::on(model, dynamodb, variables).await
    }

    /// A second instance of the functions over the same database and model.
    pub async fn another(&self, variables: &[(&str, &str)]) -> Stack {
        let tables = [("STATE_TABLE", self.state_table.as_str()), ("LEDGER_TABLE", self.ledger_table.as_str())];
        let variables: Vec<(&str, &str)> = tables.into_iter().chain(variables.iter().copied()).collect();
        Stack::on(self.model.clone(), self.dynamodb.clone(), &variables).await
    }

    async fn on(model: ModelServer, dynamodb: String, variables: &[(&str, &str)]) -> Stack {
        let mut environment = Environment::only(&[]);
        let suffix = unique_suffix();
        environment.set("STATE_TABLE", format!("state-{suffix}"));
        environment.set("LEDGER_TABLE", format!("ledger-{suffix}"));
        environment.set("ANTHROPIC_BASE_URL", &model.url);
        environment.set("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb);
        for (name, value) in variables {
            environment.set(name, *value);
        }
        let (state_table, ledger_table) =
            (environment.get_or("STATE_TABLE", ""), environment.get_or("LEDGER_TABLE", ""));
        let service = Service::start(environment, None, RequestLog::default()).await.expect("a service");
        let client = connect_to(&dynamodb, "local".to_owned(), "local", "local");
        Stack { service, model, client, dynamodb, state_table, ledger_table, time_left: FUNCTION_TIMEOUT }
    }

    /// The environment of a real binary that is to work on this stack.
    #[must_use]
    pub fn variables(&self) -> Vec<(&str, &str)> {
        vec![
            ("STATE_TABLE", &self.state_table),
            ("LEDGER_TABLE", &self.ledger_table),
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb),
            ("ANTHROPIC_BASE_URL", &self.model.url),
            ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
        ]
    }

    /// POST with a JSON body, as a REST event.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(EventVersion::V1, &request(Method::POST, path, &[], body.to_string().as_bytes())).await
    }

    /// POST with a JSON body and headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.send(EventVersion::V1, &request(Method::POST, path, headers, body.to_string().as_bytes())).await
    }

    /// GET, as a REST event.
    pub async fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[]).await
    }

    /// GET with headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send(EventVersion::V1, &request(Method::GET, path, headers, b"")).await
    }

    /// Any request as any event.
    ///
    /// # Panics
    ///
    /// If the handler fails, which it must not.
    pub async fn send(&self, version: EventVersion, request: &HttpRequest) -> Reply {
        let event = if version == EventVersion::V1 { request.v1_event() } else { request.v2_event() };
        let response = self.service.invoke(request.uri.path(), &event, self.time_left).await.expect("an answer");
        read(response).await
    }

    /// Any request through what stands in front of the functions: keys, where they are asked for.
    ///
    /// # Panics
    ///
    /// If it fails, which it must not.
    pub async fn call(&self, request: &HttpRequest) -> Reply {
        read(self.service.call(request).await.expect("an answer")).await
    }

    /// All items of a table.
    ///
    /// # Panics
    ///
    /// If the database does not answer.
    pub async fn items(&self, table: &str) -> Vec<Item> {
        let scanned = self.client.scan().table_name(table).send().await.expect("a scan");
        scanned.items.unwrap_or_default()
    }

    /// The records in the ledger, oldest first.
    pub async fn records(&self) -> Vec<Item> {
        let mut items = self.items(&self.ledger_table).await;
        items.retain(|item| string(item, "PK").starts_with("U#"));
        items.sort_by_key(|item| string(item, "SK"));
        items
    }

    /// Leaves the reservation of an instance that died ten minutes ago, in the caller's item and, if it got so far, in the
    /// provider's.
    ///
    /// # Panics
    ///
    /// If the database does not take it.
    pub async fn orphan(&self, caller: &str, with_provider: bool) -> RequestId {
        let id = RequestId::new(SystemTime::now() - Duration::from_secs(600), 42);
        let month = format!("b{}", shared::budget::month(SystemTime::now()).replace('-', ""));
        let note = format!("{ORPHAN_CEILING} 2000 8192 0 claude-sonnet-5-5 {caller}");
        let items = [
            (format!("L#k#{caller}"), AttributeValue::N(ORPHAN_CEILING.to_string())),
            ("L#g#anthropic".to_owned(), AttributeValue::S(note)),
        ];
        for (key, value) in items.into_iter().take(1 + usize::from(with_provider)) {
            let update = self.client.update_item().table_name(&self.state_table);
            let update = update.key("PK", AttributeValue::S(key)).key("SK", AttributeValue::S("L".to_owned()));
            let update = update.update_expression("SET #r = :r ADD #b :b, n :one");
            let update = update.expression_attribute_names("#r", format!("r{id}"));
            let update = update.expression_attribute_names("#b", &month);
            let update = update.expression_attribute_values(":b", AttributeValue::N(ORPHAN_CEILING.to_string()));
            let update = update.expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
            update.expression_attribute_values(":r", value).send().await.expect("written");
        }
        id
    }

    /// Picodollars committed in the caller's item and in the provider's, and the number of open reservations.
    pub async fn committed(&self) -> (u64, u64, usize) {
        let items = self.items(&self.state_table).await;
        let sum = |prefix: &str, attribute: fn(&str) -> bool| -> u64 {
            let of_kind = items.iter().filter(|item| string(item, "PK").starts_with(prefix));
            of_kind
                .flat_map(|item| item.iter().filter(|(name, _)| attribute(name)).map(|(name, _)| number(item, name)))
                .sum()
        };
        let is_month = |name: &str| name.starts_with('b');
        let open = items.iter().flat_map(|item| item.keys()).filter(|name| name.starts_with('r')).count();
        (sum("L#k#", is_month), sum("L#g#", is_month), open)
    }
}

async fn read(response: Response<ResponseBody>) -> Reply {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8(body.to_vec()).expect("text");
    Reply { status: parts.status.as_u16(), headers: parts.headers, text }
}

/// A request with a JSON content type unless `headers` name another.
///
/// # Panics
///
/// If path or headers are not valid HTTP.
#[must_use]
pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> HttpRequest {
    let mut map = HeaderMap::new();
    if method == Method::POST {
        map.insert("content-type", "application/json".parse().expect("a value"));
    }
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a header name");
        map.insert(name, value.parse().expect("a header value"));
    }
    HttpRequest { method, uri: path.parse().expect("a path"), headers: map, body: body.to_vec() }
}

/// A string attribute, empty where absent.
#[must_use]
pub fn string(item: &Item, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// A number attribute, 0 where absent.
#[must_use]
pub fn number(item: &Item, name: &str) -> u64 {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn unique_suffix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}-{}", now.as_millis(), std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
