//! The search for the first second at which something is over.

/// The longest time that is looked at.
pub(super) const LONGEST: u64 = 400 * 24 * 3600;

/// How much further from a wrong guess each next one is.
const STRIDE: u64 = 16;

/// Looks for the first second at which something is over: first around a guess, then ever further from it, then between
/// what is known.
#[derive(Debug)]
pub(super) struct Search {
    guess: u64,
    /// The latest second at which it works.
    works: Option<u64>,
    /// The first second at which it is known to be over.
    over: Option<u64>,
}

impl Search {
    pub(super) fn around(guess: u64) -> Self {
        Self { guess: guess.clamp(1, LONGEST), works: None, over: None }
    }

    /// The next second to look at; none when the end is known, or out of sight.
    pub(super) fn trial(&self) -> Option<u64> {
        match (self.works, self.over) {
            (None, None) => Some(self.guess - 1),
            (Some(works), None) if works >= LONGEST => None,
            (Some(works), None) if works < self.guess => Some(self.guess),
            (Some(works), None) => Some((works * STRIDE).min(LONGEST)),
            (None, Some(0)) => None,
            (None, Some(over)) => Some(over / STRIDE),
            (Some(works), Some(over)) => (over - works > 1).then_some(works + (over - works) / 2),
        }
    }

    pub(super) fn learn(&mut self, seconds: u64, is_working: bool) {
        if is_working {
            self.works = Some(seconds);
        } else {
            self.over = Some(seconds);
        }
    }

    pub(super) fn end(&self) -> Option<u64> {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a life is found to be, and by how many trials.
    fn found(guess: u64, life: u64) -> (Option<u64>, usize) {
        let (mut search, mut trials) = (Search::around(guess), 0);
        while let Some(seconds) = search.trial() {
            search.learn(seconds, seconds < life);
            trials += 1;
        }
        (search.end(), trials)
    }

    #[test]
    fn a_good_guess_takes_two_trials() {
        for guess in [1, 60, 600, 3600, 2_592_000] {
            assert_eq!(found(guess, guess), (Some(guess), 2));
        }
    }

    #[test]
    fn any_life_is_found_in_few_trials() {
        for guess in [1, 60, 3600, 2_592_000] {
            for life in [0, 1, 2, 7, 59, 61, 599, 3599, 3601, 100_000, 2_592_001, LONGEST] {
                let (end, trials) = found(guess, life);
                assert!(end == Some(life) && trials <= 35, "{guess} {life}: {end:?} in {trials}");
            }
            assert_eq!(found(guess, LONGEST + 1).0, None);
        }
    }
}
