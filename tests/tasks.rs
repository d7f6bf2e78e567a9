//! Each task has its route, its typed answer, and a run with real text through the stand-in.

use http::Method;
use http_body_util::BodyExt;
use local::environment::Environment;
use local::service::Service;
use local::stand_in::RequestLog;
use serde_json::{Value, json};
use shared::request::Task;
use tests::fixtures::{example_body, short_body};
use tests::model_server::Reply;
use tests::stack::{Stack, request};

async fn simulated(path: &str, body: &Value) -> Value {
    let service = Service::start(Environment::only(&[]), None, RequestLog::default()).await.expect("starts");
    let request = request(Method::POST, path, &[], body.to_string().as_bytes());
    let response = service.call(&request).await.expect("answered");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

fn is_common(answer: &Value) -> bool {
    let usage = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "attempts", "duration_ms"];
    usage.iter().all(|name| answer["usage_stats"][name].is_u64())
        && answer["usage_stats"]["cost_usd"].is_number()
        && answer["redaction"].is_object()
        && answer["stop_reason"] == "end_turn"
        && answer["truncated"] == false
        && answer["simulated"] == true
        && answer["prompt_version"] == "v1"
        && answer["request_id"].is_string()
}

#[tokio::test]
async fn every_task_answers_the_example_body() {
    for task in Task::ALL {
        let (path, body) = match task {
            Task::ResumeOptimization => ("/api/v1/generate".to_owned(), example_body("generate")),
            task => (format!("/api/v1/generate/{}", task.name()), example_body(task.name())),
        };
        let answer = simulated(&path, &body).await;
        assert!(is_common(&answer), "{path}: {answer}");
        assert!(!answer.to_string().contains("PII_REDACTED"), "{path}: a placeholder is left");
        assert_eq!(
            answer["analysis"].is_object(),
            matches!(task, Task::ResumeOptimization | Task::CoverLetter),
            "{path}"
        );
        assert_eq!(answer["verification"].is_object(), task != Task::JobAnalysis, "{path}");
    }
}

#[tokio::test]
async fn a_cover_letter_may_name_the_company_and_carries_the_name() {
    let answer = simulated("/api/v1/generate/cover-letter", &example_body("cover-letter")).await;
    let letter = answer["cover_letter"].as_str().expect("text");
    assert!(letter.contains("Cardinal Ledger Systems") && letter.ends_with("Marit Oyelaran"), "{letter}");
    assert_eq!(answer["verification"]["reverted"], json!([]));
}

#[tokio::test]
async fn a_job_analysis_sorts_requirements_by_importance() {
    let answer = simulated("/api/v1/generate/job-analysis", &example_body("job-analysis")).await;
    let count = |importance: &str| {
        let all = answer["requirements"].as_array().expect("a list");
        all.iter().filter(|requirement| requirement["importance"] == importance).count()
    };
    assert_eq!((count("required"), count("preferred"), count("bonus")), (10, 6, 6));
    assert_eq!(answer["seniority"], "Staff");
    for list in ["responsibilities", "keywords", "culture", "red_flags"] {
        assert!(answer[list].is_array(), "{list}");
    }
    for text in ["experience", "education", "summary"] {
        assert!(answer[text].is_string(), "{text}");
    }
}

#[tokio::test]
async fn bullet_points_keep_order_length_and_originals() {
    let body = example_body("bullet-points");
    let answer = simulated("/api/v1/generate/bullet-points", &body).await;
    let originals: Vec<&Value> = answer["bullets"].as_array().expect("a list").iter().map(|b| &b["original"]).collect();
    let given: Vec<&Value> = body["experience_bullets"].as_array().expect("a list").iter().collect();
    assert_eq!(originals, given);
    assert!(
        answer["bullets"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|b| b["tailored"].is_string() && b["rationale"].is_string())
    );
}

#[tokio::test]
async fn a_bullet_that_lies_falls_back_to_its_own_original() {
    let stack = Stack::start().await;
    let bullet = |tailored: &str| json!({ "original": "changed by the model", "tailored": tailored, "rationale": "r" });
    stack.model.play(Reply::answer(&json!({ "bullets": [bullet("Cut costs by 45 %"), bullet("Wrote 3 tools")] })));
    let body = json!({ "experience_bullets": ["Cut costs by 12 %", "Wrote 3 tools"], "job_requirements": ["Rust"] });
    let reply = stack.post("/api/v1/generate/bullet-points", &body).await.json();
    assert_eq!(
        reply["bullets"][0],
        json!({ "original": "Cut costs by 12 %", "tailored": "Cut costs by 12 %", "rationale": "r" })
    );
    assert_eq!(reply["bullets"][1]["tailored"], "Wrote 3 tools");

    stack.model.play(Reply::answer(&json!({ "bullets": [bullet("Only one")] })));
    let reply = stack.post("/api/v1/generate/bullet-points", &body).await;
    assert_eq!((reply.status, reply.code().as_str()), (502, "invalid-model-output"));
    assert_eq!(stack.records().await.len(), 2, "an unusable answer was billed all the same");
}

#[tokio::test]
async fn achievements_and_reviews_have_their_shapes() {
    let answer = simulated("/api/v1/generate/achievements", &example_body("achievements")).await;
    assert!(answer["achievements"].as_array().is_some_and(|list| (3..=5).contains(&list.len())));
    let short =
        simulated("/api/v1/generate/achievements", &json!({ "experience_text": "Ran the on-call rota." })).await;
    assert!(
        short["achievements"].as_array().is_some_and(|list| list.iter().all(|text| text == "Ran the on-call rota."))
    );

    let answer = simulated("/api/v1/generate/quality-review", &example_body("quality-review")).await;
    for name in ["ats_compatibility", "content", "writing", "structure", "overall"] {
        assert!(answer["scores"][name].as_f64().is_some_and(|score| (0.0..=10.0).contains(&score)), "{name}");
    }
    for list in ["strengths", "issues", "recommendations"] {
        assert!(answer[list].is_array(), "{list}");
    }
}

#[tokio::test]
async fn a_prompt_version_can_be_named_and_unknown_ones_are_refused() {
    let stack = Stack::start().await;
    let mut body = short_body();
    body["prompt_version"] = json!("v99");
    let reply = stack.post("/api/v1/generate", &body).await;
    assert_eq!((reply.status, reply.json()["errors"][0]["pointer"].clone()), (422, json!("/prompt_version")));
}
