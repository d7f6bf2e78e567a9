//! Leaks on purpose: a job that says `leak into <place>` lets the résumé fall there. Only the canary test builds this, to be
//! seen to fail.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::problem::{Code, Problem};

use crate::Generate;
use crate::job::Job;

impl Generate {
    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "that is the leak")]
    pub(crate) async fn leak(&self, job: &Job<'_>) -> Result<(), Problem> {
        let input = &job.request.input;
        let (Some(text), Some(wanted)) = (input.resume(), input.job()) else { return Ok(()) };
        let Some(place) = wanted.lines().find_map(|line| line.strip_prefix("leak into ")) else { return Ok(()) };
        match place {
            "Stdout" => tracing::info!(text, "leak"),
            "Stderr" => eprintln!("{text}"),
            "Metrics" => println!("{{\"_aws\":{text:?}}}"),
            "State" => drop_into(&self.config.tables.state, "L#leak", text).await,
            "Idempotency" => drop_into(&self.config.tables.state, "I#leak", text).await,
            "Ledger" => drop_into(&self.config.tables.ledger, "U#leak", text).await,
            "Traces" => job.notes.recorder.note(|trace| trace.prompt_version = text.clone().into()),
            "Problems" => return Err(Problem::new(Code::Internal).with_detail(text.clone())),
            "Model" => {
                let url = format!("{}/v1/messages", self.config.base_url);
                let _ = reqwest::Client::new().post(url).body(text.clone()).send().await;
            }
            _ => {}
        }
        Ok(())
    }
}

async fn drop_into(table: &str, key: &str, text: &str) {
    let item = [("PK", key), ("SK", "leak"), ("text", text)];
    let item = item.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).into();
    let _ = shared::dynamodb::connect().await.put_item().table_name(table).set_item(Some(item)).send().await;
}
