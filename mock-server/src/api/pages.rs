//! Pages of lists as Laravel's paginator writes them (`list.shape=paginated`).

use serde::Serialize;

/// The part of a list that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 1.
    pub(crate) number: usize,
    /// Items a page.
    pub(crate) size: usize,
}

/// The items of a list that were asked for, and their place in the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: usize,
    pub(crate) page: Page,
}

impl Page {
    /// The whole list at once.
    pub(crate) const WHOLE: Self = Self { number: 1, size: usize::MAX };

    /// The number of items before this page.
    pub(crate) fn offset(self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }

    /// The items of this page.
    pub(crate) fn of<T>(self, all: impl ExactSizeIterator<Item = T>) -> Listing<T> {
        self.from(all.len(), all.skip(self.offset()))
    }

    /// The items of this page of a list of `total`, which begin the list `from` its offset on.
    pub(crate) fn from<T>(self, total: usize, from: impl Iterator<Item = T>) -> Listing<T> {
        Listing { items: from.take(self.size).collect(), total, page: self }
    }
}

/// Items a page.
const PAGE_SIZE: usize = 15;

/// How many pages are listed on either side of the current one.
const ON_EACH_SIDE: usize = 3;

/// Up to so many pages are all listed.
const ALL_LISTED: usize = 13;

/// The page that `?page=` asks for; a text that is not a page number asks for the first.
pub(crate) fn asked_for(query: Option<&str>) -> Page {
    let asked =
        query.into_iter().flat_map(|query| query.split('&')).filter_map(|pair| pair.strip_prefix("page=")).next_back();
    let number = asked.and_then(|number| number.parse().ok()).filter(|number| *number >= 1).unwrap_or(1);
    Page { number, size: PAGE_SIZE }
}

/// The part of a page beside its items: the addresses of its neighbours, and its place.
#[derive(Debug, Serialize)]
pub(crate) struct Paginated {
    pub(crate) links: Links,
    pub(crate) meta: Meta,
}

#[derive(Debug, Serialize)]
pub(crate) struct Links {
    first: String,
    last: String,
    prev: Option<String>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Meta {
    current_page: usize,
    from: Option<usize>,
    last_page: usize,
    links: Vec<Link>,
    path: String,
    per_page: usize,
    to: Option<usize>,
    total: usize,
}

#[derive(Debug, Serialize)]
struct Link {
    url: Option<String>,
    label: String,
    active: bool,
}

impl Paginated {
    /// The part beside the items of `listing`, which is a page of the list at `url`. The addresses of the neighbours keep
    /// the rest of its query.
    pub(crate) fn new<T>(listing: &Listing<T>, url: &str) -> Self {
        let Listing { total, page, ref items } = *listing;
        let current = page.number;
        let last = total.div_ceil(page.size).max(1);
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page="));
        let others: String = others.map(|pair| format!("{pair}&")).collect();
        let address = |number: usize| format!("{url}?{others}page={number}");
        let prev = (current > 1).then(|| address(current - 1));
        let next = (current < last).then(|| address(current + 1));
        let filled = !items.is_empty();
        let mut links = vec![Link { url: prev.clone(), label: "&laquo; Previous".into(), active: false }];
        links.extend(window(current, last).into_iter().map(|slot| match slot {
            Some(number) => Link { url: Some(address(number)), label: number.to_string(), active: number == current },
            None => Link { url: None, label: "...".into(), active: false },
        }));
        links.push(Link { url: next.clone(), label: "Next &raquo;".into(), active: false });
        Self {
            links: Links { first: address(1), last: address(last), prev, next },
            meta: Meta {
                current_page: current,
                from: filled.then(|| page.offset() + 1),
                last_page: last,
                links,
                path: url.to_owned(),
                per_page: page.size,
                to: filled.then(|| page.offset() + items.len()),
                total,
            },
        }
    }
}

/// The page numbers that are listed; none marks a gap.
fn window(current: usize, last: usize) -> Vec<Option<usize>> {
    if last <= ALL_LISTED {
        return (1..=last).map(Some).collect();
    }
    let reach = ON_EACH_SIDE + 4;
    let ends = |numbers: std::ops::RangeInclusive<usize>| numbers.map(Some);
    if current <= reach {
        ends(1..=reach + ON_EACH_SIDE).chain([None]).chain(ends(last - 1..=last)).collect()
    } else if current > last - reach {
        ends(1..=2).chain([None]).chain(ends(last + 1 - (reach + ON_EACH_SIDE)..=last)).collect()
    } else {
        let middle = ends(current - ON_EACH_SIDE..=current + ON_EACH_SIDE);
        ends(1..=2).chain([None]).chain(middle).chain([None]).chain(ends(last - 1..=last)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(total: usize, number: usize) -> serde_json::Value {
        let page = Page { number, size: PAGE_SIZE };
        let listing = page.of(std::iter::repeat_n((), total));
        let mut shown = serde_json::to_value(Paginated::new(&listing, "http://mock/api/v1/x")).expect("JSON");
        shown["data"] = vec![json!({}); listing.items.len()].into();
        shown
    }

    #[test]
    fn a_page_number_is_read_or_taken_as_one() {
        let cases =
            [("page=2", 2), ("page=0", 1), ("page=-1", 1), ("page=two", 1), ("", 1), ("a=1&page=3", 3), ("pages=4", 1)];
        for (query, number) in cases {
            assert_eq!(asked_for(Some(query)).number, number, "{query}");
        }
        assert_eq!(asked_for(None).number, 1);
        assert_eq!(asked_for(Some("page=18446744073709551615")).offset(), usize::MAX);
    }

    #[test]
    fn an_empty_list_has_one_page_without_from_and_to() {
        let page = shown(0, 1);
        assert_eq!(page["meta"]["last_page"], 1);
        assert_eq!(page["meta"]["from"], json!(null));
        assert_eq!(page["meta"]["to"], json!(null));
        assert_eq!(page["links"]["next"], json!(null));
    }

    #[test]
    fn pages_name_their_neighbours() {
        let second = shown(31, 2);
        assert_eq!(second["data"].as_array().map(Vec::len), Some(15));
        assert_eq!(second["links"]["prev"], "http://mock/api/v1/x?page=1");
        assert_eq!(second["links"]["next"], "http://mock/api/v1/x?page=3");
        assert_eq!(second["links"]["last"], "http://mock/api/v1/x?page=3");
        assert_eq!((&second["meta"]["from"], &second["meta"]["to"]), (&json!(16), &json!(30)));
        let third = shown(31, 3);
        assert_eq!(third["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(third["links"]["next"], json!(null));
        let beyond = shown(31, 9);
        assert_eq!((&beyond["data"], &beyond["links"]["prev"]), (&json!([]), &json!("http://mock/api/v1/x?page=8")));
    }

    #[test]
    fn many_pages_are_listed_with_gaps() {
        let text = |current, last| -> String {
            let slot = |slot: Option<usize>| slot.map_or("…".to_owned(), |number| number.to_string());
            window(current, last).into_iter().map(slot).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(1, 3), "1 2 3");
        assert_eq!(text(7, 20), "1 2 3 4 5 6 7 8 9 10 … 19 20");
        assert_eq!(text(8, 20), "1 2 … 5 6 7 8 9 10 11 … 19 20");
        assert_eq!(text(14, 20), "1 2 … 11 12 13 14 15 16 17 18 19 20");
    }
}
