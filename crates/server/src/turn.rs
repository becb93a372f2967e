//! Where and when queries run: a few at a time, and not where requests are answered.

use nixie_pxl::Program;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

/// LIMIT: time that a query waits for others to end before it is refused: that of a query.
const QUEUED_TIME_MAX: Duration = Duration::from_mins(1);

/// LIMIT: scripts with a stream that are followed at the same time.
const STREAMS_MAX: usize = 64;

/// Room for the queries of all clients.
pub(crate) struct Turns {
    queries: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    queued_time_max: Duration,
}

/// Room for one query. Dropping it makes room for the next.
pub(crate) struct Turn {
    _room: OwnedSemaphorePermit,
}

impl Turns {
    /// Makes room for so many queries at the same time.
    pub(crate) fn new(queries_max: usize) -> Self {
        Self {
            queries: Arc::new(Semaphore::new(queries_max)),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            queued_time_max: QUEUED_TIME_MAX,
        }
    }

    /// Waits until there is room for a query; who came first is first.
    pub(crate) async fn wait(&self) -> Result<Turn, Status> {
        let room = Arc::clone(&self.queries).acquire_owned();
        match tokio::time::timeout(self.queued_time_max, room).await {
            Ok(Ok(room)) => Ok(Turn { _room: room }),
            _ => Err(Status::resource_exhausted(format!(
                "too many queries are running, and none ended within {} s; try again later",
                self.queued_time_max.as_secs()
            ))),
        }
    }

    /// Returns the room for a program that is about to run. One with a stream may never end: it
    /// takes room that is there for streams, and leaves its turn to the next query.
    pub(crate) fn of(&self, turn: Turn, program: &Program) -> Result<Turn, Status> {
        if !program.outputs.iter().any(|output| output.streaming) {
            return Ok(turn);
        }
        let room = Arc::clone(&self.streams).try_acquire_owned();
        room.map(|room| Turn { _room: room }).map_err(|_| {
            Status::resource_exhausted(format!(
                "{STREAMS_MAX} scripts with a stream are followed, which is the limit; try again \
                 when one of them has ended"
            ))
        })
    }
}

/// Compiles or plans where queries run, as that takes its thread until it is done.
pub(crate) async fn planned<T: Send + 'static>(
    threads: &Handle,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Status> {
    let task = threads.spawn(async move { work() });
    let ended = task.await;
    ended.map_err(|error| Status::internal(format!("planning the query failed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_pxl::{Output, Program};
    use std::thread;
    use tokio::runtime::Builder;
    use tonic::Code;

    fn program(streaming: bool) -> Program {
        let output = Output {
            streaming,
            ..Output::default()
        };
        Program {
            outputs: vec![output],
            ..Program::default()
        }
    }

    #[tokio::test]
    async fn who_waits_too_long_is_refused_and_streams_have_room_of_their_own() {
        let turns = Turns {
            queued_time_max: Duration::from_millis(50),
            ..Turns::new(1)
        };
        let first = turns.wait().await.unwrap();
        let first = turns.of(first, &program(false)).unwrap();
        let refused = turns.wait().await.err().unwrap();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        drop(first);
        let mut streams = Vec::new();
        for _ in 0..STREAMS_MAX {
            let turn = turns.wait().await.unwrap();
            streams.push(turns.of(turn, &program(true)).unwrap());
        }
        let turn = turns.wait().await.unwrap();
        let refused = turns.of(turn, &program(true)).err().unwrap();
        assert!(refused.message().starts_with("64 scripts with a stream"));
        streams.pop();
        let turn = turns.wait().await.unwrap();
        assert!(turns.of(turn, &program(true)).is_ok());
    }

    #[tokio::test]
    async fn plans_are_not_made_where_requests_are_answered() {
        let threads = Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let here = thread::current().id();
        let there = planned(threads.handle(), || thread::current().id()).await;
        assert_ne!(there.unwrap(), here);
        let failed = planned(threads.handle(), move || {
            assert_eq!(here, thread::current().id())
        });
        assert_eq!(failed.await.unwrap_err().code(), Code::Internal);
        threads.shutdown_background();
    }
}
