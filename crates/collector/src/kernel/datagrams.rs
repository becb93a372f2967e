//! Attaches the programs that are told who sent a datagram.

use super::Kernel;
use super::seed::find_cgroup;
use crate::scope::Scope;
use libbpf_rs::Link;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

impl Kernel<'_> {
    /// Attaches the programs to the cgroup of the scope, or to all. Where that cannot be, received
    /// datagrams have no sender; `probe_status` tells.
    pub(super) fn attach_datagrams(&self, scope: &Scope) -> Vec<Link> {
        match self.try_attach_datagrams(scope) {
            Ok(links) => links,
            Err(error) => {
                tracing::warn!(%error, "datagrams that are received have no sender");
                Vec::new()
            }
        }
    }

    fn try_attach_datagrams(&self, scope: &Scope) -> std::io::Result<Vec<Link>> {
        let cgroup: OwnedFd = match scope {
            Scope::Cgroup(path) => {
                let cgroup = find_cgroup(path).map_err(std::io::Error::other)?;
                File::open(cgroup.directory)?.into()
            }
            Scope::All | Scope::Pids(_) | Scope::Exe(_) => all_cgroups()?,
        };
        let programs = &self.skeleton.progs;
        [&programs.cgroup__recvmsg4, &programs.cgroup__recvmsg6]
            .into_iter()
            .map(|program| {
                let link = program.attach_cgroup(cgroup.as_raw_fd());
                link.map_err(std::io::Error::other)
            })
            .collect()
    }
}

/// Opens the root of the unified hierarchy, wherever and whether it is mounted: a mount of our own
/// that has no place in the tree and ends with its descriptor.
fn all_cgroups() -> rustix::io::Result<OwnedFd> {
    let filesystem = fsopen("cgroup2", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(&filesystem)?;
    fsmount(
        &filesystem,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::empty(),
    )
}
