//! Instants and dates, to the second and to the day, as the guide knows them (FORMAT-3, FORMAT-4).

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, in whole seconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The furthest instants that a calendar date can be written for.
    const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_207_200;

    /// The instant so many seconds after 1970 began in UTC, or the nearest one that a four-digit year can name.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// Seconds since 1970 began in UTC.
    pub fn unix_seconds(self) -> i64 {
        self.0
    }

    /// The instant `seconds` later.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix_seconds(self.0.saturating_add(seconds))
    }

    /// Reads RFC 3339, as in `2026-06-16T21:02:05Z` or `2026-06-16T23:02:05+02:00`.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let instant: jiff::Timestamp =
            text.parse().map_err(|_| format!("{text:?} is not a time of the form 2026-06-16T21:02:05Z (RFC 3339)"))?;
        Ok(Self::from_unix_seconds(instant.as_second()))
    }

    /// The day it falls on in UTC.
    pub fn date(self) -> Date {
        Date(self.civil().date())
    }

    /// RFC 3339 in UTC, `2026-06-16T21:02:05Z` (FORMAT-3, standardized).
    pub fn to_rfc3339(self) -> String {
        self.standardized().as_str().to_owned()
    }

    /// The same, without a text of its own on the heap.
    pub(crate) fn standardized(self) -> Digits {
        self.digits(*b"0000-00-00T00:00:00Z", 20)
    }

    /// `2026-06-16 21:02:05`, in UTC but without saying so (FORMAT-3, legacy).
    pub(crate) fn legacy(self) -> Digits {
        self.digits(*b"0000-00-00 00:00:00 ", 19)
    }

    /// Digit by digit, because every response has several, and the formatting machinery would be most of their cost.
    fn digits(self, mut text: [u8; 20], length: usize) -> Digits {
        let at = self.civil();
        let year = at.year().unsigned_abs();
        let mut pair = |place: usize, number: u16| {
            text[place] += (number / 10 % 10) as u8;
            text[place + 1] += (number % 10) as u8;
        };
        pair(0, year / 100);
        pair(2, year % 100);
        for (place, number) in [(5, at.month()), (8, at.day()), (11, at.hour()), (14, at.minute()), (17, at.second())] {
            pair(place, u16::from(number.unsigned_abs()));
        }
        Digits { text, length }
    }

    fn civil(self) -> civil::DateTime {
        let instant = jiff::Timestamp::from_second(self.0).expect("RANGE lies within what jiff can hold");
        TimeZone::UTC.to_datetime(instant)
    }
}

/// An instant written out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits {
    text: [u8; 20],
    length: usize,
}

impl Digits {
    /// As text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("digits and separators are ASCII")
    }

    /// As ASCII.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text[..self.length]
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.standardized().as_str())
    }
}

/// Control routes write RFC 3339; documented routes go through the format layer instead.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.standardized().as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A day, `2024-06-15` in both formats (FORMAT-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// Reads `2024-06-15`, and nothing else.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let well_formed = text.len() == 10 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        match text.parse() {
            Ok(date) if well_formed => Ok(Self(date)),
            _ => Err(format!("{text:?} is not a date of the form 2024-06-15")),
        }
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i8 {
        self.0.month()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_both_forms() {
        let cases = [
            ("2026-06-16T21:02:05Z", "2026-06-16T21:02:05Z", "2026-06-16 21:02:05"),
            ("2026-06-16T23:02:05+02:00", "2026-06-16T21:02:05Z", "2026-06-16 21:02:05"),
            ("2026-06-16T21:02:05.999Z", "2026-06-16T21:02:05Z", "2026-06-16 21:02:05"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "1969-12-31 23:59:59"),
            ("0007-01-02T03:04:05Z", "0007-01-02T03:04:05Z", "0007-01-02 03:04:05"),
            ("9999-12-30T00:00:00Z", "9999-12-30T00:00:00Z", "9999-12-30 00:00:00"),
        ];
        for (text, standardized, legacy) in cases {
            let instant = Timestamp::parse(text).expect(text);
            assert_eq!((instant.standardized().as_str(), instant.legacy().as_str()), (standardized, legacy));
        }
    }

    #[test]
    fn what_is_no_instant_or_date_is_said_so() {
        for text in ["", "2026-06-16", "2026-06-16 21:02:05", "yesterday", "2026-13-01T00:00:00Z"] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
        for text in ["", "2024-6-15", "2024-02-30", "20240615", "2024-06-15T00:00:00Z", "0024-06-1५"] {
            assert!(Date::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn time_travel_to_the_ends_of_the_calendar_stays_on_it() {
        for seconds in [i64::MIN, i64::MAX] {
            let text = Timestamp::from_unix_seconds(seconds).plus_seconds(seconds).to_rfc3339();
            assert_eq!(text.len(), "2026-06-16T21:02:05Z".len(), "{text}");
        }
    }
}
