//! The HTTP contract: methods, origins, headers, and a caller's data.

use http::Method;
use serde_json::Value;
use tests::fixtures::{short_answer, short_body};
use tests::model_server::Reply;
use tests::stack::{Stack, request};

const PATH: &str = "/api/v1/generate";
const ORIGIN: (&str, &str) = ("origin", "https://app.example.com");

const PATHS: [(&str, &str); 12] = [
    ("/health", "GET, HEAD, OPTIONS"),
    ("/openapi.json", "GET, HEAD, OPTIONS"),
    ("/api/v1/stats", "GET, HEAD, OPTIONS"),
    ("/api/v1/stats/requests", "GET, HEAD, OPTIONS"),
    ("/api/v1/stats/reset", "POST, OPTIONS"),
    ("/api/v1/requests/b32gfKgN76xx", "GET, HEAD, OPTIONS"),
    ("/api/v1/generate", "POST, OPTIONS"),
    ("/api/v1/generate/batch", "POST, OPTIONS"),
    ("/api/v1/generate/cover-letter", "POST, OPTIONS"),
    ("/api/v1/analyze", "POST, OPTIONS"),
    ("/api/v1/redact", "POST, OPTIONS"),
    ("/api/v1/data", "DELETE, OPTIONS"),
];

#[tokio::test]
async fn every_path_says_which_methods_it_takes() {
    let stack = Stack::start().await;
    for (path, allow) in PATHS {
        let asked = stack.call(&request(Method::OPTIONS, path, &[], b"")).await;
        assert_eq!((asked.status, asked.header("allow"), asked.text.as_str()), (204, allow, ""), "{path}");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
            if allow.contains(method.as_str()) {
                continue;
            }
            let refused = stack.call(&request(method.clone(), path, &[], b"{}")).await;
            let told = (refused.status, refused.code(), refused.header("allow").to_owned());
            assert_eq!(told, (405, "method-not-allowed".to_owned(), allow.to_owned()), "{method} {path}");
        }
    }
    assert_eq!(stack.call(&request(Method::OPTIONS, "/api/v1/nothing", &[], b"")).await.status, 404);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let stack = Stack::start().await;
    for path in ["/health", "/openapi.json", "/api/v1/stats", "/api/v1/stats/requests"] {
        let (head, got) = (
            stack.call(&request(Method::HEAD, path, &[], b"")).await,
            stack.call(&request(Method::GET, path, &[], b"")).await,
        );
        assert_eq!((head.status, head.text.as_str(), got.status), (200, "", 200), "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"));
        assert!(!got.text.is_empty());
    }
    assert_eq!(stack.call(&request(Method::HEAD, PATH, &[], b"")).await.status, 405);
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_call_and_no_other() {
    let stack = Stack::with(&[("ANTHROPIC_API_KEY", "k"), ("CORS_ORIGINS", "https://app.example.com")]).await;
    let asks = ("access-control-request-method", "POST");
    for path in [PATH, "/api/v1/stats"] {
        let asked = stack.call(&request(Method::OPTIONS, path, &[ORIGIN, asks], b"")).await;
        assert_eq!((asked.status, asked.header("access-control-allow-origin")), (204, ORIGIN.1));
        assert_eq!(asked.header("access-control-allow-methods"), asked.header("allow"));
        assert!(asked.header("access-control-allow-headers").contains("x-api-key"));
        assert_eq!(asked.header("access-control-allow-credentials"), "");
    }
    // Problems too, or a page could not read them.
    let failed = stack.call(&request(Method::POST, PATH, &[ORIGIN], b"{")).await;
    assert_eq!((failed.status, failed.header("access-control-allow-origin")), (422, ORIGIN.1));
    assert!(failed.header("access-control-expose-headers").contains("x-request-id"));
    let stranger = stack.call(&request(Method::OPTIONS, PATH, &[("origin", "https://evil.example"), asks], b"")).await;
    assert_eq!((stranger.header("access-control-allow-origin"), stranger.header("vary")), ("", "origin"));
    let silent = Stack::start().await;
    let asked = silent.call(&request(Method::OPTIONS, PATH, &[ORIGIN, asks], b"")).await;
    assert_eq!((asked.header("access-control-allow-origin"), asked.header("vary")), ("", ""));
}

#[tokio::test]
async fn every_answer_has_the_headers_that_all_have() {
    let stack = Stack::start().await;
    (0..2).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let body = short_body().to_string();
    let requests = [
        request(Method::GET, "/health", &[("traceparent", trace)], b""),
        request(Method::GET, "/nothing", &[("traceparent", trace)], b""),
        request(Method::POST, PATH, &[("traceparent", trace)], body.as_bytes()),
        request(Method::POST, PATH, &[("traceparent", trace), ("accept", "text/event-stream")], body.as_bytes()),
        request(Method::POST, "/api/v1/redact", &[("traceparent", trace)], b"{"),
    ];
    for request in requests {
        let answer = stack.call(&request).await;
        let path = request.uri.path();
        assert_eq!(answer.header("x-request-id").len(), 12, "{path}");
        assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(!answer.header("strict-transport-security").is_empty() && !answer.header("referrer-policy").is_empty());
        assert_eq!(answer.header("traceparent"), trace, "{path}");
    }
    let body = short_body().to_string();
    for (coding, status) in [("gzip", 415), ("identity", 200)] {
        let headers = [("content-encoding", coding)];
        let answer = stack.call(&request(Method::POST, "/api/v1/analyze", &headers, body.as_bytes())).await;
        assert_eq!(answer.status, status, "{coding}");
    }
    let nothing = format!("00-{}-{}-01", "0".repeat(32), "0".repeat(16));
    for odd in ["", &nothing, "00-x", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "<script>"] {
        let answer = stack.call(&request(Method::GET, "/health", &[("traceparent", odd)], b"")).await;
        assert_eq!(answer.header("traceparent"), "", "{odd}");
    }
}

#[tokio::test]
async fn a_caller_deletes_what_is_kept_of_its_texts_and_nobody_elses() {
    let stack = Stack::start().await;
    (0..4).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    let body = short_body();
    for (caller, order) in [("acme", "1"), ("acme", "2"), ("bolt", "1")] {
        let headers = [("x-api-key", caller), ("idempotency-key", order)];
        assert_eq!(stack.post_with(PATH, &headers, &body).await.status, 200);
    }
    let delete = async |caller: &str| {
        let answer = stack.call(&request(Method::DELETE, "/api/v1/data", &[("x-api-key", caller)], b"")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let told = delete("acme").await;
    assert_eq!(told["deleted"]["idempotency_items"], 2);
    let kept = told["kept"].as_array().expect("what is kept");
    assert!(
        kept.len() >= 3 && kept.iter().all(|one| ["what", "until", "why"].iter().all(|part| one[part].is_string()))
    );
    assert_eq!(delete("acme").await["deleted"]["idempotency_items"], 0);
    let of_another = request(Method::DELETE, "/api/v1/data?caller=bolt", &[("x-api-key", "acme")], b"");
    assert_eq!(stack.call(&of_another).await.status, 422, "nothing is deleted by mistake");
    let off = stack.another(&[("ANTHROPIC_API_KEY", "k"), ("IDEMPOTENCY_TTL_HOURS", "0")]).await;
    let told = off.call(&request(Method::DELETE, "/api/v1/data", &[("x-api-key", "carl")], b"")).await;
    assert_eq!((told.status, &told.json()["deleted"]["idempotency_items"]), (200, &Value::from(0)));
    let items = stack.items(&stack.state_table).await;
    assert!(!format!("{items:?}").contains("I#acme") && format!("{items:?}").contains("I#bolt"));
    let again = stack.post_with(PATH, &[("x-api-key", "acme"), ("idempotency-key", "1")], &body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, ""), "it is a new request");
    let kept = stack.post_with(PATH, &[("x-api-key", "bolt"), ("idempotency-key", "1")], &body).await;
    assert_eq!(kept.header("idempotent-replayed"), "true");
    assert_eq!(
        stack.get_with("/api/v1/stats", &[("x-api-key", "acme")]).await.json()["total_requests"],
        Value::from(3)
    );
}
