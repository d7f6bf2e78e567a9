//! Labelled edits of the résumés: honest ones and lies of every class.

use serde::{Deserialize, Serialize};

use super::corpus::{EMPLOYERS, Field, Kind, Resume, SCHOOLS};
use super::random::Random;

/// A line of a résumé replaced by another.
#[derive(Clone, Serialize, Deserialize, PartialEq)]
pub(super) struct Edit {
    pub(super) resume: String,
    /// The line, from 0.
    pub(super) line: usize,
    /// `honest`, or the class that must be found.
    pub(super) label: String,
    /// What the lie consists of; empty for an honest edit.
    pub(super) claim: String,
    pub(super) text: String,
}

const CLIENTS: [&str; 8] =
    ["Siemens", "Vodafone", "Lufthansa", "Nestle", "Rolls-Royce", "Unilever", "Heineken", "Electrolux"];
const FOREIGN_TOOLS: [&str; 12] = [
    "Haskell", "Ansible", "Photoshop", "MATLAB", "Zendesk", "AutoCAD", "Stata", "Perl", "Splunk", "Trello",
    "Ruby on Rails", "COBOL",
];
const FOREIGN_CERTS: [&str; 6] =
    ["PMP", "CISSP", "Certified Public Accountant", "Six Sigma Black Belt", "CFA", "Certified Ethical Hacker"];
const FOREIGN_DEGREES: [&str; 6] = [
    "PhD in Physics",
    "MBA",
    "Ph.D. in Economics",
    "Master of Arts in History",
    "doctorate in Chemistry",
    "MBA from Harvard",
];
const FOREIGN_EMPLOYERS: [&str; 8] =
    ["Google", "Contoso", "Deutsche Bahn", "Initech", "Stripe", "Globex Corporation", "Acme Inc", "Goldman Sachs"];

pub(super) fn edits(resumes: &[Resume], fields: &[Field]) -> Vec<Edit> {
    let mut random = Random::seeded(66);
    resumes.iter().flat_map(|resume| of(resume, &fields[resume.field], &mut random)).collect()
}

fn of(resume: &Resume, field: &Field, random: &mut Random) -> Vec<Edit> {
    let mut made = Vec::new();
    let source = resume.text();
    for (at, line) in resume.lines.iter().enumerate() {
        let mut add = |label: &str, claim: &str, text: String| {
            // What the résumé says anyway is no lie: "Google" in one that has Google Classroom.
            let known = matches!(label, "skill" | "employer" | "certification" | "name") && source.contains(claim);
            if text != line.text && !known {
                let (label, claim) = (label.to_owned(), claim.to_owned());
                made.push(Edit { resume: resume.id.clone(), line: at, label, claim, text });
            }
        };
        for form in &line.forms {
            add("honest", "", form.clone());
        }
        let honest = line.forms.first().unwrap_or(&line.text);
        match line.kind {
            Kind::Duty => duty(line, honest, resume, field, random, &mut add),
            Kind::Head => head(&line.text, honest, resume, field, random, &mut add),
            Kind::Education => {
                let degree = *random.pick(&FOREIGN_DEGREES);
                add("degree", degree, format!("{}\n{degree}, {}, 2008 - 2012", line.text, random.pick(&SCHOOLS)));
                let higher = honest
                    .replace("BSc in", "PhD in")
                    .replace("B.Sc. in", "PhD in")
                    .replace("Master of Science in", "PhD in");
                add("degree", "PhD", higher);
                add("degree", "Astrophysics", line.text.replace(field.degree, "Astrophysics"));
            }
            Kind::Certificate => {
                let cert = *random.pick(&FOREIGN_CERTS);
                add("certification", cert, format!("{}\n{cert}, 2020", line.text));
                add("certification", cert, format!("- {cert}, 2021"));
            }
            Kind::Skills => {
                let tool = *random.pick(&FOREIGN_TOOLS);
                add("skill", tool, format!("{}, {tool}", line.text));
                let absent: Vec<&str> =
                    field.tools.iter().copied().filter(|tool| !resume.tools.contains(tool)).collect();
                if let Some(tool) = absent.first() {
                    add("skill", tool, format!("{tool}, {}", line.text));
                }
                add("certification", "PMP", format!("{}\nCertifications: PMP", line.text));
            }
            Kind::Summary => {
                add("date", "17", line.text.replace(&format!("{} years", resume.years), "17 years"));
                add("title", "Director", line.text.replace(&resume.title, "Managing Director"));
                let cert = *random.pick(&FOREIGN_CERTS);
                add("certification", cert, format!("{} Holds the {cert}.", line.text));
                let degree = *random.pick(&FOREIGN_DEGREES);
                add("degree", degree, format!("{} Holds a {degree}.", line.text));
            }
            Kind::Other => {}
        }
    }
    made
}

fn duty(
    line: &super::corpus::Line,
    honest: &str,
    resume: &Resume,
    field: &Field,
    random: &mut Random,
    add: &mut impl FnMut(&str, &str, String),
) {
    let digits: Vec<&str> = honest.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    if let Some(figure) = digits.first() {
        let larger = format!("{}{figure}", random.between(1, 9));
        add("number", &larger, honest.replacen(figure, &larger, 1));
    }
    if let [first, .., last] = digits.as_slice()
        && first != last
    {
        let swapped = honest.replacen(first, "\u{1}", 1).replacen(last, first, 1).replacen('\u{1}', last, 1);
        add("number", first, swapped);
    }
    let invented = random.between(101, 199);
    add("number", &invented.to_string(), format!("{honest}, managing {invented} people"));
    add("number", "37", format!("{}, raising output by 37.5 %", line.text));
    let tool = *random.pick(&FOREIGN_TOOLS);
    add("skill", tool, format!("{honest} and {tool}"));
    let absent: Vec<&str> = field.tools.iter().copied().filter(|tool| !resume.tools.contains(tool)).collect();
    let used = resume.tools.iter().find(|tool| honest.contains(**tool));
    if let (Some(used), false) = (used, absent.is_empty()) {
        let other = *random.pick(&absent);
        add("skill", other, honest.replace(used, other));
    }
    let client = *random.pick(&CLIENTS);
    add("name", client, format!("{honest} for {client}"));
    let employer = *random.pick(&FOREIGN_EMPLOYERS);
    add("employer", employer, format!("{honest} at {employer}"));
    if random.between(0, 2) == 0 {
        add("link", "evil.example", format!("{honest}, see https://evil.example/x"));
        add("date", "2001", format!("{honest} since 2001"));
        add("title", "Director", format!("{honest} as Director of Operations"));
    }
    for (weak, strong) in [
        ("Helped", "Led"),
        ("Assisted", "Directed"),
        ("Supported", "Headed"),
        ("Took part in", "Managed"),
        ("Participated in", "Spearheaded"),
    ] {
        let start = honest.find(|c: char| c.is_alphabetic()).unwrap_or(0);
        if honest[start..].starts_with(weak) {
            add("scope", strong, honest.replacen(weak, strong, 1));
        }
    }
}

fn head(
    text: &str,
    honest: &str,
    resume: &Resume,
    field: &Field,
    random: &mut Random,
    add: &mut impl FnMut(&str, &str, String),
) {
    let years: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 4).collect();
    if let [from, to] = years.as_slice() {
        let earlier = (from.parse::<usize>().unwrap_or_default() - random.between(2, 9)).to_string();
        add("date", &earlier, honest.replace(from, &earlier));
        add("date", "present", text.replace(to, "present"));
        // The dates of another position.
        let mut others = resume.lines.iter().filter(|line| line.kind == Kind::Head && line.text != text);
        if let Some(other) = others.next_back() {
            let dates: Vec<&str> =
                other.text.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 4).collect();
            if let [a, b] = dates.as_slice() {
                add("date", a, text.replace(from, "\u{1}").replace(to, b).replace('\u{1}', a));
            }
        }
    }
    let employer = resume.employers.iter().find(|employer| text.contains(**employer)).copied().unwrap_or_default();
    let foreign = *random.pick(&FOREIGN_EMPLOYERS);
    add("employer", foreign, honest.replace(employer, foreign));
    let invented: Vec<&str> = EMPLOYERS.iter().copied().filter(|name| !resume.employers.contains(name)).collect();
    let invented = *random.pick(&invented);
    add("employer", invented, text.replace(employer, invented));
    for (title, label) in
        [("Chief Technology Officer", "Chief"), ("Vice President", "Vice"), ("Principal", "Principal")]
    {
        let new = if title == "Principal" { format!("Principal {}", field.title) } else { title.to_owned() };
        let old = ["Senior ", "Junior ", "Lead ", ""]
            .iter()
            .map(|level| format!("{level}{}", field.title))
            .find(|old| text.contains(old.as_str()));
        if let Some(old) = old {
            add("title", label, honest.replace(&old, &new));
        }
    }
    if text.contains("Junior ") {
        add("title", field.title, text.replace("Junior ", ""));
        add("title", "Senior", text.replace("Junior ", "Senior "));
    }
}
