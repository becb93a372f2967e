//! Which processes are traced, as the command line says it.

use std::path::PathBuf;
use std::str::FromStr;

/// The processes that are traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The whole host.
    All,
    /// These processes and all their descendants, present and future.
    Pids(Vec<u32>),
    /// The processes in a cgroup (v2) and in those below it.
    Cgroup(PathBuf),
    /// Processes whose executable has this file name, and their forks.
    Exe(String),
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Self::All);
        }
        match text.split_once(':') {
            Some(("pid", list)) => pids(list),
            Some(("cgroup", path)) if path.starts_with('/') => {
                Ok(Self::Cgroup(PathBuf::from(path)))
            }
            Some(("cgroup", path)) => Err(format!(
                "cgroup `{path}` is not an absolute path, expected `cgroup:/PATH`"
            )),
            Some(("exe", name)) if name.is_empty() || name.contains('/') => Err(format!(
                "`{name}` is not the file name of an executable, expected `exe:nginx`"
            )),
            Some(("exe", name)) => Ok(Self::Exe(name.to_owned())),
            _ => Err(format!(
                "got `{text}`, expected `all`, `pid:N,N`, `cgroup:/PATH` or `exe:NAME`"
            )),
        }
    }
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
        assert_eq!("all".parse(), Ok(Scope::All));
        assert_eq!("pid:7".parse(), Ok(Scope::Pids(vec![7])));
        assert_eq!("pid:9,7,9".parse(), Ok(Scope::Pids(vec![7, 9])));
        let slice = PathBuf::from("/sys/fs/cgroup/system.slice");
        assert_eq!(
            "cgroup:/sys/fs/cgroup/system.slice".parse(),
            Ok(Scope::Cgroup(slice))
        );
        assert_eq!("exe:nginx".parse(), Ok(Scope::Exe("nginx".to_owned())));
    }

    #[test]
    fn other_text_is_named_with_what_was_expected() {
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
            ("pod:x", "expected `all`"),
        ] {
            let error = text.parse::<Scope>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
