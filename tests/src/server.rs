//! Servers to be traced.

use crate::deadline::wait;
use crate::http::Connection;
use crate::process::Running;
use crate::scene::Scene;
use crate::tools::{cache, go, program, workload};
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

/// Where a scene's first server listens.
pub const PORT: u16 = 8080;

/// LIMIT: time to build the Go server when nothing of Go was built before.
const BUILD_TIME_MAX: Duration = Duration::from_secs(120);

/// A running server. It answers `GET /x` with `answer to /x`.
#[derive(Debug)]
pub struct Server {
    process: Running,
    address: SocketAddr,
}

impl Server {
    /// Starts a command that serves on a port of the loopback device.
    #[must_use]
    pub fn start(scene: &Scene, name: &str, command: &mut Command, port: u16) -> Self {
        let mut process = scene.start(name, command);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait("the server listens", || {
            let ended = process.ended();
            assert!(
                ended.is_none(),
                "`{name}` ended: {ended:?}: {}",
                process.stderr()
            );
            Connection::try_open(address).is_some()
        });
        Self { process, address }
    }

    /// Starts `workloads/server.py`.
    #[must_use]
    pub fn python(scene: &Scene, port: u16) -> Self {
        let mut command = Command::new(program("python3"));
        command.arg(workload("server.py")).arg(port.to_string());
        Self::start(scene, "python", &mut command, port)
    }

    /// Starts Python's own server, which knows HTTP/1.0 only, on the files of the scene.
    #[must_use]
    pub fn python_files(scene: &Scene, port: u16) -> Self {
        let mut command = Command::new(program("python3"));
        command.args([
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            &port.to_string(),
        ]);
        Self::start(scene, "files", command.current_dir(scene.folder()), port)
    }

    /// Starts `workloads/server.js`.
    #[must_use]
    pub fn node(scene: &Scene, port: u16) -> Self {
        let mut command = Command::new(program("node"));
        command.arg(workload("server.js")).arg(port.to_string());
        Self::start(scene, "node", &mut command, port)
    }

    /// Builds and starts `workloads/server.go`.
    #[must_use]
    pub fn go(scene: &Scene, port: u16) -> Self {
        let binary = scene.path("go-server");
        let mut build = Command::new(go());
        build
            .args(["build", "-o"])
            .arg(&binary)
            .arg(workload("server.go"));
        build
            .env("GOCACHE", cache().join("go-build"))
            .env("GOPATH", cache().join("go"));
        build
            .env("GO111MODULE", "off")
            .env("CGO_ENABLED", "0")
            .env("GOTOOLCHAIN", "local");
        let built = scene
            .start("go-build", &mut build)
            .finish_within(BUILD_TIME_MAX);
        assert_eq!(built.code(), 0, "{built:?}");
        Self::start(
            scene,
            "go",
            Command::new(binary).arg(port.to_string()),
            port,
        )
    }

    /// Starts nginx.
    #[must_use]
    pub fn nginx(scene: &Scene, port: u16) -> Self {
        let arguments = Self::nginx_arguments(scene, port);
        Self::start(
            scene,
            "nginx",
            Command::new(program("nginx")).args(arguments),
            port,
        )
    }

    /// Returns the arguments with which nginx stays in the foreground and serves on a port.
    #[must_use]
    pub fn nginx_arguments(scene: &Scene, port: u16) -> Vec<String> {
        let (folder, filler) = (scene.folder().display(), "x".repeat(4000));
        let text = format!(
            "pid {folder}/nginx-{port}.pid;\nerror_log stderr;\nworker_processes 1;\n\
             events {{ worker_connections 512; }}\n\
             http {{\n  log_format paths '$status $request_uri';\n\
             access_log {folder}/access-{port}.log paths;\n  default_type text/plain;\n\
             keepalive_requests 1000000;\n  client_body_temp_path {folder}/body;\n\
             server {{\n    listen 127.0.0.1:{port};\n\
             location / {{ return 200 'answer to $request_uri'; }}\n\
             location /missing/ {{ return 404 'answer to $request_uri'; }}\n\
             set $filler '{filler}';\n\
             location /large/ {{ return 200 $filler$filler; }}\n  }}\n}}\n"
        );
        let conf = scene.write(&format!("nginx-{port}.conf"), &text);
        let conf = conf.display().to_string();
        // Without `-e`, nginx writes a first line into the system's log.
        ["-e", "stderr", "-g", "daemon off;", "-c", &conf]
            .map(str::to_owned)
            .to_vec()
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its process.
    #[must_use]
    pub const fn process(&self) -> &Running {
        &self.process
    }

    /// Returns its process alone, still running.
    #[must_use]
    pub fn into_process(self) -> Running {
        self.process
    }

    /// Returns the scope of its process tree.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("pid:{}", self.process.pid())
    }
}
