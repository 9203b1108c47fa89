//! Finds many texts in one. New ones cost next to nothing, for a run learns thousands while it reports: each is known by
//! its last bytes, which tell secrets apart better than their first ones do, and is compared where these stand.

use std::collections::HashMap;
use std::ops::Range;

/// Texts to be found, each with a name.
#[derive(Debug, Default)]
pub(super) struct Finder {
    texts: HashMap<Box<[u8]>, usize>,
    names: Vec<String>,
    long: Tails,
    short: Tails,
}

/// The last bytes by which a long text is known, and a short one.
const LONG: usize = 8;
const SHORT: usize = 4;

/// Texts by their last bytes.
#[derive(Debug, Default)]
struct Tails {
    texts: HashMap<u64, Vec<(Box<[u8]>, usize)>>,
    /// A bit for each of many remainders of these bytes: most places of a text are passed over by it.
    filter: Vec<u64>,
}

/// The number of bits in a filter, as a power of two.
const BITS: u32 = 20;

impl Tails {
    fn add(&mut self, tail: u64, text: &[u8], name: usize) {
        self.filter.resize(1 << (BITS - 6), 0);
        let (word, bit) = place(tail);
        self.filter[word] |= bit;
        self.texts.entry(tail).or_default().push((text.into(), name));
    }

    fn with_tail(&self, tail: u64) -> &[(Box<[u8]>, usize)] {
        let (word, bit) = place(tail);
        match self.filter.get(word) {
            Some(bits) if bits & bit != 0 => self.texts.get(&tail).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }
}

/// The bit of a tail.
fn place(tail: u64) -> (usize, u64) {
    let hash = tail.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// The last bytes of a text, as a number.
fn tail_of(text: &[u8]) -> u64 {
    text.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte))
}

impl Finder {
    /// From now on `text` is found, and named so; what was learnt before keeps its name. Texts of less than four bytes
    /// are not.
    pub(super) fn learn(&mut self, text: &[u8], name: &str) {
        if text.len() < SHORT || self.texts.contains_key(text) {
            return;
        }
        let name = self.names.iter().rposition(|of| of == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.texts.insert(text.into(), name);
        match text.len().checked_sub(LONG) {
            Some(start) => self.long.add(tail_of(&text[start..]), text, name),
            None => self.short.add(tail_of(&text[text.len() - SHORT..]), text, name),
        }
    }

    /// The places of all learnt texts, with their names.
    pub(super) fn find(&self, text: &[u8]) -> Vec<(Range<usize>, &str)> {
        let (mut found, mut tail) = (Vec::new(), 0);
        for (byte, end) in text.iter().zip(1..) {
            tail = tail << 8 | u64::from(*byte);
            let short = self.short.with_tail(tail & u64::from(u32::MAX));
            for (known, name) in self.long.with_tail(tail).iter().chain(short) {
                if text[..end].ends_with(known) {
                    found.push((end - known.len()..end, &*self.names[*name]));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_every_text_is_found() {
        let mut finder = Finder::default();
        for (text, name) in [("abcd", "a"), ("abcdefgh", "b"), ("xxabcdefgh", "c"), ("abc", "d"), ("abcd", "e")] {
            finder.learn(text.as_bytes(), name);
        }
        let found = |text: &str| -> Vec<(Range<usize>, String)> {
            finder.find(text.as_bytes()).into_iter().map(|(range, name)| (range, name.to_owned())).collect()
        };
        assert_eq!(found("abc"), []);
        assert_eq!(found("-abcd-"), [(1..5, "a".into())]);
        let all: [(Range<usize>, String); 3] = [(2..6, "a".into()), (2..10, "b".into()), (0..10, "c".into())];
        assert_eq!(found("xxabcdefgh"), all);
        assert_eq!(found("\0\0\0\0abcd"), [(4..8, "a".into())]);
    }
}
