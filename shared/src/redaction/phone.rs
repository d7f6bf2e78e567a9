//! Phone numbers of many countries: by `+` or `00` and a country code, by a label, by their place, and in national forms
//! that are unmistakable.
//!
//! Lengths by country code follow ITU-T E.164 (at most 15 digits) and its list of assigned codes.

use super::label::Phrases;
use super::layout::{Layout, MAX_CONTACT_LINE};
use super::number::Cluster;
use super::words::Endings;
use super::{Kind, Span};

static LABELS: Endings = Endings::of(&[
    "call", "call me at", "cel", "cell", "cell phone", "cellphone", "cellulare", "celular", "contact", "direct", "fax",
    "fono", "gsm", "handphone", "handy", "home", "hotline", "hp", "kom", "komorka", "landline", "mob", "mobil",
    "mobile", "mobilfunk", "mobiltelefon", "mobilne", "movil", "office", "ph", "phone", "phones", "portable", "ring",
    "signal", "sms", "tel", "telef", "telefon", "telefone", "telefono", "telefoon", "telegram", "telemovel",
    "telephone", "text", "tf", "tfn", "tlf", "viber", "whats app", "whatsapp", "work", "wechat", "电话", "手机",
    "call me on", "reach me on", "reach me at", "contact me on", "contact me at", "call us on", "call us at",
    "reach us at", "me on", "me at", "erreichbar unter", "telefonisch unter", "mich unter", "joignable au",
    "appeler au", "contactez-moi au", "ring me on", "text me on", "phone me on",
]);

/// Words before a number that make it something else.
static OTHERS: Endings = Endings::of(&[
    "article", "batch", "build", "case", "catalog", "catalogue", "cve", "id", "invoice", "isbn", "iso", "issn", "item",
    "model", "order", "p/n", "part", "patent", "po", "product", "ref", "release", "rev", "revision", "rfc", "serial",
    "sku", "ticket", "v", "ver", "version", "grant", "license", "licence", "doi", "arxiv", "aufgabe", "artikel",
]);

/// Those that make a number something else from a distance.
static PARTS: Phrases =
    Phrases::of(&["isbn", "invoice", "order", "p/n", "part", "part no", "patent", "serial", "sku", "ticket"]);

/// Assigned country codes (ITU-T E.164, list of 2016 with amendments), one to three digits.
fn has_country_code(digits: &str) -> bool {
    let code = |length: usize| digits.get(..length).and_then(|code| code.parse::<u16>().ok()).unwrap_or(0);
    matches!(code(1), 1 | 7)
        || matches!(
            code(2),
            20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98
        )
        || matches!(
            code(3),
            211..=213 | 216 | 218 | 220..=269 | 290 | 291 | 297..=299 | 350..=359 | 370..=389 | 420 | 421 | 423 | 500..=509
                | 590..=599 | 670 | 672..=692 | 800 | 808 | 850 | 852 | 853 | 855 | 856 | 870 | 878 | 880..=883 | 886 | 888
                | 960..=968 | 970..=977 | 979 | 992..=996 | 998
        )
}

pub(super) fn find(layout: &Layout<'_>, clusters: &[Cluster], found: &mut Vec<Span>) {
    let mut numbers = Vec::new();
    let mut others = Vec::new();
    for cluster in clusters {
        if let Some(end) = phone(layout, cluster) {
            numbers.extend(subscriber(&cluster.digits));
            found.push(Span { range: cluster.range.start..with_extension(layout.text, end), kind: Kind::Phone });
        } else if subscriber(&cluster.digits).is_some() {
            others.push(cluster);
        }
    }
    // The same number again, written otherwise.
    for cluster in others {
        if subscriber(&cluster.digits).is_some_and(|number| numbers.contains(&number)) {
            found.push(Span { range: cluster.range.clone(), kind: Kind::Phone });
        }
    }
}

/// The last eight digits of nine or more, by which two spellings of a number are compared.
fn subscriber(digits: &str) -> Option<&str> {
    (9..=16).contains(&digits.len()).then(|| &digits[digits.len() - 8..])
}

/// The end of the number, if the cluster is one.
fn phone(layout: &Layout<'_>, cluster: &Cluster) -> Option<usize> {
    let count = cluster.digits.len();
    if !(6..=16).contains(&count) {
        return None;
    }
    let end = cluster.range.end;
    let text = layout.text;
    let free_before =
        !text[..cluster.range.start].ends_with(|c: char| c.is_alphanumeric() || "_@#$€£.,-/:".contains(c));
    let after = text[end..].chars().next();
    let free_after = !after.is_some_and(|c| {
        c.is_alphabetic() && !text[end..].starts_with('x') && !text[end..].starts_with("ext") || c == '_' || c == '%'
    });
    if !free_after {
        return None;
    }
    if cluster.plus && (7..=15).contains(&count) && has_country_code(&cluster.digits) {
        return Some(end);
    }
    if cluster.is_dates() {
        return None;
    }
    let before = cluster.before(layout);
    if before.ends_with_label(&OTHERS) {
        return None;
    }
    // A single letter is a label only with its colon or point.
    let marked = layout.before(cluster.range.start).trim_end().ends_with([':', '.']);
    let labeled = before.ends_with_label(&LABELS) || (marked && before.ends_with(&["f", "m", "p", "t"]));
    if labeled && count <= 15 {
        return Some(end);
    }
    if !free_before {
        return None;
    }
    let international = cluster.digits.strip_prefix("00").is_some_and(|rest| has_country_code(rest) && rest.len() >= 8);
    if international || is_north_american(cluster) || is_trunk(cluster) {
        return (!before.contains(&PARTS)).then_some(end);
    }
    (count >= 7 && stands_alone(layout, cluster)).then_some(end)
}

/// Ten digits in groups of 3, 3 and 4 (the first maybe bracketed), the area from 2 on (NANP rules), maybe after 1. The exchange is
/// not checked: people write 123.
fn is_north_american(cluster: &Cluster) -> bool {
    let (digits, groups) = match (cluster.digits.strip_prefix('1'), cluster.groups.first()) {
        (Some(rest), Some(1)) => (rest, &cluster.groups[1..]),
        _ => (cluster.digits.as_str(), &cluster.groups[..]),
    };
    let valid = |at: usize| digits.as_bytes().get(at).is_some_and(|digit| *digit >= b'2');
    let shape = groups == [3, 3, 4] || (cluster.bracket && groups == [3, 7]);
    shape && valid(0)
}

/// A national number with its trunk prefix 0: 9 to 11 digits in at least two groups, or a bracketed area code.
fn is_trunk(cluster: &Cluster) -> bool {
    let count = cluster.digits.len();
    let grouped = cluster.groups.len() >= 2 && cluster.groups.iter().all(|length| *length >= 2);
    let trunk = cluster.digits.starts_with('0') && !cluster.digits.starts_with("00");
    (trunk && (9..=12).contains(&count) && grouped)
        || (cluster.bracket
            && (8..=12).contains(&count)
            && cluster.groups.first().is_some_and(|length| (2..=5).contains(length)))
}

/// Whether the number fills a field of a contact line, ends an entry of a reference, or stands beside an e-mail address.
fn stands_alone(layout: &Layout<'_>, cluster: &Cluster) -> bool {
    let Some(line) = layout.line_of(cluster.range.start).map(|index| &layout.lines[index]) else { return false };
    let content = &layout.text[line.range.clone()];
    let contact = line.is_header || line.names_others || (content.len() <= MAX_CONTACT_LINE && content.contains('@'));
    if !contact {
        return false;
    }
    let before = layout.text[line.range.start..cluster.range.start].trim_end();
    let after = layout.text[cluster.range.end..line.range.end].trim_start();
    // A pictogram is a separator too.
    let sign = before.chars().next_back().is_some_and(|c| !c.is_ascii() && !c.is_alphanumeric());
    let opens = before.is_empty() || sign || before.ends_with([',', '|', '•', '·', ':', ';', '(', '\t']);
    let closes =
        after.is_empty() || after.starts_with([',', '|', '•', '·', ';', ')', '\t', 'x']) || after.starts_with("ext");
    opens && closes
}

/// The end after an extension (`ext. 12`, `x204`, `DW 3`).
fn with_extension(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    let bare = rest.trim_start_matches([' ', ',', '(']);
    for word in ["ext.", "ext", "extension", "x", "Ext.", "Ext", "DW", "poste", "ramal", "doorkiesnummer", "wew."] {
        let Some(number) = bare.strip_prefix(word).map(|rest| rest.trim_start_matches([' ', ':', '.'])) else {
            continue;
        };
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=6).contains(&digits) && rest.len() - bare.len() <= 3 {
            return end + (rest.len() - number.len()) + digits;
        }
    }
    end
}
