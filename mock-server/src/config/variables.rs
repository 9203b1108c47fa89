//! Variables that begin as those of the mock do, and are none: most are slips of the pen.

use crate::spelling;

/// How the variables of the mock begin.
pub(super) const PREFIX: &str = "MOCK_";

/// A sentence about each of these names that looks like a variable of the mock and is none of `known`.
pub(super) fn strangers<'a>(
    names: impl Iterator<Item = &'a str>,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Vec<String> {
    let is_stranger =
        |name: &&str| name.starts_with(PREFIX) && !known.clone().any(|known| known == *name) && !is_of_kubernetes(name);
    names
        .filter(is_stranger)
        .map(|name| {
            let end = match spelling::nearest(name, known.clone()) {
                Some(near) => format!("did you mean {near}?"),
                None => "mock-server --help lists those that there are".to_owned(),
            };
            format!("the variable {name} is none of the mock's; {end}")
        })
        .collect()
}

/// Whether Kubernetes sets a variable of this name for a service that is called `mock`.
fn is_of_kubernetes(name: &str) -> bool {
    let rest = &name[PREFIX.len()..];
    rest.starts_with("SERVICE_") || rest == "PORT" || rest.starts_with("PORT_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_none_is_told_with_the_one_that_is_meant() {
        let known = ["MOCK_ASSUME", "MOCK_LISTEN", "MOCK_LOG"];
        let set = ["MOCK_ASSUM", "MOCK_LISTEN", "MOCK_COLOUR", "PATH", "MOCK_PORT_8650_TCP", "MOCK_SERVICE_HOST"];
        assert_eq!(
            strangers(set.into_iter(), known.into_iter()),
            [
                "the variable MOCK_ASSUM is none of the mock's; did you mean MOCK_ASSUME?",
                "the variable MOCK_COLOUR is none of the mock's; mock-server --help lists those that there are",
            ]
        );
    }
}
