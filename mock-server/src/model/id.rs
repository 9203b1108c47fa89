//! Ids: whole numbers inside, and outside whatever `id.form` says.
//!
//! Each table counts on its own, as the tables of a database do, so the same number can name an email and a phone. A
//! UUID is computed from table and number and back again, so that both forms name the same thing without a second map.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::guide::assumptions::IdForm;
use crate::model::kind::WatchKind;

/// The highest number that a seed may hold. As many numbers again are left to give out, and every JSON reader takes all of
/// them exactly.
pub(crate) const HIGHEST: u64 = 1 << 52;

/// The rows that an id counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Table {
    Account,
    Leak,
    Alarm,
    Site,
    RemovalRequest,
    /// The items of a watchlist. An SSN is not an item (SSN-1), so its table stays empty.
    #[serde(untagged)]
    Items(WatchKind),
}

impl Table {
    /// How many tables there are.
    pub(crate) const COUNT: usize = 5 + WatchKind::ALL.len();

    /// All tables, each at its place.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Account, Self::Leak, Self::Alarm, Self::Site, Self::RemovalRequest];
        others.into_iter().chain(WatchKind::ALL.map(Self::Items))
    }

    /// Its place among all tables, from 0.
    pub(crate) fn place(self) -> usize {
        match self {
            Self::Account => 0,
            Self::Leak => 1,
            Self::Alarm => 2,
            Self::Site => 3,
            Self::RemovalRequest => 4,
            Self::Items(kind) => 5 + kind as usize,
        }
    }
}

/// The id of something, as the mock counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id {
    table: Table,
    number: u64,
}

impl Id {
    /// The id of the `number`th row of `table`.
    pub(crate) fn new(table: Table, number: u64) -> Self {
        Self { table, number }
    }

    /// The id as clients see it.
    pub(crate) fn shown(self, form: IdForm) -> ShownId {
        match form {
            IdForm::Integer => ShownId::Integer(self.number),
            IdForm::Uuid => ShownId::Uuid(self.uuid()),
        }
    }

    /// The number that `text` names in `table`; none unless `text` is an id of the form in force.
    pub(crate) fn parse(table: Table, text: &str, form: IdForm) -> Option<u64> {
        match form {
            IdForm::Integer => Self::parse_number(text),
            IdForm::Uuid => {
                let uuid = Uuid::try_parse(text).ok()?;
                let bytes = uuid.as_bytes();
                let [a, b, c, d, e, f, _, g, .., h] = *bytes;
                let tagged = unmix(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
                let id = Self::new(table, tagged & NUMBER_BITS);
                (id.uuid() == uuid).then_some(id.number)
            }
        }
    }

    /// A whole number from 1 in its one spelling.
    pub(crate) fn parse_number(text: &str) -> Option<u64> {
        let is_canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        if is_canonical { text.parse().ok() } else { None }
    }

    /// A version 8 UUID: half of it is table and number, mixed, and the other half follows from the first, so that a
    /// made-up UUID, or one of another table, names nothing.
    fn uuid(self) -> Uuid {
        let mixed = mix(self.number & NUMBER_BITS | (self.table.place() as u64 + 1) << 56);
        let [a, b, c, d, e, f, g, h] = mixed.to_be_bytes();
        let [s, t, u, v, w, x, y, z] = mix(mixed).to_be_bytes();
        let bytes = [a, b, c, d, e, f, s, g, t, u, v, w, x, y, z, h];
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// The bits of a number that go into a UUID; the others hold the table.
const NUMBER_BITS: u64 = (1 << 56) - 1;

/// The finalizer of `SplitMix64`: a bijection that spreads every bit.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// The inverse of [`mix`].
fn unmix(value: u64) -> u64 {
    let value = (value ^ value >> 31 ^ value >> 62).wrapping_mul(0x3196_42b2_d24d_8ec3);
    let value = (value ^ value >> 27 ^ value >> 54).wrapping_mul(0x96de_1b17_3f11_9089);
    value ^ value >> 30 ^ value >> 60
}

/// An id in the form that clients see, by the assumption `id.form`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShownId {
    /// A whole number, as in ACCOUNT-1.
    Integer(u64),
    /// A UUID.
    Uuid(Uuid),
}

impl fmt::Display for ShownId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
        }
    }
}

impl Serialize for ShownId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_u64(*number),
            Self::Uuid(uuid) => serializer.collect_str(uuid),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMAIL: Table = Table::Items(WatchKind::Email);
    const PHONE: Table = Table::Items(WatchKind::Phone);
    const CARD: Table = Table::Items(WatchKind::CreditCard);

    #[test]
    fn every_table_has_a_place_and_a_name_of_its_own() {
        let names: Vec<String> = Table::all().map(|table| serde_json::to_string(&table).expect("a name")).collect();
        for (place, table) in Table::all().enumerate() {
            assert_eq!(table.place(), place);
            assert_eq!(serde_json::from_str::<Table>(&names[place]).expect("a table"), table);
            assert!(!names[..place].contains(&names[place]));
        }
        assert_eq!(names.len(), Table::COUNT);
    }

    proptest! {
        #[test]
        fn an_id_is_read_back_in_both_forms(number in 1..=NUMBER_BITS) {
            for form in [IdForm::Integer, IdForm::Uuid] {
                let text = Id::new(PHONE, number).shown(form).to_string();
                prop_assert_eq!(Id::parse(PHONE, &text, form), Some(number));
            }
            let uuid = Id::new(PHONE, number).shown(IdForm::Uuid).to_string();
            prop_assert_eq!(Id::parse(EMAIL, &uuid, IdForm::Uuid), None);
        }

        #[test]
        fn no_text_that_was_not_given_out_is_an_id(text in "\\PC*", bytes in any::<[u8; 16]>()) {
            if let Some(number) = Id::parse(CARD, &text, IdForm::Integer) {
                prop_assert_eq!(number.to_string(), text);
            }
            prop_assert_eq!(Id::parse(CARD, &Uuid::from_bytes(bytes).to_string(), IdForm::Uuid), None);
        }
    }

    #[test]
    fn an_integer_id_has_one_spelling() {
        for text in ["", "0", "01", "+1", "-1", "1.0", " 1", "1 ", "１", "18446744073709551616"] {
            assert_eq!(Id::parse(Table::Account, text, IdForm::Integer), None, "{text:?}");
        }
    }
}
