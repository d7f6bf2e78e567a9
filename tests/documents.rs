//! The documents say what the code does.

use regex::Regex;
use shared::metrics::Metric;
use shared::problem::Code;
use shared::request::Task;

const README: &str = include_str!("../README.md");
const CONFIGURATION: [&str; 3] = [
    include_str!("../functions/generate/src/config.rs"),
    include_str!("../functions/stats/src/config.rs"),
    include_str!("../shared/src/settings.rs"),
];

#[test]
fn every_problem_code_stands_in_the_statuses_table_with_its_status() {
    for code in Code::ALL {
        let row = README.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{}`", code.slug())));
        let row = row.unwrap_or_else(|| panic!("{} is not in the README", code.slug()));
        assert!(row.starts_with(&format!("| {} |", code.status())), "{row}");
    }
}

#[test]
fn every_parameter_of_the_template_is_told_to_whoever_deploys() {
    let template = include_str!("../template.yaml");
    let parameters =
        template.split("\nParameters:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("parameters");
    let names = parameters.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|line| line.trim().strip_suffix(':')).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(include_str!("../docs/deploy.md").contains(&format!("`{name}`")), "{name} is not in docs/deploy.md");
    }
}

/// `design.md` 4.3: every code is produced by a test that names it.
#[test]
fn every_problem_code_is_expected_by_a_test() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let files = std::fs::read_dir(folder).expect("the tests").map(|entry| entry.expect("an entry").path());
    let tests: String = files
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("documents.rs"))
        .map(|path| std::fs::read_to_string(path).expect("text"))
        .collect();
    for code in Code::ALL {
        let slug = code.slug();
        let named = [format!("\"{slug}\""), format!(" {slug};"), format!("{slug};")];
        assert!(named.iter().any(|named| tests.contains(named)), "no test expects {slug}");
    }
}

#[test]
fn every_variable_that_is_read_stands_in_the_configuration_table() {
    let quoted = Regex::new(r#""([A-Z]+(?:_[A-Z]+)+)""#).expect("a constant pattern");
    let mut known = 0;
    for source in CONFIGURATION.iter().map(|source| source.split("#[cfg(test)]").next().unwrap_or_default()) {
        for name in quoted.captures_iter(source).map(|captures| captures[1].to_owned()) {
            // The fallback of a variable in the table, and ends of names that are put together.
            if !["AWS_ENDPOINT_URL", "INPUT_TPM", "OUTPUT_TPM"].contains(&name.as_str()) {
                assert!(README.contains(&format!("`{name}`")), "{name} is not in the README");
                known += 1;
            }
        }
    }
    assert!(known >= 15, "{known}");
    for what in ["RPM", "INPUT_TPM", "OUTPUT_TPM"] {
        assert!(
            README.contains(&format!("`CALLER_{what}`")) && README.contains(&format!("`PROVIDER_{what}`")),
            "{what}"
        );
    }
}

#[test]
fn every_route_stands_in_the_readme_and_in_the_emulators_router() {
    let manifest = include_str!("../Cargo.toml");
    let tasks = Task::ALL.into_iter().filter(|task| *task != Task::ResumeOptimization);
    let mut paths: Vec<String> = tasks.map(|task| format!("/api/v1/generate/{}", task.name())).collect();
    let plain = ["generate", "analyze", "redact", "data", "stats", "stats/requests", "stats/reset", "requests/{id}"];
    paths.extend(plain.iter().map(|name| format!("/api/v1/{name}")));
    paths.extend(["/api/v1/generate/stream", "/api/v1/generate/batch", "/health", "/openapi.json"].map(str::to_owned));
    for path in paths {
        assert!(README.contains(&format!(" {path}`")), "{path}");
        let routed = manifest.contains(&format!("\"{path}\" =")) || path.starts_with("/api/v1/generate/");
        assert!(routed, "{path} is not routed by the emulator");
    }
}

#[test]
fn the_table_of_metrics_is_the_codes() {
    let document = include_str!("../docs/metrics.md");
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
    let told: Vec<String> = Metric::ALL
        .iter()
        .map(|metric| {
            let sets = metric.dimensions().iter().map(|set| {
                let names = ["Ledger"].iter().chain(*set).map(|name| format!("`{name}`"));
                names.collect::<Vec<_>>().join(", ")
            });
            let sets = sets.collect::<Vec<_>>().join("; ");
            format!("| `{}` | {} | {sets} | {} |", metric.name(), metric.unit(), metric.meaning())
        })
        .collect();
    assert_eq!(rows, told);
}

#[test]
fn tests_that_documents_name_exist() {
    let named = Regex::new(r"`([a-z]+(?:_[a-z0-9]+){3,})`").expect("a constant pattern");
    let sources = crate::template::rust_sources(&["shared/src", "functions", "tests", "infra"]).concat();
    let documents = concat!(include_str!("../docs/test-map.md"), include_str!("../docs/threat-model.md"));
    for name in named.captures_iter(documents).map(|captures| captures[1].to_owned()) {
        assert!(sources.contains(&format!("fn {name}(")), "{name}");
    }
}

#[test]
fn decisions_are_short_and_linked_files_exist() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for entry in std::fs::read_dir(format!("{root}/docs/decisions")).expect("the decisions") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.lines().count() <= 60, "{}", path.display());
        for part in ["## Context", "## Decision", "## Consequence"] {
            assert!(text.contains(part), "{}: {part}", path.display());
        }
    }
    let link = Regex::new(r"\]\(([^)#:]+)\)").expect("a constant pattern");
    for document in
        ["README.md", "docs/architecture.md", "docs/deploy.md", "docs/usage.md", "docs/test-map.md", "docs/metrics.md"]
    {
        let text = std::fs::read_to_string(format!("{root}/{document}")).expect("text");
        let folder = document.rsplit_once('/').map_or(root.to_owned(), |(folder, _)| format!("{root}/{folder}"));
        for target in link.captures_iter(&text).map(|captures| captures[1].to_owned()) {
            assert!(std::path::Path::new(&format!("{folder}/{target}")).exists(), "{document}: {target}");
        }
    }
}
