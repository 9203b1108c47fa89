//! Text from the bytes of a file or a body, which editors and shells begin in their own ways.

/// The mark that some programs put at the start of UTF-8, and that belongs to no text.
const MARK: char = '\u{feff}';

/// Why bytes are no text, as the end of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoText {
    #[error("is UTF-16, as Windows PowerShell writes with >; write it as UTF-8, as with Out-File -Encoding utf8")]
    Utf16,
    #[error("is not UTF-8")]
    Other,
}

/// The text of these bytes, without a byte order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, NoText> {
    // Without a mark, the first character shows it: JSON and TOML begin with ASCII, and hold no NUL.
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..]) {
        return Err(NoText::Utf16);
    }
    std::str::from_utf8(bytes).map(without_mark).map_err(|_| NoText::Other)
}

/// The text without a byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_skipped_once_and_utf_16_is_known_with_and_without_one() {
        let cases: [(&[u8], Result<&str, NoText>); 9] = [
            (b"", Ok("")),
            (b"{}", Ok("{}")),
            (b"\xef\xbb\xbf", Ok("")),
            (b"\xef\xbb\xbf{}", Ok("{}")),
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", Ok("\u{feff}{}")),
            (b"\xff\xfe{\0}\0", Err(NoText::Utf16)),
            (b"\xfe\xff\0{\0}", Err(NoText::Utf16)),
            (b"{\0}\0", Err(NoText::Utf16)),
            (b"\xff", Err(NoText::Other)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(text(bytes), expected, "{bytes:?}");
        }
    }
}
