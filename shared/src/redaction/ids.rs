//! National ids and passports: a label carries any value of the right shape; without a label a checksum must accept.
//!
//! Checksums: Verhoeff for the Indian Aadhaar, mod 11 for the Brazilian CPF, mod 23 for the Spanish DNI and NIE, mod 97 for
//! the French NIR, weighted sums for the Polish PESEL, the Dutch BSN is taken by label only.

use std::ops::Range;

use super::label::{Before, Phrases};
use super::layout::Layout;
use super::number::Cluster;
use super::words::Endings;
use super::{Kind, Span};

static SSN_LABELS: Endings = Endings::of(&["ss", "ssn", "social security", "soc sec", "social", "social sec"]);
static NATIONAL_LABELS: Endings = Endings::of(&[
    "aadhaar",
    "aadhar",
    "uid",
    "uidai",
    "pan",
    "pan card",
    "dni",
    "steuer-idnr",
    "steuer-id-nr",
    "sv",
    "c.c",
    "citizen id",
    "citizen card",
    "government id",
    "personal id",
    "nie",
    "nif",
    "nif/nie",
    "cpf",
    "rg",
    "cnh",
    "pesel",
    "nip",
    "ni",
    "nino",
    "national insurance",
    "national id",
    "national identity",
    "national identification",
    "id card",
    "identity card",
    "identity",
    "personalausweis",
    "ausweis",
    "personalausweisnummer",
    "ausweisnummer",
    "steuer-id",
    "steuer id",
    "steueridentifikationsnummer",
    "steuernummer",
    "sozialversicherungsnummer",
    "rentenversicherungsnummer",
    "versicherungsnummer",
    "sv-nummer",
    "codice fiscale",
    "c.f",
    "cf",
    "bsn",
    "burgerservicenummer",
    "sofi",
    "sin",
    "social insurance",
    "tfn",
    "tax file",
    "nric",
    "fin",
    "nric/fin",
    "tax id",
    "tin",
    "itin",
    "ein",
    "pps",
    "ppsn",
    "pps number",
    "insee",
    "securite sociale",
    "nir",
    "secu",
    "personnummer",
    "cpr",
    "cpr-nummer",
    "henkilotunnus",
    "hetu",
    "fodselsnummer",
    "ahv",
    "ahv-nr",
    "avs",
    "curp",
    "rfc",
    "rut",
    "run",
    "cedula",
    "cedula de identidad",
    "cedula de ciudadania",
    "cc",
    "carne",
    "dui",
    "nin",
    "bvn",
    "hkid",
    "ic",
    "mykad",
    "id",
    "rodne cislo",
    "cnp",
    "egn",
    "oib",
    "jmbg",
    "emso",
    "amka",
    "afm",
    "tc kimlik",
    "kimlik",
    "snils",
    "inn",
    "nss",
    "numero de seguridad social",
    "cartao de cidadao",
    "cartao cidadao",
    "bilhete de identidade",
    "dowod osobisty",
    "seria i",
    "driving licence",
    "driver's license",
    "drivers license",
    "driver license",
    "driving license",
    "fuhrerschein",
    "permis de conduire",
    "voter id",
    "nhs",
    "medicare",
    "身份证",
    "身份证号",
    "rijksregisternummer",
    "cnic",
    "alien registration",
    "a-number",
    "personalausweisnr",
    "iqama",
    "kra pin",
    "ghana card",
    "abn",
    "teacher reference",
    "nas",
]);
static LONG_ID_LABELS: Endings = Endings::of(&[
    "national id", "personal id", "citizen id", "government id", "tax id", "steuer-id", "steuer id", "voter id",
    "passport id", "state id", "photo id", "emirates id",
]);
static PASSPORT_LABELS: Endings = Endings::of(&[
    "passport",
    "passeport",
    "paszportu",
    "passin",
    "cestovni pas",
    "utlevelszam",
    "utlevel",
    "pasaport",
    "паспорт",
    "паспорта",
    "διαβατηριου",
    "护照号码",
    "护照号",
    "旅券番号",
    "旅券",
    "여권번호",
    "رقم جواز السفر",
    "جواز السفر",
    "passport id",
    "cestovni pas c",
    "reisepass",
    "reisepassnummer",
    "pasaporte",
    "passaporto",
    "paspoort",
    "paspoortnummer",
    "passaporte",
    "paszport",
    "pass",
    "pas",
    "passport details",
    "travel document",
    "pass-nr",
    "passnummer",
    "护照",
    "passi",
]);
static OTHERS: Phrases = Phrases::of(&[
    "sku", "part", "p/n", "order", "model", "serial", "item", "ticket", "invoice", "catalog", "batch", "patent",
]);

/// Letters and digits of the shortest id.
const MIN_ID: usize = 6;

pub(super) fn find(layout: &Layout<'_>, clusters: &[Cluster], found: &mut Vec<Span>) {
    for cluster in clusters {
        let token = token(layout.text, cluster);
        // No id is shorter: most numbers of a résumé end here.
        let parts = layout.text[token.clone()].bytes().filter(u8::is_ascii_alphanumeric);
        if parts.count() < MIN_ID {
            continue;
        }
        let before = cluster.before(layout);
        let moved = (token.start != cluster.range.start).then(|| Before::of(layout.before(token.start)));
        if let Some(kind) = by_label(moved.as_ref().unwrap_or(before), &layout.text[token.clone()]) {
            found.push(Span { range: token, kind });
        } else if !before.contains(&OTHERS)
            && let Some((range, kind)) = by_itself(layout.text, cluster, &token)
        {
            found.push(Span { range, kind });
        }
    }
}

/// The cluster with the letters that belong to it: `WRBAZ4469P`, `ZZ 32 19 11 T`, `FDNLCU80A01H501X`.
fn token(text: &str, cluster: &Cluster) -> Range<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let mut start = cluster.range.start;
    let mut end = cluster.range.end;
    let bytes = text.as_bytes();
    let letters = bytes[..start].iter().rev().take(13).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if letters <= 12 {
        start -= letters;
    }
    // `Y-7103928-R`: a letter of its own before a hyphen.
    let lead = &text[..start];
    if lead.ends_with('-')
        && lead[..lead.len() - 1].ends_with(|c: char| c.is_ascii_uppercase())
        && !lead[..lead.len() - 2].ends_with(is_part)
    {
        start -= 2;
    }
    // Letters, digits and single separators between groups, while a digit or a lone capital follows.
    loop {
        let rest = &text[end..];
        let direct = rest.bytes().take(19).take_while(u8::is_ascii_alphanumeric).count();
        if direct > 0 && direct <= 18 {
            end += direct;
            continue;
        }
        let gap = rest.starts_with([' ', '-', '.', '/']);
        let next = rest.get(1..).unwrap_or_default();
        let group = next.bytes().take(9).take_while(u8::is_ascii_alphanumeric).count();
        let belongs = next[..group].bytes().any(|byte| byte.is_ascii_digit())
            || (group == 1 && next.starts_with(|c: char| c.is_ascii_uppercase()));
        if gap && group > 0 && group <= 8 && belongs && end - start < 24 {
            end += 1 + group;
            continue;
        }
        // A letter pair set apart before the digits: `ZZ 32 19 11 T`.
        let lead = &text[..start];
        let pair = lead
            .strip_suffix(' ')
            .map(|lead| lead.len() - lead.trim_end_matches(|c: char| c.is_ascii_uppercase()).len());
        if let Some(letters @ 1..=4) = pair
            && !lead[..lead.len() - 1 - letters].ends_with(char::is_alphanumeric)
            && lead[..lead.len() - 1 - letters].trim_end_matches([' ', '*', '_']).ends_with(':')
        {
            start -= letters + 1;
        }
        return start..end;
    }
}

fn by_label(before: &Before, value: &str) -> Option<Kind> {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let length = value.bytes().filter(u8::is_ascii_alphanumeric).count();
    // German passports have as few as two digits among capitals.
    let mixed = (8..=9).contains(&length) && digits >= 2 && !value.bytes().any(|byte| byte.is_ascii_lowercase());
    if mixed && before.ends_with_label(&PASSPORT_LABELS) {
        return Some(Kind::Passport);
    }
    if digits < 4 || !(MIN_ID..=20).contains(&length) {
        return None;
    }
    // `ID` alone at the start of a line is a person's; `Job ID` and `Ticket ID` are not.
    if before.ends_with(&["id"]) && !before.is("id") && !before.ends_with_label(&LONG_ID_LABELS) {
        return None;
    }
    if before.ends_with_label(&SSN_LABELS) {
        return Some(Kind::Ssn);
    }
    if before.ends_with_label(&PASSPORT_LABELS) && length <= 12 {
        return Some(Kind::Passport);
    }
    // A nurse's degree is the Dutch id's label.
    if before.ends_with(&["bsn"]) && digits != 9 {
        return None;
    }
    // The Mexican tax id shares its label with internet standards, whose numbers are short.
    if before.ends_with(&["rfc"]) && length < 12 {
        return None;
    }
    if before.ends_with(&["id", "cc", "ic", "fin", "sin", "run", "social", "pan", "uid", "ein", "tin"])
        && (length < 8 || digits < 4)
    {
        return None;
    }
    before.ends_with_label(&NATIONAL_LABELS).then_some(Kind::NationalId)
}

/// Values that nothing but their form and checksum gives away.
fn by_itself(text: &str, cluster: &Cluster, token: &Range<usize>) -> Option<(Range<usize>, Kind)> {
    let value = &text[token.clone()];
    let free = !text[..token.start].ends_with(|c: char| c.is_alphanumeric() || "-./_".contains(c))
        && !text[token.end..].starts_with(|c: char| c.is_alphanumeric() || "-_".contains(c));
    if !free {
        return None;
    }
    if *token == cluster.range {
        let digits: Vec<u32> = cluster.digits.bytes().map(|byte| u32::from(byte - b'0')).collect();
        return match cluster.groups[..] {
            [3, 2, 4] if is_ssn(&cluster.digits, value) => Some((token.clone(), Kind::Ssn)),
            [4, 4, 4] if verhoeff(&digits) && digits[0] > 1 => Some((token.clone(), Kind::NationalId)),
            [3, 3, 3, 2] if cpf(&digits) => Some((token.clone(), Kind::NationalId)),
            _ if digits.len() == 15 && cluster.groups.len() >= 5 && nir(&cluster.digits) => {
                Some((token.clone(), Kind::NationalId))
            }
            _ => None,
        };
    }
    let compact: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    (dni(&compact) || nino(&compact, value) || codice_fiscale(&compact) || curp(&compact) || nric(&compact))
        .then(|| (token.clone(), Kind::NationalId))
}

/// Area, group and serial that the US administration assigns: not 000, 666 or 9xx, 00, 0000.
fn is_ssn(digits: &str, value: &str) -> bool {
    let area = &digits[..3];
    let separated = value.matches('-').count() == 2 || value.matches(' ').count() == 2;
    separated
        && area != "000"
        && area != "666"
        && !area.starts_with('9')
        && &digits[3..5] != "00"
        && &digits[5..] != "0000"
}

/// Verhoeff's dihedral checksum (J. Verhoeff, 1969).
fn verhoeff(digits: &[u32]) -> bool {
    const MULTIPLY: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const PERMUTE: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let check = digits.iter().rev().enumerate().fold(0u8, |check, (place, digit)| {
        MULTIPLY[usize::from(check)][usize::from(PERMUTE[place % 8][*digit as usize])]
    });
    check == 0
}

/// Two check digits, mod 11 with falling weights.
fn cpf(digits: &[u32]) -> bool {
    let check = |count: usize| {
        let sum: u32 =
            digits[..count].iter().zip((2..=11).rev().skip(10 - count)).map(|(digit, weight)| digit * weight).sum();
        (sum * 10 % 11) % 10
    };
    digits.len() == 11 && check(9) == digits[9] && check(10) == digits[10]
}

/// French social security: 13 digits and a key, 97 less their remainder.
fn nir(digits: &str) -> bool {
    let (number, key) = (digits[..13].parse::<u64>().unwrap_or(0), digits[13..].parse::<u64>().unwrap_or(0));
    matches!(digits.as_bytes()[0], b'1' | b'2') && 97 - number % 97 == key
}

/// Spanish DNI (8 digits) or NIE (X, Y, Z and 7 digits) with its letter.
fn dni(compact: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    if compact.len() != 9 || !compact.is_ascii() {
        return false;
    }
    let (number, letter) = compact.split_at(8);
    let number = match number.as_bytes()[0] {
        b'X' => format!("0{}", &number[1..]),
        b'Y' => format!("1{}", &number[1..]),
        b'Z' => format!("2{}", &number[1..]),
        _ => number.to_owned(),
    };
    let value: Option<usize> = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten();
    value.is_some_and(|value| letter.as_bytes()[0] == LETTERS[value % 23])
}

/// British National Insurance number: two letters, six digits, A to D; grouped in pairs.
fn nino(compact: &str, value: &str) -> bool {
    let bytes = compact.as_bytes();
    bytes.len() == 9
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..8].iter().all(u8::is_ascii_digit)
        && matches!(bytes[8], b'A'..=b'D')
        && value.matches(' ').count() == 4
}

/// Italian tax code: the pattern of its sixteen characters leaves little else.
fn codice_fiscale(compact: &str) -> bool {
    const PATTERN: &[u8; 16] = b"AAAAAA99A99A999A";
    compact.len() == 16
        && compact.bytes().zip(PATTERN).all(|(byte, wanted)| match wanted {
            b'A' => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_digit(),
        })
}

/// Mexican population registry code: the pattern of its eighteen characters.
fn curp(compact: &str) -> bool {
    let bytes = compact.as_bytes();
    bytes.len() == 18
        && bytes[..4].iter().all(u8::is_ascii_uppercase)
        && bytes[4..10].iter().all(u8::is_ascii_digit)
        && matches!(bytes[10], b'H' | b'M' | b'X')
        && bytes[11..16].iter().all(u8::is_ascii_uppercase)
        && bytes[17].is_ascii_digit()
}

/// Singapore NRIC or FIN with its check letter.
fn nric(compact: &str) -> bool {
    let bytes = compact.as_bytes();
    if bytes.len() != 9 || !bytes[1..8].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 =
        bytes[1..8].iter().zip([2, 7, 6, 5, 4, 3, 2]).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let (offset, letters): (u32, &[u8; 11]) = match bytes[0] {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        _ => return false,
    };
    letters[((sum + offset) % 11) as usize] == bytes[8]
}
