//! Finds a script, and reads the arguments for it.

use crate::failure::{Exit, Failure};
use crate::library::{Library, LibraryOptions, Script, read_folder};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// LIMIT: bytes of a script; the agent takes no more in one request.
const SCRIPT_BYTES_MAX: u64 = 1024 * 1024;

/// LIMIT: names that an error lists.
const NAMES_SHOWN_MAX: usize = 8;

/// Finds a script: `-` is standard input, then names of the library, then paths.
pub(crate) fn find(word: &str, options: &LibraryOptions) -> Result<Script, Failure> {
    let library = Library::open(options)?;
    if let Some(script) = library.script(word)? {
        return Ok(script);
    }
    read(Path::new(word)).map_err(|failure| {
        let names = similar(word, &library.names());
        let hint = format!("give a file, a folder, `-`, or a script by name, such as {names}; ");
        failure.hint(hint + "`px script list` shows all")
    })
}

/// Reads a script from a file, from a folder with its vis specification, or from standard input
/// for `-`.
pub(crate) fn read(path: &Path) -> Result<Script, Failure> {
    if path.is_dir() {
        return read_folder(path);
    }
    let (name, read) = if path == Path::new("-") {
        ("<stdin>".to_owned(), read_text(std::io::stdin()))
    } else {
        let name = path.display().to_string();
        (name, std::fs::File::open(path).and_then(read_text))
    };
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failed, format!("cannot read script `{name}`")).caused_by(&error)
    };
    let text = read.map_err(failed)?;
    Ok(Script {
        name,
        text,
        path: (path != Path::new("-")).then(|| path.to_owned()),
        ..Script::default()
    })
}

/// Reads a text within the limit.
pub(crate) fn read_text(input: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    input.take(SCRIPT_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > SCRIPT_BYTES_MAX {
        let message = format!("script exceeds the limit of {SCRIPT_BYTES_MAX} bytes");
        return Err(std::io::Error::other(message));
    }
    Ok(text)
}

/// Returns the names that are most like a word.
fn similar(word: &str, names: &[&str]) -> String {
    let mut names: Vec<(f64, &str)> = names
        .iter()
        .map(|&name| (strsim::jaro_winkler(word, name), name))
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let names = names.iter().take(NAMES_SHOWN_MAX);
    let names: Vec<_> = names.map(|(_, name)| format!("`{name}`")).collect();
    names.join(", ")
}

/// Returns true if the words ask what arguments a script has.
pub(crate) fn asks_for_help(words: &[String]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "--help" | "-help" | "-h") {
            return true;
        }
        // What follows a name is its value, whatever it looks like.
        if option(word).is_some_and(|option| !option.contains('=')) {
            words.next();
        }
    }
    false
}

/// Reads script arguments of the forms `--name value` and `--name=value`; one dash does as well,
/// as for Pixie's px.
pub(crate) fn arguments(words: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let usage = |message: String| {
        Failure::new(Exit::Usage, message).hint("give script arguments as `-- --name value`")
    };
    let mut found = BTreeMap::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(option) = option(word) else {
            return Err(usage(format!(
                "script argument `{word}` does not start with `--` and a name"
            )));
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => match words.next() {
                Some(value) => (option, value.clone()),
                None => return Err(usage(format!("script argument `--{option}` has no value"))),
            },
        };
        if found.insert(name.to_owned(), value).is_some() {
            return Err(usage(format!("script argument `--{name}` is given twice")));
        }
    }
    Ok(found)
}

/// Returns the name of an argument, perhaps with its value. A number with a sign is none.
fn option(word: &str) -> Option<&str> {
    let long = word.strip_prefix("--").filter(|name| !name.is_empty());
    let is_name = |name: &&str| name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    long.or_else(|| word.strip_prefix('-').filter(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(words: &[&str]) -> Result<BTreeMap<String, String>, Failure> {
        arguments(
            &words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn arguments_come_in_two_forms() {
        let found = read_words(&["--start_time", "-5m", "--path=/a=b"]).unwrap();
        assert_eq!(found["start_time"], "-5m");
        assert_eq!(found["path"], "/a=b");
    }

    #[test]
    fn one_dash_does_and_values_may_begin_with_one() {
        let found = read_words(&["-start_time", "-1m", "-n=-5", "-x", "-h"]).unwrap();
        assert_eq!(
            (&*found["start_time"], &*found["n"], &*found["x"]),
            ("-1m", "-5", "-h")
        );
        let text = read_words(&["-1m"]).unwrap_err().to_string();
        assert!(text.contains("`-1m` does not start with `--`"), "{text}");
    }

    #[test]
    fn help_is_asked_for_in_any_form_but_not_by_a_value() {
        let asks = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            asks_for_help(&words)
        };
        assert!(asks(&["--help"]) && asks(&["-h"]) && asks(&["--x=1", "-help"]));
        assert!(!asks(&["--x", "-h"]) && !asks(&["h"]) && !asks(&[]));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (words, expected) in [
            (vec!["value"], "`value` does not start with `--`"),
            (vec!["--"], "`--` does not start with `--`"),
            (vec!["--name"], "`--name` has no value"),
            (vec!["--a=1", "--a", "2"], "`--a` is given twice"),
        ] {
            let failure = read_words(&words).unwrap_err().to_string();
            assert!(failure.contains(expected), "{failure}");
        }
    }

    #[test]
    fn bundled_scripts_are_found_by_name_and_others_by_path() {
        let bundled = find("px/http_data", &LibraryOptions::default()).unwrap();
        assert!(bundled.text.contains("http_events") && bundled.vis.is_some());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.pxl");
        std::fs::write(&path, "import px").unwrap();
        let found = find(path.to_str().unwrap(), &LibraryOptions::default()).unwrap();
        assert_eq!(
            (found.text.as_str(), found.name),
            ("import px", path.display().to_string())
        );
        let text = find("px/http_dat", &LibraryOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("cannot read script `px/http_dat`") && text.contains("`px/http_data`"),
            "{text}"
        );
    }
}
