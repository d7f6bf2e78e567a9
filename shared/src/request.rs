//! The request's body: six shapes, one per task, validated completely before anything is spent.
//!
//! [`parse`] answers with every wrong field at once. Messages come from here, never from the JSON parser, whose
//! messages quote values. Texts are kept as sent (offsets in answers count from their first character); lengths are
//! judged after trimming.

mod schema;

use garde::Validate;
use serde::Deserialize;
use unicode_normalization::char::canonical_combining_class;

use crate::problem::{FieldError, Problem};
pub use schema::schema;

/// Largest accepted body, in bytes after decoding.
pub const MAX_BODY_BYTES: usize = 3 * 512 * 1024;
/// Fewest code points of a résumé, a job description or an experience text.
pub const MIN_TEXT_CHARS: usize = 10;
/// Most code points of one.
pub const MAX_TEXT_CHARS: usize = 50_000;
/// Most combining marks in a row: the limit of Unicode's Stream-Safe Text Format (UAX #15), far beyond what any language writes.
const MAX_MARKS: usize = 30;
const MAX_NAME_CHARS: usize = 200;
const MAX_ITEMS: usize = 100;
const MAX_ITEM_CHARS: usize = 5_000;

/// What the model is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// Rewrite the résumé for the job.
    ResumeOptimization,
    /// Write a cover letter.
    CoverLetter,
    /// Take a job description apart.
    JobAnalysis,
    /// Tailor bullet points to requirements.
    BulletPoints,
    /// Find achievements in an experience text.
    Achievements,
    /// Judge a résumé.
    QualityReview,
}

impl Task {
    /// Every task.
    pub const ALL: [Task; 6] = [
        Task::ResumeOptimization,
        Task::CoverLetter,
        Task::JobAnalysis,
        Task::BulletPoints,
        Task::Achievements,
        Task::QualityReview,
    ];

    /// The name in records, statistics and file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Task::ResumeOptimization => "resume-optimization",
            Task::CoverLetter => "cover-letter",
            Task::JobAnalysis => "job-analysis",
            Task::BulletPoints => "bullet-points",
            Task::Achievements => "achievements",
            Task::QualityReview => "quality-review",
        }
    }

    /// Whether the answer has a text that can be shown while it is written.
    #[must_use]
    pub fn has_text(self) -> bool {
        self.text_field().is_some()
    }

    /// That text's field.
    #[must_use]
    pub fn text_field(self) -> Option<&'static str> {
        match self {
            Task::ResumeOptimization => Some("optimized_resume"),
            Task::CoverLetter => Some("cover_letter"),
            _ => None,
        }
    }

    /// The task of `/api/v1/generate/{segment}`. The résumé task has no segment.
    #[must_use]
    pub fn from_segment(segment: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|&task| task != Task::ResumeOptimization && task.name() == segment)
    }

    /// The variable that overrides `LLM_MODEL` for this task.
    #[must_use]
    pub fn model_variable(self) -> String {
        format!("LLM_MODEL_{}", self.name().replace('-', "_").to_ascii_uppercase())
    }
}

/// A task's texts: `String` as sent, [`crate::redaction::Redacted`] on the way to the model.
#[derive(Clone)]
pub enum Input<T> {
    /// For [`Task::ResumeOptimization`], `/analyze` and `/redact`.
    ResumeOptimization {
        /// `resume_raw_text`.
        resume: T,
        /// `job_description_text`.
        job: T,
    },
    /// For [`Task::CoverLetter`].
    CoverLetter {
        /// `resume_raw_text`.
        resume: T,
        /// `job_description_text`.
        job: T,
        /// `company_name`.
        company: T,
        /// `position_title`.
        position: T,
    },
    /// For [`Task::JobAnalysis`].
    JobAnalysis {
        /// `job_description_text`.
        job: T,
    },
    /// For [`Task::BulletPoints`].
    BulletPoints {
        /// `experience_bullets`.
        bullets: Vec<T>,
        /// `job_requirements`.
        requirements: Vec<T>,
    },
    /// For [`Task::Achievements`].
    Achievements {
        /// `experience_text`.
        experience: T,
    },
    /// For [`Task::QualityReview`].
    QualityReview {
        /// `resume_raw_text`.
        resume: T,
    },
}

/// What a text is, as far as redaction cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A résumé, whole or a part that may begin with its header: the owner's name may stand there.
    Resume,
    /// A job description.
    Job,
    /// A part of either.
    Fragment,
}

impl<T> Input<T> {
    /// The task these texts are for.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Input::ResumeOptimization { .. } => Task::ResumeOptimization,
            Input::CoverLetter { .. } => Task::CoverLetter,
            Input::JobAnalysis { .. } => Task::JobAnalysis,
            Input::BulletPoints { .. } => Task::BulletPoints,
            Input::Achievements { .. } => Task::Achievements,
            Input::QualityReview { .. } => Task::QualityReview,
        }
    }

    /// The résumé, where the task has one.
    #[must_use]
    pub fn resume(&self) -> Option<&T> {
        match self {
            Input::ResumeOptimization { resume, .. }
            | Input::CoverLetter { resume, .. }
            | Input::QualityReview { resume } => Some(resume),
            _ => None,
        }
    }

    /// The job description, where the task has one.
    #[must_use]
    pub fn job(&self) -> Option<&T> {
        match self {
            Input::ResumeOptimization { job, .. } | Input::CoverLetter { job, .. } | Input::JobAnalysis { job } => {
                Some(job)
            }
            _ => None,
        }
    }

    /// The texts that say what the applicant did: what an answer is verified against.
    #[must_use]
    pub fn sources(&self) -> Vec<&T> {
        match self {
            Input::BulletPoints { bullets, .. } => bullets.iter().collect(),
            Input::Achievements { experience } => vec![experience],
            other => other.resume().into_iter().collect(),
        }
    }

    /// Every text in its order.
    pub fn texts(&self) -> impl Iterator<Item = &T> {
        let texts: Vec<&T> = match self {
            Input::ResumeOptimization { resume, job } => vec![resume, job],
            Input::CoverLetter { resume, job, company, position } => vec![resume, job, company, position],
            Input::JobAnalysis { job } => vec![job],
            Input::BulletPoints { bullets, requirements } => bullets.iter().chain(requirements).collect(),
            Input::Achievements { experience } => vec![experience],
            Input::QualityReview { resume } => vec![resume],
        };
        texts.into_iter()
    }

    /// The same input with every text mapped, in the order of the fields above.
    pub fn map<U>(&self, mut f: impl FnMut(Role, &T) -> U) -> Input<U> {
        match self {
            Input::ResumeOptimization { resume, job } => {
                Input::ResumeOptimization { resume: f(Role::Resume, resume), job: f(Role::Job, job) }
            }
            Input::CoverLetter { resume, job, company, position } => Input::CoverLetter {
                resume: f(Role::Resume, resume),
                job: f(Role::Job, job),
                company: f(Role::Fragment, company),
                position: f(Role::Fragment, position),
            },
            Input::JobAnalysis { job } => Input::JobAnalysis { job: f(Role::Job, job) },
            Input::BulletPoints { bullets, requirements } => Input::BulletPoints {
                bullets: bullets.iter().map(|text| f(Role::Fragment, text)).collect(),
                requirements: requirements.iter().map(|text| f(Role::Fragment, text)).collect(),
            },
            Input::Achievements { experience } => Input::Achievements { experience: f(Role::Resume, experience) },
            Input::QualityReview { resume } => Input::QualityReview { resume: f(Role::Resume, resume) },
        }
    }
}

/// How the model is to be called, where the caller says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// A model of the price sheet.
    pub model: Option<String>,
    /// Output tokens, thinking included.
    pub max_tokens: Option<u64>,
    /// 0 to 1, for models that take one. 0 is 0.
    pub temperature: Option<f64>,
    /// A prompt version such as `v1`.
    pub prompt_version: Option<String>,
}

/// A valid body.
pub struct GenerateRequest {
    /// The texts.
    pub input: Input<String>,
    /// The call's options.
    pub options: Options,
}

macro_rules! body {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* } => $input:expr) => {{
        #[derive(Deserialize, Validate)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $(#[serde(default)] $(#[$meta])* $field: $type,)*
            #[garde(inner(length(chars, min = 1, max = 100)))]
            model: Option<String>,
            #[serde(default, deserialize_with = "whole")]
            #[garde(inner(range(min = 1, max = 1_000_000)))]
            max_tokens: Option<u64>,
            #[garde(inner(range(min = 0.0, max = 1.0)))]
            temperature: Option<f64>,
            #[garde(inner(length(chars, min = 1, max = 100)))]
            prompt_version: Option<String>,
        }

        |json: &[u8]| {
            let $name { $($field,)* model, max_tokens, temperature, prompt_version } = read::<$name>(json)?;
            let options = Options { model, max_tokens, temperature, prompt_version };
            Ok(GenerateRequest { input: $input, options })
        }
    }};
}

/// Reads and validates a body.
///
/// # Errors
///
/// `invalid-request` with a pointer for every wrong field; nothing of the body is quoted.
pub fn parse(task: Task, json: &[u8]) -> Result<GenerateRequest, Problem> {
    let parse: fn(&[u8]) -> Result<GenerateRequest, Problem> = match task {
        Task::ResumeOptimization => body!(ResumeOptimization {
            #[garde(custom(text))] resume_raw_text: String,
            #[garde(custom(text))] job_description_text: String,
        } => Input::ResumeOptimization { resume: resume_raw_text, job: job_description_text }),
        Task::CoverLetter => body!(CoverLetter {
            #[garde(custom(text))] resume_raw_text: String,
            #[garde(custom(text))] job_description_text: String,
            #[garde(custom(name))] company_name: String,
            #[garde(custom(name))] position_title: String,
        } => Input::CoverLetter {
            resume: resume_raw_text,
            job: job_description_text,
            company: company_name,
            position: position_title,
        }),
        Task::JobAnalysis => body!(JobAnalysis {
            #[garde(custom(text))] job_description_text: String,
        } => Input::JobAnalysis { job: job_description_text }),
        Task::BulletPoints => body!(BulletPoints {
            #[garde(custom(items), inner(custom(item)))] experience_bullets: Vec<String>,
            #[garde(custom(items), inner(custom(item)))] job_requirements: Vec<String>,
        } => Input::BulletPoints { bullets: experience_bullets, requirements: job_requirements }),
        Task::Achievements => body!(Achievements {
            #[garde(custom(text))] experience_text: String,
        } => Input::Achievements { experience: experience_text }),
        Task::QualityReview => body!(QualityReview {
            #[garde(custom(text))] resume_raw_text: String,
        } => Input::QualityReview { resume: resume_raw_text }),
    };
    parse(json)
}

/// A whole number, also where it is written `3.0`: JSON knows one kind of number.
///
/// # Errors
///
/// For any other value.
pub fn whole<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive and small")]
    let of_float = |value: f64| (value.fract() == 0.0 && (0.0..1e15).contains(&value)).then_some(value as u64);
    let value = number.as_u64().or_else(|| number.as_f64().and_then(of_float));
    value.map(Some).ok_or_else(|| serde::de::Error::custom("not a whole number"))
}

/// A JSON object as `T`, with our own words for what is wrong.
///
/// # Errors
///
/// `invalid-request`.
pub fn read<T>(json: &[u8]) -> Result<T, Problem>
where
    T: for<'de> Deserialize<'de> + Validate<Context = ()>,
{
    let text = std::str::from_utf8(json).map_err(|_| Problem::invalid_field("", "the body must be UTF-8"))?;
    match text.trim_start().chars().next() {
        None => return Err(Problem::invalid_field("", "the body is empty; a JSON object is wanted")),
        Some('{') => {}
        // A derived struct would also accept an array of its fields.
        Some(_) => return Err(Problem::invalid_field("", "a JSON object is wanted")),
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| structural(&error))?;
    deserializer
        .end()
        .map_err(|_| Problem::invalid_field("", "the body must hold one JSON object and nothing else"))?;
    value.validate().map_err(|report| {
        let fields = report.iter().map(|(path, error)| FieldError::new(pointer(&path.to_string()), error.message()));
        Problem::invalid(fields.collect())
    })?;
    Ok(value)
}

/// What the parser stumbled over, in our own words. Its message is looked at but never passed on.
fn structural(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    use serde_json::error::Category;
    let message = error.inner().to_string();
    match error.inner().classify() {
        Category::Data if message.starts_with("unknown field") => {
            Problem::invalid_field("", "a field is not known here; see the documentation for the fields of this route")
        }
        Category::Data if message.starts_with("duplicate field") => {
            Problem::invalid_field("", "a field is given twice")
        }
        Category::Data => Problem::invalid_field(pointer(&error.path().to_string()), "the value has the wrong type"),
        Category::Syntax | Category::Eof | Category::Io => Problem::invalid_field("", "the body is not valid JSON"),
    }
}

/// `a.b[0]` as `/a/b/0`; the root, which the two libraries write as `.` and nothing, as the empty pointer.
fn pointer(path: &str) -> String {
    let path = path.trim_matches('.');
    if path.is_empty() { String::new() } else { format!("/{}", path.replace(['.', '['], "/").replace(']', "")) }
}

fn text(value: &str, (): &()) -> garde::Result {
    within(value, MIN_TEXT_CHARS, MAX_TEXT_CHARS)
}

fn name(value: &str, (): &()) -> garde::Result {
    within(value, 1, MAX_NAME_CHARS)
}

fn item(value: &str, (): &()) -> garde::Result {
    within(value, 1, MAX_ITEM_CHARS)
}

fn within(value: &str, min: usize, max: usize) -> garde::Result {
    let chars = value.trim().chars().count();
    if (min..=max).contains(&chars) {
        if has_mark_flood(value) {
            return Err(garde::Error::new(format!("at most {MAX_MARKS} combining marks in a row")));
        }
        return Ok(());
    }
    let given = if chars == 0 { "required: " } else { "" };
    Err(garde::Error::new(format!("{given}{min} to {max} characters after trimming")))
}

/// Whether marks are piled up as no writing does it.
fn has_mark_flood(text: &str) -> bool {
    let mut row = 0;
    !text.is_ascii()
        && text.chars().any(|c| {
            row = if canonical_combining_class(c) == 0 { 0 } else { row + 1 };
            row > MAX_MARKS
        })
}

#[expect(clippy::ptr_arg, reason = "garde passes the field by reference")]
fn items(value: &Vec<String>, (): &()) -> garde::Result {
    let total: usize = value.iter().map(|text| text.chars().count()).sum();
    if (1..=MAX_ITEMS).contains(&value.len()) && total <= MAX_TEXT_CHARS {
        return Ok(());
    }
    Err(garde::Error::new(format!("required: 1 to {MAX_ITEMS} texts, {MAX_TEXT_CHARS} characters in all")))
}

#[cfg(test)]
mod tests;
