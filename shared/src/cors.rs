//! Cross-origin requests: which web pages may call, and what their browsers are told.
//!
//! Origins are on a list or not; none is ever reflected, and no credentials travel but the key in its header.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use crate::settings::Reader;

const TAKEN: &str = "content-type, accept, x-api-key, idempotency-key, traceparent, authorization, x-amz-date, \
    x-amz-security-token, x-amz-content-sha256";
const SHOWN: &str = "x-request-id, ratelimit, ratelimit-policy, retry-after, idempotent-replayed, traceparent, link";
/// Seconds that a browser may remember a preflight's answer.
const REMEMBERED: &str = "600";

/// Origins that may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<String>,
}

impl Cors {
    /// `CORS_ORIGINS`: origins with commas between them, such as `https://app.example.com`; none by default.
    pub fn read(reader: &mut Reader<'_>) -> Cors {
        let text = reader.text_or("CORS_ORIGINS", "");
        let origins: Vec<String> =
            text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
        if !origins.iter().all(|origin| is_origin(origin)) {
            reader.problem("CORS_ORIGINS must be origins such as https://app.example.com, with commas between them");
        }
        Cors { origins }
    }

    /// Adds to a response what the page that sent the request may know. The answer to a preflight has an `Allow` header, whose
    /// methods the page may use.
    pub fn apply(&self, request: &HeaderMap, response: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        response.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = request.get(ORIGIN) else { return };
        if !self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()) {
            return;
        }
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
        if !request.contains_key("access-control-request-method") {
            return;
        }
        if let Some(methods) = response.get(ALLOW).cloned() {
            response.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            response.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
            response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
        }
    }
}

/// A scheme and a host, nothing behind them.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else { return false };
    let web = matches!(uri.scheme_str(), Some("https" | "http"));
    web && uri.host().is_some()
        && !text.ends_with('/')
        && !text.contains(['*', '@', '?', '#'])
        && text.matches('/').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Cors, String> {
        let lookup = |name: &str| (name == "CORS_ORIGINS").then(|| text.to_owned());
        let mut reader = Reader::new(&lookup);
        let cors = Cors::read(&mut reader);
        reader.finish().map(|()| cors).map_err(|error| error.to_string())
    }

    #[test]
    fn origins_are_exact_and_never_patterns() {
        assert_eq!(read(" https://a.example , http://localhost:3000 ").map(|cors| cors.origins.len()), Ok(2));
        for wrong in ["*", "https://a.example/", "https://*.example", "a.example", "https://a@b.example", "file:///x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_listed_origin_is_told_anything() {
        let cors = read("https://a.example").expect("valid");
        let told = |origin: &str| {
            let (mut request, mut response) = (HeaderMap::new(), HeaderMap::new());
            request.insert(ORIGIN, origin.parse().expect("a value"));
            request.insert("access-control-request-method", HeaderValue::from_static("POST"));
            response.insert(ALLOW, HeaderValue::from_static("POST, OPTIONS"));
            cors.apply(&request, &mut response);
            response
        };
        let known = told("https://a.example");
        assert_eq!(known.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(HeaderValue::as_bytes), Some(&b"https://a.example"[..]));
        assert_eq!(known.get(ACCESS_CONTROL_ALLOW_METHODS).map(HeaderValue::as_bytes), Some(&b"POST, OPTIONS"[..]));
        for other in ["https://a.example.evil", "https://A.example", "null", "http://a.example"] {
            let told = told(other);
            assert!(!told.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) && told.contains_key(VARY), "{other}");
        }
        let mut response = HeaderMap::new();
        Cors::default().apply(&HeaderMap::new(), &mut response);
        assert!(response.is_empty());
    }
}
