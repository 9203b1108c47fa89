//! The secrets of tokens, codes and links, which must not be guessed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use rand::distr::{Alphanumeric, SampleString, Uniform};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::model::id::mix;

/// How many characters a token's secret has.
const SECRET_LENGTH: usize = 40;

/// A source of secrets that takes no lock: the nth secret comes from the nth stream of one key.
#[derive(Debug)]
pub(crate) struct Secrets {
    key: [u8; 32],
    next: AtomicU64,
}

impl Secrets {
    /// The source of the main world or of the sandbox of this name: repeatable where a seed is set.
    pub(crate) fn of_world(seed: Option<u64>, sandbox: Option<&str>) -> Self {
        seed.map_or_else(Self::new, |seed| Self::repeatable(seed, sandbox.unwrap_or_default()))
    }

    /// A source with a key of its own.
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        key.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&unpredictable().to_ne_bytes()));
        Self { key, next: AtomicU64::new(0) }
    }

    /// A source whose secrets are the same each time, for the same seed and name of a world. They can be guessed.
    pub(crate) fn repeatable(seed: u64, world: &str) -> Self {
        let seed = world.bytes().fold(mix(seed), |seed, byte| mix(seed ^ u64::from(byte)));
        Self { key: ChaCha8Rng::seed_from_u64(seed).random(), next: AtomicU64::new(0) }
    }

    /// Letters and digits that cannot be guessed: a token's secret, a one-time code, the end of a link.
    pub(crate) fn opaque(&self) -> String {
        Alphanumeric.sample_string(&mut self.stream(), SECRET_LENGTH)
    }

    /// Six digits, as a text message carries them.
    pub(crate) fn digits(&self) -> String {
        let range = Uniform::new(0, 1_000_000).expect("0 is below 1,000,000");
        format!("{:06}", self.stream().sample(range))
    }

    /// A random UUID.
    pub(crate) fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.stream().random()).into_uuid()
    }

    /// How many were drawn.
    pub(crate) fn drawn(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// Goes on after the first `drawn` ones, which the world has used already.
    pub(crate) fn skip(&self, drawn: u64) {
        self.next.fetch_max(drawn, Ordering::Relaxed);
    }

    fn stream(&self) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.key);
        rng.set_stream(self.next.fetch_add(1, Ordering::Relaxed));
        rng
    }
}

/// Bits from the standard library, which asks the kernel itself: in an empty root there is no `/dev/urandom`, on which a
/// static binary would otherwise depend.
fn unpredictable() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_seed_repeat_and_those_of_another_or_of_another_world_differ() {
        let drawn = |seed: u64, world: &str| {
            let secrets = Secrets::repeatable(seed, world);
            (secrets.opaque(), secrets.digits(), secrets.uuid())
        };
        assert_eq!(drawn(1, ""), drawn(1, ""));
        let others = [drawn(1, ""), drawn(2, ""), drawn(1, "a"), drawn(1, "b"), drawn(u64::MAX, "")];
        for (place, one) in others.iter().enumerate() {
            assert!(others[..place].iter().all(|other| other.0 != one.0 && other.2 != one.2), "{place}");
        }
    }

    #[test]
    fn no_secret_comes_twice_and_each_has_its_form() {
        let secrets = Secrets::new();
        let all: std::collections::HashSet<String> = (0..1000).map(|_| secrets.opaque()).collect();
        assert_eq!(all.len(), 1000);
        assert!(
            all.iter()
                .all(|secret| secret.len() == SECRET_LENGTH && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        );
        let code = secrets.digits();
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    }
}
