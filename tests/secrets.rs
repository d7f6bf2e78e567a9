//! The provider's key in a parameter: read when it is needed, remembered, replaced without a deployment.

use serde_json::json;
use tests::fixtures::{short_answer, short_body};
use tests::model_server::Reply;
use tests::parameter_store::ParameterStore;
use tests::stack::Stack;

const PATH: &str = "/api/v1/generate";

async fn stack_over(store: &ParameterStore) -> Stack {
    let variables = [
        ("ANTHROPIC_API_KEY_PARAMETER", "/tailor/key"),
        ("AWS_ENDPOINT_URL_SSM", store.url.as_str()),
        ("LLM_MAX_RETRIES", "0"),
    ];
    Stack::with(&variables).await
}

fn keys_used(stack: &Stack) -> Vec<String> {
    let key = |head: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("x-api-key:"));
        line.and_then(|line| line.split_once(": ")).map(|(_, key)| key.to_owned()).unwrap_or_default()
    };
    stack.model.received().iter().map(|received| key(&received.head)).collect()
}

#[tokio::test]
async fn the_key_is_read_once_by_a_signed_request() {
    let store = ParameterStore::start(Some("sk-one\n")).await;
    let stack = stack_over(&store).await;
    (0..2).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    assert!(store.reads().is_empty(), "not before it is needed");
    for _ in 0..2 {
        assert_eq!(stack.post(PATH, &short_body()).await.status, 200);
    }
    assert_eq!(keys_used(&stack), ["sk-one", "sk-one"]);
    let reads = store.reads();
    let [(headers, body)] = &reads[..] else { panic!("one read: {}", reads.len()) };
    assert_eq!(body, &json!({ "Name": "/tailor/key", "WithDecryption": true }));
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(header("x-amz-target"), "AmazonSSM.GetParameter");
    assert!(header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=local/"), "{}", header("authorization"));
    assert!(
        header("authorization").contains("/local/ssm/aws4_request") && header("authorization").contains("x-amz-target")
    );
}

#[tokio::test]
async fn row_6_a_refused_key_is_read_again_once() {
    let store = ParameterStore::start(Some("sk-old")).await;
    let stack = stack_over(&store).await;
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(stack.post(PATH, &short_body()).await.status, 200);
    store.put(Some("sk-new"));
    stack.model.play(Reply::error(401, "authentication_error", &[]));
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(stack.post(PATH, &short_body()).await.status, 200);
    assert_eq!(keys_used(&stack), ["sk-old", "sk-old", "sk-new"]);
    // The same key again is asked for once, and the provider not a second time.
    stack.model.play(Reply::error(401, "authentication_error", &[]));
    let refused = stack.post(PATH, &short_body()).await;
    assert_eq!((refused.status, refused.code().as_str()), (502, "provider-auth"));
    assert!(!refused.text.contains("sk-"));
    assert_eq!((stack.model.received().len(), store.reads().len()), (4, 3));
    assert_eq!((stack.records().await.len(), stack.committed().await.2), (2, 0));
}

#[tokio::test]
async fn row_35_a_store_that_is_down_is_a_503_and_asked_again_next_time() {
    let store = ParameterStore::start(None).await;
    let stack = stack_over(&store).await;
    let refused = stack.post(PATH, &short_body()).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "secrets-unavailable"));
    assert!(!refused.header("retry-after").is_empty() && !refused.text.contains("canary-5c1e"));
    assert_eq!((stack.model.received().len(), stack.records().await.len(), stack.committed().await.2), (0, 0, 0));
    assert_eq!(stack.post("/api/v1/analyze", &short_body()).await.status, 200, "everything else works");
    store.put(Some("sk-late"));
    stack.model.play(Reply::answer(&short_answer()));
    assert_eq!(stack.post(PATH, &short_body()).await.status, 200);
}
