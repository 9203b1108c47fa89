//! How the objects of documented responses are written: the two formats (FORMAT-3 to 5) through serde, and for the
//! OpenAPI document the description of the same fields.
//!
//! [`shape!`] declares an object once. The JSON and its description come from that declaration, so the two
//! cannot drift apart.

use std::sync::Arc;

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::guide::assumptions::LegacyBoolean;
use crate::guide::facts::Fact;
use crate::guide::format::Format;
use crate::guide::trace::Assumed;
use crate::model::id::Id;
use crate::model::time::{Date, Timestamp};

/// The format that a response is written in, and the assumptions that it is written by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing<'a> {
    pub(crate) format: Format,
    pub(crate) assumed: Assumed<'a>,
}

/// A value of a documented response.
pub(crate) trait Shown {
    /// The description of all such values.
    const HOLDS: Holds;

    /// Writes it.
    ///
    /// # Errors
    /// Those of the serializer.
    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error>;

    /// Whether its field is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

/// An object of a documented response.
pub(crate) trait Shape: Shown + Send + 'static {
    /// Its name and its fields.
    const SCHEMA: Schema;
}

/// The name of an object in the OpenAPI document, and its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

/// One field of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    /// A sentence for the OpenAPI document, or nothing.
    pub(crate) about: &'static str,
}

/// The description of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holds {
    Id,
    Text,
    Email,
    Flag,
    Number,
    Date,
    Time,
    /// One of these words.
    OneOf(&'static [&'static str]),
    List(&'static Self),
    Object(&'static [Field]),
    /// An object, or an empty list where there is nothing (ONLINE-6).
    ObjectOrNothing(&'static [Field]),
    /// That, or null.
    Nullable(&'static Self),
    /// That, or no such field.
    Optional(&'static Self),
}

/// A value and how it is to be written, as serde takes it.
pub(crate) struct InFormat<'a, T: ?Sized> {
    pub(crate) value: &'a T,
    pub(crate) writing: Writing<'a>,
}

impl<T: Shown + ?Sized> Serialize for InFormat<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.write(self.writing, serializer)
    }
}

/// Declares an object of documented responses: `field: Type`, with `as "name"` where the field has another name, and
/// `=> "sentence"` where the OpenAPI document says something about it.
macro_rules! shape {
    (
        $(#[$doc:meta])*
        $shape:ident = $name:literal {
            $($field:ident $(as $other_name:literal)?: $type:ty $(=> $about:literal)?),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $shape {
            $(pub(crate) $field: $type),+
        }

        impl $crate::model::shape::Shown for $shape {
            const HOLDS: $crate::model::shape::Holds =
                $crate::model::shape::Holds::Object(<Self as $crate::model::shape::Shape>::SCHEMA.fields);

            fn write<S: serde::Serializer>(
                &self,
                writing: $crate::model::shape::Writing<'_>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let mut object = $crate::model::shape::start(serializer, <Self as $crate::model::shape::Shape>::SCHEMA)?;
                $($crate::model::shape::field(
                    &mut object,
                    $crate::model::shape::shape!(@name $field $($other_name)?),
                    &self.$field,
                    writing,
                )?;)+
                serde::ser::SerializeStruct::end(object)
            }
        }

        impl $crate::model::shape::Shape for $shape {
            const SCHEMA: $crate::model::shape::Schema = $crate::model::shape::Schema {
                name: $name,
                fields: &[$($crate::model::shape::Field {
                    name: $crate::model::shape::shape!(@name $field $($other_name)?),
                    holds: <$type as $crate::model::shape::Shown>::HOLDS,
                    about: concat!($($about)?),
                }),+],
            };
        }
    };
    (@name $field:ident $name:literal) => { $name };
    (@name $field:ident) => { stringify!($field) };
}
pub(crate) use shape;

/// Begins an object.
pub(crate) fn start<S: Serializer>(serializer: S, schema: Schema) -> Result<S::SerializeStruct, S::Error> {
    serializer.serialize_struct(schema.name, schema.fields.len())
}

/// Writes a field of an object, unless it is absent.
pub(crate) fn field<S: SerializeStruct>(
    object: &mut S,
    name: &'static str,
    value: &impl Shown,
    writing: Writing<'_>,
) -> Result<(), S::Error> {
    if value.is_absent() {
        return object.skip_field(name);
    }
    object.serialize_field(name, &InFormat { value, writing })
}

impl Shown for bool {
    const HOLDS: Holds = Holds::Flag;

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        writing.assumed.record_fact(Fact::Format5);
        match writing.format {
            Format::Standardized => serializer.serialize_bool(*self),
            Format::Legacy => match writing.assumed.choice() {
                LegacyBoolean::Number => serializer.serialize_u64(u64::from(*self)),
                LegacyBoolean::TextNumber => serializer.serialize_str(if *self { "1" } else { "0" }),
                LegacyBoolean::Text => serializer.serialize_str(if *self { "true" } else { "false" }),
            },
        }
    }
}

impl Shown for Timestamp {
    const HOLDS: Holds = Holds::Time;

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        writing.assumed.record_fact(Fact::Format3);
        match writing.format {
            Format::Standardized => serializer.serialize_str(self.standardized().as_str()),
            Format::Legacy => serializer.serialize_str(self.legacy().as_str()),
        }
    }
}

impl Shown for Date {
    const HOLDS: Holds = Holds::Date;

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        writing.assumed.record_fact(Fact::Format4);
        self.serialize(serializer)
    }
}

impl Shown for Id {
    const HOLDS: Holds = Holds::Id;

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.shown(writing.assumed.choice()).serialize(serializer)
    }
}

impl Shown for u64 {
    const HOLDS: Holds = Holds::Number;

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*self)
    }
}

impl Shown for &'static str {
    const HOLDS: Holds = Holds::Text;

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Shown for Box<str> {
    const HOLDS: Holds = Holds::Text;

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Shown for Arc<str> {
    const HOLDS: Holds = Holds::Text;

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// The text of an email address.
#[derive(Clone, Debug)]
pub(crate) struct EmailText(pub(crate) Box<str>);

impl Shown for EmailText {
    const HOLDS: Holds = Holds::Email;

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<T: Shown> Shown for Vec<T> {
    const HOLDS: Holds = Holds::List(&T::HOLDS);

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for value in self {
            list.serialize_element(&InFormat { value, writing })?;
        }
        list.end()
    }
}

impl<T: Shown> Shown for Option<T> {
    const HOLDS: Holds = Holds::Nullable(&T::HOLDS);

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(writing, serializer),
            None => serializer.serialize_none(),
        }
    }
}

/// A value whose field is left out if it is absent.
#[derive(Clone, Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T: Shown> Shown for Maybe<T> {
    const HOLDS: Holds = Holds::Optional(&T::HOLDS);

    fn write<S: Serializer>(&self, writing: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(writing, serializer)
    }

    fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::guide::assumptions::Assumptions;
    use crate::guide::trace::Trace;
    use crate::model::id::Table;
    use crate::model::kind::WatchKind;

    shape! {
        /// A value of each form.
        Sample = "Sample" {
            id: Id,
            email: EmailText,
            is_confirmed: bool => "Whether it is.",
            confirmed_at: Option<Timestamp>,
            data_classes: Vec<&'static str>,
            expiry_date: Date,
            plan_id: u64,
            first_name as "firstName": Box<str>,
            company_id: Maybe<u64>,
            created_at: Timestamp,
        }
    }

    fn written(format: Format, set: &[(&str, &str)]) -> (Json, String) {
        let mut assumptions = Assumptions::default();
        for (key, value) in set {
            assumptions.set(key, value).expect("a key and a value of the fixture");
        }
        let trace = Trace::default();
        let at = Timestamp::parse("2026-06-16T21:02:05Z").expect("a time");
        let sample = Sample {
            id: Id::new(Table::Items(WatchKind::Email), 7),
            email: EmailText("john@example.com".into()),
            is_confirmed: true,
            confirmed_at: None,
            data_classes: vec!["email", "phone"],
            expiry_date: at.date(),
            plan_id: 1,
            first_name: "John".into(),
            company_id: Maybe(None),
            created_at: at,
        };
        let writing = Writing { format, assumed: Assumed::new(&assumptions, &trace) };
        let json = serde_json::to_value(InFormat { value: &sample, writing }).expect("JSON");
        (json, trace.header())
    }

    #[test]
    fn a_value_is_written_as_its_format_says() {
        let standardized = json!({
            "id": 7, "email": "john@example.com", "is_confirmed": true, "confirmed_at": null,
            "data_classes": ["email", "phone"], "expiry_date": "2026-06-16", "plan_id": 1, "firstName": "John",
            "created_at": "2026-06-16T21:02:05Z",
        });
        assert_eq!(written(Format::Standardized, &[]).0, standardized);
        for (form, yes) in [("number", json!(1)), ("text-number", json!("1")), ("text", json!("true"))] {
            let (json, trace) = written(Format::Legacy, &[("legacy.boolean", form)]);
            let mut legacy = standardized.clone();
            legacy["is_confirmed"] = yes;
            legacy["created_at"] = json!("2026-06-16 21:02:05");
            assert_eq!(json, legacy, "{form}");
            assert_eq!(trace, "FORMAT-3, FORMAT-4, FORMAT-5, id.form, legacy.boolean");
        }
    }

    #[test]
    fn what_is_described_is_what_is_declared() {
        let Schema { name, fields } = Sample::SCHEMA;
        assert_eq!((name, fields.len()), ("Sample", 10));
        assert!(matches!(fields[0], Field { name: "id", holds: Holds::Id, about: "" }));
        assert!(matches!(fields[2], Field { name: "is_confirmed", holds: Holds::Flag, about: "Whether it is." }));
        assert!(matches!(fields[3].holds, Holds::Nullable(Holds::Time)));
        assert!(matches!(fields[4].holds, Holds::List(Holds::Text)));
        assert!(matches!(fields[7], Field { name: "firstName", holds: Holds::Text, .. }));
        assert!(matches!(fields[8].holds, Holds::Optional(Holds::Number)));
    }
}
