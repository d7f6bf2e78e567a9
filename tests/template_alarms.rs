//! Alarms, graphs and metric filters: they watch what the code emits, and tell somebody.

use shared::metrics::Metric;

use super::*;

/// Alarms that tell nobody, and alarms and graphs of what nothing emits.
pub(super) fn alarm_faults(template: &Value, sources: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut own = Vec::new();
    for (name, alarm) in resources(template, "AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        if alarm["AlarmActions"] != json!([{ "Ref": "BudgetAlerts" }]) {
            faults.push(format!("{name} tells nobody"));
        }
        if alarm["Namespace"] == "Tailor" {
            own.push((name.clone(), alarm["MetricName"].clone()));
            if alarm["Dimensions"][0] != json!({ "Name": "Ledger", "Value": { "Ref": "LedgerTable" } }) {
                faults.push(format!("{name}: dimension"));
            }
        }
    }
    let body =
        template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let graphs = body["widgets"].as_array().into_iter().flatten();
    let lines = graphs.flat_map(|graph| graph["properties"]["metrics"].as_array()).flatten();
    let shown: Vec<Value> = lines.filter(|line| line[0] == "Tailor").map(|line| line[1].clone()).collect();
    for metric in Metric::ALL {
        if !shown.iter().any(|name| name == metric.name()) {
            faults.push(format!("Dashboard: {} is not shown", metric.name()));
        }
        if metric.has_alarm() != own.iter().any(|(_, name)| name == metric.name()) {
            faults.push(format!("{}: its alarm", metric.name()));
        }
    }
    own.extend(shown.into_iter().map(|name| ("Dashboard".to_owned(), name)));
    for (name, metric) in own {
        if !Metric::ALL.iter().any(|known| metric == known.name()) {
            faults.push(format!("{name}: nothing emits {metric}"));
        }
    }
    faults.extend(filter_faults(template, sources));
    faults
}

/// Metric filters that wait for a message which no function logs, and alarms on a metric of no filter.
fn filter_faults(template: &Value, sources: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut made = BTreeSet::new();
    for (name, filter) in resources(template, "AWS::Logs::MetricFilter") {
        let pattern = filter["Properties"]["FilterPattern"].as_str().unwrap_or_default();
        let message = pattern.split("$.fields.message = \"").nth(1).and_then(|rest| rest.split('"').next());
        if !message.is_some_and(|message| sources.contains(&format!(" \"{message}\")"))) {
            faults.push(format!("{name}: nothing logs {message:?}"));
        }
        made.insert(filter["Properties"]["MetricTransformations"][0]["MetricName"].to_string());
    }
    for (name, alarm) in resources(template, "AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        if alarm["Namespace"].is_object() && !made.contains(&alarm["MetricName"].to_string()) {
            faults.push(format!("{name}: no filter makes {}", alarm["MetricName"]));
        }
    }
    faults
}

#[test]
fn alarms_tell_the_topic_what_the_code_emits() {
    let Some(template) = template() else { return };
    assert_eq!(alarm_faults(&template, &sources()), [""; 0]);
    let names: BTreeSet<&String> = resources(&template, "AWS::CloudWatch::Alarm").map(|(name, _)| name).collect();
    let of_functions =
        FUNCTIONS.map(|function| ["Errors", "Throttles", "Slow"].map(|what| format!("{function}{what}")));
    let others = ["ApiErrors", "OrphanedReservations", "ProviderAuthFailures", "UnwrittenRecords"].map(str::to_owned);
    for wanted in of_functions.concat().iter().chain(&others) {
        assert!(names.contains(wanted), "{wanted}");
    }
}

#[test]
fn each_share_of_a_budget_has_an_alarm() {
    let Some(template) = template() else { return };
    let mut seen = Vec::new();
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    for (name, alarm) in alarms.filter(|(_, alarm)| alarm["Properties"]["MetricName"] == "BudgetAlert") {
        let dimensions = alarm["Properties"]["Dimensions"].as_array().expect("dimensions");
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
