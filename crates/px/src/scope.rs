//! Which processes are traced, as the command line says it.

use nixie_collector::{EXE_NAME_BYTES_MAX, Scope};
use std::path::PathBuf;

/// Reads `all`, `pid:N,N`, `cgroup:/PATH` or `exe:NAME`.
pub(crate) fn parse(text: &str) -> Result<Scope, String> {
    if text == "all" {
        return Ok(Scope::All);
    }
    match text.split_once(':') {
        Some(("pid", list)) => pids(list),
        Some(("cgroup", path)) if path.starts_with('/') => Ok(Scope::Cgroup(PathBuf::from(path))),
        Some(("cgroup", path)) => Err(format!(
            "cgroup `{path}` is not an absolute path, expected `cgroup:/PATH`"
        )),
        Some(("exe", name)) => exe(name),
        _ => Err(format!(
            "got `{text}`, expected `all`, `pid:N,N`, `cgroup:/PATH` or `exe:NAME`"
        )),
    }
}

fn exe(name: &str) -> Result<Scope, String> {
    if name.is_empty() || name.contains('/') {
        return Err(format!(
            "`{name}` is not the file name of an executable, expected `exe:nginx`"
        ));
    }
    if name.len() > EXE_NAME_BYTES_MAX {
        return Err(format!(
            "`{name}` has {} bytes, the limit for `exe:NAME` is {EXE_NAME_BYTES_MAX}",
            name.len()
        ));
    }
    Ok(Scope::Exe(name.to_owned()))
}

fn pids(list: &str) -> Result<Scope, String> {
    let pid = |text: &str| match text.parse::<u32>() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err(format!(
            "`{text}` is not a process id, expected `pid:N` or `pid:N,N`"
        )),
    };
    let mut pids = list
        .split(',')
        .map(pid)
        .collect::<Result<Vec<u32>, String>>()?;
    pids.sort_unstable();
    pids.dedup();
    Ok(Scope::Pids(pids))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_scope_is_understood() {
        assert_eq!(parse("all"), Ok(Scope::All));
        assert_eq!(parse("pid:7"), Ok(Scope::Pids(vec![7])));
        assert_eq!(parse("pid:9,7,9"), Ok(Scope::Pids(vec![7, 9])));
        let slice = PathBuf::from("/sys/fs/cgroup/system.slice");
        assert_eq!(
            parse("cgroup:/sys/fs/cgroup/system.slice"),
            Ok(Scope::Cgroup(slice))
        );
        assert_eq!(parse("exe:nginx"), Ok(Scope::Exe("nginx".to_owned())));
    }

    #[test]
    fn other_text_is_named_with_what_was_expected() {
        let long = format!("exe:{}", "x".repeat(EXE_NAME_BYTES_MAX + 1));
        for (text, expected) in [
            ("", "expected `all`"),
            ("ALL", "expected `all`"),
            ("pid:", "`` is not a process id"),
            ("pid:0", "`0` is not a process id"),
            ("pid:1,x", "`x` is not a process id"),
            ("pid:-1", "`-1` is not a process id"),
            ("cgroup:", "expected `cgroup:/PATH`"),
            ("cgroup:system.slice", "not an absolute path"),
            ("exe:", "expected `exe:nginx`"),
            ("exe:/usr/sbin/nginx", "expected `exe:nginx`"),
            (&long, "the limit for `exe:NAME` is 63"),
            ("pod:x", "expected `all`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
