//! The files that a living process has mapped.

use nixie_types::Upid;
use std::fs;
use std::path::Path;

/// LIMIT: mappings read of one process, those beyond it are not told.
const MAPPINGS_MAX: usize = 4096;

/// Place of the start time in what follows the name in `/proc/PID/stat` (proc(5), field 22).
const START_TIME_FIELD: usize = 19;

/// Returns the targets of the links in `/proc/PID/map_files`.
pub(crate) fn read(upid: Upid) -> Vec<String> {
    let folder = Path::new("/proc").join(upid.pid.to_string());
    // Another process may have taken over the pid.
    if start_ticks(&folder) != Some(upid.start_ticks) {
        return Vec::new();
    }
    let Ok(links) = fs::read_dir(folder.join("map_files")) else {
        return Vec::new();
    };
    links
        .filter_map(|link| fs::read_link(link.ok()?.path()).ok())
        .take(MAPPINGS_MAX)
        .map(|target| target.to_string_lossy().into_owned())
        .collect()
}

fn start_ticks(folder: &Path) -> Option<u64> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let start = fields.split_ascii_whitespace().nth(START_TIME_FIELD)?;
    start.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Metadata, Process};

    #[test]
    fn files_of_a_known_living_process_are_told_and_no_others() {
        let pid = std::process::id();
        let start_ticks = start_ticks(Path::new("/proc/self")).unwrap();
        let upid = Upid {
            asid: 0,
            pid,
            start_ticks,
        };
        let metadata = Metadata::new("host".to_owned(), 0);
        assert!(metadata.mapped_files(upid).is_empty());
        metadata.insert(Process {
            upid,
            ..Process::default()
        });
        let own = std::env::current_exe().unwrap();
        let own = own.to_string_lossy();
        let files = metadata.mapped_files(upid);
        assert!(files.iter().any(|file| **file == *own), "{files:?}");
        let other = Upid {
            start_ticks: start_ticks + 1,
            ..upid
        };
        metadata.insert(Process {
            upid: other,
            ..Process::default()
        });
        assert!(metadata.mapped_files(other).is_empty());
        metadata.exited(upid, 1);
        assert!(metadata.mapped_files(upid).is_empty());
    }
}
