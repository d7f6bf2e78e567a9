//! Random texts that detectors react to, and what redaction promises of any text.

use fastrand::Rng;
use shared::redaction::{MAX_HELD, Rehydrator, Vault, redact_document, visible};

/// What detectors look at, and what disguises it.
const FRAGMENTS: [&str; 88] = [
    " ",
    " ",
    " ",
    "\n",
    "\n",
    "\n\n",
    ".",
    ",",
    ":",
    "@",
    "/",
    "-",
    "(",
    ")",
    "[",
    "{",
    "<",
    ">",
    "|",
    "•",
    "–",
    "_",
    "'s",
    "\\",
    "&lt;",
    "#",
    "+",
    "\u{ad}",
    "\u{200b}",
    "\u{a0}",
    "e\u{301}",
    "ﬁ",
    "ｊ",
    "İ",
    "ß",
    "名",
    "😀",
    "\t",
    "\r\n",
    "Jane Doe",
    "JANE DOE",
    "jane.doe",
    "J. Doe",
    "Dr. Ana de la Cruz",
    "Morgan Stanley",
    "Jenkins",
    "Mr",
    "manager: ",
    "jane@example.com",
    " (at) ",
    " [dot] ",
    " at ",
    " dot ",
    "https://",
    "www.",
    "github.com/jane",
    "@jane",
    "x.dev",
    "+1 202 555 0147",
    "0170 1234567",
    "(030) 901820",
    "Tel: ",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "123-45-6789",
    "Passport: ",
    "C01X00T47",
    "born 2 March 1984",
    "192.168.1.20",
    "2001:db8::1",
    "12 Elm Street",
    "Hauptstraße 5, 10115 Berlin",
    "Address: ",
    "EXPERIENCE",
    "<PII_REDACTED_NAME_1>",
    "pii_redacted_",
    ";",
    "Foo.Bar(",
    "WW.",
    "\u{202e}",
    "\u{202c}",
    "\u{2066}",
    "\u{e0041}",
    "\u{fe0f}",
    "\u{200d}",
    "\0",
    "\u{301}",
    "\u{664}\u{669}",
];

/// Up to `most` fragments, random characters or digits in a row.
#[must_use]
pub fn glued(rng: &mut Rng, most: usize) -> String {
    let mut text = String::new();
    for _ in 0..=rng.usize(0..most) {
        match rng.u8(0..8) {
            0 => text.push(rng.char(..)),
            1 => text.extend((0..rng.usize(1..5)).map(|_| rng.char(' '..='~'))),
            2 => text.extend((0..rng.usize(1..12)).map(|_| rng.digit(10))),
            _ => text.push_str(FRAGMENTS[rng.usize(0..FRAGMENTS.len())]),
        }
    }
    text
}

/// One of the documents with a few characters taken out, doubled or replaced by a fragment.
#[must_use]
pub fn mutated(rng: &mut Rng, documents: &[String]) -> String {
    let mut text = documents[rng.usize(0..documents.len())].clone();
    for _ in 0..rng.usize(1..12) {
        let Some((at, c)) = text.char_indices().nth(rng.usize(0..text.len().max(1))) else { continue };
        let piece = match rng.u8(0..3) {
            0 => String::new(),
            1 => format!("{c}{c}"),
            _ => FRAGMENTS[rng.usize(0..FRAGMENTS.len())].to_owned(),
        };
        text.replace_range(at..at + c.len_utf8(), &piece);
    }
    text
}

/// What shows itself only when its neighbor is gone, and what it needs around it: headings, labels, empty lines, in disguise.
const UNCOVERED: [&str; 18] = [
    "References\n",
    "R E F E R E N C E S\n",
    "Re\u{301}fe\u{301}rences\n",
    "Refer\u{200b}ences\n",
    "\u{c}Publications\n",
    "P E R S O N A L   D E T A I L S\u{2028}",
    "Passport No.\n",
    "Tel.\n\n",
    "Born\n",
    "Address:\n",
    "\n\n\n\n\n",
    "\r\n\r\n",
    "Kind regards,\n",
    "Ivo Dragomirov 202-555-0147\n",
    "K12345678https://a.io/x\n",
    "4111111111111111https://x.dev\n",
    "12 Elm Street\n",
    "Springfield, IL 62701\n",
];

/// A long document: lines of one of the documents, over and over, and between them what only a second look finds.
#[must_use]
pub fn long(rng: &mut Rng, documents: &[String]) -> String {
    let document = &documents[rng.usize(0..documents.len())];
    let lines: Vec<&str> = document.lines().collect();
    let mut text = String::new();
    for _ in 0..rng.usize(3..8) {
        for _ in 0..rng.usize(5..40) {
            text.push_str(lines[rng.usize(0..lines.len())]);
            text.push('\n');
        }
        for _ in 0..rng.usize(1..4) {
            text.push_str(UNCOVERED[rng.usize(0..UNCOVERED.len())]);
        }
        text.push_str(&glued(rng, 3));
    }
    text
}

/// What redaction promises of any text: it comes back byte for byte, whole and as a stream in any pieces, and looking again
/// at what is sent finds nothing.
///
/// # Errors
///
/// The promise that is broken.
pub fn check(text: &str, rng: &mut Rng) -> Result<(), &'static str> {
    let (redacted, vault, _) = redact_document(text);
    if vault.rehydrate(redacted.as_str()) != text {
        return Err("does not come back");
    }
    if streamed(redacted.as_str(), &vault, rng)? != text {
        return Err("does not come back as a stream");
    }
    let (again, vault, detections) = redact_document(redacted.as_str());
    if vault.rehydrate(again.as_str()) != redacted.as_str() {
        return Err("does not come back the second time");
    }
    if !detections.is_empty() {
        return Err("the second look finds more");
    }
    let (_, _, detections) = redact_document(&visible(redacted.as_str()));
    if detections.is_empty() { Ok(()) } else { Err("there is more in what the model reads") }
}

fn streamed(redacted: &str, vault: &Vault, rng: &mut Rng) -> Result<String, &'static str> {
    let mut rehydrator = Rehydrator::new(vault);
    let mut given = String::new();
    let mut rest = redacted;
    while !rest.is_empty() {
        let mut at = rng.usize(1..=rest.len().min(64));
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        given.push_str(&rehydrator.push(&rest[..at]));
        rest = &rest[at..];
        if rehydrator.held() > MAX_HELD {
            return Err("the stream holds back too much");
        }
    }
    given.push_str(&rehydrator.finish());
    Ok(given)
}
