//! Invented résumés and jobs, generated from `infra/bench/data/fields.txt`.

use serde::{Deserialize, Serialize};

use super::random::Random;

const FIELDS: &str = include_str!("../../data/fields.txt");
const SEED: u64 = 6;
/// Résumés for each field.
const RESUMES: usize = 6;
/// Jobs for each field.
const JOBS: usize = 2;

const PEOPLE: [&str; 20] = [
    "Marit Oyelaran", "Tobias Lindqvist", "Priya Vellathur", "Anselm Kowalczuk", "Odalys Brannigan",
    "Ingrid Achterberg", "Rosalind Pemberton", "Mateusz Wieczorek", "Leocadia Marchetti", "Dmitri Halloran",
    "Yusuf Adebayo", "Hana Morimoto", "Casimir Whitlock", "Beatriz Quintanilla", "Olufemi Sanderson",
    "Greta Zimmermann", "Farid Haidari", "Saoirse Gallagher", "Nikolai Petersen", "Amara Nwosu",
];
pub(super) const EMPLOYERS: [&str; 24] = [
    "Northwind Freight", "Halvorsen Analytics", "Bexley Retail Systems", "Cardinal Ledger", "Larkmoor Clinic",
    "Ostrava Metalworks", "Fenwick Insurance", "Tidewater Logistics", "Quillfeather Press", "Marlowe Academy",
    "Greenhollow Foods", "Pinecrest Hospital", "Aldergate Bank", "Solveig Energy", "Brightmere Studios",
    "Kestrel Aviation", "Dunmore Textiles", "Harrowgate College", "Westerholm Pharma", "Copperfield Tools",
    "Ravenscourt Media", "Juniper Housing", "Stellan Robotics", "Amberley Hotels",
];
const CITIES: [&str; 10] =
    ["Columbus", "Hamburg", "Leeds", "Dayton", "Lyon", "Utrecht", "Gdansk", "Porto", "Malmo", "Cork"];
pub(super) const SCHOOLS: [&str; 6] = [
    "Wright State University",
    "Leeds Beckett University",
    "Malmo University",
    "University of Porto",
    "Lakeland College",
    "Utrecht University",
];
/// Names that mean the same; a job writes one, a résumé another.
const ALIASES: [(&str, &str); 10] = [
    ("JavaScript", "JS"),
    ("Kubernetes", "k8s"),
    ("PostgreSQL", "Postgres"),
    ("Power BI", "PowerBI"),
    ("Elasticsearch", "Elastic Search"),
    ("Next.js", "NextJS"),
    ("React", "React.js"),
    ("EHR", "electronic health records"),
    ("Canvas LMS", "Canvas LMS"),
    ("Excel", "Microsoft Excel"),
];

pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) tools: Vec<&'static str>,
    pub(super) degree: &'static str,
    pub(super) certs: Vec<&'static str>,
    /// Each with its honest forms.
    pub(super) duties: Vec<Vec<&'static str>>,
    pub(super) wants: Vec<&'static str>,
    /// The work in other words than a résumé's, without a title or a tool.
    pub(super) about: &'static str,
}

/// A line of a résumé as it is, and honest other forms of it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) forms: Vec<String>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Other,
    Summary,
    /// The head of a position.
    Head,
    Duty,
    Education,
    Certificate,
    Skills,
}

pub(super) struct Resume {
    pub(super) id: String,
    pub(super) field: usize,
    pub(super) years: usize,
    pub(super) tools: Vec<&'static str>,
    pub(super) lines: Vec<Line>,
    pub(super) employers: Vec<&'static str>,
    pub(super) title: String,
}

impl Resume {
    pub(super) fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// A job as it is committed.
#[derive(Clone, Serialize, Deserialize, PartialEq)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) field: String,
    pub(super) years: usize,
    /// Tools that it requires, by their first names.
    pub(super) tools: Vec<String>,
    pub(super) text: String,
}

pub(super) fn fields() -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for line in FIELDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("@ ") {
            let (title, degree) = ("", "");
            fields.push(Field {
                name,
                title,
                tools: vec![],
                degree,
                certs: vec![],
                duties: vec![],
                wants: vec![],
                about: "",
            });
            continue;
        }
        let (Some((key, rest)), Some(field)) = (line.split_once(": "), fields.last_mut()) else { continue };
        match key {
            "title" => field.title = rest,
            "degree" => field.degree = rest,
            "tools" => field.tools = rest.split(", ").collect(),
            "certs" => field.certs = rest.split(", ").collect(),
            "about" => field.about = rest,
            "wants" => field.wants = rest.split(" | ").collect(),
            _ => field.duties.push(rest.split(" || ").collect()),
        }
    }
    fields
}

fn fill(form: &str, figures: [usize; 3], tools: [&str; 2]) -> String {
    let [n, m, p] = figures.map(|figure| figure.to_string());
    form.replace("{n}", &n).replace("{m}", &m).replace("{p}", &p).replace("{t}", tools[0]).replace("{u}", tools[1])
}

fn plain(text: impl Into<String>) -> Line {
    Line { text: text.into(), forms: Vec::new(), kind: Kind::Other }
}

pub(super) fn resumes(fields: &[Field]) -> Vec<Resume> {
    let mut random = Random::seeded(SEED);
    let mut made = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        for number in 0..RESUMES {
            made.push(resume(index, field, number, &mut random));
        }
    }
    made
}

fn resume(index: usize, field: &Field, number: usize, random: &mut Random) -> Resume {
    let known = random.between(4, field.tools.len().min(8));
    let tools = random.sample(&field.tools, known);
    let positions = 1 + number % 3;
    let employers = random.sample(&EMPLOYERS, positions);
    let seniority = ["", "Junior ", "Senior ", "", "Lead ", "Senior "][number];
    let title = format!("{seniority}{}", field.title);
    let bullet = ["- ", "• ", "* "][number % 3];
    let mut year = 2024;
    let mut heads = Vec::new();
    for position in 0..positions {
        let length = random.between(2, 4);
        let own = match (position, positions - position) {
            (0, _) => title.clone(),
            (_, 1) => format!("Junior {}", field.title),
            _ => field.title.to_owned(),
        };
        heads.push((own, year - length, year));
        year -= length;
    }
    let years = 2024 - year;
    let mut lines = vec![
        plain(*random.pick(&PEOPLE)),
        plain(title.clone()),
        plain("someone@example.org | +1 202-555-0147"),
        plain(""),
    ];
    let article = if title.starts_with(['A', 'E', 'I', 'O', 'U', 'H']) { "An" } else { "A" };
    if number.is_multiple_of(2) {
        let (first, second) = (tools[0], tools[1]);
        lines.push(plain("SUMMARY"));
        lines.push(Line {
            text: format!("{title} with {years} years of experience. Good at {first} and {second}."),
            forms: vec![
                format!("{title} with {years} years of experience, skilled in {first} and {second}."),
                format!("{article} {} with {years} years of experience in {second} and {first}.", title.to_lowercase()),
            ],
            kind: Kind::Summary,
        });
        lines.push(plain(""));
    }
    lines.push(plain("EXPERIENCE"));
    let duties = random.sample(&field.duties, field.duties.len());
    let mut next = duties.iter().cycle();
    for ((own, from, to), employer) in heads.iter().zip(&employers) {
        let city = random.pick(&CITIES);
        let text = match number % 3 {
            0 => format!("{own}, {employer}, {city}, {from} - {to}"),
            1 => format!("{employer}, {city} | {own} | {from}–{to}"),
            _ => format!("{from} – {to}: {own} at {employer}, {city}"),
        };
        let forms = vec![
            format!("{own} | {employer}, {city} | {from} – {to}"),
            format!("{employer} ({city}) — {own}, {from} to {to}"),
        ];
        lines.push(Line { text, forms, kind: Kind::Head });
        for _ in 0..(8 / positions).clamp(2, 4) {
            let Some(forms) = next.next() else { break };
            let figures = [random.between(3, 96), random.between(2, 60), random.between(61, 99)];
            let own = random.sample(&tools, 2);
            let text = |form: &str| format!("{bullet}{}", fill(form, figures, [own[0], own[1]]));
            lines.push(Line {
                text: text(forms[0]),
                forms: forms[1..].iter().map(|form| text(form)).collect(),
                kind: Kind::Duty,
            });
        }
        lines.push(plain(""));
    }
    lines.push(plain("EDUCATION"));
    let (level, other) = *random.pick(&[
        ("B.Sc. in", "BSc in"),
        ("Bachelor of Science in", "B.Sc. in"),
        ("M.Sc. in", "Master of Science in"),
    ]);
    let school = random.pick(&SCHOOLS);
    let end = year - 1;
    lines.push(Line {
        text: format!("{level} {}, {school}, {} - {end}", field.degree, end - 3),
        forms: vec![format!("{other} {}, {school}, {}–{end}", field.degree, end - 3)],
        kind: Kind::Education,
    });
    if number % 2 == 1 {
        lines.push(plain(""));
        lines.push(plain("CERTIFICATES"));
        let cert = random.pick(&field.certs);
        let got = random.between(2019, 2024);
        lines.push(Line {
            text: format!("{bullet}{cert}, {got}"),
            forms: vec![format!("{bullet}{cert} ({got})")],
            kind: Kind::Certificate,
        });
    }
    lines.push(plain(""));
    lines.push(plain("SKILLS"));
    let mut turned = tools.clone();
    turned.rotate_left(2);
    lines.push(Line {
        text: tools.join(", "),
        forms: vec![turned.join(", "), format!("Core skills: {}", tools.join(", "))],
        kind: Kind::Skills,
    });
    Resume { id: format!("{}-{number}", field.name), field: index, years, tools, lines, employers, title }
}

pub(super) fn jobs(fields: &[Field]) -> Vec<Job> {
    let mut random = Random::seeded(SEED + 1);
    let mut made = Vec::new();
    for field in fields {
        for number in 0..JOBS {
            let chosen = random.sample(&field.tools, 7);
            let (required, preferred) = chosen.split_at(4);
            let years = [2, 5][number];
            let alias =
                |tool: &str| ALIASES.iter().find(|(name, _)| *name == tool).map_or(tool, |(_, alias)| alias).to_owned();
            let wants = random.sample(&field.wants, 3);
            let level = ["", "Senior "][number];
            let mut text = format!(
                "{level}{}\n\nAbout us\nWe are a company of {} people and look for help.\n\nYour tasks\n",
                field.title,
                random.between(40, 900)
            );
            wants.iter().for_each(|want| text.push_str(&format!("- {want}\n")));
            text.push_str(&format!(
                "\nRequirements\n- {years}+ years of experience as a {}\n",
                field.title.to_lowercase()
            ));
            required.iter().for_each(|tool| {
                text.push_str(&format!(
                    "- {} {}\n",
                    random.pick(&["Experience with", "Good knowledge of", "Daily use of"]),
                    alias(tool)
                ))
            });
            text.push_str(&format!("- Degree in {} or equivalent\n\nNice to have\n", field.degree));
            preferred.iter().for_each(|tool| text.push_str(&format!("- {}\n", alias(tool))));
            text.push_str("\nWe offer\n- 30 days of holiday\n- A pension plan\n");
            let tools = required.iter().map(|tool| (*tool).to_owned()).collect();
            made.push(Job {
                id: format!("{}-job-{number}", field.name),
                field: field.name.to_owned(),
                years,
                tools,
                text,
            });
        }
    }
    made
}
