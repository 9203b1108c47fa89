//! The sources of a crate, and what each file imports of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// One crate of the workspace.
pub(crate) struct Crate {
    pub(crate) name: String,
    /// By module, as in `api::format`; the roots `lib` and `main` are left out.
    files: BTreeMap<String, SourceFile>,
}

struct SourceFile {
    path: String,
    text: String,
    imports: Vec<Import>,
}

/// One file that imports another.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) from: String,
    pub(crate) to: String,
    /// File and line.
    pub(crate) place: String,
}

impl Crate {
    /// Reads the sources of a package.
    pub(crate) fn read(package: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src");
        let mut paths = Vec::new();
        find(&root, &mut paths);
        let files = paths.into_iter().filter_map(|path| {
            let within = path.strip_prefix(&root).expect("it is below the root").with_extension("");
            let parts: Vec<_> = within.iter().map(|part| part.to_string_lossy()).collect();
            let module = parts.join("::");
            let text = fs::read_to_string(&path).expect("a source can be read");
            (module != "lib" && module != "main")
                .then(|| (module.clone(), format!("{package}/src/{}.rs", module.replace("::", "/")), text))
        });
        Self::from_files(package, files.collect())
    }

    /// A crate of these modules and texts.
    pub(crate) fn of(name: &str, files: &[(&str, &str)]) -> Self {
        let file = |(module, text): &(&str, &str)| (module.to_string(), format!("{module}.rs"), text.to_string());
        Self::from_files(name, files.iter().map(file).collect())
    }

    fn from_files(name: &str, files: Vec<(String, String, String)>) -> Self {
        let modules: BTreeSet<String> = files.iter().map(|(module, ..)| module.clone()).collect();
        let read = |(module, path, text): (String, String, String)| {
            let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut found = Found { module: &module, path: &path, modules: &modules, imports: Vec::new() };
            found.visit_file(&parsed);
            let imports = found.imports;
            (module.clone(), SourceFile { path, text, imports })
        };
        let name = name.to_owned();
        Self { name, files: files.into_iter().map(read).collect() }
    }

    /// The modules directly below the root.
    pub(crate) fn top_modules(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).filter(|module| !module.contains("::")).collect()
    }

    /// Every import of one file by another.
    pub(crate) fn imports(&self) -> impl Iterator<Item = &Import> {
        self.files.values().flat_map(|file| &file.imports)
    }

    /// The imports of a circle of files, if there is one.
    pub(crate) fn circle(&self) -> Option<Vec<Import>> {
        let mut done = BTreeSet::new();
        self.files.keys().find_map(|module| self.circle_from(module, &mut Vec::new(), &mut done))
    }

    fn circle_from(&self, module: &str, way: &mut Vec<Import>, done: &mut BTreeSet<String>) -> Option<Vec<Import>> {
        if let Some(start) = way.iter().position(|import| import.from == module) {
            return Some(way[start..].to_vec());
        }
        if done.contains(module) {
            return None;
        }
        for import in &self.files[module].imports {
            way.push(import.clone());
            let circle = self.circle_from(&import.to, way, done);
            if circle.is_some() {
                return circle;
            }
            way.pop();
        }
        done.insert(module.to_owned());
        None
    }

    /// The lines of code with this text, outside tests and outside the files that begin with one of `allowed`.
    pub(crate) fn lines_with(&self, text: &str, allowed: &[&str]) -> Vec<String> {
        let is_allowed = |module: &str| {
            let path = module.replace("::", "/");
            allowed.iter().any(|allowed| path.starts_with(allowed) || format!("{path}/") == *allowed)
        };
        let files = self.files.iter().filter(|(module, _)| !is_allowed(module) && !module.ends_with("::tests"));
        files
            .flat_map(|(_, file)| {
                let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
                let lines = (1..).zip(code.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"));
                lines
                    .filter(|(_, line)| line.contains(text))
                    .map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
            })
            .collect()
    }
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Gathers the imports of one file: `use` items, paths in code, and paths in macros. Tests are left out.
struct Found<'a> {
    module: &'a str,
    path: &'a str,
    modules: &'a BTreeSet<String>,
    imports: Vec<Import>,
}

impl Found<'_> {
    /// Notes the import of a path that begins with `crate`, `self`, `super` or a module below this file.
    fn note(&mut self, path: &[String], line: usize) {
        let Some(absolute) = self.absolute(path) else { return };
        // The file that a path leads into is the longest beginning of it that is a module.
        let to = (1..=absolute.len()).rev().map(|length| absolute[..length].join("::"));
        let Some(to) = to.into_iter().find(|module| self.modules.contains(module)) else { return };
        if to != self.module && !self.imports.iter().any(|import| import.to == to) {
            let place = format!("{}:{line}", self.path);
            self.imports.push(Import { from: self.module.to_owned(), to, place });
        }
    }

    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut base: Vec<String> = self.module.split("::").map(str::to_owned).collect();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                while rest.first().is_some_and(|first| first == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
                base.extend_from_slice(rest);
                return Some(base);
            }
            child if self.modules.contains(&format!("{}::{child}", self.module)) => {
                base.extend_from_slice(rest);
                return Some(base);
            }
            _ => return None,
        }
        base.extend_from_slice(&rest[1..]);
        Some(base)
    }

    fn note_tree(&mut self, before: &[String], tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.note_tree(&before, &path.tree);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.note_tree(before, item)),
            syn::UseTree::Name(name) => {
                self.note(&[before, &[name.ident.to_string()]].concat(), name.span().start().line);
            }
            syn::UseTree::Rename(name) => {
                self.note(&[before, &[name.ident.to_string()]].concat(), name.span().start().line);
            }
            syn::UseTree::Glob(glob) => self.note(before, glob.span().start().line),
        }
    }

    /// Notes the paths among the tokens of a macro.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let ident = |place: usize| match tokens.get(place) {
            Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
            _ => None,
        };
        let is_colon =
            |place: usize| matches!(tokens.get(place), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
        let mut place = 0;
        while place < tokens.len() {
            if let TokenTree::Group(group) = &tokens[place] {
                self.note_tokens(group.stream());
            }
            let mut path: Vec<String> = ident(place).into_iter().collect();
            while !path.is_empty() && is_colon(place + 1) && is_colon(place + 2) {
                let Some(next) = ident(place + 3) else { break };
                path.push(next);
                place += 3;
            }
            if path.len() > 1 {
                self.note(&path, tokens[place].span().start().line);
            }
            place += 1;
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note_tree(&[], &item.tree);
    }

    /// `pub(super)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.note_tokens(call.tokens.clone());
    }
}
