//! The schemas of what this function answers, from the types that it answers with.

use schemars::{Schema, SchemaGenerator};
use shared::analysis::Analysis;
use shared::prompts::{Achievements, BulletPoints, CoverLetter, JobAnalysis, QualityReview, ResumeOptimization};
use shared::request::Task;

use crate::answer::{Answer, RedactedTexts};
use crate::batch::ItemResult;
use crate::data::Forgotten;

/// What is answered beside the tasks' own answers.
#[derive(Debug)]
pub struct Schemas {
    /// `/analyze`.
    pub analysis: Schema,
    /// `/redact`.
    pub redacted: Schema,
    /// One line or list item of a batch.
    pub item: Schema,
    /// `DELETE /data`.
    pub forgotten: Schema,
}

/// The schemas; what they refer to is left with `generator`.
#[must_use]
pub fn schemas(generator: &mut SchemaGenerator) -> Schemas {
    Schemas {
        analysis: generator.subschema_for::<Analysis>(),
        redacted: generator.subschema_for::<RedactedTexts>(),
        item: generator.subschema_for::<ItemResult>(),
        forgotten: generator.subschema_for::<Forgotten>(),
    }
}

/// A task's answer: the fields that all tasks share, and its own.
#[must_use]
pub fn answer(task: Task, generator: &mut SchemaGenerator) -> [Schema; 2] {
    let own = match task {
        Task::ResumeOptimization => generator.subschema_for::<ResumeOptimization>(),
        Task::CoverLetter => generator.subschema_for::<CoverLetter>(),
        Task::JobAnalysis => generator.subschema_for::<JobAnalysis>(),
        Task::BulletPoints => generator.subschema_for::<BulletPoints>(),
        Task::Achievements => generator.subschema_for::<Achievements>(),
        Task::QualityReview => generator.subschema_for::<QualityReview>(),
    };
    [generator.subschema_for::<Answer>(), own]
}
