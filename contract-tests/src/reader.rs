//! The one tolerant reader: everything that a target may choose freely is read here, and nowhere else.

mod errors;
mod fields;
mod form;
mod items;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub use errors::{error_issue, refused_fields};
pub use fields::{
    boolean, boolean_issue, ends_otherwise, field_is, field_is_kept, fields, is_boolean_name, is_date, is_datetime,
    is_like_datetime, is_same, is_withheld, missing_part, shows,
};
pub use form::{date_issue, datetime_issue, has_form_issue, is_boolean_field, is_date_field, is_datetime_field};
pub use items::{
    Page, alarm_id, has_pages, id, item, leak_id, next_in_header, page, page_length, site_id, sites, token,
};

/// Done, or taken to be done, where the guide gives no status.
pub fn is_success(status: u16) -> bool {
    matches!(status, 200 | 201 | 202 | 204)
}

/// A token of the wrong kind was refused.
pub fn is_wrong_token(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// An object of another account or partner was refused.
pub fn is_foreign(status: u16) -> bool {
    matches!(status, 403 | 404)
}

/// The request was refused, whatever the reason.
pub fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status)
}

/// `text` as the value of a query.
pub fn in_query(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The first link of a message.
pub fn first_link(text: &str) -> Option<&str> {
    let start = ["https://", "http://"].into_iter().filter_map(|scheme| text.find(scheme)).min()?;
    let link = text[start..].split(|char: char| char.is_whitespace() || "\"'<>".contains(char)).next()?;
    Some(link.trim_end_matches(['.', ',', ')']))
}

/// The first run of 4 to 8 digits of a message.
pub fn first_code(text: &str) -> Option<&str> {
    text.split(|char: char| !char.is_ascii_digit()).find(|digits| (4..=8).contains(&digits.len()))
}

/// A code of the same form that is not `code`.
pub fn other_code(code: &str) -> String {
    code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_by_what_it_means() {
        let cases = [
            (is_success as fn(u16) -> bool, &[200, 201, 202, 204][..]),
            (is_wrong_token, &[401, 403]),
            (is_foreign, &[403, 404]),
            (is_refusal, &[400, 401, 403, 404, 422]),
        ];
        for (means, expected) in cases {
            let statuses = [200, 201, 202, 204, 302, 400, 401, 403, 404, 422, 500].into_iter();
            assert_eq!(statuses.filter(|status| means(*status)).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn links_and_codes_are_found() {
        let text = "Hello 007,\nopen (https://example.com/c/12?x=1), or http://example.net. Your code: 482913!";
        assert_eq!((first_link(text), first_code(text)), (Some("https://example.com/c/12?x=1"), Some("482913")));
        assert_eq!((first_link("no link"), first_code("123 123456789")), (None, None));
    }
}
