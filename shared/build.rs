//! Lays the lexicon, the price sheet and an index into the table of words out for the compiler: nothing is built when an instance
//! starts.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[path = "src/words.rs"]
#[expect(dead_code, reason = "the library uses the rest of it")]
mod words;

#[path = "src/analysis/bucket.rs"]
mod bucket;

#[path = "build/prices.rs"]
mod prices;

const SKILLS: &str = "lexicon/skills.txt";
const TABLE: &str = "tables/words.bin";
const PRICES: &str = "prices.json";

fn main() -> Result<(), Box<dyn Error>> {
    for path in [SKILLS, TABLE, PRICES, "build/prices.rs", "src/words.rs", "src/analysis/bucket.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let tables = tables(&fs::read_to_string(SKILLS)?)?;
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("prices.rs"), prices::sheet(&fs::read_to_string(PRICES)?)?)?;
    fs::write(Path::new(&out).join("lexicon.rs"), tables)?;
    fs::write(Path::new(&out).join("buckets.rs"), buckets(&fs::read(TABLE)?)?)?;
    Ok(())
}

/// A name that an entry goes by.
struct Alias {
    skill: usize,
    /// The words behind the first.
    rest: Vec<String>,
    exact: Option<String>,
}

/// An entry's line, without its aliases.
struct Entry {
    name: String,
    kind: &'static str,
    family: usize,
    has_relatives: bool,
    implied: Vec<String>,
}

/// The file's syntax is told at its head.
fn tables(text: &str) -> Result<String, Box<dyn Error>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut aliases: BTreeMap<String, Vec<Alias>> = BTreeMap::new();
    let (mut family, mut has_relatives, mut kind) = (0, true, "Tool");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = line.strip_prefix('[') {
            family += 1;
            has_relatives = !heading.contains('!');
            kind = match heading {
                _ if heading.contains("! certificate") => "Certificate",
                _ if heading.contains("! language") => "Language",
                _ => "Tool",
            };
            continue;
        }
        let (names, implied) = line.split_once(" > ").unwrap_or((line, ""));
        let skill = entries.len();
        for name in names.split(", ") {
            let bare = name.strip_prefix('=').unwrap_or(name);
            let mut parts = words::words(bare).into_iter().map(|word| word.lower.into_owned());
            let first = parts.next().ok_or_else(|| format!("no word in {line}"))?;
            let exact = (bare.len() < name.len()).then(|| bare.to_owned());
            aliases.entry(first).or_default().push(Alias { skill, rest: parts.collect(), exact });
        }
        let name = names.split(", ").next().unwrap_or(names).trim_start_matches('=').to_owned();
        let implied = implied.split("; ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        entries.push(Entry { name, kind, family, has_relatives, implied });
    }
    let mut out = String::from("static ENTRIES: &[Entry] = &[\n");
    for Entry { name, kind, family, has_relatives, implied } in &entries {
        let mut skills = Vec::new();
        for wanted in implied {
            let skill = entries.iter().position(|entry| entry.name == *wanted);
            skills.push(format!(
                "Skill({})",
                skill.ok_or_else(|| format!("{name} implies {wanted}, which is no entry"))?
            ));
        }
        let implied = skills.join(", ");
        writeln!(
            out,
            "Entry {{ name: {name:?}, kind: Kind::{kind}, family: {family}, has_relatives: {has_relatives}, implied: &[{implied}] }},"
        )?;
    }
    let slots = (aliases.len() * 2).next_power_of_two();
    let firsts: Vec<&String> = aliases.keys().collect();
    writeln!(out, "];\nstatic FIRSTS: Words<{slots}> = Words::of(&{firsts:?});\nstatic ALIASES: &[&[Alias]] = &[")?;
    for named in aliases.values_mut() {
        named.sort_by_key(|alias| std::cmp::Reverse(alias.rest.len()));
        out += "&[";
        for Alias { skill, rest, exact } in named {
            write!(out, "Alias {{ skill: Skill({skill}), rest: &{rest:?}, exact: {exact:?} }}, ")?;
        }
        out += "],\n";
    }
    out += "];\n";
    Ok(out)
}

/// The table's first word of every bucket, and their end. `src/analysis/table.rs` tells the table's layout.
fn buckets(table: &[u8]) -> Result<String, Box<dyn Error>> {
    let number = |at: usize| -> Result<usize, Box<dyn Error>> {
        let bytes = table.get(at..at + 4).ok_or("the table is cut off")?;
        Ok(u32::from_le_bytes(bytes.try_into()?).try_into()?)
    };
    let (count, dimensions) = (number(8)?, number(12)?);
    let words = 16 + (12 + dimensions) * count;
    let mut firsts = vec![count; bucket::BUCKETS + 1];
    let mut start = 0;
    for index in 0..count {
        let end = number(16 + 4 * index)?;
        let word = table.get(words + start..words + end).ok_or("the table is cut off")?;
        let first = &mut firsts[bucket::of(word)];
        *first = index.min(*first);
        start = end;
    }
    for bucket in (0..bucket::BUCKETS).rev() {
        firsts[bucket] = firsts[bucket].min(firsts[bucket + 1]);
    }
    Ok(format!("static FIRSTS: [u16; bucket::BUCKETS + 1] = {firsts:?};"))
}
