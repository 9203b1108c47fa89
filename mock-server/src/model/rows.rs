//! Rows in the order of their ids, be they few or a hundred thousand: each is found by its id, by a key of its own, and by
//! its place in the order.
//!
//! Most owners have one or two rows, and there may be a million owners, so few rows are a list and no more. Many rows are
//! a list of chunks with an index. A copy shares its chunks with the original until one of the two changes them.

use std::sync::Arc;

use either::Either;
use imbl::OrdSet;

/// One of the rows of an owner.
pub(crate) trait Row: Clone {
    /// The id that no other row of the owner has.
    fn row_id(&self) -> u64;

    /// The other number that it is found by; different rows may have the same. None if it is only found by its id.
    fn key(&self) -> Option<u64>;
}

/// The rows of one owner.
#[derive(Clone, Debug)]
pub(crate) enum Rows<T> {
    Few(Vec<T>),
    Many(Box<Many<T>>),
}

/// The most rows that are kept as one list: moving so many for a removal costs less than an index.
const FEW: usize = 64;

/// How many bytes a chunk has at most.
const CHUNK_BYTES: usize = 32 * 1024;

/// Rows that are too many for one list.
#[derive(Clone, Debug)]
pub(crate) struct Many<T> {
    /// None of them is empty.
    chunks: Vec<Chunk<T>>,
    len: usize,
    /// The keys, each with the id of its row.
    keys: OrdSet<(u64, u64)>,
}

/// Rows that follow one another. First id and length stand here, so that a search reads no chunk but the right one.
#[derive(Clone, Debug)]
struct Chunk<T> {
    first: u64,
    len: usize,
    rows: Arc<Vec<T>>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<T: Row> Rows<T> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Few(rows) => rows.len(),
            Self::Many(many) => many.len,
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All rows.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        match self {
            Self::Few(rows) => Either::Left(rows.iter()),
            Self::Many(many) => Either::Right(many.chunks.iter().flat_map(|chunk| chunk.rows.iter())),
        }
    }

    /// The rows from a place in the order on, counted from 0.
    pub(crate) fn from(&self, place: usize) -> impl Iterator<Item = &T> {
        match self {
            Self::Few(rows) => Either::Left(rows[place.min(rows.len())..].iter()),
            Self::Many(many) => Either::Right(many.from(place)),
        }
    }

    /// The row with this id.
    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        match self {
            Self::Few(rows) => position(rows, id).ok().map(|place| &rows[place]),
            Self::Many(many) => many.get(id),
        }
    }

    /// The row with this id, to change anything but its id and its key.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        match self {
            Self::Few(rows) => position(rows, id).ok().map(|place| &mut rows[place]),
            Self::Many(many) => many.get_mut(id),
        }
    }

    /// The first row with this key that `is_meant`. The key is asked for where there are many.
    pub(crate) fn find(&self, key: impl FnOnce() -> u64, is_meant: impl Fn(&T) -> bool) -> Option<&T> {
        match self {
            Self::Few(rows) => rows.iter().find(|row| is_meant(row)),
            Self::Many(many) => many.with_key(key()).find(|row| is_meant(row)),
        }
    }

    /// Adds a row whose id no other has. It is quick where the id is higher than all that are there.
    pub(crate) fn insert(&mut self, row: T) {
        match self {
            Self::Few(rows) if rows.len() < FEW => {
                if rows.len() == rows.capacity() {
                    rows.reserve_exact(rows.len() / 2 + 1);
                }
                let place = place_for(rows, row.row_id());
                rows.insert(place, row);
            }
            Self::Few(rows) => {
                let mut many = Box::new(Many { chunks: Vec::new(), len: 0, keys: OrdSet::new() });
                rows.drain(..).for_each(|row| many.insert(row));
                many.insert(row);
                *self = Self::Many(many);
            }
            Self::Many(many) => many.insert(row),
        }
    }

    /// Puts `row` in the place of the one that has its id.
    pub(crate) fn replace(&mut self, row: T) {
        match self {
            Self::Few(rows) => {
                if let Ok(place) = position(rows, row.row_id()) {
                    rows[place] = row;
                }
            }
            Self::Many(many) => {
                if many.remove(row.row_id()).is_some() {
                    many.insert(row);
                }
            }
        }
    }

    /// Takes the row with this id out.
    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        match self {
            Self::Few(rows) => position(rows, id).ok().map(|place| rows.remove(place)),
            Self::Many(many) => many.remove(id),
        }
    }
}

impl<T: Row> Many<T> {
    const CHUNK: usize = if CHUNK_BYTES / size_of::<T>() > FEW { CHUNK_BYTES / size_of::<T>() } else { FEW };

    fn get(&self, id: u64) -> Option<&T> {
        let chunk = self.chunks.get(self.chunk_of(id))?;
        position(&chunk.rows, id).ok().map(|place| &chunk.rows[place])
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        let position_of_chunk = self.chunk_of(id);
        let rows = &mut self.chunks.get_mut(position_of_chunk)?.rows;
        let place = position(rows, id).ok()?;
        Some(&mut Arc::make_mut(rows)[place])
    }

    fn with_key(&self, key: u64) -> impl Iterator<Item = &T> {
        self.keys.range((key, 0)..=(key, u64::MAX)).filter_map(|(_, id)| self.get(*id))
    }

    fn from(&self, place: usize) -> impl Iterator<Item = &T> {
        let mut before = place;
        let first = self.chunks.iter().position(|chunk| {
            let is_there = before < chunk.len;
            before -= if is_there { 0 } else { chunk.len };
            is_there
        });
        let chunks = &self.chunks[first.unwrap_or(self.chunks.len())..];
        chunks.iter().flat_map(|chunk| chunk.rows.iter()).skip(before)
    }

    fn insert(&mut self, row: T) {
        let id = row.row_id();
        self.len += 1;
        if let Some(key) = row.key() {
            self.keys.insert((key, id));
        }
        if self.chunks.last().is_none_or(|last| last.len == Self::CHUNK && last.rows[last.len - 1].row_id() < id) {
            self.chunks.push(Chunk { first: id, len: 1, rows: Arc::new(vec![row]) });
            return;
        }
        let position = self.chunk_of(id);
        let chunk = &mut self.chunks[position];
        let rows = Arc::make_mut(&mut chunk.rows);
        rows.insert(place_for(rows, id), row);
        let second = (rows.len() > Self::CHUNK).then(|| rows.split_off(Self::CHUNK / 2));
        (chunk.first, chunk.len) = (rows[0].row_id(), rows.len());
        if let Some(rows) = second {
            self.chunks.insert(position + 1, Chunk { first: rows[0].row_id(), len: rows.len(), rows: Arc::new(rows) });
        }
    }

    fn remove(&mut self, id: u64) -> Option<T> {
        let position_of_chunk = self.chunk_of(id);
        let chunk = self.chunks.get_mut(position_of_chunk)?;
        let place = position(&chunk.rows, id).ok()?;
        let rows = Arc::make_mut(&mut chunk.rows);
        let row = rows.remove(place);
        chunk.len = rows.len();
        self.len -= 1;
        if let Some(key) = row.key() {
            self.keys.remove(&(key, id));
        }
        match rows.first() {
            Some(first) => chunk.first = first.row_id(),
            None => drop(self.chunks.remove(position_of_chunk)),
        }
        self.join(position_of_chunk);
        self.join(position_of_chunk.saturating_sub(1));
        Some(row)
    }

    /// Makes one chunk of this and the next where both are short, so that no row has a chunk for itself.
    fn join(&mut self, position: usize) {
        let [one, other, ..] = self.chunks.get(position..).unwrap_or_default() else { return };
        if one.len + other.len <= Self::CHUNK / 2 {
            let other = self.chunks.remove(position + 1);
            let one = &mut self.chunks[position];
            let rows = Arc::make_mut(&mut one.rows);
            rows.extend(other.rows.iter().cloned());
            one.len = rows.len();
        }
    }

    /// The position of the chunk that holds this id, if any does.
    fn chunk_of(&self, id: u64) -> usize {
        self.chunks.partition_point(|chunk| chunk.first <= id).saturating_sub(1)
    }
}

fn position<T: Row>(rows: &[T], id: u64) -> Result<usize, usize> {
    rows.binary_search_by_key(&id, Row::row_id)
}

/// The place of a row that is to be added; mostly the end.
fn place_for<T: Row>(rows: &[T], id: u64) -> usize {
    match rows.last() {
        Some(last) if last.row_id() > id => position(rows, id).unwrap_or_else(|place| place),
        _ => rows.len(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A row of its id and its key.
    #[derive(Clone, Debug, PartialEq)]
    struct Pair(u64, u64);

    impl Row for Pair {
        fn row_id(&self) -> u64 {
            self.0
        }

        fn key(&self) -> Option<u64> {
            Some(self.1)
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// Adds as many rows, one id apart, from this one on.
        Add(u64, u64),
        /// Removes all of this many ids from this one on.
        Remove(u64, u64),
        Replace(u64, u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..3000_u64, 1..400_u64).prop_map(|(first, count)| Step::Add(first, count)),
            (0..3000_u64, 1..300_u64).prop_map(|(first, count)| Step::Remove(first, count)),
            (0..3000_u64, 0..9_u64).prop_map(|(id, key)| Step::Replace(id, key)),
        ];
        prop::collection::vec(step, 1..25)
    }

    fn check(rows: &Rows<Pair>, model: &BTreeMap<u64, u64>) {
        let all = || model.iter().map(|(id, key)| Pair(*id, *key));
        assert_eq!(rows.len(), model.len());
        assert_eq!(rows.is_empty(), model.is_empty());
        assert!(rows.iter().cloned().eq(all()));
        assert!(rows.iter().rev().cloned().eq(all().rev()));
        for place in [0, 1, 63, 64, 65, 500, model.len() / 2, model.len(), usize::MAX] {
            assert!(rows.from(place).take(15).cloned().eq(all().skip(place).take(15)), "from {place}");
        }
        for id in (0..3500).step_by(7) {
            assert_eq!(rows.get(id).map(|row| row.1), model.get(&id).copied());
        }
        for key in 0..9 {
            let expected = model.iter().find(|(_, known)| **known == key).map(|(id, _)| *id);
            assert_eq!(rows.find(|| key, |row| row.1 == key).map(Row::row_id), expected, "key {key}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn rows_are_what_a_sorted_map_would_be_and_a_copy_stays_as_it_was(steps in steps()) {
            let (mut rows, mut model) = (Rows::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for step in steps {
                copies.push((rows.clone(), model.clone()));
                match step {
                    Step::Add(first, count) => {
                        for id in first..first + count {
                            model.entry(id).or_insert_with(|| {
                                rows.insert(Pair(id, id % 9));
                                id % 9
                            });
                        }
                    }
                    Step::Remove(first, count) => {
                        for id in first..first + count {
                            prop_assert_eq!(rows.remove(id).map(|row| row.1), model.remove(&id));
                        }
                    }
                    Step::Replace(id, key) => {
                        rows.replace(Pair(id, key));
                        model.entry(id).and_modify(|known| *known = key);
                    }
                }
                check(&rows, &model);
            }
            for (rows, model) in &copies {
                check(rows, model);
            }
        }
    }

    #[test]
    fn rows_that_are_left_over_do_not_keep_a_chunk_each() {
        let mut rows = Rows::default();
        (0..100_000).for_each(|id| rows.insert(Pair(id, 0)));
        for id in (0..100_000).filter(|id| id % 500 != 0) {
            rows.remove(id);
        }
        let Rows::Many(many) = &rows else { panic!("they were many") };
        assert_eq!((many.len, many.chunks.len()), (200, 1));
    }
}
