//! The answer of a target in one case, and how the mock's own answer is written in its form.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use serde_json::{Map, Value as Json};

use super::file::{Exchange, Leaf, Status};

/// The codes of FORMAT-7, and of FORMAT-9.
const CODES: [(u16, &str); 6] = [
    (400, "BAD_REQUEST"),
    (401, "UNAUTHENTICATED"),
    (403, "FORBIDDEN"),
    (404, "NOT_FOUND"),
    (422, "VALIDATION_ERROR"),
    (429, "RATE_LIMITED"),
];

/// How the target answers in one case.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// None without a body.
    pub(crate) content_type: Option<String>,
    pub(super) body: Option<Node>,
}

/// An answer as it is sent.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Option<Json>,
}

/// The words of a refusal.
#[derive(Debug)]
pub(crate) struct Refused<'a> {
    pub(crate) message: &'a str,
    /// The fields of the request that it is about.
    pub(crate) fields: Vec<&'a str>,
}

/// A place in the body of the target.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    leaf: Leaf,
    pub(super) fields: Vec<(String, Self)>,
    pub(super) items: Option<Box<Self>>,
    /// The list of the mock's answer that a list follows.
    follows: Option<String>,
}

/// The way to a value in a body: names of fields, and `[]` for the items of a list.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').filter(|step| !step.is_empty()).flat_map(|step| {
        let name = step.trim_end_matches("[]");
        let lists = (step.len() - name.len()) / 2;
        let name = (!name.is_empty()).then_some(name);
        name.into_iter().chain(std::iter::repeat_n("[]", lists))
    })
}

impl Answer {
    /// The answers in a case, the most frequent one first; of two that are as frequent, the lower status.
    pub(super) fn all(exchange: &Exchange) -> Vec<Self> {
        let mut statuses: Vec<_> = exchange.statuses.iter().collect();
        statuses.sort_by_key(|(status, seen)| (std::cmp::Reverse(seen.seen), **status));
        let answer = |(status, seen): (&u16, &Status)| {
            let content_type = most(&seen.types).filter(|name| !name.is_empty()).map(str::to_owned);
            let body = content_type.as_ref().filter(|_| !seen.body.is_empty()).map(|_| Node::of(seen));
            Self { status: *status, content_type, body }
        };
        statuses.into_iter().map(answer).collect()
    }

    /// The paths of its body.
    pub(super) fn place(&self, path: &str) -> Option<&Node> {
        steps(path).try_fold(self.body.as_ref()?, |node, step| node.step(step))
    }

    /// The lists of its body whose items were seen, by their paths.
    pub(super) fn lists(&self) -> Vec<(String, &Node)> {
        let mut lists = Vec::new();
        self.body.iter().for_each(|node| node.lists("", &mut lists));
        lists
    }

    /// Takes, for each list whose items were not seen, the list that `known` has for its path.
    pub(super) fn borrow_items<'n>(&mut self, known: &dyn Fn(&str) -> Option<&'n Node>) {
        self.body.iter_mut().for_each(|node| node.borrow_items("", known));
    }

    /// The mock's own answer in the form of the target.
    pub(crate) fn write(&self, own: &Json, refused: Option<&Refused<'_>>) -> Written {
        let context = Own { body: own, refused, code: code(self.status) };
        let body = self.body.as_ref().map(|node| context.write(node, "", &mut BTreeMap::new()));
        Written { status: self.status, content_type: self.content_type.clone(), body }
    }
}

fn most(counts: &BTreeMap<String, u64>) -> Option<&str> {
    counts.iter().rev().max_by_key(|(_, count)| **count).map(|(name, _)| name.as_str())
}

impl Node {
    fn of(seen: &Status) -> Self {
        let mut root = Self::default();
        for (path, leaf) in &seen.body {
            let node = steps(path).fold(&mut root, |node, step| node.step_or_make(step));
            node.leaf = leaf.clone();
        }
        root.follow();
        root
    }

    fn step(&self, step: &str) -> Option<&Self> {
        match step {
            "[]" => self.items.as_deref(),
            name => self.fields.iter().find(|(known, _)| known == name).map(|(_, node)| node),
        }
    }

    fn step_or_make(&mut self, step: &str) -> &mut Self {
        if step == "[]" {
            return self.items.get_or_insert_default();
        }
        let place = self.fields.iter().position(|(known, _)| known == step).unwrap_or_else(|| {
            self.fields.push((step.to_owned(), Self::default()));
            self.fields.len() - 1
        });
        &mut self.fields[place].1
    }

    /// Finds, for each list, the list of the mock's answer that most of the fields in it follow.
    fn follow(&mut self) {
        self.fields.iter_mut().for_each(|(_, node)| node.follow());
        let Some(items) = &mut self.items else { return };
        items.follow();
        let mut lists = BTreeMap::<String, u64>::new();
        items.meanings(&mut |field| {
            if let Some((list, _)) = field.split_once("[]") {
                *lists.entry(list.to_owned()).or_default() += 1;
            }
        });
        self.follows = most(&lists).map(str::to_owned);
    }

    fn meanings(&self, see: &mut impl FnMut(&str)) {
        self.leaf.means.iter().for_each(|means| see(&means.field));
        self.fields.iter().for_each(|(_, node)| node.meanings(see));
        self.items.iter().for_each(|node| node.meanings(see));
    }

    fn lists<'s>(&'s self, path: &str, lists: &mut Vec<(String, &'s Self)>) {
        if self.items.is_some() {
            lists.push((path.to_owned(), self));
        }
        self.fields.iter().for_each(|(name, node)| node.lists(&format!("{path}.{name}"), lists));
    }

    fn borrow_items<'n>(&mut self, path: &str, known: &dyn Fn(&str) -> Option<&'n Self>) {
        if self.kind() == "array"
            && self.items.is_none()
            && let Some(known) = known(path)
        {
            self.items.clone_from(&known.items);
            self.follows.clone_from(&known.follows);
        }
        self.fields.iter_mut().for_each(|(name, node)| node.borrow_items(&format!("{path}.{name}"), known));
    }

    /// All fields in it at any depth, by name.
    pub(super) fn places(&self) -> Vec<(&str, &Self)> {
        let mut all = Vec::new();
        for (name, node) in &self.fields {
            all.push((name.as_str(), node));
            all.extend(node.places());
        }
        all.extend(self.items.iter().flat_map(|node| node.places()));
        all
    }

    fn has_type(&self, name: &str) -> bool {
        self.leaf.types.contains_key(name)
    }

    /// The JSON types that were seen.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        self.leaf.types.keys().map(String::as_str)
    }

    /// The form of its texts, where all of them have the same.
    pub(super) fn only_form(&self) -> Option<&str> {
        let mut forms = self.leaf.forms.keys();
        forms.next().filter(|_| forms.next().is_none()).map(String::as_str)
    }

    /// Whether it is not always there.
    pub(super) fn is_optional(&self) -> bool {
        self.leaf.is_in < self.leaf.of
    }

    fn is_mostly_there(&self) -> bool {
        self.leaf.is_in * 2 > self.leaf.of
    }

    /// Whether it is an address at times, and null at others, as that of the next page is.
    fn is_next_page(&self) -> bool {
        self.leaf.means.is_none() && self.has_type("null") && self.has_type("string") && self.form() == "url"
    }

    fn is_mostly_null(&self) -> bool {
        let nulls = self.leaf.types.get("null").copied().unwrap_or_default();
        nulls * 2 > self.leaf.types.values().sum()
    }

    /// The type that it has most often, but for null.
    pub(super) fn kind(&self) -> &str {
        let of = |name: &&String| *name != "null";
        let counted = self.leaf.types.iter().rev().filter(|(name, _)| of(name)).max_by_key(|(_, count)| **count);
        counted.map_or("null", |(name, _)| name)
    }

    /// The form of its texts that was seen most.
    pub(super) fn form(&self) -> &str {
        most(&self.leaf.forms).unwrap_or_default()
    }
}

/// The mock's own answer, which the target's is filled from.
struct Own<'a> {
    body: &'a Json,
    refused: Option<&'a Refused<'a>>,
    /// The code that FORMAT-7 gives to the status.
    code: Option<&'static str>,
}

/// Which item of each list of the mock's answer is being written.
type Places = BTreeMap<String, usize>;

impl Own<'_> {
    /// The value at a path of the mock's answer.
    fn at(&self, path: &str, places: &Places) -> Option<&Json> {
        let (mut value, mut way) = (self.body, String::new());
        for step in steps(path) {
            value = match step {
                "[]" => value.as_array()?.get(*places.get(&way)?)?,
                name => value.as_object()?.get(name)?,
            };
            if step == "[]" {
                way += "[]";
            } else {
                way = if way.is_empty() { step.to_owned() } else { format!("{way}.{step}") };
            }
        }
        Some(value)
    }

    fn write(&self, node: &Node, path: &str, places: &mut Places) -> Json {
        let own = node.leaf.means.as_ref().and_then(|means| self.at(&means.field, places));
        let is_null = own.is_some_and(Json::is_null) && node.has_type("null");
        let is_only_null = node.kind() == "null" || own.is_none() && node.is_mostly_null();
        if is_null || is_only_null {
            return Json::Null;
        }
        // An object where something was found, and an empty list where nothing was (ONLINE-6).
        let is_either = node.has_type("object") && node.has_type("array") && node.items.is_none();
        match node.kind() {
            _ if is_either && own.is_some_and(Json::is_array) => Json::Array(Vec::new()),
            "object" => self.object(node, path, places),
            "array" if is_either && own.is_some_and(Json::is_object) => self.object(node, path, places),
            "array" => self.list(node, path, places),
            "string" if path == "error.code" && self.code.is_some() => self.code.into(),
            kind => scalar(kind, node, own.or(self.words(node, path).as_ref()), path),
        }
    }

    /// The words of the refusal for a place of it that follows nothing else.
    fn words(&self, node: &Node, path: &str) -> Option<Json> {
        let refused = self.refused.filter(|_| matches!(node.form(), "text" | "word" | ""))?;
        match path.rsplit('.').next()? {
            "field" => refused.fields.first().map(|field| (*field).into()),
            _ => Some(refused.message.into()),
        }
    }

    fn object(&self, node: &Node, path: &str, places: &mut Places) -> Json {
        let mut object = Map::new();
        for (name, field) in &node.fields {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let is_there = match &field.leaf.means {
                Some(means) if field.is_optional() => self.at(&means.field, places).is_some(),
                _ => !field.is_optional() || field.is_mostly_there(),
            };
            // A map by field of the request has the names of the fields that were refused.
            if name == "*" {
                for refused in self.refused.iter().flat_map(|refused| &refused.fields) {
                    object.insert((*refused).to_owned(), self.write(field, &path, places));
                }
            } else if is_there && field.is_next_page() && !self.has_next_page(node, places) {
                object.insert(name.clone(), Json::Null);
            } else if is_there {
                object.insert(name.clone(), self.write(field, &path, places));
            }
        }
        Json::Object(object)
    }

    /// Whether the list in an object is longer than a page of the target.
    fn has_next_page(&self, node: &Node, places: &Places) -> bool {
        node.fields.iter().any(|(_, list)| {
            let own = list.follows.as_ref().and_then(|own| self.at(own, places)?.as_array());
            own.zip(list.leaf.longest).is_some_and(|(own, longest)| own.len() > longest)
        })
    }

    fn list(&self, node: &Node, path: &str, places: &mut Places) -> Json {
        let path = format!("{path}[]");
        let Some(items) = &node.items else { return Json::Array(Vec::new()) };
        let followed = node.follows.as_ref().and_then(|list| Some((list, self.at(list, places)?.as_array()?.len())));
        let Some((list, many)) = followed else {
            // It follows nothing that the mock has here, so one item stands for all.
            return Json::Array(vec![self.write(items, &path, places)]);
        };
        let before = places.get(list).copied();
        let written = (0..many).map(|place| {
            places.insert(list.clone(), place);
            self.write(items, &path, places)
        });
        let written = written.collect();
        match before {
            Some(place) => places.insert(list.clone(), place),
            None => places.remove(list),
        };
        Json::Array(written)
    }
}

/// A text, a number or a boolean of the target's form, with the mock's value where it follows one.
fn scalar(kind: &str, node: &Node, own: Option<&Json>, path: &str) -> Json {
    // Another word for one of the mock's, or one that is always the same.
    let words = [own.and_then(Json::as_str), Some("")].into_iter().flatten().find_map(|word| node.leaf.words.get(word));
    if let Some(word) = words.and_then(most) {
        return word.into();
    }
    let form = node.form();
    match (kind, own) {
        ("string", Some(Json::String(text))) if form == "date" && text.len() > 10 => text[..10].into(),
        ("string", Some(Json::String(text))) => text.as_str().into(),
        ("string", Some(Json::Bool(flag))) => flag_text(form, *flag).into(),
        ("string", Some(Json::Number(number))) => match (form, number.as_u64()) {
            ("true/false" | "1/0", Some(flag @ 0..=1)) => flag_text(form, flag == 1).into(),
            _ => number.to_string().into(),
        },
        ("number", Some(Json::Number(number))) => number.clone().into(),
        ("number", Some(Json::Bool(flag))) => u64::from(*flag).into(),
        ("number", Some(Json::String(text))) if flag(text).is_some() => u64::from(flag(text) == Some(true)).into(),
        ("number", Some(Json::String(text))) => {
            text.parse::<u64>().map_or_else(|_| (number_of(text) % 1_000_000).into(), Json::from)
        }
        ("boolean", Some(Json::Bool(flag))) => (*flag).into(),
        ("boolean", Some(Json::Number(number))) => (number.as_u64() != Some(0)).into(),
        ("boolean", Some(Json::String(text))) => flag(text).unwrap_or(true).into(),
        ("boolean", _) => false.into(),
        ("number", _) => 1.into(),
        _ => example(form, path).into(),
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn flag_text(form: &str, flag: bool) -> &'static str {
    match (form, flag) {
        ("1/0", true) => "1",
        ("1/0", false) => "0",
        (_, true) => "true",
        (_, false) => "false",
    }
}

/// The code that FORMAT-7 gives to a status.
fn code(status: u16) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == status).map(|(_, code)| *code)
}

/// A number that is the same for the same text.
fn number_of(text: &str) -> u64 {
    foldhash::fast::FixedState::default().hash_one(text)
}

/// A text of a form, the same each time at the same place.
fn example(form: &str, path: &str) -> String {
    match form {
        "uuid" => uuid::Uuid::from_u128(u128::from(number_of(path)) << 64 | 0x8000_0000_0000_0000).to_string(),
        "email" => "someone@example.com".into(),
        "date" => "2026-01-01".into(),
        "datetime" => "2026-01-01T00:00:00Z".into(),
        "legacy-datetime" => "2026-01-01 00:00:00".into(),
        "url" => "https://example.com/".into(),
        "integer" => "1".into(),
        "hex" => format!("{:010x}", number_of(path) >> 24),
        "true/false" => "false".into(),
        "1/0" => "0".into(),
        "empty" => String::new(),
        _ => "text".into(),
    }
}
