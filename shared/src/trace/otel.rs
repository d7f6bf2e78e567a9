//! Spans for an OpenTelemetry collector, made of a finished [`Trace`]: numbers, ids and codes, as everywhere.
//!
//! Only with the feature `otel`. A request's spans are one message, sent and awaited before its answer ends, because Lambda may
//! freeze the process after it: no thread, no batch. Names follow the semantic conventions for generative AI.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};

use super::{Stage, Trace};
use crate::trace::End;

/// A collector nearby answers in milliseconds; a request must not wait for one that does not.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Sends spans to one collector.
#[derive(Debug)]
pub struct Spans(opentelemetry_otlp::SpanExporter);

impl Spans {
    /// Spans to `endpoint` (`OTEL_EXPORTER_OTLP_ENDPOINT`, such as `http://127.0.0.1:4318`), as JSON over HTTP.
    ///
    /// # Errors
    ///
    /// If it is no address.
    pub fn to(endpoint: &str, service: &'static str) -> Result<Spans, lambda_http::Error> {
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_timeout(TIMEOUT)
            .build()?;
        exporter.set_resource(&Resource::builder_empty().with_service_name(service).build());
        Ok(Spans(exporter))
    }

    /// Sends a request's spans. `parent` is its `traceparent`, if it came with one. What the collector does not take is lost.
    pub async fn send(&self, trace: &Trace, end: &End<'_>, parent: Option<&str>, now: SystemTime) {
        let spans = spans(trace, end, parent, now);
        // Who calls us has decided already.
        if spans.iter().any(|span| !span.span_context.is_sampled()) {
            return;
        }
        match tokio::time::timeout(TIMEOUT, self.0.export(spans)).await {
            Ok(Ok(())) => {}
            // The exporter's own words may hold the collector's answer.
            _ => tracing::warn!(request_id = %end.arrival.request_id, "spans not sent"),
        }
    }
}

fn spans(trace: &Trace, end: &End<'_>, parent: Option<&str>, now: SystemTime) -> Vec<SpanData> {
    let (trace_id, parent_id, flags) =
        parent.and_then(context).unwrap_or((random_trace(), SpanId::INVALID, TraceFlags::SAMPLED));
    let root = SpanData {
        parent_span_is_remote: parent_id != SpanId::INVALID,
        span_kind: SpanKind::Server,
        status: if end.status >= 500 { Status::error("") } else { Status::Unset },
        attributes: of_request(trace, end),
        ..span((trace_id, flags), parent_id, "generate", end.arrival.now, now)
    };
    let at = |micros: u64| end.arrival.now + Duration::from_micros(micros);
    let root_id = root.span_context.span_id();
    let mut attempts = trace.attempts.iter();
    let mut spans = vec![root];
    for Stage(stage, begun, took) in &trace.stages {
        let mut child = span((trace_id, flags), root_id, stage, at(*begun), at(begun + took));
        if let Some(attempt) = attempts.as_slice().first().filter(|_| stage == "model") {
            attempts.next();
            child.name = format!("chat {}", trace.model).into();
            child.span_kind = SpanKind::Client;
            child.attributes = vec![
                KeyValue::new("gen_ai.operation.name", "chat"),
                KeyValue::new("gen_ai.provider.name", "anthropic"),
                KeyValue::new("gen_ai.request.model", trace.model.to_string()),
                number("gen_ai.usage.input_tokens", attempt.usage.input_tokens),
                number("gen_ai.usage.output_tokens", attempt.usage.output_tokens),
                number("gen_ai.usage.cache_read.input_tokens", attempt.usage.cache_read_tokens),
                number("gen_ai.usage.cache_creation.input_tokens", attempt.usage.cache_write_tokens()),
                number("tailor.tries", attempt.tries.into()),
                KeyValue::new("tailor.prompt_sha256", attempt.prompt_sha256.clone()),
            ];
        }
        spans.push(child);
    }
    spans
}

fn of_request(trace: &Trace, end: &End<'_>) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("tailor.request_id", end.arrival.request_id.to_string()),
        KeyValue::new("tailor.task", trace.task.to_string()),
        KeyValue::new("tailor.cost_usd", crate::metrics::float(trace.cost().0) / 1e12),
        number("http.response.status_code", end.status.into()),
    ];
    attributes.extend(end.code.map(|code| KeyValue::new("error.type", code.slug())));
    attributes
}

fn span(
    (trace_id, flags): (TraceId, TraceFlags),
    parent: SpanId,
    name: &str,
    begun: SystemTime,
    ended: SystemTime,
) -> SpanData {
    let id = SpanId::from(getrandom::u64().unwrap_or(1).max(1));
    SpanData {
        span_context: SpanContext::new(trace_id, id, flags, false, TraceState::default()),
        parent_span_id: parent,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.to_owned().into(),
        start_time: begun,
        end_time: ended,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("tailor").build(),
    }
}

fn number(name: &'static str, value: u64) -> KeyValue {
    KeyValue::new(name, i64::try_from(value).unwrap_or(i64::MAX))
}

/// Trace, parent and flags of a `traceparent` of version 00.
fn context(parent: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let mut parts = parent.split('-').skip(1);
    let (trace, span) = (TraceId::from_hex(parts.next()?).ok()?, SpanId::from_hex(parts.next()?).ok()?);
    Some((trace, span, TraceFlags::new(u8::from_str_radix(parts.next()?, 16).ok()?)))
}

fn random_trace() -> TraceId {
    let (high, low) = (getrandom::u64().unwrap_or(1), getrandom::u64().unwrap_or(1));
    TraceId::from((u128::from(high) << 64) | u128::from(low).max(1))
}
