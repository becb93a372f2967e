//! What a process has in the kernel.

use libbpf_rs::query::{LinkInfoIter, MapInfoIter, ProgInfoIter};
use std::collections::BTreeSet;
use std::fs;

/// Ids of programs, maps and links.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KernelObjects {
    /// Programs.
    pub programs: BTreeSet<u32>,
    /// Maps.
    pub maps: BTreeSet<u32>,
    /// Links, which attach programs.
    pub links: BTreeSet<u32>,
}

impl KernelObjects {
    /// Returns what a process holds by its descriptors.
    ///
    /// # Panics
    ///
    /// When there is no such process.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        let mut found = Self::default();
        let folder = format!("/proc/{pid}/fdinfo");
        for entry in fs::read_dir(folder)
            .expect("the process is there")
            .flatten()
        {
            // A descriptor may be closed in the meantime.
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
                let ids = match name {
                    "prog_id" => &mut found.programs,
                    "map_id" => &mut found.maps,
                    "link_id" => &mut found.links,
                    _ => continue,
                };
                ids.extend(value.trim().parse::<u32>().ok());
            }
        }
        found
    }

    /// Returns those that are still in the kernel.
    #[must_use]
    pub fn remaining(&self) -> Self {
        let kept = |ids: &BTreeSet<u32>, all: BTreeSet<u32>| ids & &all;
        Self {
            programs: kept(
                &self.programs,
                ProgInfoIter::default().map(|info| info.id).collect(),
            ),
            maps: kept(
                &self.maps,
                MapInfoIter::default().map(|info| info.id).collect(),
            ),
            links: kept(
                &self.links,
                LinkInfoIter::default().map(|info| info.id).collect(),
            ),
        }
    }
}
