//! What CloudFormation will see. `.ci/run` writes the transformed template and names it in `TRANSFORMED_TEMPLATE`.

use std::io::Write;

use serde_json::{Value, json};
use shared::problem::Code;

const STREAMING: &str = "lambda:path/2021-11-15/functions/${Generate.Arn}/response-streaming-invocations";
const BUFFERED: &str = "lambda:path/2015-03-31/functions/${Stats.Arn}/invocations";

/// The template, or `None` with a line that says so. Not captured by the test runner: CI looks for it.
fn template() -> Option<Value> {
    let Some(path) = std::env::var_os("TRANSFORMED_TEMPLATE").filter(|path| !path.is_empty()) else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: TRANSFORMED_TEMPLATE is not set");
        return None;
    };
    let text = std::fs::read_to_string(path).expect("the transformed template");
    Some(serde_json::from_str(&text).expect("JSON"))
}

fn resources<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let all = template["Resources"].as_object().expect("resources").iter();
    all.filter(move |(_, resource)| resource["Type"] == kind)
}

/// Path, method and integration of every route.
fn routes(template: &Value) -> Vec<(String, String, &Value)> {
    let paths = template["Resources"]["Api"]["Properties"]["Body"]["paths"].as_object().expect("paths");
    let of_path = |(path, methods): (&String, &'_ Value)| {
        let methods = methods.as_object().expect("methods").clone();
        methods.keys().map(|method| (path.clone(), method.clone())).collect::<Vec<_>>()
    };
    let pairs = paths.iter().flat_map(of_path);
    pairs
        .map(|(path, method)| {
            let integration = &paths[&path][&method]["x-amazon-apigateway-integration"];
            (path, method, integration)
        })
        .collect()
}

/// What is wrong with the integrations: exactly the streaming function's routes stream, and each outlives its function.
fn integration_faults(template: &Value) -> Vec<String> {
    let timeout =
        |name: &str| template["Resources"][name]["Properties"]["Timeout"].as_u64().unwrap_or(u64::MAX / 1000) * 1000;
    let mut faults = Vec::new();
    for (path, method, integration) in routes(template) {
        let uri = integration["uri"]["Fn::Sub"].as_str().unwrap_or_default();
        let streams = integration["responseTransferMode"] == "STREAM";
        let function = match (uri.ends_with(STREAMING), uri.ends_with(BUFFERED), streams) {
            (true, false, true) => "Generate",
            (false, true, false) => "Stats",
            _ => {
                faults.push(format!("{method} {path}: mode and address do not fit"));
                continue;
            }
        };
        if integration["timeoutInMillis"].as_u64().is_none_or(|millis| millis <= timeout(function)) {
            faults.push(format!("{method} {path}: the API gives up before the function"));
        }
        if (function == "Generate") == (path.contains("/stats") || path == "/health") {
            faults.push(format!("{method} {path}: another function's route"));
        }
    }
    faults
}

/// Statements with more than one action or resource, or a wildcard in either.
fn permission_faults(template: &Value) -> Vec<String> {
    let policies =
        resources(template, "AWS::IAM::Role").flat_map(|(_, role)| role["Properties"]["Policies"].as_array());
    let statements = policies.flatten().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array()).flatten();
    let faulty = statements.filter(|statement| {
        let one_action = statement["Action"].as_str().is_some_and(|action| !action.contains('*'));
        !one_action || !statement["Resource"].is_object() || statement["Resource"].to_string().contains('*')
    });
    faulty.map(|statement| statement["Sid"].to_string()).collect()
}

#[test]
fn the_streaming_function_streams_and_no_other() {
    let Some(template) = template() else { return };
    assert_eq!(integration_faults(&template), [""; 0]);
    let routes: Vec<String> = routes(&template).iter().map(|(path, method, _)| format!("{method} {path}")).collect();
    let wanted = [
        "post /api/v1/analyze",
        "post /api/v1/generate",
        "post /api/v1/generate/{task}",
        "post /api/v1/redact",
        "get /api/v1/stats",
        "get /api/v1/stats/requests",
        "post /api/v1/stats/reset",
        "get /health",
    ];
    assert_eq!(routes, wanted);

    // The check must notice what SAM does not.
    let mut misspelt = template.clone();
    let route = &mut misspelt["Resources"]["Api"]["Properties"]["Body"]["paths"]["/api/v1/generate"]["post"];
    route["x-amazon-apigateway-integration"]["responseTransferMode"] = Value::Null;
    assert_eq!(integration_faults(&misspelt).len(), 1);
    let mut hasty = template.clone();
    hasty["Resources"]["Generate"]["Properties"]["Timeout"] = json!(180);
    assert_eq!(integration_faults(&hasty).len(), 4);
}

#[test]
fn each_permission_is_one_action_on_one_resource() {
    let Some(template) = template() else { return };
    assert_eq!(permission_faults(&template), [""; 0]);
    let mut generous = template.clone();
    generous["Resources"]["StatsRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"] =
        json!("*");
    assert_eq!(permission_faults(&generous).len(), 1);
}

#[test]
fn logs_end_records_stay_and_state_expires() {
    let Some(template) = template() else { return };
    for (name, group) in resources(&template, "AWS::Logs::LogGroup") {
        assert!(!group["Properties"]["RetentionInDays"].is_null(), "{name}");
    }
    for (name, function) in resources(&template, "AWS::Lambda::Function") {
        assert!(function["Properties"]["LoggingConfig"]["LogGroup"].is_object(), "{name}");
        assert_eq!(function["Properties"]["Architectures"], json!(["arm64"]), "{name}");
    }
    let ledger = &template["Resources"]["LedgerTable"];
    assert_eq!(
        (&ledger["DeletionPolicy"], &ledger["Properties"]["DeletionProtectionEnabled"]),
        (&json!("Retain"), &json!(true))
    );
    assert_eq!(ledger["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    let state = &template["Resources"]["StateTable"]["Properties"];
    assert_eq!(state["TimeToLiveSpecification"], json!({ "AttributeName": "expires_at", "Enabled": true }));
}

#[test]
fn the_gateways_own_answers_are_problems_too() {
    let Some(template) = template() else { return };
    let responses = &template["Resources"]["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"];
    for (kind, response) in responses.as_object().expect("gateway responses") {
        let body = response["responseTemplates"]["application/json"].as_str().expect("a template");
        let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{kind} is not JSON: {body}"));
        let known = Code::ALL.iter().find(|code| body["code"] == code.slug()).unwrap_or_else(|| panic!("{kind}"));
        assert_eq!(body["type"], format!("urn:tailor:problem:{}", known.slug()), "{kind}");
        assert_eq!(body["retryable"], known.retryable(), "{kind}");
        assert_eq!(
            body["title"],
            serde_json::to_value(shared::problem::Problem::new(*known).body("x")).expect("JSON")["title"]
        );
        if let Some(status) = response["statusCode"].as_str() {
            assert_eq!(
                (status, &body["status"]),
                (known.status().to_string().as_str(), &json!(known.status())),
                "{kind}"
            );
        }
        let content_type = &response["responseParameters"]["gatewayresponse.header.Content-Type"];
        assert_eq!(content_type, "'application/problem+json'", "{kind}");
        let retry_after = &response["responseParameters"]["gatewayresponse.header.Retry-After"];
        assert_eq!(retry_after.is_string(), known.status() == 429, "{kind}");
    }
}

#[test]
fn what_the_template_sets_is_a_valid_configuration() {
    let Some(template) = template() else { return };
    for (name, function) in [("generate", "Generate"), ("stats", "Stats")] {
        let variables = template["Resources"][function]["Properties"]["Environment"]["Variables"].clone();
        let lookup = |variable: &str| match &variables[variable] {
            Value::String(text) => Some(text.clone()),
            Value::Object(reference) => {
                let default = &template["Parameters"][reference["Ref"].as_str()?]["Default"];
                Some(default.as_str().map_or_else(|| default.to_string(), str::to_owned).replace("null", "25"))
            }
            _ => None,
        };
        let problems = match name {
            "generate" => generate::Config::read(&lookup).err(),
            _ => stats::Config::read(&lookup).err(),
        };
        assert!(problems.is_none(), "{name}: {problems:?}");
        let documents =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("the README");
        for variable in variables.as_object().expect("variables").keys().filter(|name| !name.starts_with("AWS_")) {
            assert!(documents.contains(&format!("`{variable}`")), "{variable} is not in the README");
        }
    }
}

#[test]
fn each_share_of_a_budget_has_an_alarm_that_goes_to_the_topic() {
    let Some(template) = template() else { return };
    let mut seen = Vec::new();
    for (name, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&json!("Tailor"), &json!("BudgetAlert")), "{name}");
        assert_eq!(alarm["AlarmActions"], json!([{ "Ref": "BudgetAlerts" }]), "{name}");
        let dimensions = alarm["Dimensions"].as_array().expect("dimensions");
        let names: Vec<&str> = dimensions.iter().filter_map(|dimension| dimension["Name"].as_str()).collect();
        assert_eq!(names, ["Ledger", "Scope", "Percent"], "as `shared::alerts` writes them: {name}");
        let value = |index: usize| dimensions[index]["Value"].as_str().unwrap_or_default().to_owned();
        seen.push((value(1), value(2)));
    }
    seen.sort();
    let wanted =
        ["caller", "total"].map(|scope| ["100", "50", "80"].map(|percent| (scope.to_owned(), percent.to_owned())));
    assert_eq!(seen, wanted.concat());
}
