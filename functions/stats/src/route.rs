//! Which answer a path leads to.

use http::Method;
use shared::problem::{Code, Problem};

/// What the function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// That it runs.
    Health,
    /// Sums.
    Statistics,
    /// Records one by one.
    History,
    /// Begins a new period.
    Reset,
}

impl Route {
    pub(crate) fn of(method: &Method, path: &str) -> Result<Route, Problem> {
        let (route, wanted, name) = match path {
            "/health" => (Route::Health, Method::GET, "GET"),
            "/api/v1/stats" => (Route::Statistics, Method::GET, "GET"),
            "/api/v1/stats/requests" => (Route::History, Method::GET, "GET"),
            "/api/v1/stats/reset" => (Route::Reset, Method::POST, "POST"),
            _ => return Err(Code::NotFound.into()),
        };
        if method == wanted { Ok(route) } else { Err(Problem { allow: Some(name), ..Code::MethodNotAllowed.into() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_takes_one_method_and_says_which() {
        assert_eq!(Route::of(&Method::GET, "/api/v1/stats").ok(), Some(Route::Statistics));
        assert_eq!(Route::of(&Method::POST, "/api/v1/stats/reset").ok(), Some(Route::Reset));
        let problem = Route::of(&Method::GET, "/api/v1/stats/reset").expect_err("only POST");
        assert_eq!((problem.code, problem.allow), (Code::MethodNotAllowed, Some("POST")));
        assert_eq!(Route::of(&Method::GET, "/api/v1/stats/").expect_err("unknown").code, Code::NotFound);
    }
}
