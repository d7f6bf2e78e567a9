//! What is planted, and where it belongs.

use tests::canary::{Canary, Sink};

/// A provider key, which belongs into one header only.
pub(crate) const PROVIDER_KEY: &str = "sk-canary-provider-7Qz";
/// The key that requests to AWS are signed with.
pub(crate) const SECRET_ACCESS_KEY: &str = "canarySecretAccessKey81";

/// An invented person, everything about her, and one thing she did.
pub(crate) const RESUME: &str = "Quirina Vandersloot\n48 Larkspur Lane, Springfield, IL 62704\n\
    quirina.v@canary-mail.example | +1 415 555 0132 | https://quirina-canary.example.org/cv\n\
    linkedin.com/in/quirina-canary-vds | github.com/qvandersloot-canary\nSSN: 219-09-9999\nPassport: X98Y76Z54\n\
    National insurance number: AB 98 76 54 C\nIBAN: GB33 BUKB 2020 1555 5555 55\nCard: 5500 0055 5555 5559\n\
    Date of birth: 17 August 1979\nHome server: 203.0.113.77, 2001:db8:77:cafe::9\nTwitter: @canary_handle_qv\n\
    Work: ｑｕｉｒｉｎａ＠ｃａｎａｒｙ－ｗｉｄｅ．ｅｘａｍｐｌｅ\nOther: quirina\u{200b}.zero@canary\u{200b}-zero.example\n\
    Spoken: quirina (at) canary-spoken (dot) example\nMail: mailto:quirina.link@canary-link.example\n\
    Phone (home): (030) 901820-77\nAddress: Lindenstraße 17b, 10969 Berlin\n\n\
    EXPERIENCE\nEngineer, Northwind Freight Inc, 2016-2019\n- Built the zorblattium pipeline in Rust\n\
    - Vandersloot cut costs by 12 %\nManager: Ottokar Brindlewhite, ottokar.b@canary-boss.example";

/// A job with a recruiter.
pub(crate) const JOB: &str = "Requirements:\n- Experience with Rust\n- Knowledge of wibblecraft\n\nContact: \
    Leopoldine Ackerthwaite, leopoldine@canary-recruiter.example, +49 30 901820 99";

/// Personal data: it belongs into its owner's answer, and nowhere else.
pub(crate) mod people {
    use super::{Canary, Sink};

    const ANSWER: &[Sink] = &[Sink::Answers];

    pub(crate) fn canaries() -> Vec<Canary> {
        let of_resume = [
            ("name", "Quirina Vandersloot"),
            ("name, a part", "Vandersloot"),
            ("address", "48 Larkspur Lane"),
            ("address, German", "Lindenstraße 17b"),
            ("email", "quirina.v@canary-mail.example"),
            ("email, full width", "ｑｕｉｒｉｎａ＠ｃａｎａｒｙ－ｗｉｄｅ．ｅｘａｍｐｌｅ"),
            ("email, split unseen", "quirina.zero@canary-zero.example"),
            ("email, spoken", "quirina (at) canary-spoken (dot) example"),
            ("email, link", "quirina.link@canary-link.example"),
            ("email of a manager", "ottokar.b@canary-boss.example"),
            ("name of a manager", "Ottokar Brindlewhite"),
            ("phone", "+1 415 555 0132"),
            ("phone, home", "(030) 901820-77"),
            ("web address", "https://quirina-canary.example.org/cv"),
            ("profile", "linkedin.com/in/quirina-canary-vds"),
            ("profile of code", "github.com/qvandersloot-canary"),
            ("social security number", "219-09-9999"),
            ("passport", "X98Y76Z54"),
            ("national id", "AB 98 76 54 C"),
            ("bank account", "GB33 BUKB 2020 1555 5555 55"),
            ("payment card", "5500 0055 5555 5559"),
            ("date of birth", "17 August 1979"),
            ("IP address", "203.0.113.77"),
            ("IP address, version 6", "2001:db8:77:cafe::9"),
            ("handle", "@canary_handle_qv"),
        ];
        let of_job = [
            ("recruiter", "Leopoldine Ackerthwaite"),
            ("recruiter's email", "leopoldine@canary-recruiter.example"),
            ("recruiter's phone", "+49 30 901820 99"),
        ];
        let of_resume = of_resume.map(|(kind, text)| Canary::new(kind, text, ANSWER));
        // An answer has the job's people only where it names them.
        let of_job = of_job.map(|(kind, text)| Canary::new(kind, text, &[]).or(ANSWER));
        of_resume.into_iter().chain(of_job).collect()
    }
}

/// What is nobody's data: the model sees it, and stored answers may repeat it.
pub(crate) mod content {
    use super::{Canary, Sink};

    pub(crate) const COMPANY: &str = "Plonkworth and Daughters";
    pub(crate) const POSITION: &str = "Lead Gimbal Engineer";

    const SEEN: &[Sink] = &[Sink::Model];
    const SAID: &[Sink] = &[Sink::Answers];

    pub(crate) fn canaries() -> Vec<Canary> {
        vec![
            Canary::new("a resume's words", "zorblattium", SEEN).or(&[Sink::Answers, Sink::Idempotency]),
            Canary::new("a job's words", "wibblecraft", SEEN).or(SAID),
            Canary::new("a model's words", "Quillfeather", SAID).or(&[Sink::Idempotency]),
            Canary::new("company", COMPANY, SEEN).or(SAID),
            Canary::new("position", POSITION, SEEN).or(SAID),
        ]
    }
}

/// What carries a request, and what can come back from a provider: it belongs nowhere.
pub(crate) mod carriers {
    use super::{Canary, PROVIDER_KEY, SECRET_ACCESS_KEY, Sink};
    use crate::{GENERATE, body};
    use serde_json::json;

    pub(crate) const IDEMPOTENCY_KEY: &str = "canary-idempotency-5fK";
    pub(crate) const PROVIDER_BODY: &str = "canary.provider.body@x.example";
    pub(crate) const PROVIDER_HEADER: &str = "canary-provider-header";
    pub(crate) const PROVIDER_TEXT: &str = "canary unreadable answer of a model";
    pub(crate) const PROVIDER_EVENT: &str = "canary.error.event@x.example";
    pub(crate) const PROVIDER_NONSENSE: &str = "canary-nonsense-event";
    pub(crate) const PANIC: &str = "panicked over canary.panic@x.example";

    /// Headers of a request that is answered.
    pub(crate) const HEADERS: [(&str, &str); 10] = [
        ("authorization", "Bearer canary-bearer-93f"),
        ("cookie", "session=canary-cookie-11a"),
        ("x-api-key", "tlr_0123456789abcdef_canarysecretofakey"),
        ("user-agent", "canary-agent/1.0"),
        ("referer", "https://canary-referer.example/me"),
        ("x-forwarded-for", "198.51.100.77"),
        ("x-canary-name", "1"),
        ("x-note", "canary-custom-header"),
        ("origin", "https://canary-origin.example"),
        ("traceparent", "canary-trace-parent"),
    ];

    type Sent = (String, Vec<(&'static str, &'static str)>, String, u64);

    /// Requests that are refused, each with something in a place of its own.
    pub(crate) fn requests() -> Vec<Sent> {
        let with = |name: &str, value: serde_json::Value| {
            let mut body = body();
            body[name] = value;
            body.to_string()
        };
        let plain = || body().to_string();
        let batch =
            json!({ "items": [{ "resume_raw_text": "canary.item@x.example", "what": 1 }], "canary-batch-field": 1 });
        let to = |path: &str| format!("{GENERATE}{path}");
        vec![
            (to("?canary-query-name=1&stream=canary-query-value"), vec![], plain(), 422),
            (to("/canary-path-segment"), vec![], plain(), 404),
            (to(""), vec![], with("canary.field.name@x.example", json!(1)), 422),
            (to(""), vec![], with("max_tokens", json!("canary.wrong.type@x.example")), 422),
            (to(""), vec![], with("resume_raw_text", json!({ "canary-object": 1 })), 422),
            (to(""), vec![], with("model", json!("canary-model-name")), 422),
            (to(""), vec![], with("prompt_version", json!("canary-prompt-version")), 422),
            (to(""), vec![], "{\"resume_raw_text\": \"canary.broken.json@x.example".to_owned(), 422),
            (to(""), vec![], "{\"resume_raw_text\": \"a\", \"resume_raw_text\": \"canary-twice\"}".to_owned(), 422),
            (to(""), vec![], "canary-large ".repeat(130_000), 413),
            (to(""), vec![("content-type", "text/canary-media")], plain(), 415),
            (to(""), vec![("accept", "image/canary-accept")], plain(), 406),
            (to(""), vec![("idempotency-key", "canary bad key")], plain(), 422),
            (to("/batch"), vec![], batch.to_string(), 422),
            ("/api/v1/redact".to_owned(), vec![], with("canary-redact-field", json!(1)), 422),
        ]
    }

    pub(crate) fn canaries() -> Vec<Canary> {
        let texts = [
            ("provider key", PROVIDER_KEY),
            ("key of AWS", SECRET_ACCESS_KEY),
            ("idempotency key", IDEMPOTENCY_KEY),
            ("bearer token", "canary-bearer-93f"),
            ("cookie", "canary-cookie-11a"),
            ("caller's key", "canarysecretofakey"),
            ("user agent", "canary-agent"),
            ("referer", "canary-referer"),
            ("client address", "198.51.100.77"),
            ("header's name", "x-canary-name"),
            ("header's value", "canary-custom-header"),
            ("origin", "canary-origin"),
            ("trace parent", "canary-trace-parent"),
            ("query's name", "canary-query-name"),
            ("query's value", "canary-query-value"),
            ("path", "canary-path-segment"),
            ("field's name", "canary.field.name@x.example"),
            ("value of another type", "canary.wrong.type@x.example"),
            ("object in a text's place", "canary-object"),
            ("model's name", "canary-model-name"),
            ("prompt version", "canary-prompt-version"),
            ("broken JSON", "canary.broken.json@x.example"),
            ("field sent twice", "canary-twice"),
            ("large body", "canary-large"),
            ("content type", "canary-media"),
            ("accept", "canary-accept"),
            ("bad idempotency key", "canary bad key"),
            ("item of a batch", "canary.item@x.example"),
            ("field of a batch", "canary-batch-field"),
            ("field of a redaction", "canary-redact-field"),
            ("provider's error", PROVIDER_BODY),
            ("provider's header", PROVIDER_HEADER),
            ("unreadable answer", PROVIDER_TEXT),
            ("provider's error event", PROVIDER_EVENT),
            ("provider's nonsense", PROVIDER_NONSENSE),
        ];
        const NOWHERE: &[Sink] = &[];
        texts.map(|(kind, text)| Canary::new(kind, text, NOWHERE)).into()
    }
}
