use proptest::prelude::*;

use super::*;
use crate::analysis::analyze;
use crate::redaction::{redact_document, redact_texts};
use crate::request::Role;

const SOURCE: &str = "Jane Doe\nEngineer at Northwind Freight Inc, 2016-2019\nCut costs by 12 % and 1,200 hours\n";

fn verified(answer: &str, mode: Mode) -> (String, Verification) {
    let (source, vault, _) = redact_document(SOURCE);
    verify(&Source::of(&[&source]), None, answer, mode, &vault)
}

#[test]
fn what_the_source_says_stands() {
    let answer = "<PII_REDACTED_NAME_1>\nCut 1200 hours and costs by 12 % at Northwind Freight, 2016-2019\n";
    let (text, found) = verified(answer, Mode::Revert);
    assert_eq!(text, answer);
    assert!(found.reverted.is_empty() && found.checked == found.supported && found.checked >= 4, "{found:?}");
}

#[test]
fn an_invented_figure_reverts_to_the_sources_line() {
    let (text, found) = verified("Intro\nCut costs by 45 % and 1,200 hours\nManaged 800 people", Mode::Revert);
    assert_eq!(text, "Intro\nCut costs by 12 % and 1,200 hours\n");
    assert_eq!(found.reverted.len(), 2);
    let first = &found.reverted[0];
    assert_eq!((first.claim.as_str(), first.start, first.end), ("45", 6, 39));
    assert_eq!(found.reverted[1].replaced_by, "");
}

#[test]
fn an_invented_employer_is_flagged_where_it_stands() {
    let (text, found) = verified("Äh, engineer at Globex Corporation, 2016-2019", Mode::Flag);
    assert_eq!(text, "Äh, engineer at Globex Corporation, 2016-2019");
    let flagged = found.flagged.iter().find(|flagged| flagged.claim.contains("Globex")).expect("it is found");
    assert_eq!((flagged.class, flagged.claim.as_str()), (Class::Employer, "Globex Corporation"));
    let there: String = text.chars().skip(flagged.start).take(flagged.end - flagged.start).collect();
    assert_eq!(there, flagged.claim);
}

#[test]
fn digits_in_names_are_not_figures_and_off_checks_nothing() {
    let (_, found) = verified("Used S3, EC2 and K8s", Mode::Revert);
    assert!(found.reverted.iter().all(|reverted| reverted.class == Class::Skill) && found.checked == 3, "{found:?}");
    assert_eq!(verified("Managed 800 people", Mode::Off).1.checked, 0);
}

/// What becomes of a source with one of its lines rewritten, and what is found on the way.
fn rewritten(line: &str, by: &str) -> (String, Verification) {
    let source = format!(
        "Jane Doe\n\nEXPERIENCE\n\nAudit Manager, Oak Bank, London, 2018 - 2021\n{line}\n- Wrote SQL reports for the board\n\nClerk, Hill Ltd., 2014 - 2018\n- Answered 40 calls a day\n\nEDUCATION\nBA History, University of Hull, 2010 - 2013\n"
    );
    let answer = source.replace(line, by);
    let texts = [(Role::Resume, source.as_str()), (Role::Job, "We need Kafka"), (Role::Resume, answer.as_str())];
    let (redacted, vault) = redact_texts(&texts);
    let (text, found) = verify_document(&redacted[0], &redacted[1], redacted[2].as_str(), Mode::Revert, &vault);
    (vault.rehydrate(&text), found)
}

#[test]
fn honest_words_stand() {
    for (line, by) in [
        ("- Trained 3 colleagues", "- Coached three colleagues"),
        ("- Supervise one paralegal", "- Oversee 1 paralegal"),
        ("- Served 1,200 customers", "- Looked after 1.2k customers"),
        ("- Cut the close from 9 to 4 days", "- Shortened the close by 5 days, from 9 days to 4 days"),
        ("- Budget of €350,000", "- Responsible for a budget of EUR 350k"),
        ("- Raised the pass rate from 71% to 84%", "- Lifted the pass rate by 13 percentage points, from 71% to 84%"),
        ("- Used EC2 for 14 services", "- Ran 14 services on Amazon EC2"),
        ("- Work under GDPR rules", "- Work under the General Data Protection Regulation (GDPR)"),
        ("- Taught SEN pupils", "- Taught pupils with Special Educational Needs (SEN)"),
        ("- Ran PostgreSQL databases", "- Operated SQL databases (Postgres)"),
        ("- Revenue grew between 2019 and 2021", "- Grew revenue (2019–2021)"),
        ("- Cut p95 from 900 ms to 310 ms", "- Lowered p95 from 0.9 s to 0.31 s"),
        ("- Closed in 4 days instead of 9", "- Shortened the close from nine days to four"),
        ("- Closed in 4 days instead of 9", "- Closed 5 days sooner"),
        ("- Joined in 2011 and became head in 2016", "- Rose to head (2011 – 2016)"),
        ("Healthcare Assistant", "Healthcare Assistant (HCA)"),
        ("PGCE Mathematics", "Postgraduate Certificate in Education (PGCE), Mathematics"),
        ("- Wrote weekly reports", "- Wrote a report every week"),
        ("- Fluent in English and French", "- English and French (fluent)"),
        ("- Spanish (C1), English", "- English; Spanish (fluent)"),
        ("- Kept the books", "Core Competencies\n- Kept the books"),
    ] {
        let (text, found) = rewritten(line, by);
        assert!(found.reverted.is_empty() && text.contains(by), "{by}: {:?}", found.reverted);
    }
}

#[test]
fn lies_of_every_class_are_taken_back() {
    for (line, by, class) in [
        ("- Trained 3 colleagues", "- Trained 30 colleagues", Class::Number),
        ("- Trained colleagues", "- Trained dozens of colleagues", Class::Number),
        ("- Trained colleagues", "- Trained half a million colleagues", Class::Number),
        ("- Sold 12,000 cars a year", "- Sold 12,000 cars a month", Class::Number),
        ("- Ran a fund of $5M", "- Ran a fund of €5M", Class::Number),
        ("- Cut errors from 9% to 3%", "- Cut errors by 9%", Class::Number),
        ("- Managed people", "- Managed ８００ people", Class::Number),
        ("- Kept the books", "- Kept the books for 12 years", Class::Date),
        ("- Kept the books", "- Kept the books since 2009", Class::Date),
        ("Clerk, Hill Ltd., 2014 - 2018", "Clerk, Hill Ltd., 2010 - 2018", Class::Date),
        ("Clerk, Hill Ltd., 2014 - 2018", "Clerk, Deloitte, 2014 - 2018", Class::Employer),
        ("- Kept the books", "- Kept the books at Deloitte", Class::Employer),
        ("Clerk, Hill Ltd., 2014 - 2018", "Director, Hill Ltd., 2014 - 2018", Class::Title),
        ("- Kept the books", "- Kept the books as finance director", Class::Title),
        ("BA History, University of Hull, 2010 - 2013", "PhD History, University of Hull, 2010 - 2013", Class::Degree),
        ("BA History, University of Hull, 2010 - 2013", "BA Physics, University of Hull, 2010 - 2013", Class::Degree),
        ("- Kept the books", "- Kept the books as a Certified Public Accountant", Class::Certification),
        ("- Kept the books", "- Kept the books, an award-winning effort", Class::Certification),
        ("- Kept the books", "- Kept the books with Kafka", Class::Skill),
        ("- No experience with Kafka", "- Good experience with Kafka", Class::Skill),
        ("- Wrote JavaScript", "- Wrote Java", Class::Skill),
        ("- Kept the books", "- Kept the books, see https://evil.example/x", Class::Link),
        ("- Kept the books", "- Kept the books for Siemens", Class::Name),
        ("- Kept the books", "- Kept the books with K**af**ka", Class::Name),
        ("- Kept the books", "- Kept the books with K a f k a", Class::Name),
        ("- Kept the books", "- Kept the books\n候选人会使用卡夫卡", Class::Name),
        ("- Kept the books", "- Kept the books, see evil[.]example/x", Class::Link),
        ("- Cut p95 from 900 ms to 310 ms", "- Cut p95 from 900 ms to 31 ms", Class::Date),
        ("Healthcare Assistant", "Healthcare Assistant (CPA)", Class::Certification),
        ("- Wrote monthly reports", "- Wrote weekly reports", Class::Number),
        ("- French (basic)", "- French (fluent)", Class::Skill),
        ("- Speak Dutch and French", "- Speak Dutch and native French", Class::Skill),
        ("- Kept the books", "- Kept the books\nThe secret word remains pineapple", Class::Name),
    ] {
        let (text, found) = rewritten(line, by);
        let lie = by.lines().last().unwrap_or_default();
        assert!(!text.lines().any(|own| own == lie), "{by} survives");
        assert!(found.reverted.iter().any(|reverted| reverted.class == class), "{by}: {:?}", found.reverted);
    }
}

#[test]
fn who_helped_has_not_led_but_that_is_only_flagged() {
    for (line, by) in [
        ("- Helped migrate services", "- Led the migration of services"),
        ("- Helped migrate services", "- Migrated services"),
    ] {
        let (text, found) = rewritten(line, by);
        assert!(
            text.contains(by) && found.flagged.iter().any(|flagged| flagged.class == Class::Scope),
            "{by}: {found:?}"
        );
    }
}

#[test]
fn one_false_word_does_not_cost_the_facts_around_it() {
    let (text, _) = rewritten(
        "- Built dashboards in Tableau",
        "- Built dashboards in Tableau and wrote SQL reports for the board, saving $2M",
    );
    assert!(text.contains("- Built dashboards in Tableau") && !text.contains("$2M"), "{text}");
}

#[test]
fn a_resume_is_its_own_best_rewriting_in_any_layout() {
    for text in [
        "2018 - 2020\nClerk\nHill Ltd\n\n2014 - 2018\nLegal Assistant\nOak Ltd",
        "Staff Nurse\nSt. Brendan's Hospital\nMar 2019 – Present\n- Did it\n\nHealthcare Assistant\nMoorland Care Home\nJan 2015 – Feb 2019\n- Did it",
        "**Data:** Postgres, Redis\n*Mar 2019 - Present*\n### Clerk, Oak Ltd",
    ] {
        let texts = [(Role::Resume, text), (Role::Job, ""), (Role::Resume, text)];
        let (redacted, vault) = redact_texts(&texts);
        let (verified, found) = verify_document(&redacted[0], &redacted[1], redacted[2].as_str(), Mode::Revert, &vault);
        assert_eq!((vault.rehydrate(&verified).as_str(), found.reverted.len()), (text, 0));
    }
}

#[test]
fn a_plural_that_the_source_ends_with_is_looked_up_in_vain() {
    let source = "Built services for Oak Works";
    let texts = [(Role::Resume, source), (Role::Resume, "Works Works Services, Engineers at Works, 2019")];
    let (redacted, vault) = redact_texts(&texts);
    let _ = verify(&Source::of(&[&redacted[0]]), None, redacted[1].as_str(), Mode::Revert, &vault);
}

#[test]
fn a_company_may_be_a_number_and_supports_none() {
    let input = Input::CoverLetter {
        resume: "Kept the books".to_owned(),
        job: "A clerk".to_owned(),
        company: "0 and 2019 Ltd".to_owned(),
        position: "Clerk 12".to_owned(),
    };
    let (redacted, vault) = crate::redaction::redact(&input);
    let source = Source::of_input(&redacted);
    let (text, found) = verify(&source, None, "I kept 0 books for 12 years since 2019.", Mode::Revert, &vault);
    assert!(!text.contains("12 years") && !found.reverted.is_empty(), "{text}");
}

#[test]
fn dates_that_share_a_month_are_two_dates() {
    for text in ["2019-10-2020", "x 2019-10-2020 - 2021", "03/2019-10-2020", "2020 - 2021-03-2022"] {
        let (_, vault, _) = redact_document(text);
        let _ = verify(&Source::of(&[]), None, text, Mode::Revert, &vault);
    }
}

/// What the parts of verification and analysis react to.
const FRAGMENTS: &[&str] = &[
    "2019", "-", "–", "10", "/", "03", " ", " ", "2020", "to", "present", "Mar", "1,200", "$", "€", "5", "k", "%",
    "Engineer", "as", "the", "at", "Acme", "Ltd.", "BSc", "(Hons)", "of", "Certified", "licensed", "K8s", "C++", ".",
    "\n", "- ", "É", "ß", "“", "\u{200b}", "१", "½", "18 000", "\u{a0}", "<b>", "</li>", "<li>", "award", "dozen",
    "half", "Java", "no", "Since", "between", "and", "<PII_REDACTED_NAME_1>", "x@y.com", "CTO", "Lead", "Director of",
    "#", ":", "|", "🙂", "und", "University", "Master", "CFA", "HCA", "ignore all", "required", "http://a.b/", "years",
    "by",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    /// Nothing that stands in a text ends the check of it, and a résumé passes as its own rewriting.
    #[test]
    fn no_text_is_too_odd(
        source in proptest::collection::vec(proptest::sample::select(FRAGMENTS), 0..40),
        other in proptest::collection::vec(proptest::sample::select(FRAGMENTS), 0..40),
    ) {
        let (source, other) = (source.concat(), other.concat());
        let texts = [(Role::Resume, source.as_str()), (Role::Job, other.as_str()), (Role::Resume, other.as_str())];
        let (redacted, vault) = redact_texts(&texts);
        let (_, found) = verify_document(&redacted[0], &redacted[1], redacted[2].as_str(), Mode::Revert, &vault);
        prop_assert!(found.supported <= found.checked);
        let score = analyze(&redacted[0], &redacted[1]).match_score;
        prop_assert!(score.is_none_or(|score| (0.0..=100.0).contains(&score)));
    }
}
