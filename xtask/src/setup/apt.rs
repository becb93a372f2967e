//! Installs packages with apt, or says how to.

use super::needs::Need;
use crate::command::{find, run, succeeds};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Installs the packages of what is missing.
pub(crate) fn install(missing: &[&Need]) -> Result<()> {
    let packages: BTreeSet<&str> = missing.iter().map(|need| need.package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = missing.iter().map(|need| need.name).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let line = line(&packages);
    if find("apt-get").is_none() {
        bail!(
            "missing: {names}; there is no `apt-get` here to install it: \
             Debian 12 and Ubuntu 22.04 or later are known to work"
        );
    }
    if !rustix::process::geteuid().is_root() {
        bail!("missing: {names}; run `sudo {line}`");
    }
    eprintln!("missing: {names}\n+ {line}");
    update()?;
    run(quiet_apt().args(ARGUMENTS).args(&packages))?;
    stop_services(missing);
    match missing.iter().find(|need| !(need.is_met)()) {
        Some(need) => bail!(
            "`{}` is installed, but {} is still missing",
            need.package,
            need.name
        ),
        None => Ok(()),
    }
}

/// Reads anew what there is to install; takes root.
pub(super) fn update() -> Result<()> {
    run(quiet_apt().args(["update", "-qq"]))
}

const ARGUMENTS: [&str; 4] = ["install", "-y", "-qq", "--no-install-recommends"];

fn line(packages: &BTreeSet<&str>) -> String {
    let packages: Vec<&str> = packages.iter().copied().collect();
    format!(
        "apt-get install --no-install-recommends {}",
        packages.join(" ")
    )
}

fn quiet_apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.env("NEEDRESTART_SUSPEND", "1");
    // Scripts of packages then see a machine in single-user mode and start no service.
    command.env("RUNLEVEL", "1");
    command
}

/// Stops what installing a server has started all the same: systemd does not look at `RUNLEVEL`.
/// Only servers that were not installed before come here.
fn stop_services(installed: &[&Need]) {
    if Path::new("/run/systemd/system").metadata().is_err() {
        return;
    }
    let services: BTreeSet<&str> = installed
        .iter()
        .flat_map(|need| need.services.iter().copied())
        .collect();
    for service in services {
        if succeeds("systemctl", &["disable", "--now", "--quiet", service]) {
            eprintln!("service `{service}` is installed, and neither runs nor starts by itself");
        } else {
            eprintln!("warning: `systemctl disable --now {service}` failed; it may still run");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_run_names_each_package_once() {
        let packages = BTreeSet::from(["make", "clang", "make"]);
        assert_eq!(
            line(&packages),
            "apt-get install --no-install-recommends clang make"
        );
    }

    #[test]
    fn nothing_missing_is_nothing_to_do() {
        assert!(install(&[]).is_ok());
    }
}
