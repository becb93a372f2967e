//! Gives the kernel programs the scope: by configuration before they load, and by the processes
//! that are already running once they are attached.

use super::{CollectorError, Kernel, skeleton};
use crate::procfs;
use crate::scope::{EXE_NAME_BYTES_MAX, Scope};
use libbpf_rs::{MapCore, MapFlags};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Values of `enum scope_mode` in `bpf/include/events.h`.
const SCOPE_ALL: u32 = 0;
const SCOPE_TGIDS: u32 = 1;
const SCOPE_CGROUP: u32 = 2;
const SCOPE_EXE: u32 = 3;

/// Sets the part of the configuration that the scope decides.
pub(super) fn configure_scope(
    out: &mut skeleton::types::config,
    scope: &Scope,
) -> Result<(), CollectorError> {
    match scope {
        Scope::All => out.scope_mode = SCOPE_ALL,
        Scope::Pids(_) => out.scope_mode = SCOPE_TGIDS,
        Scope::Cgroup(path) => {
            let cgroup = find_cgroup(path)?;
            out.scope_mode = SCOPE_CGROUP;
            out.cgroup_id = cgroup.id;
            out.cgroup_level = cgroup.level;
        }
        Scope::Exe(name) => {
            let fits = !name.is_empty() && name.len() <= EXE_NAME_BYTES_MAX && !name.contains('/');
            if !fits {
                return Err(CollectorError::Scope {
                    scope: format!("exe:{name}"),
                    problem: format!("expected a file name of 1 to {EXE_NAME_BYTES_MAX} bytes"),
                });
            }
            out.scope_mode = SCOPE_EXE;
            out.exe_bytes = u32::try_from(name.len()).unwrap_or(u32::MAX);
            out.exe[..name.len()].copy_from_slice(name.as_bytes());
        }
    }
    Ok(())
}

impl Kernel<'_> {
    /// Puts the running processes of the scope into the programs' map. The programs follow forks
    /// already, so that a child is missed by neither.
    pub(super) fn seed_scope(&self, scope: &Scope) -> Result<(), CollectorError> {
        match scope {
            Scope::All | Scope::Cgroup(_) => Ok(()),
            Scope::Pids(pids) => self.seed_trees(pids),
            Scope::Exe(name) => {
                for pid in procfs::pids() {
                    let exe = procfs::read_exe(pid).unwrap_or_default();
                    if exe.rsplit('/').next() == Some(name) {
                        self.add_to_scope(pid)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Returns the running processes of the scope.
    pub(crate) fn scope_pids(&self, scope: &Scope) -> Vec<u32> {
        match scope {
            Scope::All => procfs::pids(),
            Scope::Pids(_) | Scope::Exe(_) => {
                let keys = self.skeleton.maps.scope.keys();
                keys.filter_map(|key| Some(u32::from_ne_bytes(key.try_into().ok()?)))
                    .collect()
            }
            Scope::Cgroup(path) => {
                let wanted = find_cgroup(path)
                    .map(|cgroup| cgroup.directory)
                    .unwrap_or_default();
                let mut pids = Vec::new();
                collect_cgroup_pids(&wanted, &mut pids);
                pids
            }
        }
    }

    fn seed_trees(&self, roots: &[u32]) -> Result<(), CollectorError> {
        let mut seen = HashSet::new();
        for &pid in roots {
            if !Path::new(&format!("/proc/{pid}")).is_dir() {
                return Err(CollectorError::Scope {
                    scope: format!("pid:{pid}"),
                    problem: "no such process".to_owned(),
                });
            }
            self.add_to_scope(pid)?;
            seen.insert(pid);
        }
        // Until nothing new shows up: a fork between listing and adding is then in the list.
        while let new @ 1.. = self.add_children(&mut seen)? {
            tracing::debug!(processes = new, "descendants added to the scope");
        }
        Ok(())
    }

    fn add_children(&self, seen: &mut HashSet<u32>) -> Result<usize, CollectorError> {
        let before = seen.len();
        for pid in procfs::pids() {
            let Some(stat) = procfs::read(pid, "stat").and_then(|text| procfs::parse_stat(&text))
            else {
                continue;
            };
            if seen.contains(&stat.parent_pid) && seen.insert(pid) {
                self.add_to_scope(pid)?;
            }
        }
        Ok(seen.len() - before)
    }

    fn add_to_scope(&self, pid: u32) -> Result<(), CollectorError> {
        let map = &self.skeleton.maps.scope;
        map.update(&pid.to_ne_bytes(), &[1], MapFlags::ANY)
            .map_err(CollectorError::kernel("given their scope"))
    }
}

/// Reads the processes of a cgroup and of those below it.
fn collect_cgroup_pids(directory: &Path, pids: &mut Vec<u32>) {
    let text = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    pids.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()));
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_cgroup_pids(&entry.path(), pids);
        }
    }
}

pub(super) struct Cgroup {
    pub(super) directory: PathBuf,
    id: u64,
    level: u32,
}

/// Finds a cgroup of the unified hierarchy, named by its directory or by its path in there.
pub(super) fn find_cgroup(path: &Path) -> Result<Cgroup, CollectorError> {
    let error = |problem: String| CollectorError::Scope {
        scope: format!("cgroup:{}", path.display()),
        problem,
    };
    let mounts = procfs::read(std::process::id(), "mountinfo").unwrap_or_default();
    let root = parse_cgroup2_mount(&mounts)
        .ok_or_else(|| error("no cgroup v2 hierarchy is mounted".to_owned()))?;
    let inside = path
        .strip_prefix(&root)
        .or_else(|_| path.strip_prefix("/"))
        .unwrap_or(path);
    let directory = root.join(inside);
    let metadata = fs::metadata(&directory)
        .map_err(|problem| error(format!("`{}`: {problem}", directory.display())))?;
    if !metadata.is_dir() {
        return Err(error(format!(
            "`{}` is not a directory",
            directory.display()
        )));
    }
    let level = u32::try_from(inside.components().count()).unwrap_or(u32::MAX);
    // The id of a cgroup is the inode number of its directory.
    Ok(Cgroup {
        id: metadata.ino(),
        directory,
        level,
    })
}

/// Returns where the unified hierarchy is mounted, from `/proc/PID/mountinfo`.
fn parse_cgroup2_mount(mountinfo: &str) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (mount, filesystem) = line.split_once(" - ")?;
        filesystem.starts_with("cgroup2 ").then_some(())?;
        mount.split(' ').nth(4).map(PathBuf::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unified_mount_is_found_among_others() {
        let text = "30 23 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
                    31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
        assert_eq!(
            parse_cgroup2_mount(text),
            Some(PathBuf::from("/sys/fs/cgroup/unified"))
        );
        assert_eq!(parse_cgroup2_mount(""), None);
    }

    #[test]
    fn an_executable_name_that_cannot_be_is_refused() {
        for name in ["", "a/b", &"x".repeat(EXE_NAME_BYTES_MAX + 1)] {
            let mut config = skeleton::types::config::default();
            let error = configure_scope(&mut config, &Scope::Exe(name.to_owned()));
            assert!(
                error
                    .expect_err("refused")
                    .to_string()
                    .contains("expected a file name")
            );
        }
    }

    #[test]
    fn a_cgroup_that_is_not_there_is_named() {
        let path = Path::new("/no-such-cgroup-here");
        let error = find_cgroup(path).err().expect("not there").to_string();
        assert!(error.contains("cgroup:/no-such-cgroup-here"), "{error}");
    }
}
