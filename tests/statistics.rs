//! What was spent: sums, history, periods, and that nobody sees another's.

use serde_json::{Value, json};
use tests::fixtures::{short_answer, short_body};
use tests::model_server::Reply;
use tests::stack::{Stack, request};

async fn spend(stack: &Stack, caller: &str, times: usize) {
    for _ in 0..times {
        stack.model.play(Reply::answer(&short_answer()));
        let reply = stack.post_with("/api/v1/generate", &[("x-api-key", caller)], &short_body()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

async fn get(stack: &Stack, caller: &str, path: &str) -> Value {
    stack.get_with(path, &[("x-api-key", caller)]).await.json()
}

#[tokio::test]
async fn a_caller_sees_its_own_and_an_administrator_the_sum() {
    let stack = Stack::start().await;
    spend(&stack, "a", 2).await;
    spend(&stack, "b", 1).await;
    assert_eq!(get(&stack, "a", "/api/v1/stats").await["total_cost"], 0.034);
    assert_eq!(get(&stack, "b", "/api/v1/stats").await["total_requests"], 1);
    assert_eq!(get(&stack, "c", "/api/v1/stats").await["average_cost_per_request"], 0);
    assert_eq!(get(&stack, "c", "/api/v1/stats?caller=a").await["total_requests"], 2);
    let all = get(&stack, "c", "/api/v1/stats?caller=*").await;
    assert_eq!((&all["total_requests"], &all["total_cost"]), (&json!(3), &json!(0.051)));
}

#[tokio::test]
async fn days_and_tasks_break_the_sums_down() {
    let stack = Stack::start().await;
    spend(&stack, "a", 1).await;
    let plain = get(&stack, "a", "/api/v1/stats").await;
    assert!(plain["by_day"].is_null() && plain["by_task"].is_null());
    let detail = get(&stack, "a", "/api/v1/stats?detail=day,task").await;
    assert_eq!(detail["by_task"]["resume-optimization"]["cost"], 0.017);
    let more = get(&stack, "a", "/api/v1/stats?detail=model,class").await;
    assert_eq!(more["by_model"]["claude-sonnet-5-5"]["attempts"], 1);
    let classes = json!({ "input": 0.005, "output": 0.012, "cache_read": 0, "cache_write": 0 });
    assert_eq!(more["by_class"], classes, "2500 x $2 and 1200 x $10 a million");
    let (day, sums) = detail["by_day"].as_object().and_then(|days| days.iter().next()).expect("a day");
    assert_eq!((&sums["requests"], &sums["output_tokens"]), (&json!(1), &json!(1200)));
    let that_day = get(&stack, "a", &format!("/api/v1/stats?from={day}&to={day}")).await;
    assert_eq!((&that_day["total_requests"], &that_day["period"]), (&json!(1), &Value::Null));
    assert_eq!(that_day["since"], format!("{day}T00:00:00Z"));
    let before = get(&stack, "a", "/api/v1/stats?from=2026-01-01&to=2026-01-31").await;
    assert_eq!(before["total_requests"], 0);
}

#[tokio::test]
async fn a_reset_begins_a_period_loses_nothing_and_frees_no_budget() {
    let stack = Stack::start().await;
    spend(&stack, "a", 1).await;
    let committed = stack.committed().await;
    let first = get(&stack, "a", "/api/v1/stats").await["period"].clone();
    let expected = json!({ "expected_period": first });
    let reset = stack.post_with("/api/v1/stats/reset", &[("x-api-key", "a")], &expected).await;
    assert_eq!(reset.status, 200, "{}", reset.text);
    assert_eq!(reset.json()["period"], format!("{}.2", first.as_str().expect("text")));
    let repeated = stack.post_with("/api/v1/stats/reset", &[("x-api-key", "a")], &expected).await;
    assert_eq!(repeated.json(), reset.json(), "repeating it changes nothing more");
    let wrong =
        stack.post_with("/api/v1/stats/reset", &[("x-api-key", "a")], &json!({ "expected_period": "2020-01" })).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (409, "period-changed"));

    let now = get(&stack, "a", "/api/v1/stats").await;
    assert_eq!(
        (&now["total_requests"], &now["period"], &now["since"]),
        (&json!(0), &reset.json()["period"], &reset.json()["since"])
    );
    assert_eq!(stack.committed().await, committed);
    spend(&stack, "a", 1).await;
    assert_eq!(get(&stack, "a", "/api/v1/stats").await["total_requests"], 1);
    let another = stack.another(&[("ANTHROPIC_API_KEY", "k")]).await;
    spend(&another, "a", 1).await;
    assert_eq!(
        get(&stack, "a", "/api/v1/stats").await["total_requests"],
        2,
        "another instance counts in the same period"
    );
    assert_eq!(get(&stack, "a", "/api/v1/stats?caller=*").await["total_requests"], 3, "the month holds both periods");
    let old = get(&stack, "a", &format!("/api/v1/stats/requests?period={}", first.as_str().expect("text"))).await;
    assert_eq!(old["items"].as_array().map(Vec::len), Some(1));
    let plain = stack
        .send(
            tests::stack::EventVersion::V2,
            &request(http::Method::POST, "/api/v1/stats/reset", &[("x-api-key", "a")], b""),
        )
        .await;
    assert!(plain.json()["period"].as_str().is_some_and(|period| period.ends_with(".3")), "{}", plain.text);
}

#[tokio::test]
async fn history_comes_newest_first_in_pages_and_three_formats() {
    let stack = Stack::start().await;
    spend(&stack, "a", 3).await;
    spend(&stack, "b", 1).await;
    let mut ids = Vec::new();
    let mut path = "/api/v1/stats/requests?limit=2".to_owned();
    loop {
        let page = get(&stack, "a", &path).await;
        ids.extend(page["items"].as_array().expect("items").iter().map(|item| item["request_id"].clone()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/stats/requests?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), 3);
    let mut sorted: Vec<String> = ids.iter().map(|id| id.as_str().unwrap_or_default().to_owned()).collect();
    sorted.sort();
    sorted.reverse();
    assert_eq!(json!(ids), json!(sorted), "request ids sort by time");

    let first = get(&stack, "a", "/api/v1/stats/requests?limit=1").await["items"][0].clone();
    let names: Vec<&String> = first.as_object().expect("an object").keys().collect();
    let wanted = [
        "request_id", "attempt", "timestamp", "caller", "task", "prompt_version", "model", "status", "input_tokens",
        "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "price_version", "estimated",
        "simulated", "duration_ms",
    ];
    assert_eq!(names, wanted);
    assert_eq!(
        (&first["cost_usd"], &first["status"], &first["simulated"]),
        (&json!(0.017), &json!("completed"), &json!(false))
    );

    let headers = |accept| [("x-api-key", "a"), ("accept", accept)];
    let csv = stack.get_with("/api/v1/stats/requests?limit=2", &headers("text/csv")).await;
    assert_eq!(csv.header("content-type"), "text/csv");
    assert_eq!(csv.text.lines().next(), Some(wanted.join(",").as_str()));
    assert_eq!(csv.text.lines().count(), 3);
    assert!(csv.header("link").contains("cursor="), "{:?}", csv.headers);
    // The next page is the same caller's, and a full last page says that it is the last.
    let of_a = stack.get_with("/api/v1/stats/requests?caller=a&limit=2", &[("x-api-key", "admin")]).await;
    let next = of_a.header("link").trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
    let next = get(&stack, "admin", &format!("/api/v1/stats/requests{next}")).await;
    assert_eq!((&next["items"][0]["caller"], &next["next_cursor"]), (&json!("a"), &Value::Null));
    assert_eq!(get(&stack, "a", "/api/v1/stats/requests?limit=3").await["next_cursor"], Value::Null);
    let lines = stack.get_with("/api/v1/stats/requests", &headers("application/x-ndjson")).await;
    assert_eq!(lines.text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 3);
    assert_eq!(stack.get_with("/api/v1/stats/requests", &headers("text/html")).await.status, 406);
}

#[tokio::test]
async fn a_cursor_leads_nowhere_but_into_ones_own_records() {
    let stack = Stack::start().await;
    spend(&stack, "a", 2).await;
    let cursor = get(&stack, "a", "/api/v1/stats/requests?limit=1").await["next_cursor"].clone();
    let path = format!("/api/v1/stats/requests?cursor={}", cursor.as_str().expect("text"));
    assert_eq!(get(&stack, "b", &path).await["items"], json!([]), "the partition is the caller's");
    for (parameter, pointer) in [
        ("cursor=!!", "/cursor"),
        ("cursor=VSNhIzIwMjYtMTE", "/cursor"),
        ("limit=0", "/limit"),
        ("limit=99999999999", "/limit"),
        ("caller=a%23b", "/caller"),
        ("caller=*", "/caller"),
        ("period=2026-11%23R", "/period"),
        ("verbose=1", ""),
    ] {
        let reply = stack.get(&format!("/api/v1/stats/requests?{parameter}")).await;
        assert_eq!((reply.status, reply.json()["errors"][0]["pointer"].clone()), (422, json!(pointer)), "{parameter}");
    }
}

#[tokio::test]
async fn identity_comes_from_the_context_and_scopes_bound_it() {
    let stack = Stack::start().await;
    spend(&stack, "a", 1).await;
    for mode in ["authorizer", "iam"] {
        let guarded = stack.another(&[("ANTHROPIC_API_KEY", "k"), ("AUTH_MODE", mode)]).await;
        for path in ["/api/v1/stats", "/api/v1/stats/requests"] {
            let reply = guarded.get_with(path, &[("x-api-key", "a")]).await;
            assert_eq!((reply.status, reply.code().as_str()), (401, "unauthenticated"), "{mode} {path}");
        }
        assert_eq!(guarded.post_with("/api/v1/generate", &[("x-api-key", "a")], &short_body()).await.status, 401);
        assert_eq!(guarded.get("/health").await.status, 200);
    }
    let guarded = stack.another(&[("ANTHROPIC_API_KEY", "k"), ("AUTH_MODE", "authorizer")]).await;
    let ask = async |path: &str, scopes: &str| {
        let mut event = request(http::Method::GET, path, &[], b"").v1_event();
        event["requestContext"]["authorizer"] = json!({ "caller": "a", "scopes": scopes });
        guarded.service.invoke("/api/v1/stats", &event, guarded.time_left).await.expect("an answer").status().as_u16()
    };
    assert_eq!(ask("/api/v1/stats", "generate stats").await, 200);
    assert_eq!(ask("/api/v1/stats", "generate").await, 403);
    assert_eq!(ask("/api/v1/stats?caller=b", "stats").await, 403);
    assert_eq!(ask("/api/v1/stats?caller=b", "stats admin").await, 200);
}
