//! Keys through the real authorizer in front of the real functions: who passes, and that two callers never meet.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::caller::{Allowance, Caller, Scope};
use shared::keys::{ApiKey, KeyId, Keys, NewKey};
use tests::fixtures::{short_answer, short_body};
use tests::model_server::Reply;
use tests::stack::{Reply as Answer, Stack, request};

const PATH: &str = "/api/v1/generate";

async fn guarded(variables: &[(&str, &str)]) -> (Stack, Keys) {
    let variables: Vec<(&str, &str)> = [("ANTHROPIC_API_KEY", "k"), ("AUTH_MODE", "authorizer")]
        .into_iter()
        .chain(variables.iter().copied())
        .collect();
    let stack = Stack::with(&variables).await;
    let keys = Keys::new(stack.client.clone(), stack.ledger_table.clone());
    (stack, keys)
}

async fn key_of(keys: &Keys, caller: &str, scopes: &[Scope], allowance: Allowance) -> ApiKey {
    let caller = Caller::exact(caller).expect("an id");
    let wanted = NewKey { caller, scopes: scopes.to_vec(), allowance, lifetime: Some(Duration::from_secs(3_600)) };
    keys.create(wanted, SystemTime::now()).await.expect("a key").0
}

async fn ask(stack: &Stack, key: &str, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let headers: Vec<(&str, &str)> = [("x-api-key", key)].into_iter().chain(headers.iter().copied()).collect();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    stack.call(&request(method, path, &headers, body.as_bytes())).await
}

async fn get(stack: &Stack, key: &str, path: &str) -> Answer {
    ask(stack, key, Method::GET, path, &[], &Value::Null).await
}

#[tokio::test]
async fn a_key_passes_within_its_scopes_until_it_ends() {
    let (stack, keys) = guarded(&[]).await;
    stack.model.play(Reply::answer(&short_answer()));
    let spends = key_of(&keys, "acme", &[Scope::Generate], Allowance::default()).await;
    let reads = key_of(&keys, "acme", &[Scope::Stats], Allowance::default()).await;
    let rules = key_of(&keys, "boss", &[Scope::Stats, Scope::Admin], Allowance::default()).await;
    let (spends_text, reads_text, rules_text) = (spends.expose(), reads.expose(), rules.expose());
    let post = async |key: &str| ask(&stack, key, Method::POST, PATH, &[], &short_body()).await;
    assert_eq!(post(&spends_text).await.status, 200);
    assert_eq!((post(&reads_text).await.code().as_str(), post(&rules_text).await.status), ("forbidden", 403));
    assert_eq!(get(&stack, &spends_text, "/api/v1/stats").await.status, 403);
    assert_eq!(get(&stack, &reads_text, "/api/v1/stats").await.json()["total_requests"], 1);
    assert_eq!(get(&stack, &reads_text, "/api/v1/stats?caller=boss").await.status, 403);
    assert_eq!(get(&stack, &rules_text, "/api/v1/stats?caller=acme").await.json()["total_requests"], 1);
    assert_eq!(get(&stack, &rules_text, "/api/v1/stats?caller=*").await.json()["total_requests"], 1);
    // Two keys of one caller share its statistics; revoking one leaves the other.
    assert!(keys.revoke(spends.id(), SystemTime::now()).await.expect("revoked"));
    assert_eq!((post(&spends_text).await.status, get(&stack, &reads_text, "/api/v1/stats").await.status), (401, 200));
    assert!(!keys.revoke(&KeyId::parse("0123456789abcdef").expect("an id"), SystemTime::now()).await.expect("asked"));
    let listed = keys.list().await.expect("a list");
    assert_eq!(listed.len(), 3);
    assert_eq!(listed.iter().filter(|record| record.is_valid(SystemTime::now())).count(), 2);
    let later = SystemTime::now() + Duration::from_secs(3_601);
    assert_eq!(keys.find(&reads, later).await.expect("found"), None, "it has expired");
}

#[tokio::test]
async fn what_is_no_key_does_not_pass_and_health_needs_none() {
    let (stack, keys) = guarded(&[]).await;
    let key = key_of(&keys, "acme", &Scope::ALL, Allowance::default()).await.expose();
    let mut other = key.clone();
    other.replace_range(other.len() - 1.., if key.ends_with('0') { "1" } else { "0" });
    let huge = format!("tlr_{}", "a".repeat(60_000));
    let odd = ["", "local", "acme", &key[..key.len() - 1], &other, &huge, "tlr_K#0_x", "tlr_0123456789abcdef_", "*"];
    for text in odd {
        let answer = get(&stack, text, "/api/v1/stats").await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{text:.80}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(text.is_empty() || !answer.text.contains(text), "the key is not repeated");
    }
    // A context that a client makes up is not the gateway's.
    let forged = [("x-amzn-authorizer", "{\"caller\":\"acme\"}"), ("caller", "acme"), ("scopes", "admin")];
    assert_eq!(stack.call(&request(Method::GET, "/api/v1/stats", &forged, b"")).await.status, 401);
    assert_eq!(stack.call(&request(Method::GET, "/health", &[], b"")).await.status, 200);
    assert!(Caller::exact("acme#U").is_none() && Caller::exact("../boss").is_none() && Caller::exact("é").is_none());
}

#[tokio::test]
async fn the_functions_themselves_refuse_who_has_no_context() {
    let (stack, _) = guarded(&[]).await;
    for path in ["/api/v1/stats", "/api/v1/stats/requests"] {
        assert_eq!(stack.get(path).await.status, 401, "{path}");
    }
    assert_eq!(stack.post(PATH, &short_body()).await.status, 401);
    let mut event = request(Method::GET, "/api/v1/stats", &[], b"").v1_event();
    for context in [
        json!({ "caller": "a#b", "scopes": "stats" }),
        json!({ "caller": ["acme"], "scopes": "stats" }),
        json!({ "scopes": "admin" }),
        json!({ "caller": "acme", "scopes": "stats", "requests_per_minute": "all" }),
    ] {
        event["requestContext"]["authorizer"] = context;
        let response = stack.service.invoke("/api/v1/stats", &event, stack.time_left).await.expect("an answer");
        assert_eq!(response.status(), 401);
    }
}

#[tokio::test]
async fn a_keys_limits_stand_in_the_place_of_the_defaults() {
    let (stack, keys) =
        guarded(&[("CALLER_RPM", "1"), ("RATE_LIMIT_WAIT_MS", "0"), ("CALLER_BUDGET_USD", "100")]).await;
    let of_default = key_of(&keys, "small", &Scope::ALL, Allowance::default()).await.expose();
    let allowance = Allowance { requests_per_minute: Some(3), ..Allowance::default() };
    let of_key = key_of(&keys, "large", &Scope::ALL, allowance).await.expose();
    let allowance = Allowance { budget: Some(1_000_000), ..Allowance::default() };
    let poor = key_of(&keys, "poor", &Scope::ALL, allowance).await.expose();
    (0..4).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    let post = async |key: &str| ask(&stack, key, Method::POST, PATH, &[], &short_body()).await;
    assert_eq!((post(&of_default).await.status, post(&of_default).await.status), (200, 429));
    let passed = post(&of_key).await;
    assert_eq!((passed.status, passed.header("ratelimit-policy")), (200, "\"default\";q=3;w=60"));
    assert_eq!((post(&of_key).await.status, post(&of_key).await.status, post(&of_key).await.status), (200, 200, 429));
    // A slow key of a caller does not hold back its fast one.
    let slow = Allowance { requests_per_minute: Some(1), ..Allowance::default() };
    let slow = key_of(&keys, "large", &Scope::ALL, slow).await.expose();
    let fast = Allowance { requests_per_minute: Some(60), ..Allowance::default() };
    let fast = key_of(&keys, "large", &Scope::ALL, fast).await.expose();
    (0..3).for_each(|_| stack.model.play(Reply::answer(&short_answer())));
    assert_eq!((post(&slow).await.status, post(&slow).await.status), (200, 429));
    assert_eq!((post(&fast).await.status, post(&fast).await.status), (200, 200));
    let refused = post(&poor).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "budget-exhausted"));
}

/// What one of two callers does next.
#[derive(Clone, Debug)]
enum Step {
    /// With one of three idempotency keys, or none.
    Generate(Option<u8>),
    Reset,
    AskForTheOther,
    Delete,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let step = prop_oneof![
        4 => proptest::option::of(0u8..3).prop_map(Step::Generate),
        1 => Just(Step::Reset),
        1 => Just(Step::AskForTheOther),
        1 => Just(Step::Delete),
    ];
    (0usize..2, step)
}

/// What must be true of a caller, whatever the other does.
#[derive(Default)]
struct Model {
    in_period: usize,
    in_all: usize,
    answered: HashMap<u8, String>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn two_keys_never_see_or_affect_each_other(steps in proptest::collection::vec(step(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (stack, keys) = guarded(&[]).await;
            let names = ["acme", "bolt"];
            let scopes = [Scope::Generate, Scope::Stats];
            let mut texts = Vec::new();
            for name in names {
                texts.push(key_of(&keys, name, &scopes, Allowance::default()).await.expose());
            }
            let mut models = [Model::default(), Model::default()];
            for (who, step) in steps {
                let (key, other, model) = (&texts[who], names[1 - who], &mut models[who]);
                match step {
                    Step::Generate(order) => {
                        let order_text = order.map(|order| format!("order-{order}"));
                        let headers: Vec<(&str, &str)> =
                            order_text.as_deref().map(|text| ("idempotency-key", text)).into_iter().collect();
                        let known = order.and_then(|order| model.answered.get(&order)).cloned();
                        if known.is_none() {
                            stack.model.play(Reply::answer(&short_answer()));
                        }
                        let answer = ask(&stack, key, Method::POST, PATH, &headers, &short_body()).await;
                        assert_eq!(answer.status, 200, "{}", answer.text);
                        let id = answer.json()["request_id"].as_str().expect("an id").to_owned();
                        match (known, order) {
                            (Some(first), _) => assert_eq!(id, first, "a replay of its own"),
                            (None, order) => {
                                model.in_period += 1;
                                model.in_all += 1;
                                if let Some(order) = order {
                                    model.answered.insert(order, id);
                                }
                            }
                        }
                    }
                    Step::Reset => {
                        let reset = ask(&stack, key, Method::POST, "/api/v1/stats/reset", &[], &Value::Null).await;
                        assert_eq!(reset.status, 200, "{}", reset.text);
                        model.in_period = 0;
                    }
                    Step::Delete => {
                        let told = ask(&stack, key, Method::DELETE, "/api/v1/data", &[], &Value::Null).await;
                        assert_eq!(told.json()["deleted"]["idempotency_items"], model.answered.len());
                        model.answered.clear();
                    }
                    Step::AskForTheOther => {
                        for path in ["/api/v1/stats", "/api/v1/stats/requests"] {
                            assert_eq!(get(&stack, key, &format!("{path}?caller={other}")).await.status, 403);
                        }
                    }
                }
                for (who, model) in models.iter().enumerate() {
                    let stats = get(&stack, &texts[who], "/api/v1/stats").await.json();
                    assert_eq!(stats["total_requests"], model.in_period);
                    let history = get(&stack, &texts[who], "/api/v1/stats/requests?limit=100").await.json();
                    let items = history["items"].as_array().expect("items");
                    assert_eq!(items.len(), model.in_period);
                    assert!(items.iter().all(|item| item["caller"] == names[who]));
                }
            }
            let billed: usize = models.iter().map(|model| model.in_all).sum();
            assert_eq!(stack.model.received().len(), billed);
        });
    }
}
