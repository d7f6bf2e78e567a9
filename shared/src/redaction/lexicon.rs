//! Word lists: what sections are called, and which capitalized words are no names of people.
//!
//! Written for this project from general knowledge of résumés; no list of names is among them. Lists that are searched are
//! sorted, which a test checks, so nothing is built at start.

use super::layout::words;
use super::words::Words;

/// What a section is about, as far as detection cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The owner: contact, personal details.
    Personal,
    /// Other people: references.
    People,
    /// Works with their authors.
    Works,
    /// Anything else.
    Other,
}

/// The section that a line opens, if it is a heading: short, made of heading words, or marked as one.
pub(super) fn section(line: &str) -> Option<Section> {
    if line.len() > 60 || line.ends_with(['.', ',', ';']) || memchr::memchr2(b'@', b'|', line.as_bytes()).is_some() {
        return None;
    }
    let bare = line.trim_matches(|c: char| "#*_=-:~ •".contains(c));
    if bare.bytes().any(|byte| byte.is_ascii_digit()) || bare.contains(':') {
        return None;
    }
    let mut count = 0;
    let mut known = 0;
    let mut section = Section::Other;
    for range in words(bare) {
        count += 1;
        if count > 6 {
            return None;
        }
        let word = &bare[range];
        if PERSONAL.has_folded(word) {
            (known, section) = (known + 1, Section::Personal);
        } else if PEOPLE.has_folded(word) {
            (known, section) = (known + 1, Section::People);
        } else if WORKS.has_folded(word) {
            (known, section) = (known + 1, Section::Works);
        } else if HEADINGS.has_folded(word) {
            known += 1;
        } else if !SMALL.has_folded(word) {
            return None;
        }
    }
    (known > 0).then_some(section)
}

/// Whether a folded word stands in a sorted list.
pub(super) fn in_list(list: &[&str], word: &str) -> bool {
    let Some(first) = word.as_bytes().first() else { return false };
    // Most steps are decided by the first byte, without a call.
    let order = |entry: &&str| entry.as_bytes().first().cmp(&Some(first)).then_with(|| entry.cmp(&word));
    list.binary_search_by(order).is_ok()
}

static PERSONAL: Words<128> = Words::of(&[
    "adresse", "anschrift", "contact", "contacto", "contato", "contatti", "coordonnees", "dados", "dane", "daten",
    "datos", "details", "donnees", "gegevens", "info", "informacion", "information", "informations", "informazioni",
    "kontakt", "osobowe", "personal", "personales", "personali", "personalia", "personelles", "personliche",
    "personlichen", "personnelles", "persoonlijke", "pessoais",
]);

static PEOPLE: Words<32> = Words::of(&[
    "referanser", "referees", "reference", "references", "referencias", "referencje", "referenser", "referenties",
    "referenze", "referenzen",
]);

static WORKS: Words<64> = Words::of(&[
    "articles", "bibliography", "papers", "patents", "pubblicazioni", "publicaciones", "publicacoes",
    "publicatielijst", "publicaties", "publication", "publications", "publikacje", "publikationen",
    "veroffentlichungen",
]);

static SMALL: Words<64> = Words::of(&[
    "and", "apres", "at", "de", "del", "des", "di", "du", "e", "en", "et", "for", "in", "la", "le", "les", "my", "of",
    "on", "the", "to", "und", "with", "y",
]);

/// Words that headings consist of.
static HEADINGS: Words<512> = Words::of(&[
    "about", "academic", "accomplishments", "achievements", "activities", "additional", "affiliations", "atuacao",
    "ausbildung", "awards", "background", "berufserfahrung", "bildung", "board", "career", "certificaciones",
    "certificates", "certification", "certifications", "competences", "competencies", "competenze", "computer",
    "conferences", "core", "courses", "coursework", "development", "diplomes", "educacao", "educacion", "education",
    "employment", "engagement", "ensenanza", "erfahrung", "ervaring", "esperienza", "estudios", "expense",
    "experience", "experiences", "experiencia", "expertise", "extra", "fahigkeiten", "formacao", "formacion",
    "formation", "formazione", "further", "habilidades", "highlights", "history", "hobbies", "honors", "honours",
    "idiomas", "interests", "involvement", "istruzione", "kenntnisse", "key", "kurzprofil", "laboral", "languages",
    "langues", "leadership", "licenses", "linguagens", "lingue", "memberships", "methods", "military", "miscellaneous",
    "objective", "onderwijs", "opleiding", "other", "overview", "perfil", "positions", "praktika", "presentations",
    "professional", "professionnelle", "profil", "profile", "profilo", "project", "projects", "projekte", "projets",
    "proyectos", "qualifications", "qualifikationen", "relevant", "requirements", "research", "responsibilities",
    "resumen", "selected", "service", "skills", "social", "software", "speaking", "sprachen", "statement", "strengths",
    "studies", "studium", "summary", "talks", "teaching", "technical", "technologies", "tools", "training",
    "umiejetnosci", "vaardigheden", "voluntariado", "volunteer", "volunteering", "weiterbildung", "werdegang",
    "werkervaring", "work", "zertifikate",
]);

/// Small words between the words of a name.
pub(super) static PARTICLES: Words<256> = Words::of(&[
    "a", "abd", "abu", "al", "ap", "ben", "bin", "bint", "binte", "binti", "bte", "da", "das", "de", "dei", "del",
    "dela", "della", "der", "des", "di", "dit", "do", "dos", "du", "e", "el", "en", "et", "ibn", "ild", "la", "las",
    "le", "los", "mac", "mc", "o", "san", "santa", "st", "te", "ten", "ter", "thi", "van", "vande", "vanden", "vander",
    "vom", "von", "y", "zu", "zum", "zur",
]);

/// Titles and forms of address.
pub(super) static HONORIFICS: Words<256> = Words::of(&[
    "alhaji", "atty", "aunt", "barr", "begum", "capt", "captain", "chief", "col", "dame", "dhr", "dipl", "dna",
    "doctor", "don", "dona", "dott", "dott.ssa", "dottor", "dottoressa", "dr", "dra", "eng", "engr", "fr", "frau",
    "fru", "gen", "gospodin", "hajiya", "hajj", "hajji", "herr", "herrn", "hon", "hr", "ing", "inz", "ir", "judge",
    "kum", "lady", "lic", "lord", "lt", "m", "madam", "madame", "mag", "major", "mdm", "med", "mevr", "mevrouw", "mgr",
    "miss", "mister", "mlle", "mme", "monsieur", "mr", "mrs", "ms", "msgr", "mw", "mx", "pan", "pani", "pastor",
    "prof", "professor", "professora", "rabbi", "rev", "reverend", "sen", "senor", "senora", "senorita", "sgt", "shri",
    "sig", "sig.ra", "signor", "signora", "sir", "smt", "sr", "sra", "sri", "srta", "thiru", "uncle",
]);

/// Degrees and licences that stand behind a name, as people abbreviate them.
pub(super) static CREDENTIALS: Words<256> = Words::of(&[
    "aas", "acca", "acls", "aia", "anp", "aprn", "arnp", "ba", "bba", "bcba", "bls", "bs", "bsc", "bsn", "ca", "ccrn",
    "cfa", "cfp", "cia", "cisa", "cism", "cissp", "cma", "cna", "cpa", "cpp", "csm", "cspo", "cwe", "cwi", "dds",
    "dmd", "dnp", "dpt", "dvm", "eit", "emt", "esq", "fcca", "fnp", "frm", "jd", "lcsw", "leed", "llb", "llm", "lmft",
    "lpn", "lvn", "ma", "mba", "mbbs", "md", "mph", "ms", "msc", "msn", "msw", "np", "otr", "pals", "pe", "pgce",
    "pharmd", "phd", "phr", "pmp", "psyd", "rd", "rdn", "rn", "rnfa", "shrm-cp", "sphr",
]);

/// Words that make the words before them the name of an organization, a prize, a method or a place.
pub(super) static ORGANIZATIONS: Words<1024> = Words::of(&[
    "ab", "academy", "ag", "agencia", "agency", "airlines", "airport", "algorithm", "analytics", "apotheke", "arts",
    "as", "assoc", "associates", "association", "authority", "automotive", "award", "awards", "bancorp", "bank",
    "banking", "banque", "bbdo", "brands", "bv", "bvba", "capital", "care", "center", "centre", "chain", "chapter",
    "charity", "church", "clinic", "club", "co", "code", "college", "commission", "committee", "communications",
    "company", "compiler", "conservatory", "consultancy", "consultants", "consulting", "control", "corp",
    "corporation", "council", "credit", "cyber", "dataset", "dental", "department", "designs", "development",
    "diagnostics", "diagram", "diagrams", "digital", "diner", "distribution", "ecole", "electric", "electronics",
    "energy", "engineering", "enterprise", "enterprises", "entertainment", "equipment", "equity", "ev", "fabrik",
    "factory", "farms", "federation", "fellowship", "filter", "finance", "financial", "firma", "foods", "forum",
    "foundation", "framework", "freight", "fund", "fundacion", "gallery", "games", "garage", "gmbh", "government",
    "group", "groupe", "gruppe", "gymnasium", "health", "healthcare", "high", "hochschule", "holding", "holdings",
    "hospital", "hotel", "hotels", "inc", "incorporated", "industria", "industrial", "industries", "initiative",
    "innovations", "institut", "institute", "instituto", "insurance", "interactive", "international", "investments",
    "journal", "kg", "kgaa", "kitchen", "klinik", "klinikum", "laboratories", "laboratory", "labs", "law", "lecture",
    "legal", "library", "limited", "llc", "llp", "logistics", "lp", "ltd", "ltda", "ltee", "magazine", "management",
    "manufacturing", "marine", "mart", "medal", "media", "medical", "memorial", "method", "ministry", "mobile",
    "model", "motor", "motors", "museum", "music", "nationaal", "national", "network", "networks", "news", "nv",
    "office", "oil", "online", "orchestra", "organization", "oy", "partner", "partners", "payments", "pharma",
    "pharmaceuticals", "pharmacy", "plc", "polska", "polytechnic", "prize", "production", "productions", "products",
    "program", "programme", "project", "properties", "pty", "publishing", "railway", "realty", "records", "recruiting",
    "recruitment", "research", "resort", "restaurant", "restaurants", "retail", "sa", "sarl", "sas", "scholar",
    "scholars", "scholarship", "school", "schools", "schule", "science", "sciences", "securities", "security",
    "server", "services", "sicav", "solutions", "spa", "spzoo", "srl", "stadium", "steel", "stores", "studio",
    "studios", "supply", "systems", "team", "tech", "technical", "technologies", "technology", "telecom", "test",
    "theater", "theatre", "theorem", "therapeutics", "tool", "toolkit", "tours", "traders", "trading", "transform",
    "transport", "travel", "trust", "uk", "universidad", "universidade", "universita", "universitaet", "universitat",
    "universite", "university", "usa", "utilities", "ventures", "verlag", "video", "warehouse", "weekly", "wireless",
    "worldwide", "zentrum",
]);

/// Names that are also technologies, places or ordinary words, where they stand alone.
pub(super) static HOMONYMS: Words<512> = Words::of(&[
    "ada", "alexa", "amber", "angular", "ansible", "apache", "april", "archer", "arrow", "ash", "athena", "august",
    "aurora", "austin", "bard", "bash", "basil", "berkeley", "bolt", "bristol", "brook", "brooklyn", "caesar",
    "camden", "carbon", "cassandra", "celeste", "chai", "charlotte", "chase", "chef", "chelsea", "cher", "china",
    "claude", "clay", "clojure", "cody", "coral", "crystal", "cypress", "dale", "dallas", "dart", "dash", "dawn",
    "delphi", "denver", "destiny", "devon", "django", "dolly", "dora", "echo", "eclipse", "eden", "elixir", "elm",
    "ember", "erlang", "eve", "faith", "falcon", "fiona", "flask", "flint", "florence", "florida", "forth", "fox",
    "france", "gatsby", "gem", "genesis", "georgia", "ginger", "glen", "go", "grace", "grafana", "groovy", "grunt",
    "hadoop", "hamilton", "harmony", "haskell", "heath", "holly", "hope", "houston", "hugo", "indiana", "io", "iris",
    "israel", "ivy", "jackson", "jade", "jasmine", "jasper", "java", "jenkins", "jest", "jordan", "joy", "juan",
    "julia", "julie", "june", "juno", "kafka", "kent", "keras", "king", "koa", "kotlin", "kubernetes", "lagos",
    "laravel", "laurel", "lee", "lily", "lincoln", "linda", "lisp", "logan", "london", "lua", "lucene", "lynx",
    "madison", "maple", "maria", "mark", "mason", "maven", "max", "may", "mercurial", "mercury", "milan", "miles",
    "mocha", "montana", "moose", "morgan", "nagios", "nairobi", "nash", "nova", "olive", "oracle", "orlando", "paige",
    "paris", "parker", "pascal", "pearl", "penn", "penny", "perl", "phoenix", "pig", "piper", "plato", "poppy",
    "preston", "prolog", "puppet", "python", "r", "rails", "raleigh", "rally", "raven", "react", "reed", "reno", "rio",
    "robin", "roman", "rome", "rose", "ruby", "rust", "ruth", "sage", "sam", "sarah", "scala", "scarlet", "scheme",
    "selenium", "seneca", "shelby", "sierra", "sky", "smith", "sofia", "solomon", "spark", "splunk", "spring",
    "stella", "sterling", "stone", "summer", "swift", "sydney", "tableau", "tiger", "tina", "travis", "tulip",
    "vagrant", "vega", "venus", "victoria", "vienna", "viola", "violet", "virginia", "vue", "wade", "washington",
    "watson", "webster", "wells", "west", "windsor", "wolf", "xavier", "yale", "york", "zurich",
]);

/// Capitalized words of résumés and job descriptions that are no part of a person's name where they stand in a header.
pub(super) static NOT_NAMES: Words<4096> = Words::of(&[
    "abitur", "abogado", "academic", "academy", "access", "accessibility", "account", "accountant", "accounting",
    "accounts", "achieved", "achievement", "achievements", "acquisition", "active", "activities", "adaptive",
    "addetto", "additional", "address", "adjunct", "administered", "administrador", "administration", "administrative",
    "administrativo", "administrator", "admissions", "adobe", "advised", "adviser", "advisor", "advisory", "advocate",
    "aerospace", "afdeling", "africa", "after", "agency", "agent", "agile", "ai", "airflow", "alabama", "alaska",
    "alberta", "algorithms", "all", "alliance", "also", "am", "amazon", "amazonas", "ambassador", "america",
    "american", "amministrativo", "an", "analista", "analysis", "analyst", "analytical", "analytics", "analyzed",
    "and", "android", "angular", "annotated", "annual", "anschreiben", "ansible", "any", "apache", "api", "apis",
    "app", "application", "applications", "applied", "apply", "apprentice", "apprenticeship", "apr", "april", "arabic",
    "architect", "architected", "architecture", "area", "argentina", "arizona", "arkansas", "art", "artist", "arts",
    "as", "asia", "asistente", "asp", "assembled", "assembly", "assessed", "assessment", "asset", "assigned",
    "assistant", "assisted", "assistente", "associate", "associates", "association", "at", "athens", "atividades",
    "atlanta", "attended", "audit", "auditor", "aug", "august", "ausbildung", "austin", "australia", "austria",
    "authored", "auto", "automated", "automation", "auxiliar", "available", "aviation", "award", "awarded", "awards",
    "aws", "azienda", "azure", "b2b", "b2c", "baan", "bachelor", "bachelors", "back", "backend", "baker", "bangalore",
    "bangladesh", "bank", "banking", "barcelona", "bash", "basic", "bavaria", "bayern", "became", "bedrijf", "before",
    "began", "beheerder", "beijing", "belgium", "bengaluru", "berlin", "berufserfahrung", "bewerbung", "big",
    "bildung", "bilingual", "biology", "biotech", "birmingham", "block", "board", "body", "boot", "bootstrap",
    "boston", "both", "brand", "brasil", "brazil", "bristol", "britain", "british", "brooklyn", "brussels", "budget",
    "build", "building", "built", "bus", "business", "buyer", "by", "c", "calculated", "calculus", "calgary",
    "california", "call", "campaign", "campaigns", "canada", "canva", "capital", "care", "career", "cargo", "cash",
    "cassandra", "catering", "cell", "center", "central", "centre", "certificate", "certificates", "certification",
    "certifications", "certified", "chair", "chaired", "chairman", "champion", "change", "charge", "chargee",
    "chartered", "chef", "chemical", "chemistry", "chennai", "chicago", "chief", "child", "china", "chinese", "city",
    "civil", "class", "clean", "clerk", "cleveland", "client", "clients", "clinic", "clinical", "cloud", "co", "coach",
    "code", "coding", "colaborador", "cold", "colegio", "collaborated", "collaboration", "collected", "college",
    "colombia", "colorado", "columbus", "combined", "command", "commerce", "commercial", "committee", "common",
    "communication", "communications", "community", "company", "competences", "competencias", "competencies",
    "competenze", "compiled", "completed", "compliance", "component", "comptable", "computer", "computing",
    "conceived", "conducted", "conference", "confidential", "configured", "connecticut", "conseiller", "construction",
    "consultant", "consulted", "consulting", "contabile", "contact", "contador", "content", "continuous", "contract",
    "contractor", "contributed", "control", "controller", "converted", "cook", "cooking", "cooperated", "coordenador",
    "coordinated", "coordinator", "copy", "core", "corporate", "corso", "cost", "council", "counsel", "counseled",
    "counselor", "course", "courses", "coursework", "created", "creative", "credit", "croatia", "cross", "css",
    "culture", "curator", "current", "curriculum", "curso", "customer", "cut", "cyber", "cybersecurity", "czech",
    "dallas", "danish", "dashboard", "data", "database", "databases", "date", "datum", "dean", "dear", "debugged",
    "dec", "december", "decision", "decreased", "deep", "defined", "degree", "delaware", "delhi", "delivered",
    "delivery", "demonstrated", "denmark", "dental", "denver", "department", "deployed", "deputy", "desarrollador",
    "desarrolladora", "desenvolvedor", "desenvolvedora", "design", "designed", "designer", "desktop", "detected",
    "determined", "detroit", "deutsch", "deutschland", "develop", "developed", "developer", "developing",
    "development", "developpeur", "device", "devised", "devops", "diagnosed", "diagnostic", "digital", "diploma",
    "diplome", "direccion", "direct", "directed", "directeur", "director", "directrice", "diretor", "direttore",
    "disaster", "discovered", "distributed", "distribution", "district", "diversity", "division", "django", "do",
    "dob", "docent", "docker", "doctor", "doctoral", "doctorate", "document", "documentation", "documented", "domain",
    "doswiadczenie", "drive", "driver", "driving", "drove", "dublin", "due", "during", "dutch", "dynamic", "dyrektor",
    "each", "earned", "east", "ecole", "ecommerce", "economic", "economics", "edited", "editor", "editorial",
    "educacao", "educacion", "education", "educator", "edukacja", "effective", "egypt", "elastic", "elasticsearch",
    "electrical", "electronic", "electronics", "eliminated", "email", "embedded", "emergency", "emirates", "emploi",
    "employee", "employer", "employment", "empresa", "enabled", "energy", "enforced", "engagement", "engenheira",
    "engenheiro", "engineer", "engineered", "engineering", "engineers", "england", "english", "ensino", "ensured",
    "enterprise", "entrepreneur", "entreprise", "entry", "entwickler", "entwicklerin", "environment", "environmental",
    "equity", "erfahrung", "esperienza", "established", "estagiario", "estagio", "estate", "estimated", "estonia",
    "etudes", "europe", "european", "evaluated", "event", "events", "every", "examined", "excel", "excellence",
    "excellent", "executed", "executive", "exhibition", "expanded", "expedited", "experience", "experienced",
    "experiences", "experiencia", "expert", "expertise", "explained", "explored", "export", "express", "external",
    "fabrication", "facebook", "fachhochschule", "facilitated", "facilities", "facility", "fast", "feb", "february",
    "federal", "fellow", "fellowship", "field", "figma", "filed", "finance", "financial", "finland", "finnish",
    "first", "fitness", "flexible", "florida", "fluent", "food", "for", "foreman", "forensic", "forklift", "formacao",
    "formacion", "formation", "formazione", "formed", "formulated", "founded", "founder", "founding", "framework",
    "france", "frankfurt", "free", "freelance", "french", "friday", "from", "front", "frontend", "full", "fullstack",
    "functional", "fund", "further", "future", "game", "gaming", "gender", "general", "generated", "geneva", "georgia",
    "gerente", "german", "germany", "geschaftsfuhrer", "gestor", "git", "github", "gitlab", "global", "gmail", "gmbh",
    "go", "goal", "goals", "good", "google", "government", "gpa", "grade", "graduacao", "graduate", "graduated",
    "grant", "grants", "graphic", "graphql", "great", "greece", "greek", "green", "group", "growth", "guest", "guide",
    "guided", "habilidades", "hadoop", "hamburg", "hampshire", "handled", "hanoi", "hawaii", "he", "head", "health",
    "healthcare", "heavy", "hebrew", "help", "helpdesk", "helped", "her", "here", "high", "higher", "highlights",
    "hindi", "hired", "hiring", "his", "history", "hobbies", "hochschule", "hogeschool", "home", "hong", "honors",
    "honours", "hospital", "hospitality", "hotel", "houston", "how", "hr", "html", "http", "human", "hungary",
    "hybrid", "hyderabad", "i", "ict", "id", "identified", "idiomas", "if", "illinois", "illustrated", "impiegato",
    "implementation", "implemented", "improved", "in", "inc", "include", "increased", "independent", "india", "indian",
    "indiana", "indonesia", "industrial", "industry", "infirmier", "informatik", "informatiker", "information",
    "infrastructure", "ingegnere", "ingeniera", "ingeniero", "ingenieur", "ingenieure", "ingenieurin", "initiated",
    "innovation", "innovative", "inspected", "inspector", "installed", "institute", "instituto", "instructed",
    "instructor", "insurance", "integrated", "integration", "intelligence", "interests", "interim", "interior",
    "intermediate", "intern", "internal", "international", "internship", "internships", "interpreted", "interviewed",
    "introduced", "introduction", "invented", "inventory", "investigated", "investment", "investor", "invoice",
    "inzynier", "ios", "iot", "iowa", "ipad", "iran", "iraq", "ireland", "irish", "iso", "israel", "issue", "istanbul",
    "istruzione", "it", "it's", "italian", "italy", "itil", "its", "jan", "january", "japan", "japanese", "java",
    "javascript", "jefe", "jenkins", "jest", "jezyki", "jira", "job", "joined", "journal", "journalist", "jr", "jul",
    "july", "jun", "june", "junior", "jurist", "just", "k", "kafka", "kansas", "karachi", "kauffrau", "kaufmann",
    "kenntnisse", "kent", "kentucky", "kenya", "kept", "key", "kierownik", "kitchen", "knowledge", "kong", "korea",
    "korean", "kotlin", "kubernetes", "kuwait", "l", "lab", "labor", "laboratory", "lagos", "lahore", "language",
    "languages", "langues", "laravel", "latin", "launched", "laurea", "law", "lawyer", "lead", "leader", "leadership",
    "leading", "lean", "learned", "learning", "lebenslauf", "lectured", "lecturer", "led", "legal", "leidinggevende",
    "leipzig", "leiter", "leiterin", "less", "level", "leveraged", "liaised", "librarian", "library", "licenciado",
    "licenciatura", "license", "licensed", "licenses", "life", "lima", "limited", "line", "lingue", "linguistics",
    "linkedin", "linux", "lisbon", "listed", "literacy", "literature", "live", "liverpool", "llc", "location",
    "logged", "logistics", "london", "looking", "los", "louisiana", "loyola", "ltd", "luxembourg", "lycee", "lyon",
    "m", "machine", "machinery", "machinist", "madrid", "maestria", "maharashtra", "mail", "main", "maine",
    "maintained", "maintenance", "major", "malaysia", "malta", "manage", "managed", "management", "manager",
    "managers", "manages", "managing", "manchester", "mandarin", "manila", "manufacturing", "many", "mar", "march",
    "marine", "market", "marketed", "marketing", "markets", "maryland", "master", "masters", "material", "materials",
    "math", "mathematical", "mathematics", "maven", "may", "mba", "measured", "mechanic", "mechanical", "medewerker",
    "media", "mediated", "medical", "medicine", "medico", "melbourne", "member", "memberships", "mentor", "mentored",
    "merchandise", "merchandiser", "merged", "meteor", "methods", "mexico", "miami", "michigan", "microbiology",
    "microservices", "microsoft", "mid", "middle", "migrated", "milan", "military", "minister", "ministry",
    "minneapolis", "minnesota", "mission", "mississippi", "missouri", "mitarbeiter", "mitarbeiterin", "mobile",
    "model", "modeled", "modeling", "modern", "molecular", "monday", "mongodb", "monitored", "montana", "montreal",
    "more", "morocco", "moscow", "most", "motivated", "motor", "mr", "much", "multimedia", "mumbai", "munchen",
    "munich", "museum", "music", "mysql", "n", "nairobi", "name", "national", "nationality", "native", "natural",
    "navy", "nebraska", "negotiated", "nepal", "net", "netherlands", "network", "networking", "networks", "nevada",
    "new", "news", "next", "nigeria", "night", "no", "node", "nodejs", "non", "north", "norway", "norwegian", "nosql",
    "note", "notes", "nov", "november", "now", "number", "numbers", "numpy", "nurse", "nursing", "nutrition", "nyc",
    "o", "objective", "objectives", "objetivo", "observed", "obtained", "occupational", "october", "of", "office",
    "officer", "ohio", "oklahoma", "on", "online", "ontario", "ontwikkelaar", "open", "operated", "operating",
    "operation", "operational", "operations", "operator", "opleiding", "optical", "optimization", "optimized",
    "oracle", "oral", "order", "ordered", "oregon", "organised", "organization", "organizational", "organized",
    "osaka", "oslo", "other", "our", "outreach", "outside", "outstanding", "oversaw", "overview", "owned", "owner",
    "oxford", "page", "pakistan", "panama", "paralegal", "paris", "part", "participated", "partner", "partnered",
    "partners", "partnership", "party", "passport", "patched", "pension", "people", "peoples", "per", "perfil",
    "performance", "performed", "permanent", "personal", "personliche", "persuaded", "peru", "ph", "pharmaceutical",
    "pharmacist", "pharmacy", "phd", "philadelphia", "philippines", "philosophy", "phoenix", "phone", "photo",
    "photographer", "photography", "photoshop", "php", "physical", "physician", "physics", "pilot", "pioneered",
    "plan", "planned", "planner", "planning", "plant", "platform", "platforms", "please", "plus", "poland", "policy",
    "polish", "political", "politics", "port", "portfolio", "portland", "portugal", "portuguese", "position", "post",
    "postgraduate", "postgresql", "powerbi", "powerpoint", "practicas", "practice", "practitioner", "prague",
    "praktikant", "praktikum", "pre", "prepared", "present", "presentation", "presented", "president", "press",
    "prevented", "prevention", "primary", "principal", "print", "private", "problem", "proceedings", "process",
    "processed", "procurement", "produced", "producer", "product", "production", "products", "profesional", "profesor",
    "professional", "professionnelle", "professor", "proficient", "profile", "program", "programista", "programmed",
    "programmer", "programming", "programs", "project", "projects", "projektleiter", "promoted", "promotion",
    "proposal", "proposed", "proven", "provided", "proyecto", "proyectos", "psychology", "public", "publication",
    "publications", "publicist", "published", "publisher", "publishing", "pune", "purchased", "purchasing", "python",
    "pytorch", "qa", "qatar", "quadra", "quality", "quantitative", "quebec", "queens", "questions", "r", "radio",
    "ragioniere", "rails", "raised", "ran", "react", "received", "recent", "reception", "receptionist", "recommended",
    "recruiter", "recruiting", "recruitment", "redesigned", "redis", "reduced", "referees", "reference", "references",
    "refined", "regional", "registered", "regulatory", "related", "relations", "relationship", "relevant",
    "reliability", "remodeled", "remote", "renewable", "reorganized", "repaired", "replaced", "report", "reporting",
    "reports", "representative", "represented", "request", "requirements", "research", "researched", "researcher",
    "resident", "residential", "resolved", "resource", "resources", "responded", "responsabile", "responsable",
    "responsibilities", "responsible", "responsive", "rest", "restaurant", "restored", "restructured", "results",
    "resume", "resumo", "retail", "retrieved", "revenue", "review", "reviewed", "revised", "rio", "risk", "robotics",
    "role", "rolled", "romania", "romanian", "rome", "rotterdam", "ruby", "russia", "russian", "rust", "s", "saas",
    "sachbearbeiter", "safety", "sales", "salesforce", "salt", "san", "sap", "saturday", "saudi", "scala", "scaled",
    "scheduled", "scholar", "scholarship", "school", "schule", "science", "sciences", "scientific", "scientist",
    "scotland", "scottish", "scrum", "scuola", "sde", "search", "seattle", "second", "secondary", "secretaria",
    "secretary", "section", "sector", "secured", "security", "seeking", "selected", "self", "seminar", "senior", "seo",
    "seoul", "sep", "sept", "september", "serbia", "served", "server", "service", "services", "session", "several",
    "shanghai", "sharepoint", "she", "shift", "shipping", "shop", "short", "signal", "since", "singapore", "site",
    "sketch", "skill", "skills", "slovakia", "slovenia", "small", "social", "society", "software",
    "softwareentwickler", "sold", "solution", "solutions", "solved", "some", "sorted", "south", "spain", "spanish",
    "spark", "spearheaded", "special", "specialist", "specialized", "specjalista", "speech", "sport", "sports",
    "sprachen", "spring", "sql", "sr", "stack", "staff", "stage", "stagiaire", "stakeholder", "standard",
    "standardized", "stanford", "stanowisko", "started", "startup", "state", "statement", "states", "statistical",
    "statistics", "stockholm", "store", "strategic", "strategies", "strategist", "strategy", "streamlined",
    "strengthened", "strong", "structural", "student", "students", "studied", "studies", "studio", "studium", "study",
    "subject", "submitted", "successfully", "such", "summarized", "summary", "summer", "sunday", "supervised",
    "supervisor", "supplier", "supply", "support", "supported", "surgeon", "surgery", "surgical", "sustainability",
    "sviluppatore", "swe", "sweden", "swedish", "swift", "swiss", "switzerland", "sydney", "synthesized", "system",
    "systematized", "systems", "tableau", "tailored", "taiwan", "talent", "tanzania", "target", "targeted", "taught",
    "tax", "teacher", "teaching", "team", "teams", "tech", "technical", "technician", "technicien", "technikum",
    "technische", "technologies", "technologist", "technology", "tecnico", "telecom", "telecommunications",
    "telephone", "television", "tennessee", "tensorflow", "terraform", "territory", "test", "tested", "tester",
    "testing", "texas", "thailand", "than", "that", "the", "theater", "then", "therapist", "therapy", "there",
    "thermal", "these", "thesis", "they", "third", "this", "those", "thursday", "time", "title", "to", "today",
    "tokyo", "tool", "tools", "top", "toronto", "tourism", "tracked", "trade", "trained", "trainee", "trainer",
    "training", "transfer", "translated", "translation", "translator", "transport", "transportation", "travel",
    "treasurer", "tuesday", "tunisia", "turin", "turkey", "turkish", "tutor", "tutored", "twitter", "type",
    "typescript", "u", "uae", "uganda", "ui", "uk", "ukraine", "ukrainian", "umiejetnosci", "undergraduate",
    "underwriter", "unit", "united", "universidad", "universidade", "universita", "universitaet", "universitat",
    "universite", "university", "uniwersytet", "unix", "until", "updated", "upgraded", "urban", "urdu", "us", "usa",
    "use", "used", "user", "using", "utah", "utilized", "ux", "validated", "vancouver", "vehicle", "vendedor",
    "vendor", "ventas", "verified", "vermont", "version", "very", "via", "vice", "video", "vienna", "vietnam",
    "vietnamese", "virginia", "virtual", "vision", "visual", "vitae", "vol", "volume", "volunteer", "volunteered",
    "volunteering", "vp", "vue", "wales", "warehouse", "warsaw", "washington", "water", "we", "web", "website",
    "wednesday", "weekly", "welder", "welding", "well", "wellness", "werkervaring", "werkstudent", "werkzaamheden",
    "west", "what", "when", "where", "which", "while", "who", "whose", "why", "wi", "wind", "windows", "winner",
    "winter", "wireless", "wirtschaftsinformatik", "wisconsin", "with", "won", "word", "wordpress", "work", "worked",
    "worker", "workflow", "working", "workplace", "works", "workshop", "world", "writer", "writing", "written",
    "wrote", "wyksztalcenie", "xml", "year", "years", "york", "you", "young", "your", "youth", "zainteresowania",
    "zealand", "zurich",
]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::layout::fold;

    #[test]
    fn lists_are_sorted_and_folded() {
        for list in [
            PERSONAL.list, PEOPLE.list, WORKS.list, SMALL.list, HEADINGS.list, PARTICLES.list, HONORIFICS.list,
            ORGANIZATIONS.list, HOMONYMS.list, NOT_NAMES.list, CREDENTIALS.list,
        ] {
            assert!(list.is_sorted_by(|a, b| a < b));
            assert!(list.iter().all(|word| fold(word) == **word));
        }
    }

    #[test]
    fn headings_are_told_from_names_and_sentences() {
        for heading in [
            "EXPERIENCE", "Work Experience", "## Skills", "References:", "Berufserfahrung", "FORMATION",
            "Personal Details",
        ] {
            assert!(section(heading.trim_end_matches(':')).is_some(), "{heading}");
        }
        for other in ["Jane Doe", "Experience with Rust and Go in production", "Skills: Rust", "Engineer, 2019"] {
            assert!(section(other).is_none(), "{other}");
        }
    }
}
