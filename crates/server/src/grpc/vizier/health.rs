//! `HealthCheck`: whether scripts can be run, told every few seconds.

use super::reported;
use crate::access::Principal;
use crate::grpc::{Messages, guard, status};
use crate::state::ServerState;
use futures::StreamExt;
use nixie_api::proto::vizierpb::HealthCheckResponse;
use nixie_pxl::CompileOptions;
use nixie_types::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tonic::{Code, Status};

/// Time between two answers.
const PERIOD: Duration = Duration::from_secs(5);

/// How long the result of a check is good for all clients.
const FRESH_TIME_MAX: Duration = Duration::from_secs(4);

/// LIMIT: time that a check may take.
const CHECK_TIME_MAX: Duration = Duration::from_secs(4);

/// The last check.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Option<(Instant, Result<(), String>)>>);

impl Health {
    /// Returns whether scripts can be run, from a check of the last seconds.
    pub(crate) async fn check(&self, state: &Arc<ServerState>) -> Result<(), String> {
        let mut last = self.0.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < FRESH_TIME_MAX
        {
            return found.clone();
        }
        // Where queries run, and not where requests are answered.
        let task = state.query_handle.spawn(run_script(Arc::clone(state)));
        let found = within(CHECK_TIME_MAX, task).await;
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

/// Waits for a check to end, but not for long; ends it then.
async fn within(time_max: Duration, check: JoinHandle<Result<(), String>>) -> Result<(), String> {
    let abort = check.abort_handle();
    match tokio::time::timeout(time_max, check).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => Err(format!("the check ended early: {error}")),
        Err(_) => {
            abort.abort();
            Err(format!("no answer within {} s", time_max.as_secs()))
        }
    }
}

/// Reads a row of the first table.
async fn run_script(state: Arc<ServerState>) -> Result<(), String> {
    let engine = state.agent.engine();
    let Some(table) = engine
        .store()
        .tables()
        .next()
        .map(|table| table.spec().name)
    else {
        return Err("there are no tables".to_owned());
    };
    let script = format!("import px\npx.display(px.DataFrame('{table}').head(1))\n");
    let options = CompileOptions {
        now_ns: clock::now_ns(),
        script_name: "healthcheck".to_owned(),
        ..CompileOptions::default()
    };
    let program = engine.compile(&script, &options).map_err(|errors| {
        let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
        messages.join("; ")
    })?;
    let mut run = engine.run(program);
    while let Some(mut output) = run
        .next_output()
        .await
        .map_err(|e| status::with_causes(&e))?
    {
        while let Some(batch) = output.next().await {
            batch.map_err(|error| status::with_causes(&error))?;
        }
    }
    Ok(())
}

/// Tells at once how it is, and then again and again, as long as its client is let in.
pub(super) fn stream(
    state: &Arc<ServerState>,
    principal: Principal,
    deadline: Option<Instant>,
) -> Messages<HealthCheckResponse> {
    let first = Some((Arc::clone(state), principal, Instant::now()));
    let answers = futures::stream::unfold(first, move |next| async move {
        let (state, principal, at) = next?;
        if deadline.is_some_and(|deadline| deadline < at) {
            return None;
        }
        tokio::select! {
            () = tokio::time::sleep_until(at) => {}
            refusal = state.access.lost(&principal) => {
                return Some((Err(guard::refused(&refusal)), None));
            }
        }
        let status = match state.health.check(&state).await {
            Ok(()) => Status::ok(""),
            Err(why) => Status::new(Code::Unavailable, why),
        };
        let answer = HealthCheckResponse {
            status: Some(reported(&status)),
        };
        Some((Ok(answer), Some((state, principal, at + PERIOD))))
    });
    Box::pin(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_check_that_takes_too_long_does_not_go_on() {
        let held = Arc::new(());
        let seen = Arc::downgrade(&held);
        let check = tokio::spawn(async move {
            let _held = held;
            std::future::pending().await
        });
        let found = within(Duration::from_millis(20), check).await;
        assert!(found.unwrap_err().starts_with("no answer within"));
        let ended = async {
            while seen.upgrade().is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        ended.expect("the check ends");
    }
}
