//! HTTP requests as the events that API Gateway sends: REST proxy (v1), as in production, and HTTP API (v2), as the local
//! emulator of `cargo lambda` sends them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, Uri};
use lambda_http::{Context, Request, RequestExt};
use serde_json::{Map, Value, json};

use crate::Error;

/// An HTTP request, read completely.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// The function's timeout in the template: what an invocation has left when it begins.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(150);

impl HttpRequest {
    /// The REST proxy event. A body that is not text is Base64, as the gateway does for binary media types.
    #[must_use]
    pub fn v1_event(&self) -> Value {
        let multi = multi_values(&self.headers);
        let queries = self.queries();
        let (body, is_base64) = self.body_field();
        json!({
            "resource": self.uri.path(),
            "path": self.uri.path(),
            "httpMethod": self.method.as_str(),
            "headers": last_values(&multi),
            "multiValueHeaders": multi,
            "queryStringParameters": last_values(&queries),
            "multiValueQueryStringParameters": queries,
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "stage": "local",
                "protocol": "HTTP/1.1",
                "path": format!("/local{}", self.uri.path()),
                "resourcePath": self.uri.path(),
                "resourceId": "local",
                "httpMethod": self.method.as_str(),
                "requestId": "00000000-0000-0000-0000-000000000000",
                "identity": { "sourceIp": "127.0.0.1" },
            },
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    /// What the gateway asks an authorizer of type REQUEST before.
    #[must_use]
    pub fn authorizer_event(&self) -> Value {
        let stage = "arn:aws:execute-api:local:000000000000:local/local";
        json!({
            "type": "REQUEST",
            "methodArn": format!("{stage}/{}{}", self.method, self.uri.path()),
            "headers": last_values(&multi_values(&self.headers)),
        })
    }

    /// The HTTP API event of payload format 2.0.
    #[must_use]
    pub fn v2_event(&self) -> Value {
        let (body, is_base64) = self.body_field();
        let headers: BTreeMap<String, String> =
            multi_values(&self.headers).into_iter().map(|(name, values)| (name, values.join(","))).collect();
        let queries: BTreeMap<String, String> =
            self.queries().into_iter().map(|(name, values)| (name, values.join(","))).collect();
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.uri.path(),
            "rawQueryString": self.uri.query().unwrap_or_default(),
            "headers": headers,
            "queryStringParameters": queries,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": "localhost",
                "stage": "$default",
                "requestId": "00000000-0000-0000-0000-000000000000",
                "routeKey": "$default",
                "time": "24/Nov/2026:06:00:00 +0000",
                "timeEpoch": 1_795_500_000_000_u64,
                "http": {
                    "method": self.method.as_str(),
                    "path": self.uri.path(),
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "",
                },
            },
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    fn body_field(&self) -> (Value, bool) {
        match std::str::from_utf8(&self.body) {
            Ok("") => (Value::Null, false),
            Ok(text) => (json!(text), false),
            Err(_) => (json!(STANDARD.encode(&self.body)), true),
        }
    }

    fn queries(&self) -> BTreeMap<String, Vec<String>> {
        let mut queries: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes()) {
            queries.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        queries
    }
}

/// The event as the runtime hands it to a handler, with a deadline `time_left` from now.
///
/// # Errors
///
/// If it is no event of either kind.
pub fn invocation(event: &Value, time_left: Duration) -> Result<Request, Error> {
    let request = lambda_http::request::from_str(&event.to_string())?;
    let mut context = Context::default();
    let deadline = (SystemTime::now() + time_left).duration_since(UNIX_EPOCH)?;
    context.deadline = u64::try_from(deadline.as_millis())?;
    Ok(request.with_lambda_context(context))
}

fn multi_values(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        values.entry(name.as_str().to_owned()).or_default().push(value);
    }
    values
}

fn last_values(multi: &BTreeMap<String, Vec<String>>) -> Map<String, Value> {
    multi.iter().filter_map(|(name, values)| Some((name.clone(), json!(values.last()?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, body: &[u8]) -> HttpRequest {
        let mut headers = HeaderMap::new();
        headers.append("accept", "text/csv".parse().expect("a value"));
        headers.append("accept", "application/json".parse().expect("a value"));
        HttpRequest { method: Method::POST, uri: uri.parse().expect("a URI"), headers, body: body.to_vec() }
    }

    #[test]
    fn both_events_arrive_as_the_same_request() {
        let sent = request("/api/v1/stats?detail=day%2Ctask&caller=*", "{\"é\":1}".as_bytes());
        for event in [sent.v1_event(), sent.v2_event()] {
            let got = invocation(&event, FUNCTION_TIMEOUT).expect("an event");
            assert_eq!(shared::response::path(&got), "/api/v1/stats");
            assert_eq!(got.query_string_parameters().first("detail"), Some("day,task"));
            assert_eq!(got.query_string_parameters().first("caller"), Some("*"));
            assert_eq!(got.body().as_ref(), "{\"é\":1}".as_bytes());
            assert!(got.lambda_context().deadline > 1_700_000_000_000);
        }
    }

    #[test]
    fn a_body_that_is_not_text_arrives_byte_for_byte() {
        let sent = request("/api/v1/generate", b"{\"\xff\"}");
        for event in [sent.v1_event(), sent.v2_event()] {
            assert_eq!(event["isBase64Encoded"], true);
            assert_eq!(invocation(&event, FUNCTION_TIMEOUT).expect("an event").body().as_ref(), b"{\"\xff\"}");
        }
    }
}
