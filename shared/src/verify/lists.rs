//! Words that make a claim: titles, degrees, verbs.

use std::borrow::Cow;
use std::ops::Range;

use crate::redaction::Words;
use crate::words::Word;

/// A level of study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Degree {
    Associate,
    Bachelor,
    Master,
    Mba,
    Doctor,
}

static ROLES: Words<1024> = Words::of(&[
    "engineer", "developer", "manager", "director", "analyst", "consultant", "architect", "designer", "scientist",
    "administrator", "nurse", "teacher", "accountant", "officer", "president", "executive", "specialist",
    "coordinator", "assistant", "associate", "technician", "supervisor", "lead", "intern", "trainee", "apprentice",
    "head", "chief", "cto", "ceo", "cfo", "coo", "cio", "cmo", "ciso", "cpo", "chro", "vp", "svp", "evp", "avp",
    "founder", "cofounder", "partner", "principal", "professor", "lecturer", "researcher", "programmer", "recruiter",
    "representative", "agent", "clerk", "cashier", "chef", "cook", "driver", "electrician", "plumber", "welder",
    "mechanic", "attorney", "lawyer", "paralegal", "counsel", "physician", "surgeon", "pharmacist", "therapist",
    "editor", "writer", "journalist", "producer", "planner", "buyer", "controller", "auditor", "bookkeeper", "advisor",
    "adviser", "secretary", "receptionist", "librarian", "foreman", "operator", "inspector", "trainer", "coach",
    "strategist", "marketer", "superintendent", "dean", "chairman", "chairwoman", "chair", "treasurer", "captain",
    "statistician", "economist", "biologist", "chemist", "physicist", "tester", "owner", "master", "fellow", "waiter",
    "waitress", "bartender", "barista", "caregiver", "paramedic", "dentist", "veterinarian", "psychologist", "tutor",
    "principal", "leader", "supervisora", "cheffe", "médico", "médica", "médecin", "arzt", "ärztin", "meister",
    "officers", "bookseller", "carpenter", "machinist", "fitter", "machinist", "dispatcher", "underwriter", "actuary",
    "broker", "trader", "banker", "teller", "ingenieur", "ingenieurin", "entwickler", "entwicklerin", "leiter",
    "leiterin", "geschäftsführer", "geschäftsführerin", "berater", "beraterin", "sachbearbeiter", "sachbearbeiterin",
    "kaufmann", "kauffrau", "werkstudent", "werkstudentin", "praktikant", "praktikantin", "referent", "referentin",
    "krankenschwester", "pflegefachkraft", "lehrer", "lehrerin", "vorstand", "teamleiter", "abteilungsleiter",
    "ingénieur", "ingénieure", "développeur", "développeuse", "directeur", "directrice", "responsable", "stagiaire",
    "infirmier", "infirmière", "comptable", "gérant", "gérante", "chargé", "chargée", "ingeniero", "ingeniera",
    "desarrollador", "desarrolladora", "gerente", "director", "directora", "jefe", "jefa", "becario", "becaria",
    "enfermero", "enfermera", "contable", "profesor", "profesora",
]);
/// Role words that are ordinary words, too: alone they make no title.
static WEAK_ROLES: Words<128> = Words::of(&[
    "lead", "head", "chief", "associate", "assistant", "partner", "owner", "principal", "cook", "coach", "driver",
    "master", "fellow", "chair", "buyer", "agent", "representative", "executive", "operator", "specialist", "captain",
    "trainer", "trader", "tester",
]);
static SENIORITY: Words<128> = Words::of(&[
    "intern", "junior", "senior", "staff", "principal", "lead", "chief", "head", "vp", "vice", "executive", "managing",
    "deputy", "assistant", "associate", "sr", "jr", "global", "group", "regional", "distinguished", "leitender",
    "leitende", "stellvertretender",
]);
/// Whoever leaves these out claims more than he was.
pub(super) const LOW: &[&str] = &[
    "intern", "internship", "junior", "jr", "trainee", "apprentice", "assistant", "associate", "deputy", "student",
    "aspiring", "acting", "interim", "praktikant", "praktikantin", "praktikum", "werkstudent", "werkstudentin",
    "auszubildender", "auszubildende", "stagiaire", "stage", "becario", "becaria", "volunteer", "vice", "co", "former",
    "graduate", "entry",
];
/// Those of [`LOW`] that say so only right before a title: "Solutions Architect - Associate" is no associate.
pub(super) const LOW_BEFORE: &[&str] = &[
    "assistant", "associate", "deputy", "acting", "interim", "vice", "co", "former", "student", "stage", "entry",
    "volunteer", "graduate",
];
static STRONG: Words<512> = Words::of(&[
    "led", "lead", "leading", "managed", "managing", "directed", "directing", "headed", "heading", "owned", "own",
    "owning", "spearheaded", "spearheading", "oversaw", "overseeing", "oversee", "supervised", "supervising",
    "architected", "founded", "established", "pioneered", "orchestrated", "drove", "driving", "championed",
    "commanded", "chaired", "governed", "masterminded", "ran", "run", "running", "launched", "transformed",
    "revolutionized", "invented", "initiated", "leitete", "verantwortete", "dirigé", "dirigí", "lideré", "manage",
    "direct", "supervise", "own", "owns", "leads", "manages", "headed", "single", "solely", "independently", "expert",
    "mastered",
]);
/// Strong enough to be a claim of its own where the source has none of [`STRONG`].
static INFLATING: Words<128> = Words::of(&[
    "led", "leading", "managed", "managing", "directed", "headed", "owned", "spearheaded", "spearheading", "oversaw",
    "overseeing", "supervised", "supervising", "architected", "founded", "pioneered", "orchestrated", "drove",
    "championed", "chaired", "masterminded", "lead", "manage", "direct", "own", "supervise", "single-handedly",
    "solely",
]);
/// Amounts without a digit; each with figures that say the same, in millionths where they are parts.
static AMOUNTS: Words<128> = Words::of(&[
    "dozen", "dozens", "hundreds", "thousands", "millions", "billions", "half", "halved", "halving", "decade",
    "decades", "thousand", "hundred", "million", "billion", "multi", "countless", "numerous", "century", "dutzend",
    "hunderte", "tausende", "millionen", "jahrzehnt", "centaines", "milliers", "dizaines", "décennie", "cientos",
    "miles", "decenas", "década", "mitad", "halbiert", "halbierung", "drittel", "viertel", "hälfte", "moitié", "tiers",
    "tercio", "magnitude", "terabyte", "terabytes", "petabyte", "petabytes", "gigabytes",
]);
/// Prizes and honors: whoever has none does not get one.
static HONORS: Words<128> = Words::of(&[
    "award", "awards", "awarded", "winner", "won", "champion", "champions", "prize", "ranked", "patent", "patents",
    "patented", "published", "clearance", "honors", "honours", "hons", "laude", "magna", "summa", "distinction",
    "valedictorian", "scholarship", "fellowship", "diploma", "medal", "charterholder", "preis", "auszeichnung", "prix",
    "premio",
]);
/// Who has passed or been given something.
static ACHIEVED: Words<64> = Words::of(&[
    "passed", "certified", "completed", "awarded", "obtained", "achieved", "earned", "graduated", "received", "holds",
    "bestanden", "abgeschlossen", "erworben", "réussi", "obtenu", "obtenue", "obtenido", "aprobado", "titulado",
]);
/// Labels of lists that name no skill of their own.
static LABELS: Words<64> =
    Words::of(&["ml", "ai", "bi", "it", "qa", "ux", "ui", "data", "cloud", "devops", "ops", "crm", "erp", "hr", "pm"]);
/// Makers whose names stand before those of their tools.
static MAKERS: Words<64> = Words::of(&[
    "autodesk", "microsoft", "ms", "adobe", "google", "amazon", "aws", "apache", "ibm", "oracle", "sap", "atlassian",
    "hashicorp", "jetbrains", "apple", "salesforce", "siemens", "dassault", "cisco", "vmware",
]);
/// Verbs of taking part.
static WEAK: Words<128> = Words::of(&[
    "helped", "helping", "help", "assisted", "assisting", "assist", "supported", "supporting", "support",
    "contributed", "contributing", "participated", "participating", "part", "shadowed", "observed", "aided",
    "collaborated", "involved", "member", "mitarbeit", "unterstützung", "unterstützte", "participation", "participé",
    "colaboré", "colaboración", "ayudé", "apoyo", "assistance", "worked", "working", "with", "alongside", "second",
]);

/// Who adds one of these to a degree or a certificate does not have it yet.
pub(super) const QUALIFIERS: &[&str] = &[
    "expected", "anticipated", "candidate", "pursuing", "progress", "incomplete", "unfinished", "applied",
    "voraussichtlich", "laufend", "ongoing", "prévu", "previsto", "finish", "started", "studying", "scheduled",
    "planned", "preparation", "preparing", "pending", "not", "never", "without", "enrolled", "student", "toward",
    "towards", "abgebrochen", "begonnen", "angestrebt", "geplant", "nicht", "cours", "préparation", "inachevé", "non",
    "curso", "inacabado", "sin", "no", "eligible", "lapsed", "expired", "partial", "partially", "dropped", "withdrew",
];

/// The stem of a word that certifies or licenses.
pub(super) fn certifying(lower: &str) -> Option<&'static str> {
    ["certif", "licen", "zertif"].into_iter().find(|stem| lower.starts_with(stem))
}

pub(super) fn is_amount(lower: &str) -> bool {
    AMOUNTS.has(lower)
}

pub(super) fn is_achieved(lower: &str) -> bool {
    ACHIEVED.has(lower)
}

pub(super) fn is_label(lower: &str) -> bool {
    LABELS.has(lower)
}

pub(super) fn is_maker(lower: &str) -> bool {
    MAKERS.has(lower)
}

pub(super) fn is_honor(lower: &str) -> bool {
    HONORS.has(lower)
}

pub(super) fn is_weak(lower: &str) -> bool {
    WEAK.has(lower)
}

static SCHOOLS: Words<256> = Words::of(&[
    "university", "college", "school", "institute", "academy", "universität", "hochschule", "fachhochschule",
    "gymnasium", "université", "lycée", "école", "universidad", "escuela", "instituto", "bachelor", "master", "bsc",
    "msc", "b.sc", "m.sc", "phd", "ph.d", "diploma", "degree", "polytechnic", "bs", "ba", "ms", "mba", "b.a", "m.a",
    "b.s", "m.s", "beng", "meng", "abitur",
]);
static FUNCTION_WORDS: Words<512> = Words::of(&[
    "a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "to", "for", "from", "by", "with", "as", "is", "was",
    "were", "are", "be", "been", "it", "its", "this", "that", "these", "those", "into", "over", "under", "per", "via",
    "their", "our", "my", "his", "her", "your", "we", "i", "they", "which", "who", "also", "than", "then", "all",
    "each", "both", "more", "most", "about", "up", "out", "so", "not", "no", "had", "has", "have", "using", "used",
    "including", "across", "through", "within", "while", "where", "after", "before", "der", "die", "das", "und",
    "oder", "mit", "von", "für", "im", "am", "zu", "zur", "zum", "den", "dem", "des", "ein", "eine", "bei", "auf",
    "aus", "als", "le", "la", "les", "et", "ou", "du", "de", "des", "en", "un", "une", "pour", "avec", "dans", "sur",
    "par", "el", "los", "las", "y", "o", "con", "para", "por", "del", "al", "una",
]);
static HEADINGS: Words<1024> = Words::of(&[
    "intro", "introduction", "parcours", "professionnel", "stage", "stages", "bénévolat", "ehrenamt", "praktika",
    "weiterbildung", "sonstiges", "cursos", "summary", "professional", "experience", "work", "education", "skills",
    "skill", "technical", "core", "competencies", "competency", "projects", "project", "certifications",
    "certification", "certificates", "certificate", "licenses", "awards", "honors", "languages", "language",
    "interests", "references", "profile", "objective", "career", "history", "employment", "key", "achievements",
    "accomplishments", "highlights", "selected", "relevant", "additional", "information", "volunteer", "volunteering",
    "publications", "training", "courses", "coursework", "contact", "details", "personal", "about", "me", "strengths",
    "expertise", "qualifications", "academic", "background", "activities", "talks", "and", "tools", "technologies",
    "areas", "of", "executive", "leadership", "other", "further", "statement", "responsibilities", "overview",
    "affiliations", "memberships", "patents", "hobbies", "community", "service", "professional", "development",
    "platforms", "practices", "frameworks", "databases", "methods", "soft", "hard", "programming", "berufserfahrung",
    "ausbildung", "kenntnisse", "fähigkeiten", "sprachen", "profil", "kurzprofil", "projekte", "zertifikate",
    "interessen", "lebenslauf", "berufliche", "erfahrung", "expérience", "expériences", "professionnelle",
    "professionnelles", "formation", "compétences", "langues", "centres", "intérêt", "projets", "résumé",
    "experiencia", "laboral", "profesional", "educación", "formación", "habilidades", "idiomas", "perfil", "proyectos",
    "intereses", "competencias",
]);
/// Acronyms that an honest sentence may use without the source having them.
static ORDINARY_ACRONYMS: Words<256> = Words::of(&[
    "KPI", "KPIs", "ROI", "SLA", "SLAs", "UI", "UX", "QA", "IT", "HR", "B2B", "B2C", "SaaS", "P&L", "SOP", "SOPs",
    "FAQ", "PDF", "US", "USA", "UK", "EU", "R&D", "CV", "ID", "AM", "PM", "OK", "TV", "PC", "PR", "VIP", "FTE", "FTEs",
    "YoY", "Q1", "Q2", "Q3", "Q4", "API", "APIs", "EMEA", "APAC",
]);
static NO_NAMES: Words<256> = Words::of(&[
    "I", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march",
    "april", "may", "june", "july", "august", "september", "october", "november", "december", "dear", "sincerely",
    "regards", "mr", "ms", "mrs", "dr", "prof", "hiring", "team", "present", "english", "dipl", "ing", "usd", "eur",
    "gbp", "chf",
]);

pub(super) fn is_role(singular: &str) -> bool {
    ROLES.has(singular)
}

pub(super) fn is_weak_role(singular: &str) -> bool {
    WEAK_ROLES.has(singular)
}

pub(super) fn is_seniority(lower: &str) -> bool {
    SENIORITY.has(lower)
}

pub(super) fn is_strong(lower: &str) -> bool {
    STRONG.has(lower)
}

pub(super) fn is_inflating(lower: &str) -> bool {
    INFLATING.has(lower)
}

pub(super) fn is_school(word: &str) -> bool {
    SCHOOLS.has(word)
}

pub(super) fn is_function_word(lower: &str) -> bool {
    FUNCTION_WORDS.has(lower)
}

pub(super) fn is_heading_word(lower: &str) -> bool {
    HEADINGS.has(lower)
}

/// Words whose capital letter names nobody.
pub(super) fn is_no_name(word: &Word<'_>) -> bool {
    NO_NAMES.has(&word.lower) || word.text == "I" || ORDINARY_ACRONYMS.has(word.text)
}

static DEGREES: Words<128> = Words::of(&[
    "bachelor", "bachelors", "bsc", "bba", "beng", "btech", "licenciatura", "baccalaureate", "bfa", "bsn", "bed", "bs",
    "ba", "be", "masters", "msc", "meng", "mtech", "mfa", "mph", "msn", "máster", "diplom", "master", "ms", "ma",
    "med", "mba", "phd", "jd", "juris", "doctorate", "doctoral", "dphil", "edd", "dnp", "pharmd", "doktor", "doctorat",
    "dr", "doctorado", "associate", "associates", "aas", "fda", "fdsc", "foundation",
]);

/// Whether a word can name a level of study.
pub(super) fn is_degree(lower: &str) -> bool {
    DEGREES.has(lower)
}

/// Degrees with the index of the word that says so.
pub(crate) fn degrees(line: &str, words: &[Word<'_>]) -> Vec<(Range<usize>, Degree)> {
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let next = words.get(index + 1).map(|next| next.lower.as_ref());
        let bare: Cow<'_, str> = if word.has_joint() {
            word.lower.chars().filter(|c| !matches!(c, '.' | '\'' | '’')).collect()
        } else {
            Cow::Borrowed(&word.lower)
        };
        if !DEGREES.has(&bare) {
            continue;
        }
        let dotted = word.text.contains('.') || line[word.range.end..].starts_with('.');
        let capitals = word.text.chars().filter(|c| c.is_uppercase()).count() > 1 || dotted;
        let followed = matches!(next, Some("of" | "in" | "degree" | "thesis" | "program" | "programme"));
        let degree = match bare.as_ref() {
            "bachelor" | "bachelors" | "bsc" | "bba" | "beng" | "btech" | "licenciatura" | "baccalaureate" | "bfa"
            | "bsn" | "bed"
                if bare != "bed" || capitals =>
            {
                Degree::Bachelor
            }
            "bs" | "ba" | "be" if capitals => Degree::Bachelor,
            "masters" | "msc" | "meng" | "mtech" | "mfa" | "mph" | "msn" | "máster" | "diplom" => Degree::Master,
            "master"
                if followed
                    || (word.is_capitalized()
                        && words.get(index + 1).is_some_and(Word::is_capitalized)
                        && index.checked_sub(1).is_none_or(|before| words[before].lower != "scrum")) =>
            {
                Degree::Master
            }
            "ms" | "ma" | "med" if capitals && (dotted || matches!(next, Some("in" | "of" | "degree"))) => {
                Degree::Master
            }
            "mba" => Degree::Mba,
            "dr" if ["-Ing", " rer."]
                .iter()
                .any(|field| line[word.range.end..].trim_start_matches('.').starts_with(field)) =>
            {
                Degree::Doctor
            }
            "phd" | "jd" | "juris" | "doctorate" | "doctoral" | "dphil" | "edd" | "dnp" | "pharmd" | "doktor"
            | "promotion" | "doctorat" | "doctorado"
                if bare != "promotion" =>
            {
                Degree::Doctor
            }
            "aas" | "fda" | "fdsc" if capitals => Degree::Associate,
            "foundation" if matches!(next, Some("degree")) => Degree::Associate,
            "associate" | "associates" if matches!(next, Some("degree" | "of")) || word.text.contains('\'') => {
                Degree::Associate
            }
            _ => continue,
        };
        let business = degree == Degree::Master
            && words.get(index + 2).is_some_and(|word| word.lower == "business")
            && words.get(index + 3).is_some_and(|word| word.lower == "administration");
        found.push((word.range.clone(), if business { Degree::Mba } else { degree }));
    }
    found
}
