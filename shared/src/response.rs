//! Responses: the border between our types and HTTP, the same for every function.

use std::panic::AssertUnwindSafe;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Response, StatusCode};
use lambda_http::{Request, RequestExt};
use serde::Serialize;

use crate::cors::Cors;
use crate::problem::{Code, Problem};
use crate::request_id::RequestId;

/// No answer is a page, and none is to be shown as one.
const SECURITY: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("strict-transport-security", "max-age=31536000"),
];

/// A response whose body is complete.
pub type Complete = Response<Bytes>;

/// What `handle` reads once for a request: its id and its time.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Names the request everywhere.
    pub request_id: RequestId,
    /// When it arrived.
    pub now: SystemTime,
}

impl Arrival {
    /// An arrival at `now`.
    #[must_use]
    pub fn at(now: SystemTime) -> Arrival {
        Arrival { request_id: RequestId::new(now, getrandom::u32().unwrap_or(0)), now }
    }
}

/// The border of every function: a failure becomes its problem, a panic becomes `internal` (so a detector that fails
/// refuses the request before anything is sent).
pub async fn guarded(answer: BoxFuture<'_, Result<Complete, Problem>>, arrival: &Arrival) -> Complete {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(refused)) => problem(&refused, &arrival.request_id),
        Err(_) => problem(&Code::Internal.into(), &arrival.request_id),
    }
}

/// The problem that a response is, if it is one.
#[must_use]
pub fn code(response: &Complete) -> Option<Code> {
    response.extensions().get::<Code>().copied()
}

/// What every response has that leaves a function: what the page that asked may know, and the caller's `traceparent` back, if
/// it is one (W3C Trace Context, version 00). The answer to HEAD has no body.
pub fn finish(request: &Request, cors: &Cors, response: &mut Complete) {
    cors.apply(request.headers(), response.headers_mut());
    if let Some(trace) = traceparent(request.headers()) {
        response.headers_mut().insert("traceparent", trace.clone());
    }
    if request.method() == Method::HEAD {
        *response.body_mut() = Bytes::new();
    }
}

/// The caller's place in a trace of its own, if it names one (W3C Trace Context, version 00).
#[must_use]
pub fn traceparent(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get("traceparent").filter(|value| is_traceparent(value.as_bytes()))
}

/// `00-<32 hex>-<16 hex>-<2 hex>`.
fn is_traceparent(value: &[u8]) -> bool {
    let hex = |part: &[u8], digits: usize| {
        part.len() == digits && part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'-').collect();
    let none = |part: &[u8]| part.iter().all(|byte| *byte == b'0');
    matches!(parts[..], [b"00", trace, parent, flags]
        if hex(trace, 32) && hex(parent, 16) && hex(flags, 2) && !none(trace) && !none(parent))
}

/// What a path takes: the answer to OPTIONS.
#[must_use]
pub fn options(allow: &'static str, request_id: &RequestId) -> Complete {
    let mut response = complete(204, "application/json", Vec::new(), request_id);
    response.headers_mut().remove(CONTENT_TYPE);
    response.headers_mut().insert("allow", HeaderValue::from_static(allow));
    response
}

/// 200 with JSON.
#[must_use]
pub fn json(body: &impl Serialize, request_id: &RequestId) -> Complete {
    match serde_json::to_vec(body) {
        Ok(body) => complete(200, "application/json", body, request_id),
        Err(_) => problem(&Code::Internal.into(), request_id),
    }
}

/// A problem with its headers.
#[must_use]
pub fn problem(problem: &Problem, request_id: &RequestId) -> Complete {
    let body = serde_json::to_vec(&problem.body(request_id.as_str())).unwrap_or_default();
    let mut response = complete(problem.code.status(), "application/problem+json", body, request_id);
    response.extensions_mut().insert(problem.code);
    if let Some(seconds) = problem.retry_after_secs() {
        response.headers_mut().insert("retry-after", HeaderValue::from(seconds));
    }
    if let Some(methods) = problem.allow {
        response.headers_mut().insert("allow", HeaderValue::from_static(methods));
    }
    response
}

/// Any complete response, with the headers that all have.
#[must_use]
pub fn complete(status: u16, content_type: &'static str, body: Vec<u8>, request_id: &RequestId) -> Complete {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    for (name, value) in SECURITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert("x-request-id", id);
    }
    response
}

/// The path without a stage: REST events carry it in the URI only, HTTP API events with a named stage everywhere.
#[must_use]
pub fn path(request: &Request) -> String {
    use lambda_http::request::RequestContext;
    let path = request.raw_http_path();
    let stage = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.clone(),
        _ => None,
    };
    let bare = stage.and_then(|stage| path.strip_prefix(&format!("/{stage}/")).map(|rest| format!("/{rest}")));
    let path = bare.unwrap_or_else(|| path.to_owned());
    if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path }
}

/// The media type of `offered` that the request likes best (RFC 9110, 12.5.1): by quality, then by the caller's order,
/// then by ours. The first at all where the request says nothing.
///
/// # Errors
///
/// `not-acceptable`.
pub fn negotiate(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, Problem> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(String, f32)> = values.flat_map(|value| value.split(',')).filter_map(range).collect();
    if ranges.is_empty() {
        return offered.first().copied().ok_or_else(|| Code::NotAcceptable.into());
    }
    let mut best: Option<(f32, usize, &'static str)> = None;
    for media in offered {
        // The most specific range decides, even if it excludes what a wilder one would take.
        let matching = ranges.iter().enumerate().filter(|(_, (range, _))| specificity(range, media) > 0);
        let deciding =
            matching.max_by_key(|(index, (range, _))| (specificity(range, media), std::cmp::Reverse(*index)));
        let Some((index, (_, quality))) = deciding.filter(|(_, (_, quality))| *quality > 0.0) else { continue };
        if best.is_none_or(|(known, at, _)| *quality > known || (*quality == known && index < at)) {
            best = Some((*quality, index, media));
        }
    }
    best.map(|(.., media)| media).ok_or_else(|| Code::NotAcceptable.into())
}

fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().filter(|media| !media.is_empty())?.to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((media, quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0))))
}

/// 3 for the media type itself, 2 for its family, 1 for anything, 0 for another.
fn specificity(range: &str, media: &str) -> u8 {
    let family = media.split('/').next().unwrap_or_default();
    match range {
        "*/*" => 1,
        range if range == media => 3,
        range if range.strip_suffix("/*") == Some(family) => 2,
        _ => 0,
    }
}

/// # Errors
///
/// `unsupported-media-type` unless the body is declared as JSON, without a content coding.
pub fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = declared.split(';').next().unwrap_or_default().trim();
    // A compressed body would be no JSON, and a large one once it is unpacked.
    let encoded = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    let is_json = media.eq_ignore_ascii_case("application/json");
    if is_json && !encoded { Ok(()) } else { Err(Code::UnsupportedMediaType.into()) }
}

/// The body's bytes.
///
/// # Errors
///
/// `body-too-large` beyond `limit`.
pub fn body_within(request: &Request, limit: usize) -> Result<&[u8], Problem> {
    let body: &[u8] = request.body().as_ref();
    if body.len() > limit {
        return Err(Problem::new(Code::BodyTooLarge).with_detail(format!("The body exceeds {} KiB.", limit / 1024)));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_detector_that_panics_refuses_the_request() {
        let asked = std::sync::atomic::AtomicBool::new(false);
        let answer = async {
            // Detection runs before anything is sent, in the same future.
            let text = "Jane Doe\njane@example.com";
            assert!(text.is_empty(), "the detector failed at {text}");
            asked.store(true, std::sync::atomic::Ordering::Relaxed);
            Err(Code::LlmUnavailable.into())
        };
        let response = guarded(Box::pin(answer), &Arrival::at(SystemTime::UNIX_EPOCH)).await;
        let body = String::from_utf8_lossy(response.body());
        assert_eq!(response.status(), 500);
        assert!(body.contains("internal") && !body.contains("Jane") && !body.contains("detector"), "{body}");
        assert!(!asked.load(std::sync::atomic::Ordering::Relaxed));
    }

    #[test]
    fn negotiation_prefers_the_callers_order_and_knows_wildcards() {
        let offered = ["application/json", "text/csv"];
        let negotiated = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().expect("a header value"));
            negotiate(&headers, &offered).ok()
        };
        assert_eq!(negotiated("text/csv, application/json"), Some("text/csv"));
        assert_eq!(negotiated("text/html, */*;q=0.1"), Some("application/json"));
        assert_eq!(negotiated("text/*"), Some("text/csv"));
        assert_eq!(negotiated("application/json;q=0"), None);
        assert_eq!(negotiated("application/json;q=0, */*;q=0.5"), Some("text/csv"));
        assert_eq!(negotiated("application/json;q=0.2, text/csv;q=0.9"), Some("text/csv"));
        assert_eq!(negotiated("image/png"), None);
        assert_eq!(negotiate(&HeaderMap::new(), &offered).ok(), Some("application/json"));
    }
}
