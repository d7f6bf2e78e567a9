//! Prompts: one text file per task and version, embedded, rendered with strict variables.
//!
//! A prompt takes [`Redacted`] texts and nothing else from the caller; analysis values come from redacted texts too.
//! Every untrusted text stands between fences whose id is random per request, so no document can close its own fence.

mod field;
mod output;

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::value::merge_maps;
use minijinja::{Environment, UndefinedBehavior, context};

pub use field::FieldDecoder;
pub use output::{
    Achievements, BulletPoints, CoverLetter, InvalidOutput, JobAnalysis, Output, QualityReview, ResumeOptimization,
    TailoredBullet, partial_text, schema,
};

use crate::analysis::Analysis;
use crate::problem::Problem;
use crate::redaction::{Redacted, visible};
use crate::request::{Input, Task};

/// The version used where a request names none.
pub const DEFAULT_VERSION: &str = "v1";

macro_rules! files {
    ($($name:literal),*) => { &[$(($name, include_str!(concat!("../prompts/", $name, ".txt")))),*] };
}

const FILES: &[(&str, &str)] = files!(
    "system.v1", "resume-optimization.v1", "cover-letter.v1", "job-analysis.v1", "bullet-points.v1", "achievements.v1",
    "quality-review.v1"
);

/// The system prompt in force: no answer repeats it.
pub(crate) const SYSTEM: &str = include_str!("../prompts/system.v1.txt");

/// What the model is sent, apart from the call's numbers.
#[derive(Clone)]
pub struct Prompt {
    /// Role, rules, output requirements: the same for every request, so that the provider can cache it.
    pub system: &'static str,
    /// The task with its fenced documents.
    pub user: String,
    /// The answer's JSON schema; `None` asks for tagged sections.
    pub schema: Option<serde_json::Value>,
    /// The version it was rendered from.
    pub version: &'static str,
}

/// The templates, parsed once.
pub struct Prompts {
    templates: Environment<'static>,
    systems: BTreeMap<&'static str, &'static str>,
}

impl Prompts {
    /// The embedded templates; each is parsed when it is first asked for.
    #[must_use]
    pub fn embedded() -> Prompts {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_loader(|name| Ok(file(name).map(str::to_owned)));
        let systems = FILES.iter().filter_map(|(name, text)| Some((name.strip_prefix("system.")?, *text))).collect();
        Prompts { templates, systems }
    }

    /// The version to use, if `wanted` exists for this task.
    ///
    /// # Errors
    ///
    /// `invalid-request` for a version that does not exist.
    pub fn version(&self, task: Task, wanted: Option<&str>) -> Result<&'static str, Problem> {
        let wanted = wanted.unwrap_or(DEFAULT_VERSION);
        let known = self.systems.keys().find(|version| **version == wanted);
        known
            .copied()
            .filter(|version| file(&format!("{}.{version}", task.name())).is_some())
            .ok_or_else(|| Problem::invalid_field("/prompt_version", "no such prompt version for this task; v1 exists"))
    }

    /// Renders the task's template. `fence` must be random and not guessable by whoever wrote the documents.
    ///
    /// # Errors
    ///
    /// A template that names an unknown variable; a test renders every template both ways.
    pub fn render(
        &self,
        input: &Input<Redacted>,
        analysis: Option<&Analysis>,
        version: &'static str,
        structured: bool,
        fence: &str,
    ) -> Result<Prompt, minijinja::Error> {
        let text = |redacted: &Redacted| redacted.as_str().to_owned();
        let list = |items: &[Redacted]| items.iter().map(text).collect::<Vec<_>>();
        let documents = match input {
            Input::ResumeOptimization { resume, job } => {
                context! { original_resume => text(resume), job_description => text(job) }
            }
            Input::CoverLetter { resume, job, company, position } => context! {
                original_resume => text(resume), job_description => text(job),
                company_name => text(company), position_title => text(position),
            },
            Input::JobAnalysis { job } => context! { job_description => text(job) },
            Input::BulletPoints { bullets, requirements } => {
                context! { experience_bullets => list(bullets), job_requirements => list(requirements) }
            }
            Input::Achievements { experience } => context! { experience_text => text(experience) },
            Input::QualityReview { resume } => context! { original_resume => text(resume) },
        };
        let findings = analysis.map(|analysis| {
            context! {
                missing_keywords => &analysis.missing_keywords,
                suggestions => &analysis.suggestions,
                match_score => analysis.match_score,
                semantic_similarity => analysis.semantic_similarity,
            }
        });
        let mut layers = vec![context! { fence, structured }, documents];
        layers.extend(findings);
        let variables = merge_maps(layers);
        let task = input.task();
        let user = self.templates.get_template(&format!("{}.{version}", task.name()))?.render(variables)?;
        // Nothing may speak to the model that a reader of the documents would not see.
        let user = match visible(&user) {
            Cow::Borrowed(_) => user,
            Cow::Owned(visible) => visible,
        };
        let system = self.systems.get(version).copied().unwrap_or_default();
        Ok(Prompt { system, user, schema: structured.then(|| schema(task)), version })
    }
}

fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests;
