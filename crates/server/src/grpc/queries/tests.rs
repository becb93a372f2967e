use super::*;
use futures::StreamExt;
use nixie_api::proto::vizierpb::ExecuteScriptResponse;
use std::collections::VecDeque;

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
    assert_eq!(queries.len(), 0);
}

#[tokio::test]
async fn a_query_that_fails_is_forgotten_once_that_was_told() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    query.end(Some(Err(Status::internal("it broke"))));
    assert_eq!(rest(consumer).await, [Err("it broke".to_owned())]);
    assert_eq!(queries.len(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_after_the_last_message_leaves_nothing() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    query.end(Some(Ok(message("a"))));
    let mut messages = Box::pin(consumer.stream(None));
    assert_eq!(messages.next().await.unwrap().unwrap().query_id, "a");
    drop(messages);
    assert_eq!(queries.len(), 0);
}

#[tokio::test]
async fn nothing_comes_behind_the_words_that_end_a_query() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    query.put(message("a")).await.unwrap();
    query.end(None);
    assert!(query.put(message("b")).await.is_err());
    assert_eq!(rest(consumer).await, ok(&["a"]));
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
async fn a_deadline_ends_the_query_also_while_there_is_more() {
    let queries = queries();
    let (query, consumer) = queries.begin("me").unwrap();
    for name in ["a", "b"] {
        query.put(message(name)).await.unwrap();
    }
    let deadline = tokio::time::Instant::now() + Duration::from_millis(100);
    let mut messages = std::pin::pin!(consumer.stream(Some(deadline)));
    assert_eq!(messages.next().await.unwrap().unwrap().query_id, "a");
    tokio::time::sleep_until(deadline).await;
    let status = messages.next().await.unwrap().unwrap_err();
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

#[tokio::test]
async fn results_whose_clients_are_gone_make_room_the_oldest_first() {
    let queries = queries();
    let mut all = VecDeque::new();
    for _ in 0..QUERIES_MAX {
        all.push_back(queries.begin("me").unwrap());
    }
    let mut gone = Vec::new();
    for (query, consumer) in all.drain(..2) {
        drop(consumer);
        gone.push(query);
    }
    let (_, _held) = queries.begin("me").unwrap();
    gone[0].cancelled().await;
    let first = queries.resume(&gone[0].id().to_string(), "me");
    assert_eq!(first.unwrap_err().code(), tonic::Code::NotFound);
    assert!(queries.resume(&gone[1].id().to_string(), "me").is_ok());
}
