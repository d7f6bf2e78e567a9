//! A check that never fails says nothing: each of the template's is shown a fault of its kind.

use super::alarms::alarm_faults;
use super::*;

#[test]
fn each_check_notices_what_it_is_for() {
    let Some(template) = template() else { return };
    let sources = sources();
    // Null takes a member away.
    let broken = |parent: &str, member: &str, value: Value| {
        let mut template = template.clone();
        let pointer = format!("/Resources/{parent}");
        let parent = template.pointer_mut(&pointer).and_then(Value::as_object_mut);
        let parent = parent.unwrap_or_else(|| panic!("{pointer}"));
        if value.is_null() {
            parent.remove(member)
        } else {
            parent.insert(member.to_owned(), value)
        };
        template
    };
    let route = "Api/Properties/Body/paths/~1api~1v1~1generate/post";
    let integration = format!("{route}/x-amazon-apigateway-integration");
    let response = "Api/Properties/Body/x-amazon-apigateway-gateway-responses/THROTTLED";
    let headers = format!("{response}/responseParameters");
    let origin = "gatewayresponse.header.Access-Control-Allow-Origin";
    let exposed = "gatewayresponse.header.Access-Control-Expose-Headers";
    let statement = "StatsRole/Properties/Policies/0/PolicyDocument/Statement/0";
    let variables = "Generate/Properties/Environment/Variables";
    let alarm = "OrphanedReservations/Properties";
    let filter = "AuthorizerFailures/Properties";
    let body =
        template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap_or_default();
    let unshown = json!({ "Fn::Sub": body.replace("RedactedIban", "RedactedName") });
    let cases = [
        // What SAM makes of a misspelt RESPONSE_STREAM.
        ("mode and address", integration_faults(&broken(&integration, "responseTransferMode", Value::Null))),
        ("gives up before", integration_faults(&broken("Generate/Properties", "Timeout", json!(180)))),
        ("is missing", integration_faults(&broken("Api/Properties/Body/paths", "/health", Value::Null))),
        ("not Keys", identity_faults(&broken(route, "security", json!([{ "NONE": [] }])), "Keys")),
        ("allows too much", permission_faults(&broken(statement, "Resource", json!("*")))),
        ("allows too much", permission_faults(&broken(statement, "Action", json!("dynamodb:*")))),
        ("is not known", permission_faults(&broken("StatsRole/Properties", "ManagedPolicyArns", json!(["Admin"])))),
        ("kept for ever", retention_faults(&broken("ApiLogs/Properties", "RetentionInDays", Value::Null))),
        ("has no log group", retention_faults(&broken("Stats/Properties", "LoggingConfig", Value::Null))),
        ("status is not", response_faults(&broken(response, "statusCode", json!("400")))),
        ("Retry-After", response_faults(&broken(response, "responseParameters", json!({})))),
        ("no page may read", response_faults(&broken(&headers, origin, Value::Null))),
        ("no page may read", response_faults(&broken(&headers, origin, json!("'*'")))),
        ("another header", response_faults(&broken(&headers, exposed, json!("'*'")))),
        ("LLM_MODEL is read and not set", variable_faults(&broken(variables, "LLM_MODEL", Value::Null))),
        ("LLM_MODLE is set and not read", variable_faults(&broken(variables, "LLM_MODLE", json!("x")))),
        ("nothing emits", alarm_faults(&broken(alarm, "MetricName", json!("OrphanReservations")), &sources)),
        (
            "RedactedIban is not shown",
            alarm_faults(&broken("Dashboard/Properties", "DashboardBody", unshown), &sources),
        ),
        (
            "nothing logs",
            alarm_faults(
                &broken(filter, "FilterPattern", json!("{ $.fields.message = \"stores unavailable\" }")),
                &sources,
            ),
        ),
        ("tells nobody", alarm_faults(&broken(alarm, "AlarmActions", Value::Null), &sources)),
    ];
    for (wanted, faults) in cases {
        assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
    }
}
