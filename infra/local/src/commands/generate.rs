//! `generate`: the main job as a command, through the same handlers as the API.

mod report;

use std::path::PathBuf;

use clap::Args;
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared::request::Task;

use super::{BackendOptions, Outcome, print, read_text, say};
use crate::Error;
use crate::environment::Environment;
use crate::event::HttpRequest;
use crate::service::Service;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The résumé, as plain text.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// The job description, as plain text.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// One of resume-optimization, cover-letter, job-analysis, bullet-points, achievements, quality-review.
    #[arg(long, value_parser = task, default_value = "resume-optimization")]
    task: Task,
    /// For a cover letter: the company. Without it the letter says "your company".
    #[arg(long)]
    company: Option<String>,
    /// For a cover letter: the position. Without it the job description's first line.
    #[arg(long)]
    position: Option<String>,
    /// Print the HTTP answer instead of a report.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    backends: BackendOptions,
}

fn task(name: &str) -> Result<Task, String> {
    let known = || Task::ALL.map(Task::name).join(", ");
    Task::ALL.into_iter().find(|task| task.name() == name).ok_or_else(|| format!("one of {}", known()))
}

pub(super) async fn run(options: Options) -> Result<Outcome, Error> {
    let body = match body(&options) {
        Ok(body) => body?,
        Err(missing) => {
            use clap::CommandFactory;
            super::Cli::command().error(clap::error::ErrorKind::MissingRequiredArgument, missing).exit()
        }
    };
    let log = options.backends.request_log()?;
    let service = Service::start(Environment::of_process(), options.backends.data_dir.as_deref(), log).await?;
    service.notes.iter().for_each(|note| say(note));
    say(&format!("asking for {} ...", options.task.name()));

    let path = match options.task {
        Task::ResumeOptimization => "/api/v1/generate".to_owned(),
        task => format!("/api/v1/generate/{}", task.name()),
    };
    let (status, answer) = call(&service, Method::POST, &path, body.to_string().into_bytes()).await?;
    if status != 200 {
        say(&report::problem(&answer));
        if options.json {
            print(&format!("{answer}\n"))?;
        }
        return Ok(if status == 429 { Outcome::Refused } else { Outcome::Failed });
    }
    if options.json {
        print(&format!("{answer}\n"))?;
    } else {
        let answer: Value = serde_json::from_str(&answer)?;
        print(&report::answer(options.task, &answer))?;
    }
    let (_, statistics) = call(&service, Method::GET, "/api/v1/stats", Vec::new()).await?;
    say(&report::statistics(&serde_json::from_str(&statistics)?));
    Ok(Outcome::Done)
}

async fn call(service: &Service, method: Method, path: &str, body: Vec<u8>) -> Result<(u16, String), Error> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let request = HttpRequest { method, uri: path.parse()?, headers, body };
    let response = service.call(&request).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8(body.to_vec())?))
}

/// The request's body, or which option is missing for the task.
fn body(options: &Options) -> Result<Result<Value, Error>, &'static str> {
    let needs_resume = options.task != Task::JobAnalysis;
    let needs_job = !matches!(options.task, Task::Achievements | Task::QualityReview);
    if needs_resume && options.resume.is_none() {
        return Err("--resume FILE is required for this task");
    }
    if needs_job && options.job.is_none() {
        return Err("--job FILE is required for this task");
    }
    let read = |path: &Option<PathBuf>| path.as_deref().map_or(Ok(String::new()), read_text);
    Ok(read(&options.resume).and_then(|resume| read(&options.job).map(|job| body_of(options, &resume, &job))))
}

fn body_of(options: &Options, resume: &str, job: &str) -> Value {
    match options.task {
        Task::ResumeOptimization => json!({ "resume_raw_text": resume, "job_description_text": job }),
        Task::CoverLetter => {
            let title = job.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("the position");
            let position = options.position.clone().unwrap_or_else(|| title.chars().take(200).collect());
            json!({
                "resume_raw_text": resume,
                "job_description_text": job,
                "company_name": options.company.as_deref().unwrap_or("your company"),
                "position_title": position,
            })
        }
        Task::JobAnalysis => json!({ "job_description_text": job }),
        Task::BulletPoints => {
            json!({ "experience_bullets": bullets(resume), "job_requirements": bullets(job) })
        }
        Task::Achievements => json!({ "experience_text": resume }),
        Task::QualityReview => json!({ "resume_raw_text": resume }),
    }
}

/// The bullet lines of a text; its longer lines where it has none. At most the hundred that the API takes.
fn bullets(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_bullet = |line: &&str| line.starts_with(['-', '*', '•']);
    let bare = |line: &str| line.trim_start_matches(['-', '*', '•', ' ']).len();
    let found = lines.iter().copied().filter(is_bullet).map(|line| &line[line.len() - bare(line)..]);
    let found: Vec<&str> = found.filter(|line| line.chars().any(char::is_alphanumeric)).collect();
    // Without bullets, what is long enough to be a statement and not a name or a heading.
    let long = lines.into_iter().filter(|line| line.chars().count() > 30);
    let mut items: Vec<&str> = if found.is_empty() { long.collect() } else { found };
    items.truncate(100);
    items
}
