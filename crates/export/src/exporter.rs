//! Takes the batches of one export, and sends them.

use crate::convert::Converter;
use crate::report::{ExportReport, Tally};
use crate::request::{Accepted, Request, Signal};
use crate::retry::RetryPolicy;
use crate::target::Target;
use crate::transport::{Refusal, Remedy, Transport};
use crate::{ExportCounters, ExportError};
use arrow::array::RecordBatch;
use nixie_pxl::{OtelEndpoint, OtelExport};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::warn;

/// LIMIT: requests that wait to be sent, each of [`crate::convert`]'s size; then the query waits.
const REQUESTS_WAITING_MAX: usize = 4;

/// Sends the rows of one export.
///
/// Requests go one by one and in order. When the exporter is dropped, what already waits is still
/// sent, so that it is counted.
#[derive(Debug)]
pub struct Exporter {
    converter: Converter,
    queue: mpsc::Sender<Request>,
    sender: JoinHandle<Result<ExportReport, ExportError>>,
    rows: u64,
}

impl Exporter {
    /// Starts an export. Must be called within a tokio runtime. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the endpoint or its headers are not valid, or TLS is not possible.
    pub fn start(
        export: OtelExport,
        retry: RetryPolicy,
        counters: Arc<ExportCounters>,
    ) -> Result<Self, ExportError> {
        let target = Target::of(&export.endpoint)?;
        let transport = Transport::new(&target, &export.endpoint)?;
        let (queue, waiting) = mpsc::channel(REQUESTS_WAITING_MAX);
        let sender = Sender {
            transport,
            retry,
            counters,
            report: ExportReport::new(export.endpoint.url.clone(), target.protocol),
            given_up: Vec::new(),
        };
        Ok(Self {
            converter: Converter::new(export),
            queue,
            sender: tokio::spawn(sender.run(waiting)),
            rows: 0,
        })
    }

    /// Judges an endpoint without talking to it. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the endpoint or its headers are not valid, or TLS is not possible.
    pub fn check(endpoint: &OtelEndpoint) -> Result<(), ExportError> {
        Transport::new(&Target::of(endpoint)?, endpoint).map(drop)
    }

    /// Takes rows; waits while the queue is full.
    ///
    /// # Errors
    ///
    /// When the rows are not what the export expects.
    pub async fn rows(&mut self, batch: &RecordBatch) -> Result<(), ExportError> {
        for request in self.converter.convert(batch)? {
            let sent = self.queue.send(request).await;
            sent.map_err(|_| ExportError::Stopped)?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Waits until all is sent or given up, and returns what became of it.
    ///
    /// # Errors
    ///
    /// When the process is about to end.
    pub async fn finish(self) -> Result<ExportReport, ExportError> {
        let Self {
            queue,
            sender,
            rows,
            ..
        } = self;
        drop(queue);
        let report = sender.await.map_err(|_| ExportError::Stopped)??;
        Ok(ExportReport { rows, ..report })
    }
}

/// Sends requests from the queue.
struct Sender {
    transport: Transport,
    retry: RetryPolicy,
    counters: Arc<ExportCounters>,
    report: ExportReport,
    /// Signals whose requests are not even tried any more.
    given_up: Vec<Signal>,
}

impl Sender {
    async fn run(
        mut self,
        mut waiting: mpsc::Receiver<Request>,
    ) -> Result<ExportReport, ExportError> {
        while let Some(request) = waiting.recv().await {
            let signal = request.signal();
            let tally = self.deliver(&request).await?;
            self.counters.count(signal, tally);
            let total = self.report.tally(signal);
            total.sent += tally.sent;
            total.refused += tally.refused;
            total.dropped += tally.dropped;
        }
        if !self.report.problems.is_empty() {
            let report = &self.report;
            warn!(
                endpoint = report.endpoint,
                problem = report.problems[0],
                spans_lost = report.spans.lost(),
                points_lost = report.points.lost(),
                "export was not taken as a whole"
            );
        }
        Ok(self.report)
    }

    async fn deliver(&mut self, request: &Request) -> Result<Tally, ExportError> {
        if self.given_up.contains(&request.signal()) {
            return Ok(dropped(request));
        }
        self.report.requests += 1;
        let (mut failures, mut first_failure) = (0, None);
        loop {
            let refusal = match self.transport.send(request).await {
                Ok(accepted) => {
                    self.counters.request(u64::from(failures));
                    return Ok(self.accepted(request, accepted));
                }
                Err(refusal) => refusal,
            };
            failures += 1;
            let since = first_failure.get_or_insert_with(Instant::now).elapsed();
            let delay = match refusal.remedy {
                Remedy::Retry(asked) => self.retry.next(failures, since, asked)?,
                Remedy::GiveUp | Remedy::Skip => None,
            };
            let Some(delay) = delay else {
                self.counters.request(u64::from(failures - 1));
                return Ok(self.failed(request, &refusal, failures));
            };
            self.report.retries += 1;
            tokio::time::sleep(delay).await;
        }
    }

    fn accepted(&mut self, request: &Request, accepted: Accepted) -> Tally {
        if accepted.refused > 0 || !accepted.message.is_empty() {
            let message = match accepted.message.as_str() {
                "" => "the receiver gave no reason",
                message => message,
            };
            self.report.problem(message.to_owned());
        }
        Tally {
            sent: request.items - accepted.refused,
            refused: accepted.refused,
            dropped: 0,
        }
    }

    fn failed(&mut self, request: &Request, refusal: &Refusal, attempts: u32) -> Tally {
        match refusal.remedy {
            Remedy::Skip => {
                self.report.problem(refusal.message.clone());
                return Tally {
                    refused: request.items,
                    ..Tally::default()
                };
            }
            Remedy::GiveUp => {
                self.report.problem(refusal.message.clone());
                self.given_up.push(request.signal());
            }
            Remedy::Retry(_) => {
                let times = if attempts == 1 { "attempt" } else { "attempts" };
                let message = format!("given up after {attempts} {times}: {}", refusal.message);
                self.report.problem(message);
                self.given_up = vec![Signal::Metrics, Signal::Traces];
            }
        }
        dropped(request)
    }
}

fn dropped(request: &Request) -> Tally {
    Tally {
        dropped: request.items,
        ..Tally::default()
    }
}
