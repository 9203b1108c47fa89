//! The pages of the documentation.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

/// The text of a page, by its path from the root of the repository.
pub(crate) fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths of all pages from the root of the repository.
pub(crate) fn pages() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry")) {
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            // What tools have put beside the sources has pages of its own.
            let is_foreign = name.starts_with('.') || ["target", "node_modules"].contains(&&*name);
            if entry.file_type().expect("a type").is_dir() && !is_foreign {
                folders.push(entry.path());
            } else if name.ends_with(".md") {
                let path = entry.path();
                let path = path.strip_prefix(root()).expect("below the root");
                found.push(path.to_str().expect("a path in UTF-8").replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}
