//! Connections that are older than the agent.

use crate::check::rows_tell_of;
use nixie_e2e::{Answer, Connection, PORT, Scene, Server};

/// Together with the next one: a thousand requests.
const CONNECTIONS: usize = 4;
const REQUESTS: usize = 250;

/// Opens connections, makes a request on each, starts an agent, and goes on.
fn go_on_after_the_start(scene: &Scene, server: &Server) {
    let mut connections: Vec<Connection> = (0..CONNECTIONS)
        .map(|number| {
            let mut connection = Connection::open(server.address());
            assert_eq!(connection.get(&format!("/before/{number}")).status, 200);
            connection
        })
        .collect();
    let agent = scene.up(&server.scope());
    let mut answers: Vec<Answer> = Vec::new();
    for request in 0..REQUESTS {
        for (number, connection) in connections.iter_mut().enumerate() {
            answers.push(connection.get(&format!("/after/{number}/{request}")));
        }
    }
    assert!(
        answers
            .iter()
            .all(|answer| answer.body == format!("answer to {}", answer.path))
    );
    rows_tell_of(&answers, &agent.wait_for_requests(answers.len()));
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn of_nginx() {
    let scene = Scene::new();
    go_on_after_the_start(&scene, &Server::nginx(&scene, PORT));
}

#[test]
fn of_a_python_server_with_threads() {
    let scene = Scene::new();
    go_on_after_the_start(&scene, &Server::python(&scene, PORT));
}

#[test]
fn of_node() {
    let scene = Scene::new();
    go_on_after_the_start(&scene, &Server::node(&scene, PORT));
}

#[test]
fn of_go() {
    let scene = Scene::new();
    go_on_after_the_start(&scene, &Server::go(&scene, PORT));
}

/// The module `http.server` speaks HTTP/1.0: a connection has one request.
#[test]
fn of_pythons_own_server() {
    let scene = Scene::new();
    let server = Server::python_files(&scene, PORT);
    let mut connections: Vec<Connection> = (0..CONNECTIONS)
        .map(|_| Connection::open(server.address()))
        .collect();
    let agent = scene.up(&server.scope());
    let mut answers = Vec::new();
    for (number, connection) in connections.iter_mut().enumerate() {
        let name = format!("old-{number}.txt");
        let _file = scene.write(&name, &format!("text of {name}"));
        answers.push(connection.get(&format!("/{name}")));
    }
    rows_tell_of(&answers, &agent.wait_for_requests(answers.len()));
    assert_eq!(agent.interrupt().code(), 0);
}
