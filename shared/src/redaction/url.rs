//! Web addresses: everything with a scheme or `www.`, and profile addresses without either.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Span};

static URL: LazyLock<Regex> = LazyLock::new(|| {
    let hosts = "linkedin\\.com/(?:in|pub)|xing\\.com/profile|github\\.com|gitlab\\.com|bitbucket\\.org|medium\\.com|\
                 stackoverflow\\.com/users|twitter\\.com|x\\.com|facebook\\.com|instagram\\.com|behance\\.net|\
                 dribbble\\.com|kaggle\\.com|orcid\\.org|keybase\\.io|t\\.me";
    let pattern = format!(r#"(?i)(?:https?://|\bwww\.)[^\s<>"]+|\b(?:[a-z]{{2,3}}\.)?(?:{hosts})/[^\s<>"]+"#);
    Regex::new(&pattern).expect("a constant pattern")
});

pub(super) fn find(text: &str, found: &mut Vec<Span>) {
    for at in URL.find_iter(text) {
        let mut end = at.start() + at.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']).len();
        // A closing bracket belongs to the sentence unless the address opened it.
        while text[at.start()..end].ends_with([')', ']', '}'])
            && text[at.start()..end].matches([')', ']', '}']).count()
                > text[at.start()..end].matches(['(', '[', '{']).count()
        {
            end -= 1;
        }
        if end > at.start() {
            found.push(Span { range: at.start()..end, kind: Kind::Url });
        }
    }
}
