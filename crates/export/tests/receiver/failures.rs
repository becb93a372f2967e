//! Receivers that are not there, are slow, refuse, or break off.

use crate::data::{SOON, batch, gauge, send};
use crate::grpc::{Answer, Receiver};
use nixie_export::{ExportCounters, Exporter, Tally};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

const fn tally(sent: u64, refused: u64, dropped: u64) -> Tally {
    Tally {
        sent,
        refused,
        dropped,
    }
}

#[tokio::test]
async fn what_nobody_receives_is_dropped_and_told() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = free.local_addr().unwrap().to_string();
    drop(free);
    let batches = [batch(3), batch(4)];
    let (report, counters) = send(gauge(&url), &batches).await.unwrap();
    assert_eq!(report.points, tally(0, 0, 7));
    assert_eq!(counters["export_points_dropped"], 7);
    // The second request was not tried any more.
    assert_eq!(report.requests, 1);
    assert!(report.retries > 1, "{report:?}");
    let problem = &report.problems[0];
    assert!(problem.starts_with("given up after "), "{problem}");
    assert!(problem.contains("Connection refused"), "{problem}");
}

#[tokio::test]
async fn a_slow_receiver_is_asked_again() {
    let receiver = Receiver::start(&[Answer::Never]).await;
    let mut export = gauge(&receiver.url());
    export.endpoint.timeout = Duration::from_millis(200);
    let (report, counters) = send(export, &[batch(3)]).await.unwrap();
    assert_eq!((report.points, report.retries), (tally(3, 0, 0), 1));
    assert_eq!(counters["export_retries"], 1);
    assert_eq!(report.problems, Vec::<String>::new());
    receiver.seen(|seen| {
        assert_eq!((seen.metrics.len(), seen.turned_away), (1, 1));
        assert!(seen.headers[0].get("grpc-timeout").is_some());
    });
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up() {
    let receiver = Receiver::start(&vec![Answer::Never; 50]).await;
    let mut export = gauge(&receiver.url());
    export.endpoint.timeout = Duration::from_millis(50);
    let (report, _) = send(export, &[batch(3)]).await.unwrap();
    assert_eq!(report.points, tally(0, 0, 3));
    assert!(
        report.problems[0].ends_with("no answer within 0.05 s"),
        "{report:?}"
    );
}

#[tokio::test]
async fn what_is_refused_of_a_request_is_counted_and_not_sent_again() {
    let receiver = Receiver::start(&[Answer::Partly(5, "half is too old")]).await;
    let (report, counters) = send(gauge(&receiver.url()), &[batch(10), batch(2)])
        .await
        .unwrap();
    assert_eq!((report.points, report.retries), (tally(7, 5, 0), 0));
    assert_eq!(counters["export_points_refused"], 5);
    assert_eq!(report.problems, ["half is too old"]);
}

#[tokio::test]
async fn a_receiver_that_refuses_more_than_it_got_is_not_believed() {
    let receiver =
        Receiver::start(&[Answer::Partly(1000, "all of it"), Answer::Partly(-4, "")]).await;
    let (report, _) = send(gauge(&receiver.url()), &[batch(10), batch(2)])
        .await
        .unwrap();
    assert_eq!(report.points, tally(2, 10, 0));
}

#[tokio::test]
async fn a_warning_is_told_though_all_was_taken() {
    let receiver = Receiver::start(&[Answer::Partly(0, "use another port")]).await;
    let (report, _) = send(gauge(&receiver.url()), &[batch(1)]).await.unwrap();
    assert_eq!(
        (report.points, report.problems),
        (tally(1, 0, 0), vec!["use another port".to_owned()])
    );
}

#[tokio::test]
async fn a_full_receiver_gets_the_time_that_it_asks_for() {
    let delay = Duration::from_millis(300);
    let details = ErrorDetails::with_retry_info(Some(delay));
    let full = Status::with_error_details(Code::ResourceExhausted, "full", details);
    let receiver = Receiver::start(&[Answer::Refuse(full)]).await;
    let started = Instant::now();
    let (report, _) = send(gauge(&receiver.url()), &[batch(3)]).await.unwrap();
    assert!(started.elapsed() >= delay);
    assert_eq!((report.points, report.retries), (tally(3, 0, 0), 1));
}

#[tokio::test]
async fn a_full_receiver_that_asks_for_too_much_time_is_given_up() {
    let details = ErrorDetails::with_retry_info(Some(Duration::from_hours(1)));
    let full = Status::with_error_details(Code::ResourceExhausted, "full", details);
    let receiver = Receiver::start(&[Answer::Refuse(full)]).await;
    let (report, _) = send(gauge(&receiver.url()), &[batch(3)]).await.unwrap();
    assert_eq!(report.points, tally(0, 0, 3));
    assert_eq!(
        report.problems,
        ["given up after 1 attempt: ResourceExhausted, full"]
    );
}

#[tokio::test]
async fn a_request_that_is_refused_for_good_does_not_stop_the_next() {
    for code in [Code::ResourceExhausted, Code::InvalidArgument] {
        let receiver = Receiver::start(&[Answer::Refuse(Status::new(code, "bad"))]).await;
        let (report, _) = send(gauge(&receiver.url()), &[batch(3), batch(1)])
            .await
            .unwrap();
        assert_eq!(
            (report.points, report.retries),
            (tally(1, 3, 0), 0),
            "{code:?}"
        );
        assert_eq!(report.problems, [format!("{code:?}, bad")]);
    }
}

#[tokio::test]
async fn who_may_not_send_does_not_try_again() {
    let refuse = Answer::Refuse(Status::unauthenticated("no such key"));
    let receiver = Receiver::start(&vec![refuse; 9]).await;
    let (report, _) = send(gauge(&receiver.url()), &[batch(3), batch(4)])
        .await
        .unwrap();
    assert_eq!((report.points, report.requests), (tally(0, 0, 7), 1));
    assert_eq!(report.problems, ["Unauthenticated, no such key"]);
    receiver.seen(|seen| assert_eq!(seen.turned_away, 1));
}

/// Closes the first connection after some bytes, and passes all others on.
async fn breaking_once(to: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        first.read_exact(&mut [0; 100]).await.unwrap();
        drop(first);
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                // Either side may close as it likes.
                copy_bidirectional(&mut client, &mut server)
                    .await
                    .unwrap_or_default();
            });
        }
    });
    url
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again() {
    let receiver = Receiver::start(&[]).await;
    let url = breaking_once(receiver.address).await;
    let (report, _) = send(gauge(&url), &[batch(3)]).await.unwrap();
    assert_eq!(report.points, tally(3, 0, 0));
    assert_eq!(report.retries, 1);
}

#[tokio::test]
async fn the_queue_makes_the_query_wait() {
    let receiver = Receiver::start(&vec![Answer::Never; 50]).await;
    let counters = Arc::new(ExportCounters::default());
    let mut exporter = Exporter::start(gauge(&receiver.url()), SOON, counters).unwrap();
    let (one, mut taken) = (batch(1), 0);
    // The first request never ends before its time-out of seconds; so the queue fills up.
    while tokio::time::timeout(Duration::from_millis(200), exporter.rows(&one))
        .await
        .is_ok()
    {
        taken += 1;
        assert!(taken < 50, "the queue has no limit");
    }
    assert!(taken >= 4, "{taken}");
}
