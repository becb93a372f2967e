use super::*;
use futures::StreamExt;
use nixie_api::proto::vizierpb::ExecuteScriptResponse;

/// Little patience, so that tests need little too.
fn queries() -> Arc<Queries> {
    let patience = Patience {
        stalled: Duration::from_secs(1),
        running: Duration::from_millis(500),
        complete: Duration::from_secs(1),
    };
    Arc::new(Queries {
        patience,
        ..Queries::default()
    })
}

fn message(name: &str) -> ExecuteScriptResponse {
    ExecuteScriptResponse {
        query_id: name.to_owned(),
        ..ExecuteScriptResponse::default()
    }
}

async fn rest(consumer: Consumer) -> Vec<Result<String, String>> {
    let names = consumer.stream(None).map(|item| match item {
        Ok(message) => Ok(message.query_id),
        Err(status) => Err(status.message().to_owned()),
    });
    names.collect().await
}

fn ok(names: &[&str]) -> Vec<Result<String, String>> {
    names.iter().map(|&name| Ok(name.to_owned())).collect()
}

#[tokio::test]
async fn messages_come_in_order_and_the_query_is_forgotten() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    let producer = tokio::spawn(async move {
        for number in 0..3000 {
            query.put(message(&number.to_string())).await.unwrap();
        }
        query.end(None);
    });
    let names = rest(consumer).await;
    let want: Vec<_> = (0..3000).map(|number| Ok(number.to_string())).collect();
    assert_eq!(names, want);
    producer.await.unwrap();
    assert_eq!(queries.len(), 0);
}

#[tokio::test]
async fn another_consumer_takes_over_where_the_first_was() {
    let queries = queries();
    let (query, first) = queries.begin("me").unwrap();
    for name in ["a", "b", "c"] {
        query.put(message(name)).await.unwrap();
    }
    let mut first = std::pin::pin!(first.stream(None));
    assert_eq!(first.next().await.unwrap().unwrap().query_id, "a");
    let id = query.id().to_string();
    let second = queries.resume(&id, "me").unwrap();
    assert!(first.next().await.is_none());
    query.put(message("d")).await.unwrap();
    query.end(None);
    assert_eq!(rest(second).await, ok(&["b", "c", "d"]));
    let error = queries.resume(&id, "me").unwrap_err();
    assert_eq!(error.code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn a_query_without_a_client_is_stopped_within_a_second() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    query.put(message("a")).await.unwrap();
    let from = tokio::time::Instant::now();
    drop(consumer);
    query.cancelled().await;
    assert!(from.elapsed() < Duration::from_secs(1));
    assert!(query.put(message("b")).await.is_err());
    let late = queries.resume(&query.id().to_string(), "me").unwrap();
    let [Err(message)] = &*rest(late).await else {
        panic!("one error")
    };
    assert!(message.contains("connection was lost"), "{message}");
}

#[tokio::test]
async fn a_complete_result_waits_for_its_client_but_not_for_ever() {
    let queries = queries();
    let results: Vec<String> = (0..2)
        .map(|_| {
            let (query, consumer) = queries.begin("me").unwrap();
            query.end(Some(Ok(message("a"))));
            drop(consumer);
            query.id().to_string()
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        queries.resume(&results[0], "other").unwrap_err().code(),
        tonic::Code::NotFound
    );
    assert_eq!(
        rest(queries.resume(&results[0], "me").unwrap()).await,
        ok(&["a"])
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        queries.resume(&results[1], "me").unwrap_err().code(),
        tonic::Code::NotFound
    );
    assert_eq!(queries.len(), 0);
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_told_so() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    let from = tokio::time::Instant::now();
    while query.put(message("a")).await.is_ok() {}
    assert!(from.elapsed() >= Duration::from_secs(1));
    let [Err(text)] = &*rest(consumer).await else {
        panic!("one error")
    };
    assert!(text.contains("took nothing for 1 s"), "{text}");
}

#[tokio::test]
async fn a_deadline_ends_the_query() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_millis(200);
    let items: Vec<_> = consumer.stream(Some(deadline)).collect().await;
    let [Err(status)] = &*items else {
        panic!("one error")
    };
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    query.cancelled().await;
    assert_eq!(queries.len(), 0);
}

#[tokio::test]
async fn ids_that_are_none_and_too_many_queries_are_refused() {
    let queries = queries();
    let error = queries.resume("x", "me").unwrap_err();
    assert_eq!(error.code(), tonic::Code::InvalidArgument);
    let all: Vec<_> = (0..QUERIES_MAX)
        .map(|_| queries.begin("me").unwrap())
        .collect();
    let error = queries.begin("me").unwrap_err();
    assert_eq!(error.code(), tonic::Code::ResourceExhausted);
    drop(all);
}
