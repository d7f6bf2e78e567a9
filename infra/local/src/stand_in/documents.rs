//! What the prompt holds between its fences.

use std::collections::BTreeMap;

/// The fenced documents of a prompt by label, such as `RESUME`.
pub(super) struct Documents(BTreeMap<String, String>);

impl Documents {
    /// A document opens with a line `<<<LABEL id` and closes with `id LABEL>>>`; both must agree.
    pub(super) fn of(prompt: &str) -> Documents {
        let mut documents = BTreeMap::new();
        let mut lines = prompt.lines();
        while let Some(line) = lines.next() {
            let Some((label, id)) = line.strip_prefix("<<<").and_then(|rest| rest.split_once(' ')) else { continue };
            let close = format!("{id} {label}>>>");
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != close).collect();
            documents.insert(label.to_owned(), inside.join("\n"));
        }
        Documents(documents)
    }

    /// A document, empty where there is none.
    pub(super) fn text(&self, label: &str) -> &str {
        self.0.get(label).map_or("", String::as_str)
    }

    /// A numbered list: `[1] …` begins an item, other lines continue it.
    pub(super) fn items(&self, label: &str) -> Vec<String> {
        let mut items: Vec<String> = Vec::new();
        for line in self.text(label).lines() {
            match line.strip_prefix(&format!("[{}] ", items.len() + 1)) {
                Some(text) => items.push(text.to_owned()),
                None => {
                    if let Some(last) = items.last_mut() {
                        last.push('\n');
                        last.push_str(line);
                    }
                }
            }
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_ends_at_its_own_fence_only() {
        let prompt =
            "x\n<<<RESUME 7f\nline\n00 RESUME>>>\n<<<JOB 7f\n7f RESUME>>>\ny\n<<<LIST 7f\n[1] a\nb\n[2] c\n7f LIST>>>";
        let documents = Documents::of(prompt);
        assert_eq!(documents.text("RESUME"), "line\n00 RESUME>>>\n<<<JOB 7f");
        assert_eq!(documents.items("LIST"), ["a\nb", "c"]);
        assert_eq!(documents.text("NONE"), "");
    }
}
