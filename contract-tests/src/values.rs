//! The values that a run makes up. All are reserved for tests, published as examples, or of a form that no real value
//! has.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;

use crate::lock::lock;

/// National IDs from the list of test numbers of the Swedish tax agency.
pub(crate) const SSNS: [&str; 13] = [
    "19900101-2385",
    "19900102-2384",
    "19900103-2391",
    "19850101-2382",
    "19850101-2390",
    "19780101-2381",
    "20000229-2399",
    "20120101-2380",
    "19640823-3234",
    "19900179-2382",
    "19900262-2398",
    "19850286-2397",
    "19850478-2395",
];

/// The examples of the IBAN registry, and those of two banks' documentation.
const IBANS: [&str; 24] = [
    "SE4550000000058398257466",
    "SE3550000000054910000003",
    "DK5000400440116243",
    "FI2112345600000785",
    "NO9386011117947",
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "AT611904300234573201",
    "BE68539007547034",
    "CH9300762011623852957",
    "CZ6508000000192000145399",
    "EE382200221020145685",
    "ES9121000418450200051332",
    "FR1420041010050500013M02606",
    "GR1601101250000000012300695",
    "HU42117730161111101800000000",
    "IE29AIBK93115212345678",
    "IS140159260076545510730339",
    "IT60X0542811101000000123456",
    "LT121000011101001000",
    "LU280019400644750000",
    "LV80BANK0000435195001",
    "NL91ABNA0417164300",
    "PT50000201231234567890154",
];

/// Test cards that the documentations of payment services publish.
const CARDS: [&str; 12] = [
    "4242424242424242",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "36227206271667",
    "6011111111111117",
    "3566002020360505",
    "6200000000000005",
    "4000007520000008",
    "4000002080000001",
    "4000002460000001",
    "4000005780000007",
];

/// The first of each range of Swedish numbers that are reserved for books and films, and how many it has.
const PHONES: [(u64, u64); 4] =
    [(46_701_740_605, 95), (46_313_900_600, 100), (46_406_280_400, 100), (46_980_319_200, 100)];

/// How many different values of each kind a case can count on.
pub(crate) const CAPACITY: usize = 12;

/// A label that tells the addresses of one run from those of every other.
pub(crate) fn new_label() -> String {
    // Not drawn from the seed: the same seed may run twice against one target, where every address is taken the second
    // time. The hash keys of the standard library are random.
    format!("{:012x}", RandomState::new().hash_one(()) >> 16)
}

/// A source of values for one case. None comes twice, as far as its kind has enough of them.
#[derive(Debug)]
pub(crate) struct Values {
    /// Begins all its addresses.
    prefix: String,
    /// The domain of all its addresses.
    domain: String,
    /// The place where this case begins in each list, so that cases side by side use different values.
    offset: u64,
    /// How many values were given out, by the name of their list.
    given: Mutex<BTreeMap<&'static str, u64>>,
}

impl Values {
    pub(crate) fn new(label: &str, case: u64, seed: u64, domain: &str) -> Self {
        let offset = seed.wrapping_add(case.wrapping_mul(7)) % 1_000_003;
        let (prefix, domain) = (format!("contract-{label}-{case}"), domain.to_owned());
        Self { prefix, domain, offset, given: Mutex::default() }
    }

    /// How many values of this list were given out before.
    fn count(&self, list: &'static str) -> u64 {
        let mut given = lock(&self.given);
        let next = given.entry(list).or_default();
        *next += 1;
        *next - 1
    }

    /// The place in this list whose turn it is.
    pub(crate) fn turn(&self, list: &'static str) -> u64 {
        self.offset + self.count(list)
    }

    /// The next of a list of values.
    pub(crate) fn next<'a>(&self, list: &'static str, all: &[&'a str]) -> &'a str {
        pick(all, self.turn(list))
    }

    /// A new address.
    pub(crate) fn email(&self) -> String {
        format!("{}@{}", self.mailbox(), self.domain)
    }

    fn mailbox(&self) -> String {
        format!("{}-{}", self.prefix, self.count("mailbox"))
    }

    /// A new name, of letters only.
    pub(crate) fn name(&self) -> String {
        let letter =
            |digit: char| digit.to_digit(16).map_or('x', |digit| char::from(b"abcdefghijklmnop"[digit as usize]));
        let mailbox = self.mailbox();
        format!("Test{}", mailbox.trim_start_matches("contract-").chars().map(letter).collect::<String>())
    }

    /// Addresses that hold all that an address may: a plus and what follows, dots, an underscore, and as many letters as
    /// there may be.
    pub(crate) fn spelled_emails(&self) -> Vec<String> {
        let (spelled, mut long) = (format!("{}.of_a-b.c+tag7", self.mailbox()), self.mailbox());
        long.extend(std::iter::repeat_n("0", 64_usize.saturating_sub(long.len())));
        [spelled, long].map(|mailbox| format!("{mailbox}@{}", self.domain)).to_vec()
    }

    /// A new name of three words, with letters that not every alphabet has.
    pub(crate) fn full_name(&self) -> String {
        format!("Åsa Öberg {}", self.name())
    }

    /// A national ID from the list of test numbers.
    pub(crate) fn ssn(&self) -> &'static str {
        self.next("ssn", &SSNS)
    }

    /// A national ID with a wrong check digit, like the guide's own example: it belongs to no person.
    pub(crate) fn unlisted_ssn(&self) -> String {
        let number = self.turn("ssn");
        let (year, month, day) = (1950 + number % 50, 1 + number / 50 % 12, 1 + number / 600 % 28);
        let digits = format!("{:02}{month:02}{day:02}{:03}", year % 100, number / 16_800 % 1000);
        let wrong = (check_digit(&digits) + 1) % 10;
        format!("{year}{}-{}{wrong}", &digits[2..6], &digits[6..])
    }

    /// A phone number in E.164 form.
    pub(crate) fn phone(&self) -> String {
        let sum: u64 = PHONES.iter().map(|(_, many)| many).sum();
        let mut number = self.turn("phone") % sum;
        for (first, many) in PHONES {
            if number < many {
                return format!("+{}", first + number);
            }
            number -= many;
        }
        unreachable!("the number is below the sum of the ranges")
    }

    pub(crate) fn iban(&self) -> String {
        self.next("iban", &IBANS).to_owned()
    }

    /// A passport number of the form that Finnish specimens have.
    pub(crate) fn passport(&self) -> String {
        format!("XX{:07}", self.turn("passport") % 10_000_000)
    }

    /// The number of a Swedish license, which is its holder's national ID: a test number.
    pub(crate) fn license(&self) -> String {
        self.next("license", &SSNS)[2..].to_owned()
    }

    pub(crate) fn card(&self) -> String {
        self.next("card", &CARDS).to_owned()
    }
}

fn pick<'a>(from: &[&'a str], number: u64) -> &'a str {
    from[usize::try_from(number).unwrap_or_default() % from.len()]
}

/// Luhn's check digit for `digits`.
fn check_digit(digits: &str) -> u32 {
    let doubled = |(place, digit): (usize, char)| {
        let digit = digit.to_digit(10).unwrap_or_default() * if place % 2 == 0 { 2 } else { 1 };
        digit / 10 + digit % 10
    };
    (10 - digits.chars().rev().enumerate().map(doubled).sum::<u32>() % 10) % 10
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn check_digits_are_right_except_where_they_must_not_be() {
        for ssn in SSNS {
            let digits: String = ssn[2..].chars().filter(char::is_ascii_digit).collect();
            assert_eq!(check_digit(&digits[..9]).to_string(), digits[9..], "{ssn}");
        }
        for card in CARDS {
            let (digits, last) = card.split_at(card.len() - 1);
            assert_eq!(check_digit(digits).to_string(), last, "{card}");
        }
        let values = Values::new("label", 1, 1, "example.com");
        let unlisted: BTreeSet<_> = (0..1000).map(|_| values.unlisted_ssn()).collect();
        assert_eq!(unlisted.len(), 1000);
        for ssn in unlisted {
            let digits: String = ssn[2..].chars().filter(char::is_ascii_digit).collect();
            assert!(digits.len() == 10 && check_digit(&digits[..9]).to_string() != digits[9..], "{ssn}");
        }
    }

    #[test]
    fn every_iban_is_valid() {
        for iban in IBANS {
            let turned = format!("{}{}", &iban[4..], &iban[..4]);
            let rest = turned.chars().fold(0, |rest, char| {
                let value = char.to_digit(36).expect("a letter or a digit");
                (rest * if value > 9 { 100 } else { 10 } + value) % 97
            });
            assert_eq!(rest, 1, "{iban}");
        }
    }

    #[test]
    fn values_differ_as_long_as_there_are_enough() {
        let values = Values::new("label", 1, 1, "example.com");
        let phones: BTreeSet<_> = (0..395).map(|_| values.phone()).collect();
        assert!(phones.len() == 395 && phones.iter().all(|phone| phone.len() == 12), "{phones:?}");
        let ibans: BTreeSet<_> = (0..24).map(|_| values.iban()).collect();
        assert_eq!(ibans.len(), 24);
        assert_ne!(values.email(), values.email());
        let names = [values.name(), values.name()];
        assert!(names[0] != names[1] && names.concat().chars().all(char::is_alphabetic), "{names:?}");
        assert_ne!(new_label(), new_label());
    }
}
