//! Seeds for programs: to check one, to begin one, and the JSON Schema of all.

use crate::encoding;
use crate::world::seed::Seed;
use crate::world::seed::faults::{SeedError, SeedFault};
use crate::world::seed::load::check;
use crate::world::seed::schema::schema;

/// Checks a seed, JSON as `--seed FILE` reads it (`mock-server seed check`). Returns what is allowed and is hardly meant.
///
/// # Errors
/// All faults of the seed, with their places.
pub fn check_seed(json: &str) -> Result<Vec<SeedFault>, SeedError> {
    check(&Seed::parse(encoding::without_mark(json))?)
}

/// The JSON Schema of seeds (`fixtures/seed.schema.json`).
pub fn seed_schema() -> String {
    schema()
}

/// A small seed with comments, to begin with (`mock-server seed init`).
pub fn example_seed() -> &'static str {
    Seed::example()
}
