//! Outputs: what each task's answer must look like, as a Rust type, a JSON schema made from it, and a parser.
//!
//! The schema stays within what the provider accepts (`additionalProperties: false`, everything required, no bounds,
//! nothing nullable except through `anyOf`); lengths and ranges are checked here. The text field comes first, because a
//! model writes properties in the schema's order and the text is what can be streamed.

use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::FieldDecoder;
use crate::analysis::Importance;
use crate::redaction::{Redacted, Vault};
use crate::request::{Input, Task};

/// Answer to [`Task::ResumeOptimization`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResumeOptimization {
    /// The whole rewritten résumé as plain text with line breaks.
    pub optimized_resume: String,
    /// Each concrete change, and each gap that was left open.
    pub changes_made: Vec<String>,
    /// What the changes improve, in one to three sentences.
    pub expected_improvement: String,
}

/// Answer to [`Task::CoverLetter`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoverLetter {
    /// The whole letter as plain text with line breaks.
    pub cover_letter: String,
}

/// One requirement of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobRequirement {
    /// The requirement in the job description's words.
    pub text: String,
    /// How much the job wants it.
    pub importance: Importance,
}

/// Answer to [`Task::JobAnalysis`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobAnalysis {
    /// What the job asks for.
    pub requirements: Vec<JobRequirement>,
    /// What the person will do.
    pub responsibilities: Vec<String>,
    /// Experience asked for; empty if none is stated.
    pub experience: String,
    /// Education asked for; empty if none is stated.
    pub education: String,
    /// Words an application should use where they are true.
    pub keywords: Vec<String>,
    /// Signs of the workplace's culture.
    pub culture: Vec<String>,
    /// Reasons for caution.
    pub red_flags: Vec<String>,
    /// Level, or null where none is stated.
    pub seniority: Option<String>,
    /// The job in a few sentences.
    pub summary: String,
}

/// One bullet point, before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TailoredBullet {
    /// The bullet point as given.
    pub original: String,
    /// The bullet point for the job.
    pub tailored: String,
    /// Why.
    pub rationale: String,
}

/// Answer to [`Task::BulletPoints`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BulletPoints {
    /// One for each given bullet point, in the same order.
    pub bullets: Vec<TailoredBullet>,
}

/// Answer to [`Task::Achievements`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Achievements {
    /// Three to five achievements.
    pub achievements: Vec<String>,
}

/// Scores from 0 to 10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scores {
    /// How well software reads the résumé.
    pub ats_compatibility: f64,
    /// Substance.
    pub content: f64,
    /// Language.
    pub writing: f64,
    /// Order and sections.
    pub structure: f64,
    /// All in all.
    pub overall: f64,
}

/// How much an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Costs interviews.
    High,
    /// Should be mended.
    Medium,
    /// Cosmetic.
    Low,
}

/// One issue of a résumé.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong and where.
    pub text: String,
}

/// Answer to [`Task::QualityReview`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityReview {
    /// Five scores.
    pub scores: Scores,
    /// What is good.
    pub strengths: Vec<String>,
    /// What is not.
    pub issues: Vec<Issue>,
    /// What to do.
    pub recommendations: Vec<String>,
}

/// A task's answer. It serializes as the fields of its task.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Output {
    /// For [`Task::ResumeOptimization`].
    ResumeOptimization(ResumeOptimization),
    /// For [`Task::CoverLetter`].
    CoverLetter(CoverLetter),
    /// For [`Task::JobAnalysis`].
    JobAnalysis(JobAnalysis),
    /// For [`Task::BulletPoints`].
    BulletPoints(BulletPoints),
    /// For [`Task::Achievements`].
    Achievements(Achievements),
    /// For [`Task::QualityReview`].
    QualityReview(QualityReview),
}

/// The model's answer does not have the agreed form. Holds none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model's answer does not have the agreed form")]
pub struct InvalidOutput;

impl Output {
    /// Reads a complete answer: JSON by the schema, or tagged sections.
    ///
    /// # Errors
    ///
    /// [`InvalidOutput`] where a field is missing, of another type, empty where text is due, or out of range.
    pub fn parse(task: Task, structured: bool, text: &str) -> Result<Output, InvalidOutput> {
        let value =
            if structured { serde_json::from_str(text).map_err(|_| InvalidOutput)? } else { tagged(task, text)? };
        let output = Output::from_value(task, value)?;
        output.is_valid().then_some(output).ok_or(InvalidOutput)
    }

    /// The part of an answer that the model was cut off in: the complete lines of its text field, all else empty.
    ///
    /// # Errors
    ///
    /// [`InvalidOutput`] for a task without a text field, or where not one line is complete.
    pub fn parse_truncated(task: Task, structured: bool, text: &str) -> Result<Output, InvalidOutput> {
        let partial =
            if structured { partial_text(task, text) } else { tagged_start(task, text) }.ok_or(InvalidOutput)?;
        let lines = partial.rfind('\n').map(|end| partial[..end].to_owned()).filter(|lines| !lines.trim().is_empty());
        let lines = lines.ok_or(InvalidOutput)?;
        match task {
            Task::ResumeOptimization => Ok(Output::ResumeOptimization(ResumeOptimization {
                optimized_resume: lines,
                changes_made: Vec::new(),
                expected_improvement: String::new(),
            })),
            Task::CoverLetter => Ok(Output::CoverLetter(CoverLetter { cover_letter: lines })),
            _ => Err(InvalidOutput),
        }
    }

    /// Holds the answer against its input: one bullet for each that was given, in the same order, with the given text as
    /// its original.
    ///
    /// # Errors
    ///
    /// [`InvalidOutput`] for another number of bullets.
    pub fn fit(&mut self, input: &Input<Redacted>) -> Result<(), InvalidOutput> {
        let (Output::BulletPoints(output), Input::BulletPoints { bullets, .. }) = (self, input) else { return Ok(()) };
        if output.bullets.len() != bullets.len() {
            return Err(InvalidOutput);
        }
        for (bullet, given) in output.bullets.iter_mut().zip(bullets) {
            given.as_str().clone_into(&mut bullet.original);
        }
        Ok(())
    }

    fn from_value(task: Task, value: Value) -> Result<Output, InvalidOutput> {
        let output = match task {
            Task::ResumeOptimization => serde_json::from_value(value).map(Output::ResumeOptimization),
            Task::CoverLetter => serde_json::from_value(value).map(Output::CoverLetter),
            Task::JobAnalysis => serde_json::from_value(value).map(Output::JobAnalysis),
            Task::BulletPoints => serde_json::from_value(value).map(Output::BulletPoints),
            Task::Achievements => serde_json::from_value(value).map(Output::Achievements),
            Task::QualityReview => serde_json::from_value(value).map(Output::QualityReview),
        };
        output.map_err(|_| InvalidOutput)
    }

    fn is_valid(&self) -> bool {
        match self {
            Output::ResumeOptimization(output) => !output.optimized_resume.trim().is_empty(),
            Output::CoverLetter(output) => !output.cover_letter.trim().is_empty(),
            Output::JobAnalysis(_) => true,
            Output::BulletPoints(output) => output.bullets.iter().all(|bullet| !bullet.tailored.trim().is_empty()),
            Output::Achievements(output) => (3..=5).contains(&output.achievements.len()),
            Output::QualityReview(QualityReview { scores, .. }) => {
                let Scores { ats_compatibility, content, writing, structure, overall } = scores;
                [ats_compatibility, content, writing, structure, overall]
                    .iter()
                    .all(|score| (0.0..=10.0).contains(*score))
            }
        }
    }

    /// The task's text field, which is what a stream shows, where the task has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Output::ResumeOptimization(output) => Some(&output.optimized_resume),
            Output::CoverLetter(output) => Some(&output.cover_letter),
            _ => None,
        }
    }

    /// Every text that states something about the applicant, for verification, in order.
    pub fn claims_mut(&mut self) -> Vec<&mut String> {
        match self {
            Output::ResumeOptimization(output) => vec![&mut output.optimized_resume],
            Output::CoverLetter(output) => vec![&mut output.cover_letter],
            Output::BulletPoints(output) => output.bullets.iter_mut().map(|bullet| &mut bullet.tailored).collect(),
            Output::Achievements(output) => output.achievements.iter_mut().collect(),
            Output::JobAnalysis(_) | Output::QualityReview(_) => Vec::new(),
        }
    }

    /// Every text that says something about the documents rather than for the applicant.
    pub fn remarks_mut(&mut self) -> Vec<&mut String> {
        match self {
            Output::ResumeOptimization(output) => {
                output.changes_made.iter_mut().chain([&mut output.expected_improvement]).collect()
            }
            Output::BulletPoints(output) => output.bullets.iter_mut().map(|bullet| &mut bullet.rationale).collect(),
            Output::CoverLetter(_) | Output::Achievements(_) => Vec::new(),
            Output::JobAnalysis(_) | Output::QualityReview(_) => self.texts_mut(),
        }
    }

    /// Takes list items out that have no text.
    pub fn drop_empty_remarks(&mut self) {
        let clean = |list: &mut Vec<String>| list.retain(|item| !item.trim().is_empty());
        match self {
            Output::ResumeOptimization(output) => clean(&mut output.changes_made),
            Output::JobAnalysis(output) => {
                output.requirements.retain(|requirement| !requirement.text.trim().is_empty());
                for list in
                    [&mut output.responsibilities, &mut output.keywords, &mut output.culture, &mut output.red_flags]
                {
                    clean(list);
                }
            }
            Output::QualityReview(output) => {
                output.issues.retain(|issue| !issue.text.trim().is_empty());
                clean(&mut output.strengths);
                clean(&mut output.recommendations);
            }
            Output::CoverLetter(_) | Output::BulletPoints(_) | Output::Achievements(_) => {}
        }
    }

    /// Puts personal data back into every text.
    pub fn rehydrate(&mut self, vault: &Vault) {
        for text in self.texts_mut() {
            *text = vault.rehydrate(text);
        }
    }

    fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Output::ResumeOptimization(ResumeOptimization { optimized_resume, changes_made, expected_improvement }) => {
                [optimized_resume, expected_improvement].into_iter().chain(changes_made).collect()
            }
            Output::CoverLetter(output) => vec![&mut output.cover_letter],
            Output::JobAnalysis(output) => {
                let requirements = output.requirements.iter_mut().map(|requirement| &mut requirement.text);
                let lists =
                    [&mut output.responsibilities, &mut output.keywords, &mut output.culture, &mut output.red_flags];
                let texts = [&mut output.experience, &mut output.education, &mut output.summary];
                requirements.chain(lists.into_iter().flatten()).chain(texts).chain(&mut output.seniority).collect()
            }
            Output::BulletPoints(output) => {
                let bullets = output.bullets.iter_mut();
                bullets.flat_map(|bullet| [&mut bullet.original, &mut bullet.tailored, &mut bullet.rationale]).collect()
            }
            Output::Achievements(output) => output.achievements.iter_mut().collect(),
            Output::QualityReview(output) => {
                let issues = output.issues.iter_mut().map(|issue| &mut issue.text);
                issues.chain(&mut output.strengths).chain(&mut output.recommendations).collect()
            }
        }
    }
}

/// The decoded beginning of the task's text in a JSON object that may be cut anywhere.
#[must_use]
pub fn partial_text(task: Task, json: &str) -> Option<String> {
    let text = FieldDecoder::of(task.text_field()?).push(json);
    (!text.is_empty()).then_some(text)
}

/// The JSON schema of a task's answer in the provider's subset.
#[must_use]
pub fn schema(task: Task) -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let generator = settings.with_transform(Subset).into_generator();
    let schema = match task {
        Task::ResumeOptimization => generator.into_root_schema_for::<ResumeOptimization>(),
        Task::CoverLetter => generator.into_root_schema_for::<CoverLetter>(),
        Task::JobAnalysis => generator.into_root_schema_for::<JobAnalysis>(),
        Task::BulletPoints => generator.into_root_schema_for::<BulletPoints>(),
        Task::Achievements => generator.into_root_schema_for::<Achievements>(),
        Task::QualityReview => generator.into_root_schema_for::<QualityReview>(),
    };
    schema.to_value()
}

#[derive(Clone, Debug)]
struct Subset;

impl Transform for Subset {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        for key in ["title", "format", "minimum", "maximum"] {
            schema.remove(key);
        }
        if let Some(Value::Array(types)) = schema.get("type").cloned() {
            schema.remove("type");
            schema.insert("anyOf".to_owned(), types.iter().map(|name| json!({ "type": name })).collect());
        }
        // Unit variants with descriptions come as `oneOf` of constants.
        if let Some(Value::Array(variants)) = schema.remove("oneOf") {
            let names = variants.iter().filter_map(|variant| variant.get("const").cloned()).collect();
            schema.insert("type".to_owned(), json!("string"));
            schema.insert("enum".to_owned(), Value::Array(names));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(names) = properties.map(|properties| properties.keys().cloned().collect::<Vec<_>>()) {
            schema.insert("required".to_owned(), json!(names));
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
    }
}

/// The fields of a task in order, and whether each is plain text (not JSON) between its tags.
fn fields(task: Task) -> Vec<(String, bool)> {
    let schema = schema(task);
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties.map(|(name, property)| (name.clone(), property.get("type") == Some(&json!("string")))).collect()
}

fn tagged(task: Task, text: &str) -> Result<Value, InvalidOutput> {
    let mut object = Map::new();
    let mut rest = text;
    for (name, plain) in fields(task) {
        let (_, after) = rest.split_once(&format!("<{name}>")).ok_or(InvalidOutput)?;
        let (inside, after) = after.split_once(&format!("</{name}>")).ok_or(InvalidOutput)?;
        let inside = inside.trim_matches('\n');
        let value = if plain { json!(inside) } else { serde_json::from_str(inside).map_err(|_| InvalidOutput)? };
        object.insert(name, value);
        rest = after;
    }
    Ok(Value::Object(object))
}

fn tagged_start(task: Task, text: &str) -> Option<String> {
    let (name, _) = fields(task).into_iter().next().filter(|(_, plain)| *plain)?;
    let (_, inside) = text.split_once(&format!("<{name}>"))?;
    Some(inside.split(&format!("</{name}>")).next().unwrap_or(inside).trim_start_matches('\n').to_owned())
}
