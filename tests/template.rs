//! What CloudFormation will see. `.ci/template` writes the transformed template, once for each kind of authorization,
//! and `.ci/run` names the first in `TRANSFORMED_TEMPLATE`.
//!
//! Each check returns what is wrong; `mutations` breaks the template and sees the checks notice.

#[path = "template_alarms.rs"]
mod alarms;
#[path = "template_mutations.rs"]
mod mutations;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shared::problem::{Code, Problem};
use shared::request::Task;

const FUNCTIONS: [&str; 3] = ["Generate", "Stats", "Authorizer"];

/// Requests go to the alias, so that a canary can share them between two versions.
const STREAMING: &str = "lambda:path/2021-11-15/functions/${GenerateAliaslive}/response-streaming-invocations";
const BUFFERED: &str = "lambda:path/2015-03-31/functions/${StatsAliaslive}/invocations";

/// Function, path and methods of every route.
const ROUTES: [(&str, &str, &str); 11] = [
    ("Generate", "/api/v1/analyze", "options post"),
    ("Generate", "/api/v1/data", "delete options"),
    ("Generate", "/api/v1/generate", "options post"),
    ("Generate", "/api/v1/generate/{task}", "options post"),
    ("Generate", "/api/v1/redact", "options post"),
    ("Stats", "/api/v1/requests/{id}", "get head options"),
    ("Stats", "/api/v1/stats", "get head options"),
    ("Stats", "/api/v1/stats/requests", "get head options"),
    ("Stats", "/api/v1/stats/reset", "options post"),
    ("Stats", "/health", "get head options"),
    ("Stats", "/openapi.json", "get head options"),
];

/// Open to everybody, as every OPTIONS is: a browser's preflight carries no credentials.
const OPEN: [&str; 2] = ["/health", "/openapi.json"];

/// Variables that a function reads and the template does not set, and why.
const LEFT_OUT: [(&str, &[&str], &str); 7] = [
    ("Generate", &["ANTHROPIC_API_KEY"], "the key itself is in no template; the name of its parameter is"),
    (
        "Generate",
        &["ANTHROPIC_BASE_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SSM"],
        "addresses other than the services' own are for tests",
    ),
    ("Stats", &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"], "the same"),
    ("Authorizer", &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"], "the same"),
    ("Generate", &["LLM_TEMPERATURE"], "a request's to say, and most models take none"),
    (
        "Generate",
        &["LLM_IDLE_TIMEOUT_MS", "LLM_MAX_RETRIES", "LLM_TIMEOUT_MS", "RATE_LIMIT_WAIT_MS"],
        "the defaults fit the timeouts of function and API",
    ),
    ("Authorizer", &["STATE_TABLE"], "read beside the other table's name, and not used"),
];

/// Set for a crate that reads it by itself.
const READ_BY_LAMBDA_HTTP: &str = "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH";

/// AWS's own policies in the roles: to write logs, and to move an alias.
const AWS_POLICIES: [&str; 3] =
    ["AWSLambdaBasicExecutionRole", "AmazonAPIGatewayPushToCloudWatchLogs", "AWSCodeDeployRoleForLambda"];

/// The template with keys, or `None` with a line that says so. Not captured by the test runner: CI looks for it.
fn template() -> Option<Value> {
    read(|path| path)
}

fn template_with_iam() -> Option<Value> {
    read(|path| path.with_file_name("template-iam.json"))
}

fn read(file: impl Fn(PathBuf) -> PathBuf) -> Option<Value> {
    let Some(path) = std::env::var_os("TRANSFORMED_TEMPLATE").filter(|path| !path.is_empty()) else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: TRANSFORMED_TEMPLATE is not set");
        return None;
    };
    let text = std::fs::read_to_string(file(path.into())).expect("the transformed template");
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// All code that runs in Lambda, without its unit tests.
fn sources() -> String {
    let folders = ["shared/src", "functions/generate/src", "functions/stats/src", "functions/authorizer/src"];
    let sources = rust_sources(&folders).into_iter();
    sources.map(|source| source.split("#[cfg(test)]").next().unwrap_or_default().to_owned()).collect()
}

/// Every file of Rust in these folders of the project and below them.
pub(crate) fn rust_sources(folders: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(std::fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    sources
}

fn resources<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let all = template["Resources"].as_object().expect("resources").iter();
    all.filter(move |(_, resource)| resource["Type"] == kind)
}

/// Path, method and operation of every route.
fn routes(template: &Value) -> Vec<(&str, &str, &Value)> {
    let mut routes = Vec::new();
    let paths = template["Resources"]["Api"]["Properties"]["Body"]["paths"].as_object().expect("paths");
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            routes.push((path.as_str(), method.as_str(), operation));
        }
    }
    routes
}

/// What is wrong with the integrations: exactly the streaming function's routes stream, and each outlives its function.
fn integration_faults(template: &Value) -> Vec<String> {
    let timeout =
        |name: &str| template["Resources"][name]["Properties"]["Timeout"].as_u64().unwrap_or(u64::MAX / 1000) * 1000;
    let mut faults = Vec::new();
    let mut missing = BTreeSet::new();
    for (function, path, methods) in ROUTES {
        missing.extend(methods.split(' ').map(|method| format!("{function}: {method} {path}")));
    }
    for (path, method, operation) in routes(template) {
        let integration = &operation["x-amazon-apigateway-integration"];
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
        if !missing.remove(&format!("{function}: {method} {path}")) {
            faults.push(format!("{method} {path}: not a route of {function}"));
        }
    }
    faults.extend(missing.into_iter().map(|route| format!("{route} is missing")));
    faults
}

/// Routes that ask for another identity than they should.
fn identity_faults(template: &Value, scheme: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, method, operation) in routes(template) {
        let is_open = method == "options" || OPEN.contains(&path);
        let wanted = if is_open { "NONE" } else { scheme };
        if operation["security"] != json!([{ (wanted): [] }]) {
            faults.push(format!("{method} {path}: not {wanted}"));
        }
    }
    faults
}

/// The statements of a role's own policies, those included that depend on a condition.
fn statements(role: &Value) -> Vec<&Value> {
    let policies = role["Properties"]["Policies"].as_array().into_iter().flatten();
    let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array()).flatten();
    statements.map(|entry| if entry["Fn::If"].is_array() { &entry["Fn::If"][1] } else { entry }).collect()
}

/// Statements with more than one action or resource, or a wildcard in either, and policies that are not ours to write.
fn permission_faults(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, role) in resources(template, "AWS::IAM::Role") {
        for statement in statements(role) {
            let one_action = statement["Action"].as_str().is_some_and(|action| !action.contains('*'));
            if !one_action || !statement["Resource"].is_object() || statement["Resource"].to_string().contains('*') {
                faults.push(format!("{name}: {} allows too much", statement["Sid"]));
            }
        }
        for policy in role["Properties"]["ManagedPolicyArns"].as_array().into_iter().flatten() {
            if !AWS_POLICIES.iter().any(|known| policy.to_string().contains(known)) {
                faults.push(format!("{name}: {policy} is not known"));
            }
        }
    }
    faults
}

/// Log groups that are kept for ever, and functions that write to one of their own making.
fn retention_faults(template: &Value) -> Vec<String> {
    let groups = resources(template, "AWS::Logs::LogGroup");
    let endless = groups.filter(|(_, group)| group["Properties"]["RetentionInDays"].is_null());
    let mut faults: Vec<String> = endless.map(|(name, _)| format!("{name} is kept for ever")).collect();
    for (name, function) in resources(template, "AWS::Lambda::Function") {
        let group = function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap_or_default();
        if template["Resources"][group]["Type"] != "AWS::Logs::LogGroup" {
            faults.push(format!("{name} has no log group"));
        }
    }
    faults
}

/// What the gateway answers by itself and is not a problem as the functions write it.
fn response_faults(template: &Value) -> Vec<String> {
    let responses = &template["Resources"]["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"];
    let mut faults = Vec::new();
    for (kind, response) in responses.as_object().expect("gateway responses") {
        let body = response["responseTemplates"]["application/json"].as_str().unwrap_or_default();
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let Some(code) = Code::ALL.iter().find(|code| body["code"] == code.slug()) else {
            faults.push(format!("{kind}: no problem of ours"));
            continue;
        };
        let ours = serde_json::to_value(Problem::new(*code).body("$context.requestId")).expect("JSON");
        for member in ["type", "title", "instance", "request_id", "retryable"] {
            if body[member] != ours[member] {
                faults.push(format!("{kind}: {member} is not the code's"));
            }
        }
        // The two defaults stand for several statuses and name none.
        let status = &response["statusCode"];
        let is_default = kind.starts_with("DEFAULT_") && status.is_null() && body["status"].is_null();
        if !is_default
            && (status.as_str() != Some(code.status().to_string().as_str()) || body["status"] != ours["status"])
        {
            faults.push(format!("{kind}: status is not the code's"));
        }
        let headers = &response["responseParameters"];
        if headers["gatewayresponse.header.Content-Type"] != "'application/problem+json'" {
            faults.push(format!("{kind}: content type"));
        }
        let waits = headers["gatewayresponse.header.Retry-After"].is_string();
        if waits != [429, 503].contains(&code.status()) {
            faults.push(format!("{kind}: Retry-After"));
        }
        // A page may read it, where pages may call at all, and when to come back.
        let readable = |value: &str| json!({ "Fn::If": ["HasCorsOrigins", value, { "Ref": "AWS::NoValue" }] });
        if headers["gatewayresponse.header.Access-Control-Allow-Origin"] != readable("'*'") {
            faults.push(format!("{kind}: no page may read it"));
        }
        let exposed = &headers["gatewayresponse.header.Access-Control-Expose-Headers"];
        if *exposed != (if waits { readable("'retry-after'") } else { Value::Null }) {
            faults.push(format!("{kind}: exposes another header than Retry-After"));
        }
    }
    faults
}

/// A variable's value with the parameters' defaults.
fn value(template: &Value, variable: &Value) -> Option<String> {
    match variable {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) if variable["Fn::If"].is_array() => value(template, &variable["Fn::If"][1]),
        Value::Object(_) => {
            let default = &template["Parameters"][variable["Ref"].as_str()?]["Default"];
            Some(default.as_str().map_or_else(|| default.to_string(), str::to_owned).replace("null", "25"))
        }
        _ => None,
    }
}

/// Differences between what a function asks its environment for and what the template sets.
fn variable_faults(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for function in FUNCTIONS {
        let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
        let asked = RefCell::new(BTreeSet::new());
        let lookup = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            value(template, &variables[name])
        };
        let problem = match function {
            "Generate" => generate::Config::read(&lookup).err(),
            "Stats" => stats::Config::read(&lookup).err(),
            _ => authorizer::Config::read(&lookup).err(),
        };
        faults.extend(problem.map(|problem| format!("{function}: {problem}")));

        let asked = asked.into_inner();
        let set: BTreeSet<String> = variables.as_object().expect("variables").keys().cloned().collect();
        let mut left_out = BTreeSet::new();
        for (_, names, _) in LEFT_OUT.iter().filter(|(whose, _, _)| *whose == function) {
            left_out.extend(names.iter().map(|&name| name.to_owned()));
        }
        if function == "Generate" {
            // One model for all tasks, unless a request names another.
            left_out.extend(Task::ALL.into_iter().map(Task::model_variable));
        }
        let unread = set.difference(&asked).filter(|name| *name != READ_BY_LAMBDA_HTTP);
        faults.extend(unread.map(|name| format!("{function}: {name} is set and not read")));
        let unset = asked.iter().filter(|name| !set.contains(*name) && !left_out.contains(*name));
        faults.extend(unset.map(|name| format!("{function}: {name} is read and not set")));
        faults.extend(left_out.difference(&asked).map(|name| format!("{function}: {name} is left out and not read")));
        faults.extend(left_out.intersection(&set).map(|name| format!("{function}: {name} is left out and set")));
    }
    faults
}

#[test]
fn the_streaming_function_streams_and_no_other() {
    let (Some(keys), Some(iam)) = (template(), template_with_iam()) else { return };
    assert_eq!(integration_faults(&keys), [""; 0]);
    assert_eq!(integration_faults(&iam), [""; 0]);
    for (name, alias) in resources(&keys, "AWS::Lambda::Alias") {
        assert_eq!(alias["Properties"]["Name"], "live", "{name}");
        assert!(alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"].is_object(), "{name}");
    }
    for (name, group) in resources(&keys, "AWS::CodeDeploy::DeploymentGroup") {
        assert_eq!(group["Properties"]["AlarmConfiguration"]["Enabled"], true, "{name}");
    }
}

#[test]
fn every_route_asks_who_calls_but_those_that_are_for_everybody() {
    let (Some(keys), Some(iam)) = (template(), template_with_iam()) else { return };
    assert_eq!(identity_faults(&keys, "Keys"), [""; 0]);
    assert_eq!(identity_faults(&iam, "AWS_IAM"), [""; 0]);
    let keys = &keys["Resources"]["Api"]["Properties"]["Body"]["securityDefinitions"]["Keys"];
    let settings = &keys["x-amazon-apigateway-authorizer"];
    assert_eq!(settings["identitySource"], format!("method.request.header.{}", authorizer::HEADER));
    assert_eq!((&settings["type"], &settings["authorizerResultTtlInSeconds"]), (&json!("request"), &json!(60)));
}

#[test]
fn each_permission_is_one_action_on_one_resource() {
    let Some(template) = template() else { return };
    assert_eq!(permission_faults(&template), [""; 0]);
    let of_authorizer = statements(&template["Resources"]["AuthorizerRole"]);
    let tables = of_authorizer.iter().filter(|statement| statement["Action"] != "kms:Decrypt");
    let [keys] = tables.collect::<Vec<_>>()[..] else { panic!("the authorizer reads keys and nothing else") };
    assert_eq!(
        (&keys["Action"], &keys["Resource"]["Fn::GetAtt"][0]),
        (&json!("dynamodb:GetItem"), &json!("LedgerTable"))
    );
    assert_eq!(keys["Condition"], json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["K#*"] } }));
    let of_stats = statements(&template["Resources"]["StatsRole"]);
    let traces = of_stats.iter().find(|statement| statement["Sid"] == "ReadTraces").expect("it reads traces");
    assert_eq!(traces["Condition"], json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["Q#*"] } }));
}

#[test]
fn logs_end_records_stay_and_state_expires() {
    let Some(template) = template() else { return };
    assert_eq!(retention_faults(&template), [""; 0]);
    for (name, function) in resources(&template, "AWS::Lambda::Function") {
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
fn the_access_log_has_no_address_header_or_body() {
    let Some(template) = template() else { return };
    let format = template["Resources"]["ApiStage"]["Properties"]["AccessLogSetting"]["Format"].as_str();
    let line: Value = serde_json::from_str(format.unwrap_or_default()).expect("one JSON object");
    let mut names: Vec<&str> = line.as_object().expect("an object").values().filter_map(Value::as_str).collect();
    names.sort_unstable();
    let wanted = [
        "$context.authorizer.principalId",
        "$context.error.responseType",
        "$context.httpMethod",
        "$context.identity.caller",
        "$context.integrationLatency",
        "$context.requestId",
        "$context.resourcePath",
        "$context.responseLatency",
        "$context.status",
    ];
    assert_eq!(names, wanted);
}

/// Row 28 of the fault matrix: a 429 of the gateway or the usage plan is a problem that says when to come back, also to a page.
#[test]
fn the_gateways_own_answers_are_problems_too() {
    let Some(template) = template() else { return };
    assert_eq!(response_faults(&template), [""; 0]);
    let responses = &template["Resources"]["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"];
    for throttled in ["THROTTLED", "QUOTA_EXCEEDED"] {
        assert_eq!(responses[throttled]["statusCode"], "429");
        let headers = &responses[throttled]["responseParameters"];
        assert!(headers["gatewayresponse.header.Retry-After"].is_string(), "{throttled}");
    }
    let wanted = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "CorsOrigins" }, ""] }] });
    assert_eq!(template["Conditions"]["HasCorsOrigins"], wanted, "without origins no page may call");
}

#[test]
fn the_template_sets_what_the_code_reads_and_nothing_else() {
    let Some(template) = template() else { return };
    assert_eq!(variable_faults(&template), [""; 0]);
    let readme = include_str!("../README.md");
    for function in FUNCTIONS {
        let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
        for name in variables.as_object().expect("variables").keys().filter(|name| !name.starts_with("AWS_")) {
            assert!(readme.contains(&format!("`{name}`")), "{name} is not in the README");
        }
    }
    // Beside the configurations only the logs read the environment, and Lambda sets what they read.
    let sources = sources();
    let reads = sources.lines().map(str::trim).filter(|line| line.contains("env::var(") && !line.starts_with("//"));
    for line in reads.filter(|line| !line.starts_with("Config::read(")) {
        assert!(line.contains("AWS_LAMBDA_LOG_"), "{line}");
    }
}

#[test]
fn the_statistics_may_write_exactly_the_attributes_that_they_write() {
    let Some(template) = template() else { return };
    let policies = template["Resources"]["StatsRole"]["Properties"]["Policies"].to_string();
    let source = include_str!("../shared/src/limits/store.rs");
    let written = source.split("pub async fn note_period").nth(1).expect("it is there");
    let expression = written.split("update_expression(\"SET ").nth(1).and_then(|rest| rest.split('"').next());
    let names: Vec<&str> =
        expression.expect("an expression").split(", ").filter_map(|part| part.split(" = ").next()).collect();
    assert_eq!(names, ["p", "pn"]);
    let allowed = format!("\"dynamodb:Attributes\":[\"PK\",\"SK\",\"{}\"]", names.join("\",\""));
    assert!(policies.contains(&allowed), "{policies}");
}
