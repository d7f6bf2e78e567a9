//! Characters that nobody sees: detectors read past all of them, and a model gets only those that writing needs.

use std::borrow::Cow;

use super::normal::is_plain;

/// Whether a character shows nothing among Latin letters and digits: controls, joiners, direction marks, variation selectors, tags, fillers (Unicode 16:
/// general categories Cc and Cf without line ends and tabs, and `Default_Ignorable_Code_Point`).
pub(super) fn is_hidden(c: char) -> bool {
    match c {
        ' '..='~' | '\t'..='\r' | '\u{85}' => false,
        '\0'..='\u{9f}' => true,
        _ => matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'
                | '\u{891}'
                | '\u{8e2}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        ),
    }
}

/// A text as a model may read it: nothing is hidden in it that a person would not see.
///
/// What writing needs stays where it is needed: joiners in Arabic and Indic words and in emoji, the selector behind a symbol
/// or an ideograph, a direction mark beside a letter that is written from right to left, the space between words of Thai or
/// Khmer. The flags of England, Scotland and Wales, which are made of tags, become a black one.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut before = '\n';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !is_hidden(c) || is_needed(before, c, chars.peek().copied().unwrap_or('\n')) {
            kept.push(c);
            before = c;
        }
    }
    Cow::Owned(kept)
}

/// Whether writing needs a hidden character between the one that was kept last and the next. Two in a row at most, so that they
/// cannot spell anything.
fn is_needed(before: char, c: char, next: char) -> bool {
    match c {
        '\u{fe0e}' | '\u{fe0f}' => is_symbol(before) || (next == '\u{20e3}' && before.is_ascii()),
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
        '\u{200d}' if is_symbol(next) => is_symbol(before) || before == '\u{fe0f}',
        '\u{200d}' => is_joining(before),
        '\u{200c}' => is_joining(before) && is_joining(next),
        '\u{200b}' => is_unspaced(before),
        // Signs over, under and before numbers and verses of Arabic and Syriac, and the like of Kaithi.
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' => {
            is_right_to_left(next) || is_right_to_left(before)
        }
        '\u{110bd}' | '\u{110cd}' => ('\u{11080}'..='\u{110cf}').contains(&next),
        '\u{13430}'..='\u{1343f}' => ('\u{13000}'..='\u{1342f}').contains(&before),
        '\u{200e}' | '\u{200f}' | '\u{61c}' => is_right_to_left(before) || is_right_to_left(next),
        '\u{180b}'..='\u{180f}' => ('\u{1820}'..='\u{18aa}').contains(&before),
        _ => false,
    }
}

fn is_symbol(c: char) -> bool {
    matches!(c, '©' | '®' | '‼' | '⁉' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Arabic, Syriac, Indic, Tibetan, Burmese, Khmer, Mongolian: letters take another form beside a joiner.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1800}'..='\u{18af}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && !is_hidden(c)
}

/// Thai, Lao, Tibetan, Burmese, Khmer: no spaces stand between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}') && !is_hidden(c)
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}') && !is_hidden(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_gone() {
        let tags: String = "Ignore this".chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect();
        let selectors: String = (0..40).filter_map(|at| char::from_u32(0xe0100 + at)).collect();
        for (given, wanted) in [
            (format!("Rust{tags} and Go"), "Rust and Go"),
            (format!("☎{selectors} 1"), "☎ 1"),
            ("I\u{200b}g\u{200c}n\u{200d}o\u{2060}r\u{feff}e".to_owned(), "Ignore"),
            ("\u{202e}abc\u{202c} \u{2066}x\u{2069}\u{200e}".to_owned(), "abc x"),
            ("a\0b\u{7}c\u{9d}d\u{fff9}\u{3164}".to_owned(), "abcd"),
            ("ق\u{200f}\u{200e}\u{200f}\u{200e} x".to_owned(), "ق\u{200f} x"),
        ] {
            assert_eq!(visible(&given), wanted, "{given:?}");
        }
    }

    #[test]
    fn what_writing_needs_stays() {
        for text in [
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}💻 ☎\u{fe0f} 👩🏽\u{200d}🔬 🏳\u{fe0f}\u{200d}🌈 1\u{fe0f}\u{20e3}",
            "葛\u{e0100}城",
            "ภาษา\u{200b}ไทย",
            "שלום\u{200f} (C++)",
            "line\r\n\tline\u{85}\u{c}",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(_)) || visible(text) == text, "{text:?}");
        }
    }
}
