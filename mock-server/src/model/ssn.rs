//! The SSN: not a watchlist, set once, and monitored from then on (SSN-1 to 3, ACCOUNT-5).

use crate::guide::assumptions::SsnEcho;
use crate::guide::trace::Assumed;
use crate::model::fields::Complaint;
use crate::model::kind::WatchKind;
use crate::model::mask;

/// The SSN of an account.
#[derive(Clone, Debug)]
pub(crate) struct Ssn {
    /// The number as it was given.
    pub(crate) number: Box<str>,
    pub(crate) is_monitored: bool,
}

impl Ssn {
    /// An SSN that was just set: monitored from now on (SSN-2).
    pub(crate) fn new(number: Box<str>) -> Self {
        Self { number, is_monitored: true }
    }

    /// The form in which it is compared.
    pub(crate) fn canonical(&self) -> Box<str> {
        without_separators(&self.number)
    }
}

/// A provider of electronic IDs, each of one country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EidProvider {
    /// Sweden.
    BankId,
    /// Denmark.
    MitId,
    /// Finland.
    Ftn,
}

impl EidProvider {
    /// The country whose national IDs it vouches for, as ISO 3166 writes it.
    pub(crate) fn country(self) -> &'static str {
        match self {
            Self::BankId => "SE",
            Self::MitId => "DK",
            Self::Ftn => "FI",
        }
    }
}

/// The field `ssn` of an account that is read back, by `ssn.echo`: none where it is left out.
pub(crate) fn show(ssn: Option<&Ssn>, assumed: Assumed<'_>) -> Option<Option<Box<str>>> {
    let number = ssn.map(|ssn| &*ssn.number);
    match assumed.choice() {
        SsnEcho::Absent => None,
        SsnEcho::Masked => Some(number.map(|number| masked(number).into())),
        SsnEcho::Full => Some(number.map(Into::into)),
    }
}

/// An SSN of which only the end is shown.
pub(crate) fn masked(number: &str) -> String {
    mask::all_but_last(number, WatchKind::Ssn.names().shown)
}

/// The rule of an SSN: the form of the country and no check digit, because the guide's own example fails the Swedish one.
pub(crate) fn rule(country: Option<&str>) -> impl Fn(&str) -> Result<Box<str>, Complaint> {
    let form: fn(&str) -> bool = match country {
        Some("SE") => is_swedish,
        Some("DK") => is_danish,
        Some("FI") => is_finnish,
        Some("NO") => is_norwegian,
        _ => is_plausible,
    };
    move |text| if form(text) { Ok(text.to_uppercase().into()) } else { Err("format is invalid".into()) }
}

/// An SSN as it is compared, of any country.
pub(crate) fn canonical(text: &str) -> Result<Box<str>, Complaint> {
    let text = text.trim();
    if is_plausible(text) { Ok(without_separators(text)) } else { Err("format is invalid".into()) }
}

/// In upper case, without hyphens and spaces. A plus tells a century, and stays.
fn without_separators(text: &str) -> Box<str> {
    let kept = text.chars().filter(|char| !"- ".contains(*char));
    kept.map(|char| char.to_ascii_uppercase()).collect()
}

/// Any country's: 6 to 20 letters and digits with separators.
fn is_plausible(text: &str) -> bool {
    (6..=20).contains(&text.len())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+ ".contains(&byte))
}

/// `YYMMDD-NNNN` or `YYYYMMDD-NNNN`, separator `-`, `+` or none; the day plus 60 in a coordination number.
fn is_swedish(text: &str) -> bool {
    let Some((date, serial)) = text.len().checked_sub(4).and_then(|at| text.split_at_checked(at)) else { return false };
    let date = date.strip_suffix(['-', '+']).unwrap_or(date);
    let (Some(month), Some(day)) = (two_digits_from_end(date, 4), two_digits_from_end(date, 2)) else { return false };
    matches!(date.len(), 6 | 8)
        && all_digits(date)
        && all_digits(serial)
        && (0..=12).contains(&month)
        && (matches!(day, 1..=31) || matches!(day, 60..=91))
}

/// `DDMMYY-NNNN`, with or without the separator; the day plus 60 in a replacement number.
fn is_danish(text: &str) -> bool {
    let digits = text.replacen('-', "", 1);
    let is_split_right = !text.contains('-') || text.find('-') == Some(6);
    let (Some(day), Some(month)) = (two_digits_from_end(&digits, 10), two_digits_from_end(&digits, 8)) else {
        return false;
    };
    is_split_right
        && digits.len() == 10
        && all_digits(&digits)
        && (1..=12).contains(&month)
        && (matches!(day, 1..=31) || matches!(day, 61..=91))
}

/// `DDMMYYcNNNQ`: the separator tells the century, the last character is a check that is not computed here.
fn is_finnish(text: &str) -> bool {
    let (Some(day), Some(month)) = (two_digits_from_end(text, 11), two_digits_from_end(text, 9)) else { return false };
    text.len() == 11
        && all_digits(&text[..6])
        && text[6..7].contains(|char: char| "+-ABCDEFUVWXYabcdefuvwxy".contains(char))
        && all_digits(&text[7..10])
        && text[10..].bytes().all(|byte| byte.is_ascii_alphanumeric())
        && (1..=31).contains(&day)
        && (1..=12).contains(&month)
}

/// `DDMMYYNNNNN`; synthetic numbers add 40, 65 or 80 to the month, D-numbers 40 to the day.
fn is_norwegian(text: &str) -> bool {
    let digits = text.replacen(' ', "", 1);
    let (Some(day), Some(month)) = (two_digits_from_end(&digits, 11), two_digits_from_end(&digits, 9)) else {
        return false;
    };
    digits.len() == 11
        && all_digits(&digits)
        && (matches!(day, 1..=31) || matches!(day, 41..=71))
        && [0, 40, 65, 80].iter().any(|shift| (1..=12).contains(&(month - shift)))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number written by the two characters that begin `from_end` characters before the end.
fn two_digits_from_end(text: &str, from_end: usize) -> Option<i32> {
    let start = text.len().checked_sub(from_end)?;
    text.get(start..start + 2).filter(|digits| all_digits(digits))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_country_is_asked_and_no_check_digit() {
        let cases = [
            // The guide's own example, whose check digit is wrong; then reserved test numbers.
            (Some("SE"), "19900101-1234", true),
            (Some("SE"), "19900101-2385", true),
            (Some("SE"), "900101-2385", true),
            (Some("SE"), "900101+2385", true),
            (Some("SE"), "199001012385", true),
            (Some("SE"), "19900179-2382", true),
            (Some("SE"), "19900070-2390", true),
            (Some("SE"), "19901301-2385", false),
            (Some("SE"), "19900132-2385", false),
            (Some("SE"), "19900101-238", false),
            (Some("SE"), "1990-0101-2385", false),
            (Some("SE"), "010594Y9032", false),
            (Some("DK"), "910290-0000", true),
            (Some("DK"), "9102900000", true),
            (Some("DK"), "9102-900000", false),
            (Some("DK"), "911390-0000", false),
            (Some("FI"), "010594Y9032", true),
            (Some("FI"), "020504A902E", true),
            (Some("FI"), "010594?9032", false),
            (Some("FI"), "01059ÅY9032", false),
            (Some("NO"), "16822548834", true),
            (Some("NO"), "16992548834", false),
            (Some("DE"), "123456", true),
            (Some("DE"), "12345", false),
            (None, "19900101-1234", true),
            (None, "abcdef", false),
            (None, "<script>1234", false),
        ];
        for (country, text, expected) in cases {
            assert_eq!(rule(country)(text).is_ok(), expected, "{country:?} {text}");
        }
    }

    #[test]
    fn an_ssn_is_compared_without_its_separators() {
        let cases = [("19900101-2385", "199001012385"), ("900101+2385", "900101+2385"), ("010594y9032", "010594Y9032")];
        for (text, expected) in cases {
            assert_eq!(canonical(text).as_deref(), Ok(expected));
            assert_eq!(&*Ssn::new(text.into()).canonical(), expected);
        }
    }
}
