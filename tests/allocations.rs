//! What a rewrite takes from the heap and puts on the wire: counted, the same on every machine, so more of it fails a test.

use std::io::Write;

use shared::analysis::analyze;
use shared::llm::Call;
use shared::prompts::{Output, Prompts};
use shared::redaction::redact;
use shared::request::{self, Task};
use shared::verify::{Mode, verify_output};
use tests::fixtures::example_body;

#[global_allocator]
static HEAP: dhat::Alloc = dhat::Alloc;

/// Blocks and bytes that a step takes, whether or not it gives them back.
fn taken<T>(step: impl FnOnce() -> T) -> (T, u64, u64) {
    let before = dhat::HeapStats::get();
    let made = step();
    let after = dhat::HeapStats::get();
    (made, after.total_blocks - before.total_blocks, after.total_bytes - before.total_bytes)
}

#[test]
fn a_rewrite_takes_no_more_from_the_heap_than_it_did() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let body = example_body("generate").to_string();
    let prompts = Prompts::embedded();
    let run = || {
        let (request, parsed, _) = taken(|| request::parse(Task::ResumeOptimization, body.as_bytes()).expect("valid"));
        let ((redacted, vault), hidden, _) = taken(|| redact(&request.input));
        let (resume, job) = redacted.resume().zip(redacted.job()).expect("the task has both");
        let (analysis, analyzed, _) = taken(|| analyze(resume, job));
        let (call, rendered, _) = taken(|| {
            let prompt = prompts.render(&redacted, Some(&analysis), "v1", true, "0123456789abcdef").expect("v1 exists");
            Call::new(&prompt, "claude-sonnet-5-5", 8_192, None, true).expect("a call")
        });
        let answer = serde_json::json!({
            "optimized_resume": resume.as_str(), "changes_made": ["a change"], "expected_improvement": "better",
        });
        let answer = answer.to_string();
        let (_, verified, _) = taken(|| {
            let mut output = Output::parse(Task::ResumeOptimization, true, &answer).expect("a valid answer");
            let found = verify_output(&mut output, &redacted, Mode::Revert, &vault);
            output.rehydrate(&vault);
            found
        });
        (
            [
                ("validate", parsed),
                ("redact", hidden),
                ("analyze", analyzed),
                ("render", rendered),
                ("verify", verified),
            ],
            call.bytes(),
        )
    };
    // The first time fills tables.
    let _ = run();
    let ((steps, request_bytes), blocks, bytes) = taken(run);
    let told = format!("{steps:?}; in all {blocks} blocks, {bytes} bytes; {request_bytes} bytes to the provider");
    // Not captured by the test runner.
    let _ = writeln!(std::io::stderr(), "{told}");
    // As counted on 2026-11-26, and a twentieth.
    for (what, count, most) in
        [("blocks", blocks, 10_338), ("bytes", bytes, 1_919_125), ("bytes to the provider", request_bytes, 20_236)]
    {
        assert!(count <= most + most / 20, "{what}: {told}");
    }
}
