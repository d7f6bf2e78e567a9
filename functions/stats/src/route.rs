//! Which answer a path leads to.

use http::Method;
use shared::problem::{Code, Problem};
use shared::request_id::RequestId;

/// What the function answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// That it runs.
    Health,
    /// Sums.
    Statistics,
    /// Records one by one.
    History,
    /// What happened to one request.
    Trace(RequestId),
    /// Begins a new period.
    Reset,
    /// Describes the API.
    OpenApi,
    /// Says which methods a path takes.
    Options(&'static str),
}

impl Route {
    pub(crate) fn of(method: &Method, path: &str) -> Result<Route, Problem> {
        const READ: &str = "GET, HEAD, OPTIONS";
        let (route, allow) = match path {
            "/health" => (Route::Health, READ),
            "/openapi.json" => (Route::OpenApi, READ),
            "/api/v1/stats" => (Route::Statistics, READ),
            "/api/v1/stats/requests" => (Route::History, READ),
            "/api/v1/stats/reset" => (Route::Reset, "POST, OPTIONS"),
            _ => (Route::Trace(requested(path).ok_or(Code::NotFound)?), READ),
        };
        match method {
            &Method::OPTIONS => Ok(Route::Options(allow)),
            method if allow.split(", ").any(|name| name == method.as_str()) => Ok(route),
            _ => Err(Problem { allow: Some(allow), ..Code::MethodNotAllowed.into() }),
        }
    }
}

/// The id in `/api/v1/requests/{id}`.
fn requested(path: &str) -> Option<RequestId> {
    path.strip_prefix("/api/v1/requests/").and_then(RequestId::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_takes_one_method_and_says_which() {
        assert_eq!(Route::of(&Method::GET, "/api/v1/stats").ok(), Some(Route::Statistics));
        assert_eq!(Route::of(&Method::POST, "/api/v1/stats/reset").ok(), Some(Route::Reset));
        let problem = Route::of(&Method::GET, "/api/v1/stats/reset").expect_err("only POST");
        assert_eq!((problem.code, problem.allow), (Code::MethodNotAllowed, Some("POST, OPTIONS")));
        assert_eq!(Route::of(&Method::HEAD, "/health").ok(), Some(Route::Health));
        let id = RequestId::parse("b32gfKgN76xx").expect("an id");
        assert_eq!(Route::of(&Method::GET, "/api/v1/requests/b32gfKgN76xx").ok(), Some(Route::Trace(id)));
        for path in ["/api/v1/requests/", "/api/v1/requests/b32", "/api/v1/requests/b32gfKgN76xx/"] {
            assert_eq!(Route::of(&Method::GET, path).expect_err("no id").code, Code::NotFound, "{path}");
        }
        assert_eq!(Route::of(&Method::GET, "/api/v1/stats/").expect_err("unknown").code, Code::NotFound);
    }
}
