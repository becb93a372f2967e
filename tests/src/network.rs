//! A network namespace for one test.

use crate::tools::program;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

/// The calling thread's own network; what it starts from then on, threads and processes, is in
/// it too. Dropping it takes the thread back.
#[derive(Debug)]
pub(crate) struct Network {
    before: File,
}

impl Network {
    /// Moves the calling thread into a new network that has a loopback device only.
    pub(crate) fn enter() -> Self {
        const SCRIPT: &str = r#""$1" link set lo up && echo up && read line"#;
        let before = File::open("/proc/thread-self/ns/net").expect("procfs is mounted");
        let ip = program("ip");
        // A process makes the namespace, because doing so within a thread is not safe code.
        let mut maker = Command::new(program("unshare"))
            .args(["--net", "sh", "-c", SCRIPT, "sh"])
            .arg(ip)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare starts");
        let mut line = String::new();
        let output = maker.stdout.take().expect("piped");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("the maker writes a line or ends");
        assert_eq!(line, "up\n", "no network namespace could be made");
        let link = File::open(format!("/proc/{}/ns/net", maker.id())).expect("the maker waits");
        move_into(&link);
        // The end of its input ends it; this thread keeps the namespace.
        drop(maker.stdin.take());
        maker.wait().expect("the maker ends");
        Self { before }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        move_into(&self.before);
    }
}

fn move_into(link: &File) {
    move_into_link_name_space(link.as_fd(), Some(LinkNameSpaceType::Network))
        .expect("root may change its network namespace");
}
