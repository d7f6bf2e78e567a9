use super::*;
use crate::redaction::redact;
use crate::request::Input;

const JOB: &str = "Backend Engineer\n\nRequirements:\n- 5+ years of Rust or C++\n- Experience with PostgreSQL and Kafka\n\
    \nNice to have:\n- Terraform\n- Node.js\n\nBenefits:\n- Free fruit and a Peloton\n";
const RESUME: &str =
    "Zoë Ångström\nRust developer\n\nEXPERIENCE\n- Wrote Rust services on PostgreSQL\n- Node.js tooling\n";

fn analysis(resume: &str, job: &str) -> Analysis {
    let (input, vault) = redact(&Input::ResumeOptimization { resume: resume.to_owned(), job: job.to_owned() });
    let Input::ResumeOptimization { resume, job } = &input else { unreachable!("mapped in place") };
    analyze(resume, job).restore(&vault)
}

#[test]
fn every_requirement_has_a_verdict_and_its_evidence_is_a_place_in_the_resume() {
    let analysis = analysis(RESUME, JOB);
    let verdicts: Vec<(&str, Verdict)> = analysis.requirements.iter().map(|f| (f.text.as_str(), f.verdict)).collect();
    assert_eq!(
        verdicts,
        [
            ("5+ years of Rust or C++", Verdict::Met),
            ("Experience with PostgreSQL and Kafka", Verdict::Near),
            ("Terraform", Verdict::Missing),
            ("Node.js", Verdict::Met)
        ]
    );
    for evidence in analysis.requirements.iter().filter_map(|finding| finding.evidence.as_ref()) {
        let there: String = RESUME.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
        assert_eq!(there, evidence.text);
    }
    // Rust would do without C++; no date says how long. (3 x 1 + 3 x 0.5 + 0.5 x 0 + 0.5 x 1) / 7
    assert_eq!(analysis.match_score, Some(71.4));
    assert_eq!(analysis.missing_keywords, ["kafka", "terraform"]);
}

#[test]
fn no_requirement_means_no_score() {
    let analysis = analysis(RESUME, "We are a friendly company by the sea.");
    assert_eq!(analysis.match_score, None);
    assert!(analysis.missing_keywords.is_empty());
}

#[test]
fn similarity_is_one_for_equal_and_zero_for_foreign_texts() {
    assert!((analysis(RESUME, RESUME).semantic_similarity - 1.0).abs() < 1e-9);
    let foreign = analysis(RESUME, "Pastry chef wanted, must bake croissants").semantic_similarity;
    assert!(foreign < 0.1, "{foreign}");
}

#[test]
fn personal_data_of_the_job_never_becomes_a_keyword() {
    let job = "Requirements:\n- Write to Zoë Ångström, zoe@example.com, about Kafka";
    let analysis = analysis(RESUME, job);
    assert_eq!(analysis.missing_keywords, ["kafka"]);
    assert!(analysis.requirements[0].text.contains("zoe@example.com"), "the caller gets his own text back");
}

#[test]
fn odd_documents_do_not_break_it() {
    for text in ["..........", "𝕏𝕏𝕏𝕏𝕏𝕏𝕏𝕏𝕏𝕏", "- \n- \n- \n-------", "必須:\n- Rust の経験\n- データベース設計"]
    {
        let analysis = analysis(text, text);
        assert!(analysis.match_score.is_none_or(|score| (0.0..=100.0).contains(&score)));
    }
}

fn score(resume: &str, job: &str) -> f64 {
    analysis(resume, job).match_score.expect("a score")
}

#[test]
fn aliases_and_alternatives_count_and_homographs_do_not() {
    let met = |resume: &str, wanted: &str| {
        let resume = format!("Experience\n- Worked with {resume} every day");
        analysis(&resume, &format!("Requirements:\n- {wanted}")).requirements[0].verdict == Verdict::Met
    };
    for (resume, wanted) in [
        ("JS", "JavaScript"),
        ("Kubernetes", "k8s"),
        ("Golang", "Experience with Go"),
        ("Postgres", "PostgreSQL, MySQL or Oracle"),
        ("Node.js", "nodejs"),
        ("C++", "Java / C++"),
        ("PostgreSQL", "SQL"),
        ("EKS", "AWS"),
        ("GCP", "Google Cloud Platform"),
    ] {
        assert!(met(resume, wanted), "{resume} for {wanted}");
    }
    for (resume, wanted) in [
        ("JavaScript", "Java"),
        ("going places", "Go"),
        ("the R&D department", "R"),
        ("C++ and C#", "C"),
        ("MySQL", "PostgreSQL"),
        ("Azure", "GCP"),
    ] {
        assert!(!met(resume, wanted), "{resume} for {wanted}");
    }
}

#[test]
fn used_counts_more_than_listed_and_a_relative_counts_half() {
    let job = "Requirements:\n- Kafka";
    let used = score("Experience\nEngineer, Acme, 2019 - 2022\n- Ran Kafka for 40 services", job);
    let listed = score("Experience\nEngineer, Acme, 2019 - 2022\n\nSkills\nKafka, Redis, Bash", job);
    let related = score("Experience\nEngineer, Acme, 2019 - 2022\n- Ran RabbitMQ for 40 services", job);
    assert_eq!((used, listed, related), (100.0, 70.0, 50.0));
}

#[test]
fn too_few_dated_years_cost_and_open_ones_are_not_guessed() {
    let job = "Requirements:\n- 8+ years of Rust";
    let resume = |dates: &str| format!("Experience\nEngineer, Acme, {dates}\n- Wrote services in Rust");
    assert_eq!(score(&resume("2012 - 2022"), job), 100.0);
    assert_eq!(score(&resume("2016 - 2019"), job), 50.0);
    assert!(analysis(&resume("2016 - 2019"), job).suggestions[0].contains("4 of 8 years"));
    assert_eq!(score("Experience\n- Wrote services in Rust", job), 100.0);
}

#[test]
fn the_job_pasted_into_the_resume_counts_for_nothing() {
    let pasted = format!("{RESUME}\n{JOB}");
    let at_once = format!("{RESUME}\n{}", JOB.replace('\n', " "));
    for text in [&pasted, &at_once] {
        let analysis = analysis(text, JOB);
        assert!(analysis.match_score <= Some(score(RESUME, JOB)), "{:?}", analysis.match_score);
        assert!(analysis.suggestions.iter().any(|sentence| sentence.contains("just so")));
    }
}

#[test]
fn advice_names_the_requirement_and_says_what_is_not_covered() {
    let german = "Max Muster\n\nBerufserfahrung\nEntwickler bei der Firma Beispiel, 2019 - 2022\n- Entwicklung von Diensten für die Kunden und das Lager mit Rust und Kafka\n\nAusbildung\nDiplom, 2018";
    let found = analysis(german, "Anforderungen:\n- Erfahrung mit Rust\n- Kenntnisse in Terraform");
    assert_eq!(found.requirements.iter().map(|one| one.verdict).collect::<Vec<_>>(), [Verdict::Met, Verdict::Missing]);
    assert!(
        found.suggestions[0].starts_with("\"Kenntnisse in Terraform\" (required): not shown"),
        "{:?}",
        found.suggestions
    );
    assert!(found.suggestions.iter().any(|sentence| sentence.contains("English words only")));
    let french = analysis(
        "Expérience\n- Développement avec Python pour les clients",
        "Profil recherché :\n- Expérience avec Python ou Java",
    );
    assert_eq!(french.match_score, Some(100.0));
    let spanish =
        analysis("Experiencia\n- Desarrollo con Kotlin para los clientes", "Requisitos:\n- Experiencia con Kotlin");
    assert_eq!(spanish.match_score, Some(100.0));
}

#[test]
fn hidden_text_is_no_evidence_and_is_told() {
    let plain = analysis("EXPERIENCE\nAcme, 2019 - 2023\n- Ran a shop", JOB);
    let hidden =
        "EXPERIENCE\nAcme, 2019 - 2023\n- Ran a shop\n<span style=\"color: white\">Rust C++ PostgreSQL Kafka</span>";
    let hidden = analysis(hidden, JOB);
    assert_eq!(hidden.match_score, plain.match_score);
    assert!(hidden.suggestions.iter().any(|advice| advice.contains("hides")), "{:?}", hidden.suggestions);
}

#[test]
fn a_pasted_job_is_no_evidence_in_whatever_order() {
    let job = "Platform Engineer\n\nRequirements:\n- 5+ years of experience running Kubernetes in production\n- Strong Go or Rust skills\n- PostgreSQL tuning and replication\n- Mentoring of junior engineers in the team\n- Planning of capacity and of costs\n";
    let base = "Kim Lee\n\nEXPERIENCE\nTechnician, Foo Inc, 2016 - 2024\n- Answered calls about printers\n";
    let lines: Vec<&str> =
        job.lines().map(|line| line.trim_start_matches("- ")).filter(|line| !line.is_empty()).collect();
    let mut words: Vec<&str> = job.split_whitespace().collect();
    words.sort_unstable();
    let reversed: Vec<String> = lines.iter().rev().map(|line| format!("- {line}")).collect();
    let prefixed: Vec<String> = lines.iter().map(|line| format!("- Worked with {line}")).collect();
    let real = score(
        &format!(
            "{base}- Ran Kubernetes clusters for years\n- Wrote services in Go\n- Tuned PostgreSQL\n- Mentored juniors\n- Planned capacity and costs\n"
        ),
        job,
    );
    for pasted in [reversed.join("\n"), prefixed.join("\n"), words.join(" ")] {
        let reached = score(&format!("{base}{pasted}\n"), job);
        assert!(reached < real / 2.0, "{reached} of {real}: {pasted}");
    }
    let named = score(&format!("{base}- Worked with Kubernetes\n- Worked with Go\n- Worked with PostgreSQL\n"), job);
    assert!(named < real, "{named} of {real}");
}

#[test]
fn what_a_job_does_not_want_is_no_requirement() {
    let found = analysis(RESUME, "Requirements:\n- Rust\n- No PHP\n- We don't use Java\n- Keine Reisetätigkeit\n");
    assert_eq!(found.requirements.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["Rust"]);
}

#[test]
fn a_language_spoken_less_well_than_wanted_is_half_an_answer() {
    let verdict = |own: &str| {
        let found = analysis(&format!("LANGUAGES\n{own}\n"), "Requirements:\n- Fluent German\n");
        (found.requirements[0].verdict, found.match_score)
    };
    assert_eq!(verdict("German (A2)").0, Verdict::Near);
    assert_eq!(verdict("German (C1)").0, Verdict::Met);
    assert_eq!(verdict("German").0, Verdict::Met);
}
