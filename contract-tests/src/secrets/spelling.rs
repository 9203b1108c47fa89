//! One spelling for all: a text without separators, in lower case, and with what stands for a character as that
//! character. `+46 (70) 174-06 05`, `%2B46701740605` and `\u002b46 70 174 06 05` become the same.

use std::ops::Range;

/// A text in that spelling, and where each byte of it stands in the original.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    pub(super) bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Spelling {
    pub(super) fn of(text: &str) -> Self {
        let (mut spelling, mut place) = (Self::default(), 0);
        while let Some((character, length)) = next(&text[place..]) {
            let range = place..place + length;
            place = range.end;
            if is_separator(character) {
                continue;
            }
            for lower in character.to_lowercase() {
                let bytes = lower.len_utf8();
                lower.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| spelling.bytes.push(byte));
                spelling.places.extend(std::iter::repeat_n(range.clone(), bytes));
            }
        }
        spelling
    }

    /// Where a part of it stands in the original.
    pub(super) fn place(&self, part: &Range<usize>) -> Range<usize> {
        self.places[part.start].start..self.places[part.end - 1].end
    }
}

/// Whether a character may be between the parts of one secret, for whoever reads it.
pub(super) fn is_separator(character: char) -> bool {
    let is_written = matches!(character, ' ' | '-' | '.' | '(' | ')' | '/' | '+');
    is_written || matches!(character, '\u{a0}' | '\u{2009}'..='\u{2015}' | '\u{202f}' | '\u{2212}')
}

/// The first character of a text that is not empty, and how many bytes stand for it: in a URL, in JSON, in HTML.
fn next(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    let written = match first {
        '%' => in_url(text),
        '\\' => in_json(&text[1..]).map(|(character, length)| (character, length + 1)),
        '&' => in_html(text),
        _ => None,
    };
    Some(written.unwrap_or((first, first.len_utf8())))
}

/// `%2B`, and characters of several bytes, such as `%C2%A0`.
fn in_url(text: &str) -> Option<(char, usize)> {
    let byte = |place: usize| text.get(place..)?.strip_prefix('%').and_then(|rest| hex(rest.get(..2)?));
    let bytes: Vec<u8> = (0..4).map_while(|count| byte(3 * count)?.try_into().ok()).collect();
    let length = match bytes.first()? {
        0..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let character = std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
    Some((character, 3 * length))
}

/// `u002b` or `/`, after a backslash.
fn in_json(text: &str) -> Option<(char, usize)> {
    if text.starts_with('/') {
        return Some(('/', 1));
    }
    let digits = text.strip_prefix('u')?.get(..4)?;
    Some((char::from_u32(hex(digits)?)?, 5))
}

/// `&#43;`, `&#x2b;` or `&nbsp;`.
fn in_html(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let character = match name.strip_prefix('#') {
        None if name == "nbsp" => '\u{a0}',
        None if name == "amp" => '&',
        None => return None,
        Some(number) => char::from_u32(match number.strip_prefix(['x', 'X']) {
            Some(digits) => hex(digits)?,
            None => number.parse().ok()?,
        })?,
    };
    Some((character, end + 1))
}

fn hex(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_become_one() {
        let cases = [
            ("Some.One+1@Example.com", "someone1@examplecom"),
            ("some%2Eone%2b1%40example%2Ecom", "someone1@examplecom"),
            (r"some.one\u002b1\u0040example.com", "someone1@examplecom"),
            ("some.one&#43;1&#x40;example.com", "someone1@examplecom"),
            ("SE45 5000\u{a0}0000%20-&nbsp;12%C2%A034", "se45500000001234"),
            ("J%C3%96RG %zz % & &x; \\", "jörg%zz%&&x;\\"),
            (r"7|a\/b", "7|ab"),
        ];
        for (text, expected) in cases {
            let spelling = Spelling::of(text);
            assert_eq!(String::from_utf8(spelling.bytes.clone()).expect("text"), expected, "{text}");
            let whole = spelling.place(&(0..spelling.bytes.len()));
            assert_eq!((whole.start, whole.end <= text.len()), (0, true), "{text}");
        }
    }
}
