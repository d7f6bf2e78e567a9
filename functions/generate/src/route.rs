//! Which step chain a path leads to.

use http::Method;
use shared::problem::{Code, Problem};
use shared::request::Task;

/// What the function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Asks the model.
    Generate(Task),
    /// Asks the model for a résumé and streams the answer whatever `Accept` says.
    Stream,
    /// Asks the model once for each item.
    Batch,
    /// Analyses without a model.
    Analyze,
    /// Shows what a model would see.
    Redact,
    /// Deletes what is kept of the caller's texts.
    Data,
    /// Says which methods a path takes.
    Options(&'static str),
}

impl Route {
    pub(crate) fn of(method: &Method, path: &str) -> Result<Route, Problem> {
        let route = match path {
            "/api/v1/generate" => Some(Route::Generate(Task::ResumeOptimization)),
            "/api/v1/generate/batch" => Some(Route::Batch),
            "/api/v1/generate/stream" => Some(Route::Stream),
            "/api/v1/analyze" => Some(Route::Analyze),
            "/api/v1/redact" => Some(Route::Redact),
            "/api/v1/data" => Some(Route::Data),
            _ => path.strip_prefix("/api/v1/generate/").and_then(Task::from_segment).map(Route::Generate),
        };
        let route = route.ok_or(Code::NotFound)?;
        let (wanted, allow) = match route {
            Route::Data => (Method::DELETE, "DELETE, OPTIONS"),
            _ => (Method::POST, "POST, OPTIONS"),
        };
        match method {
            method if *method == wanted => Ok(route),
            &Method::OPTIONS => Ok(Route::Options(allow)),
            _ => Err(Problem { allow: Some(allow), ..Code::MethodNotAllowed.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_a_path_and_reserved_words_have_none() {
        let of = |path| Route::of(&Method::POST, path).map_err(|problem| problem.code);
        assert_eq!(of("/api/v1/generate"), Ok(Route::Generate(Task::ResumeOptimization)));
        assert_eq!(of("/api/v1/generate/cover-letter"), Ok(Route::Generate(Task::CoverLetter)));
        assert_eq!(of("/api/v1/analyze"), Ok(Route::Analyze));
        assert_eq!(of("/api/v1/generate/stream"), Ok(Route::Stream));
        assert_eq!(of("/api/v1/generate/batch"), Ok(Route::Batch));
        for path in ["/", "/api/v1/generate/resume-optimization"] {
            assert_eq!(of(path), Err(Code::NotFound), "{path}");
        }
        let problem = Route::of(&Method::GET, "/api/v1/generate").expect_err("only POST");
        assert_eq!((problem.code, problem.allow), (Code::MethodNotAllowed, Some("POST, OPTIONS")));
        assert_eq!(Route::of(&Method::DELETE, "/api/v1/data").ok(), Some(Route::Data));
        assert_eq!(Route::of(&Method::OPTIONS, "/api/v1/redact").ok(), Some(Route::Options("POST, OPTIONS")));
    }
}
