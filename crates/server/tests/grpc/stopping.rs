//! Clients that go away, come back, are slow, or want it by some time.

use crate::running::{ALL, Running, SLOW, STEP_TIME_MAX, Said, script};
use futures::StreamExt;
use nixie_api::proto::vizierpb::{ExecuteScriptRequest, HealthCheckRequest};
use std::time::{Duration, Instant};
use tonic::{Code, Request};

/// LIMIT: time from the client's leave to the end of its query.
const STOP_TIME_MAX: Duration = Duration::from_secs(1);

const SHORT: &str = "import px\npx.display(px.DataFrame('http_events').head(1))\n";

/// Asserts that the only place for a query is taken.
async fn place_is_taken(running: &Running) {
    let other = tokio::time::timeout(Duration::from_millis(500), running.run(script(SHORT)));
    let ended = other.await;
    assert!(ended.is_err(), "the slow query did not run: {ended:?}");
}

/// Lets a client go, and measures how long its place stays taken.
async fn place_is_free_after<T>(running: &Running, client: T) {
    let from = Instant::now();
    drop(client);
    let said = running.run(script(SHORT)).await;
    assert!(said.end.is_none(), "{:?}", said.end);
    let took = from.elapsed();
    assert!(took < STOP_TIME_MAX, "{took:?}");
}

/// Returns true if the table of queries tells of clients that went away.
async fn clients_have_gone(running: &Running) -> bool {
    let audit = "import px\npx.display(px.DataFrame('api_queries'), 'out')\n";
    let said = running.run(script(audit)).await;
    assert!(said.end.is_none(), "{:?}", said.end);
    let gone = b"the client went away".as_slice();
    said.messages.iter().any(|message| {
        let bytes = prost::Message::encode_to_vec(message);
        bytes.windows(gone.len()).any(|window| window == gone)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_stops_its_query_within_a_second() {
    let running = Running::start(20_000).await;
    let mut client = running.client();
    let stream = client
        .execute_script(script(SLOW))
        .await
        .unwrap()
        .into_inner();
    place_is_taken(&running).await;
    place_is_free_after(&running, stream).await;
    // The connection lives on.
    let answer = client.execute_script(script(ALL)).await.unwrap();
    assert_eq!(Said::all(answer.into_inner()).await.rows(), 20_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_stops_its_query_within_a_second() {
    let running = Running::start(20_000).await;
    let mut client = running.client();
    let stream = client
        .execute_script(script(SLOW))
        .await
        .unwrap()
        .into_inner();
    place_is_taken(&running).await;
    place_is_free_after(&running, (client, stream)).await;
    assert!(clients_have_gone(&running).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_the_query() {
    let running = Running::start(20_000).await;
    let mut request = Request::new(script(SLOW));
    request.set_timeout(Duration::from_millis(500));
    let from = Instant::now();
    let said = match running.client().execute_script(request).await {
        Ok(answer) => Said::all(answer.into_inner()).await,
        Err(status) => Said {
            end: Some(status),
            ..Said::default()
        },
    };
    let code = said.end.unwrap().code();
    assert!(
        matches!(code, Code::DeadlineExceeded | Code::Cancelled),
        "{code:?}"
    );
    assert!(from.elapsed() < Duration::from_secs(2));
    place_is_free_after(&running, ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_is_taken_over_by_its_id() {
    let running = Running::start(300_000).await;
    let mut first = running.start_script(script(ALL)).await.unwrap();
    let message = first.next().await.unwrap().unwrap();
    let resume = ExecuteScriptRequest {
        query_id: message.query_id.clone(),
        ..ExecuteScriptRequest::default()
    };
    let second = running.run(resume.clone()).await;
    assert!(second.end.is_none(), "{:?}", second.end);
    let rest = Said::all(first).await;
    assert!(rest.end.is_none(), "{:?}", rest.end);
    assert_eq!(rest.rows() + second.rows(), 300_000);
    assert!(second.rows() > 0 && second.stats.len() == 1);
    let again = running.run(resume).await;
    assert_eq!(again.end.unwrap().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_makes_its_query_wait_and_gets_all_rows() {
    let running = Running::start(400_000).await;
    let mut stream = running.start_script(script(ALL)).await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert!(first.result.is_some());
    // Not read for a while: less fits between here and there than the query has.
    tokio::time::sleep(Duration::from_secs(1)).await;
    place_is_taken(&running).await;
    let said = Said::all(stream).await;
    assert!(said.end.is_none(), "{:?}", said.end);
    assert_eq!(said.rows(), 400_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_wait_for_their_turn() {
    let running = Running::start(10_000).await;
    let runs = (0..20).map(|_| running.run(script(ALL)));
    for said in futures::future::join_all(runs).await {
        assert!(said.end.is_none(), "{:?}", said.end);
        assert_eq!(said.rows(), 10_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_at_once_and_again() {
    let running = Running::start(10).await;
    let answer = running
        .client()
        .health_check(HealthCheckRequest::default())
        .await
        .unwrap();
    let mut stream = answer.into_inner();
    let from = Instant::now();
    for _ in 0..2 {
        let next = tokio::time::timeout(STEP_TIME_MAX, stream.next())
            .await
            .unwrap();
        let status = next.unwrap().unwrap().status.unwrap();
        assert_eq!(status.code, 0, "{status:?}");
        assert!(from.elapsed() < Duration::from_secs(7));
    }
    assert!(from.elapsed() > Duration::from_secs(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_give_rows_as_they_come_until_the_client_leaves() {
    use nixie_api::proto::vizierpb::RowBatchData;
    use nixie_api::proto::vizierpb::execute_script_response::Result as Content;
    use prost::Message;
    let running = Running::start(10).await;
    let text = "import px
df = px.DataFrame('http_events')
px.display(df[df.latency > 4].stream(), 'late')
px.display(df.stream(), 'all')
";
    let mut stream = running.start_script(script(text)).await.unwrap();
    let mut tables: Vec<String> = Vec::new();
    let mut rows = [0, 0];
    let mut has_more = false;
    while rows != [6, 11] {
        let next = tokio::time::timeout(STEP_TIME_MAX, stream.next()).await;
        let message = next.expect("rows come in time").expect("no end").unwrap();
        match message.result.unwrap() {
            Content::MetaData(table) => tables.push(table.id),
            Content::Data(data) => {
                let batch = RowBatchData::decode(data.batch).unwrap();
                assert!(!batch.eos && !batch.eow);
                let at = tables.iter().position(|id| *id == batch.table_id).unwrap();
                rows[at] += batch.num_rows;
            }
        }
        if rows == [5, 10] && !has_more {
            has_more = true;
            running.append(100, 1);
        }
    }
    // There is one place for queries, and the stream leaves it to others.
    let said = running.run(script(SHORT)).await;
    assert!(said.end.is_none(), "{:?}", said.end);
    drop(stream);
    let from = Instant::now();
    while !clients_have_gone(&running).await {
        assert!(from.elapsed() < STOP_TIME_MAX, "the stream goes on");
    }
}
