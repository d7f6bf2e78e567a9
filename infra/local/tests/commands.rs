//! The `local` command as a user runs it, and as the documents say.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::fixtures::{RESUME, SECRETS, short_answer, short_body};
use tests::model_server::{ModelServer, Reply, Step};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

/// The command without the variables that a developer's shell may have set.
fn local(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    for (name, _) in std::env::vars() {
        if ["ANTHROPIC_", "AWS_", "LLM_", "CALLER_", "PROVIDER_", "RUST_LOG"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let mut child = local(arguments).envs(variables.iter().copied()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    let _ = writer.join();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server that is killed when the test ends.
struct Server {
    process: Child,
    lines: Vec<String>,
}

impl Server {
    /// Starts it and reads stdout up to the line that says it is ready.
    fn start(command: &mut Command, ready: &str) -> Server {
        Server::start_logging(command, ready, Stdio::null())
    }

    fn start_logging(command: &mut Command, ready: &str, log: Stdio) -> Server {
        let mut process = command.stderr(log).spawn().expect("it starts");
        let mut lines = Vec::new();
        for line in BufReader::new(process.stdout.take().expect("piped")).lines() {
            let line = line.expect("text");
            lines.push(line.clone());
            if line.starts_with(ready) {
                break;
            }
        }
        Server { process, lines }
    }

    fn address(&self, prefix: &str) -> String {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(prefix)).expect("the ready line");
        line.to_owned()
    }

    /// Sends a signal and returns the exit code, waiting at most ten seconds.
    fn stop(&mut self, signal: &str) -> Option<i32> {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if let Some(status) = self.process.try_wait().expect("a status") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_main_job_prints_a_rewritten_resume_and_its_cost() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let log_path = log.path().to_string_lossy().into_owned();
    let (resume, job) = (format!("{EXAMPLES}/resume.txt"), format!("{EXAMPLES}/job.txt"));
    let output = run(&["generate", "--resume", &resume, "--job", &job, "--model-log", &log_path], &[], "");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    let sent = std::fs::read_to_string(log.path()).expect("the log");
    assert!(sent.contains("PII_REDACTED_NAME_1"));
    for secret in SECRETS {
        assert!(out.contains(secret) && !sent.contains(secret), "{secret}");
    }
    for part in
        ["== Rewritten résumé", "== Changes", "== Match", "missing keywords: terraform", "== Cost", "(simulated"]
    {
        assert!(out.contains(part), "{part}");
    }
    assert!(err.contains("stand-in") && err.contains("1 requests"), "{err}");
}

#[test]
fn every_task_runs_from_the_two_files_and_json_is_the_http_object() {
    let (resume, job) = (format!("{EXAMPLES}/resume.txt"), format!("{EXAMPLES}/job.txt"));
    let fields = [
        ("cover-letter", "cover_letter"),
        ("job-analysis", "requirements"),
        ("bullet-points", "bullets"),
        ("achievements", "achievements"),
        ("quality-review", "scores"),
    ];
    for (task, field) in fields {
        let output = run(&["generate", "--resume", &resume, "--job", &job, "--task", task, "--json"], &[], "");
        assert_eq!(output.status.code(), Some(0), "{task}: {}", text(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        assert!(!answer[field].is_null() && answer["usage_stats"]["cost_usd"].is_number(), "{task}");
        let report = run(&["generate", "--resume", &resume, "--job", &job, "--task", task], &[], "");
        assert!(text(&report.stdout).contains("== Cost"), "{task}");
    }
}

#[test]
fn exit_codes_tell_usage_failure_and_refusal_apart() {
    let (resume, job) = (format!("{EXAMPLES}/resume.txt"), format!("{EXAMPLES}/job.txt"));
    let both = ["generate", "--resume", resume.as_str(), "--job", job.as_str()];
    assert_eq!(run(&["generate", "--resume", &resume], &[], "").status.code(), Some(2));
    assert_eq!(run(&["generate", "--task", "nonsense"], &[], "").status.code(), Some(2));
    assert_eq!(run(&["nonsense"], &[], "").status.code(), Some(2));
    assert_eq!(run(&["generate", "--resume", "/no/such/file", "--job", &job], &[], "").status.code(), Some(1));
    assert_eq!(run(&both, &[("CALLER_RPM", "many")], "").status.code(), Some(1));
    let refused = run(&both, &[("TOTAL_BUDGET_USD", "0.000001")], "");
    assert_eq!(refused.status.code(), Some(3));
    assert!(text(&refused.stderr).contains("budget-exhausted"), "{}", text(&refused.stderr));
    let keyless = run(&both, &[("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")], "");
    assert_eq!(keyless.status.code(), Some(1));
    assert!(text(&keyless.stderr).contains("llm-unavailable"));
}

#[test]
fn jsonl_commands_keep_order_and_go_on_after_a_bad_line() {
    let lines = [
        json!({ "id": 1, "text": "Zoë Ångström\nzoë@example.com" }).to_string(),
        "{ not json".to_owned(),
        json!({ "id": "x", "text": "nothing here" }).to_string(),
        json!({ "id": 3 }).to_string(),
    ];
    let output = run(&["redact", "--jsonl"], &[], &lines.join("\n"));
    assert_eq!(output.status.code(), Some(1));
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["redacted"], "<PII_REDACTED_NAME_1>\n<PII_REDACTED_EMAIL_1>");
    assert_eq!(
        answers[0]["spans"],
        json!([{ "start": 0, "end": 12, "kind": "NAME" }, { "start": 13, "end": 28, "kind": "EMAIL" }]),
        "code points"
    );
    assert_eq!(answers[1], json!({ "id": null, "line": 2, "error": "invalid-request" }));
    assert_eq!(answers[2], json!({ "id": "x", "redacted": "nothing here", "spans": [] }));
    assert_eq!(answers[3]["line"], 4);

    let pair = json!({ "id": "p", "resume": "Rust engineer", "job": "Requirements:\n- Rust\n- Kafka" }).to_string();
    let output = run(&["analyze", "--jsonl"], &[], &pair);
    assert_eq!(output.status.code(), Some(0));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&answer["id"], &answer["match_score"], &answer["missing_keywords"]),
        (&json!("p"), &json!(50.0), &json!(["kafka"]))
    );
}

#[test]
fn redact_shows_a_person_what_the_model_would_see() {
    let output = run(&["redact", &format!("{EXAMPLES}/resume.txt")], &[], "");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(out.starts_with("<PII_REDACTED_NAME_1>\n") && !out.contains('\u{1b}'), "colors are for terminals");
    assert!(err.contains("replaced: 5 NAME"), "{err}");
    assert_eq!(out.lines().count(), RESUME.lines().count());
    // What the model does not get is not shown, and no file speaks to the terminal.
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "Engineer\nRust\u{1b}[2J\u{e0041}\u{200b} and Go").expect("written");
    let output = run(&["redact", &file.path().to_string_lossy()], &[], "");
    assert_eq!(text(&output.stdout), "Engineer\nRust[2J and Go");
}

#[tokio::test]
async fn the_server_answers_http_keeps_its_tables_and_ends_on_a_signal() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data").to_string_lossy().into_owned();
    let body = std::fs::read_to_string(format!("{EXAMPLES}/generate.json")).expect("the README's body");
    let http = reqwest::Client::new();
    for (round, signal) in ["-INT", "-TERM"].into_iter().enumerate() {
        let mut server = Server::start(&mut local(&["--port", "0", "--data-dir", &data]), "listening on ");
        let url = server.address("listening on ");
        let sent =
            http.post(format!("{url}/api/v1/generate")).header("content-type", "application/json").body(body.clone());
        let answer = sent.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let answer: Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
        assert!(answer["optimized_resume"].as_str().is_some_and(|text| text.starts_with("Marit Oyelaran\n")));
        let statistics =
            http.get(format!("{url}/api/v1/stats")).send().await.expect("an answer").text().await.expect("text");
        let statistics: Value = serde_json::from_str(&statistics).expect("JSON");
        assert_eq!(statistics["total_requests"], round + 1, "tables are kept");
        let too_large = http.post(format!("{url}/api/v1/generate")).header("content-type", "application/json");
        let too_large = too_large.body(vec![b' '; 2_000_000]).send().await.expect("an answer");
        assert_eq!(too_large.status(), 413);
        let beyond = http.post(format!("{url}/api/v1/generate")).body(vec![b' '; 11 * 1024 * 1024]).send().await;
        assert!(beyond.map_or(true, |answer| answer.status() == 413), "the gateway's own limit");
        let port = url.rsplit_once(':').expect("a port").1.to_owned();
        let taken = run(&["--port", &port], &[], "");
        assert_eq!(taken.status.code(), Some(1));
        assert!(text(&taken.stderr).contains("cannot listen on"), "{}", text(&taken.stderr));
        assert_eq!(server.stop(signal), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn the_server_logs_a_line_a_request_and_no_text_at_any_level() {
    for level in [None, Some("debug"), Some("trace")] {
        let mut command = local(&["--port", "0"]);
        if let Some(level) = level {
            command.env("RUST_LOG", level);
        }
        let log = tempfile::NamedTempFile::new().expect("a file");
        let mut server = Server::start_logging(&mut command, "listening on ", log.reopen().expect("the file").into());
        let url = format!("{}/api/v1/generate", server.address("listening on "));
        let sent = reqwest::Client::new().post(url).header("idempotency-key", "secretkeyzebra");
        let body = json!({ "resume_raw_text": RESUME, "job_description_text": "Requirements:\n- Rust" }).to_string();
        let answer = sent.header("content-type", "application/json").body(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(server.stop("-TERM"), Some(0));
        let said = std::fs::read_to_string(log.path()).expect("the log");
        assert!(said.contains("answered") && said.contains("status=200"), "{level:?}: {said}");
        assert_eq!(level.is_some(), said.contains("stage=\"redact\""), "{level:?}: {said}");
        for secret in SECRETS.into_iter().chain(["secretkeyzebra", "PII_REDACTED", "Requirements", "optimized_resume"])
        {
            assert!(!said.contains(secret), "{level:?}: {secret} is in the log: {said}");
        }
    }
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_server_ends() {
    let model = ModelServer::start().await;
    let slowly = Reply(vec![Step::Pause(Duration::from_millis(500))]);
    let answer = Reply::answer(&short_answer());
    model.play(Reply(slowly.0.into_iter().chain(answer.0).collect()));
    let variables = [("ANTHROPIC_BASE_URL", model.url.as_str()), ("ANTHROPIC_API_KEY", "k")];
    let mut server = Server::start(local(&["--port", "0"]).envs(variables), "listening on ");
    let url = format!("{}/api/v1/generate", server.address("listening on "));
    let request = reqwest::Client::new().post(url).header("content-type", "application/json");
    let answered = tokio::spawn(request.body(short_body().to_string()).send());
    while model.received().is_empty() {
        tokio::task::yield_now().await;
    }
    let code = tokio::task::spawn_blocking(move || server.stop("-TERM")).await.expect("it ends");
    assert_eq!(answered.await.expect("joined").expect("an answer").status(), 200);
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn backends_serve_what_the_emulator_needs() {
    let backends = ["backends", "--dynamodb-port", "0", "--model-port", "0"];
    let mut server = Server::start(&mut local(&backends), "ready");
    let (dynamodb, model) = (server.address("dynamodb on "), server.address("model on "));
    assert_eq!(server.lines.last().map(String::as_str), Some("ready"));
    // A second process over the same tables.
    let (resume, job) = (format!("{EXAMPLES}/resume.txt"), format!("{EXAMPLES}/job.txt"));
    let variables = [
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.as_str()),
        ("ANTHROPIC_BASE_URL", model.as_str()),
        ("ANTHROPIC_API_KEY", "local"),
    ];
    for count in 1..=2 {
        let output = run(&["generate", "--resume", &resume, "--job", &job], &variables, "");
        assert!(text(&output.stderr).contains(&format!("{count} requests")), "{}", text(&output.stderr));
    }
    let plain =
        json!({ "model": "claude-sonnet-5-5", "max_tokens": 10, "messages": [{ "role": "user", "content": "x" }] });
    let http = reqwest::Client::new();
    let send = |body: String, key: &'static str| {
        let request = http.post(format!("{model}/v1/messages")).header("anthropic-version", "2026-10-21");
        request.header(key, "local").body(body).send()
    };
    assert_eq!(send(plain.to_string(), "x-api-key").await.expect("an answer").status(), 200);
    assert_eq!(send(plain.to_string(), "x-other").await.expect("an answer").status(), 401);
    let mut hot = plain.clone();
    hot["temperature"] = json!(1.0);
    assert_eq!(send(hot.to_string(), "x-api-key").await.expect("an answer").status(), 400, "as the real API");
    assert_eq!(server.stop("-TERM"), Some(0));
}

#[tokio::test]
async fn two_servers_on_one_database_obey_one_limit_and_one_budget() {
    let backends = Server::start(&mut local(&["backends", "--dynamodb-port", "0", "--model-port", "0"]), "ready");
    let (dynamodb, model) = (backends.address("dynamodb on "), backends.address("model on "));
    let serve = |variables: &[(&str, &str)]| {
        let mut command = local(&["--port", "0"]);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb).env("ANTHROPIC_BASE_URL", &model);
        command.env("ANTHROPIC_API_KEY", "k").env("RATE_LIMIT_WAIT_MS", "0").envs(variables.iter().copied());
        Server::start(&mut command, "listening on ")
    };
    let http = reqwest::Client::new();
    let ask = async |server: &Server, caller: &str| {
        let url = format!("{}/api/v1/generate", server.address("listening on "));
        let sent = http
            .post(url)
            .header("x-api-key", caller)
            .header("content-type", "application/json")
            .body(short_body().to_string())
            .send()
            .await
            .expect("an answer");
        let limit = sent.headers().get("ratelimit").map(|value| value.to_str().expect("text").to_owned());
        let status = sent.status().as_u16();
        let body = sent.text().await.expect("a body");
        (status, limit.unwrap_or_default(), serde_json::from_str::<Value>(&body).expect("JSON"))
    };
    // Five a minute, asked of two servers in turns.
    let rate = [("CALLER_RPM", "5")];
    let servers = [serve(&rate), serve(&rate)];
    let mut statuses = Vec::new();
    for turn in 0..8 {
        statuses.push(ask(&servers[turn % 2], "limited").await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
    let (_, limit, _) = ask(&servers[0], "limited").await;
    assert!(limit.starts_with("\"default\";r=0;"), "{limit}");

    let budget = [("CALLER_RPM", "0"), ("PROVIDER_RPM", "0"), ("TOTAL_BUDGET_USD", "0.2")];
    let servers = [serve(&budget), serve(&budget)];
    let mut spent = Vec::new();
    let refused = loop {
        let turn = spent.len();
        let (status, _, body) = ask(&servers[turn % 2], &format!("caller-{}", turn % 3)).await;
        if status != 200 {
            break body;
        }
        spent.push(body["usage_stats"]["cost_usd"].as_f64().expect("a number"));
        assert!(spent.len() < 200, "the budget ends");
    };
    assert_eq!(refused["code"], "budget-exhausted");
    assert!(spent.len() >= 3 && spent.iter().sum::<f64>() <= 0.2, "{spent:?}");
    for server in &servers {
        assert_eq!(ask(server, "another").await.2["code"], "budget-exhausted", "for everybody, on both");
    }
}

#[tokio::test]
async fn a_stream_arrives_over_http_while_the_model_writes() {
    let model = ModelServer::start().await;
    let answer = Reply::answer(&short_answer());
    let (first, second) = answer.0.split_at(answer.0.len() / 2 + 1);
    let pause = Duration::from_millis(400);
    model.play(Reply(first.iter().cloned().chain([Step::Pause(pause)]).chain(second.iter().cloned()).collect()));
    let mut command = local(&["--port", "0"]);
    command.env("ANTHROPIC_BASE_URL", &model.url).env("ANTHROPIC_API_KEY", "k");
    let server = Server::start(&mut command, "listening on ");
    let sent = reqwest::Client::new()
        .post(format!("{}/api/v1/generate/stream", server.address("listening on ")))
        .header("content-type", "application/json")
        .body(short_body().to_string());
    let mut response = sent.send().await.expect("an answer");
    let (mut text, mut begun, mut ended) = (String::new(), None, None);
    while let Some(part) = response.chunk().await.expect("a part") {
        text += &String::from_utf8_lossy(&part);
        let now = Instant::now();
        begun = begun.or(text.contains("event: meta").then_some(now));
        ended = ended.or(text.contains("event: done").then_some(now));
    }
    let apart = ended.zip(begun).map(|(ended, begun)| ended.duration_since(begun)).unwrap_or_default();
    assert!(apart >= pause / 2, "{apart:?}: {text}");
}

#[tokio::test]
async fn a_key_made_by_the_command_opens_the_guarded_server() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().to_str().expect("text");
    let made = run(&["keys", "create", "--caller", "acme", "--rpm", "30", "--data-dir", data], &[], "");
    assert!(made.status.success(), "{}", text(&made.stderr));
    let key = text(&made.stdout).trim().to_owned();
    assert!(key.starts_with("tlr_") && !text(&made.stderr).contains(&key), "the key is on stdout, and only there");
    let odd = run(&["keys", "create", "--caller", "a#b", "--data-dir", data], &[], "");
    assert_eq!((odd.status.code(), text(&odd.stderr).contains("letters")), (Some(1), true), "{}", text(&odd.stderr));
    assert_eq!(
        run(&["keys", "create", "--caller", "a", "--scopes", "root", "--data-dir", data], &[], "").status.code(),
        Some(2)
    );
    assert_eq!(run(&["keys", "list"], &[], "").status.code(), Some(1), "no place is named");

    let ask = async |server: &Server, key: &str| {
        let request = reqwest::Client::new().get(format!("{}/api/v1/stats", server.address("listening on ")));
        request.header("x-api-key", key).send().await.expect("an answer").status().as_u16()
    };
    {
        let server = Server::start(&mut local(&["--port", "0", "--auth", "--data-dir", data]), "listening on ");
        assert_eq!((ask(&server, "").await, ask(&server, "acme").await, ask(&server, &key).await), (401, 401, 200));
    }
    let id = &key[4..20];
    assert!(run(&["keys", "revoke", id, "--data-dir", data], &[], "").status.success());
    let listed = text(&run(&["keys", "list", "--data-dir", data], &[], "").stdout);
    assert!(
        listed.contains(id) && listed.contains("acme") && listed.contains("30 a minute") && listed.contains("revoked")
    );
    assert!(!listed.contains(&key[21..]));
    let server = Server::start(&mut local(&["--port", "0", "--auth", "--data-dir", data]), "listening on ");
    assert_eq!(ask(&server, &key).await, 401);
}
