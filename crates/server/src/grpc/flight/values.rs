//! The values of parameters as messages of Flight: those of `DoPut`, and those in handles and
//! tickets, which come back. Clients have made them, or forged them.
//!
//! Arrow takes on trust what a batch says of its lengths: it makes room for what compressed bytes
//! claim to hold, and asserts that buffers are within their message. So both are looked at before.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow::ipc::{self, MessageHeader};
use arrow_flight::FlightData;
use arrow_flight::decode::FlightRecordBatchStream;
use futures::{FutureExt, TryStreamExt};
use std::fmt::Display;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tonic::Status;

/// Returns the messages of a row.
pub(super) fn messages(row: &RecordBatch) -> Result<Vec<FlightData>, ArrowError> {
    written(row, &IpcWriteOptions::default())
}

fn written(row: &RecordBatch, options: &IpcWriteOptions) -> Result<Vec<FlightData>, ArrowError> {
    let generator = IpcDataGenerator::default();
    let mut tracker = DictionaryTracker::new(false);
    let schema = row.schema();
    let schema = generator.schema_to_bytes_with_dictionary_tracker(&schema, &mut tracker, options);
    let mut context = IpcWriteContext::default();
    let (dictionaries, batch) = generator.encode(row, &mut tracker, options, &mut context)?;
    let all = iter::once(schema).chain(dictionaries).chain([batch]);
    Ok(all.map(Into::into).collect())
}

/// Returns the one row that messages hold.
pub(super) fn one_row(messages: Vec<FlightData>) -> Result<RecordBatch, Status> {
    messages.iter().try_for_each(check)?;
    // Arrow asserts more than was checked. What it leaves behind is not used.
    let read = catch_unwind(AssertUnwindSafe(|| read(messages)));
    read.unwrap_or_else(|_| Err(unreadable(&"they are no Arrow data")))
}

/// Refuses a message that says wrong things of its own bytes.
fn check(message: &FlightData) -> Result<(), Status> {
    let header = ipc::root_as_message(&message.data_header);
    let header = header.map_err(|error| unreadable(&error))?;
    let batch = match header.header_type() {
        MessageHeader::DictionaryBatch => header
            .header_as_dictionary_batch()
            .and_then(|dictionary| dictionary.data()),
        _ => header.header_as_record_batch(),
    };
    let Some(batch) = batch else {
        return Ok(());
    };
    if batch.compression().is_some() {
        return Err(unreadable(&"they are compressed; send them as they are"));
    }
    let bytes = i64::try_from(message.data_body.len()).unwrap_or(i64::MAX);
    let is_within = |buffer: &ipc::Buffer| {
        let end = buffer.offset().checked_add(buffer.length());
        buffer.offset() >= 0 && buffer.length() >= 0 && end.is_some_and(|end| end <= bytes)
    };
    match batch.buffers() {
        Some(buffers) if !buffers.iter().all(is_within) => {
            Err(unreadable(&"a buffer is not within its message"))
        }
        _ => Ok(()),
    }
}

fn read(messages: Vec<FlightData>) -> Result<RecordBatch, Status> {
    let messages = futures::stream::iter(messages.into_iter().map(Ok));
    let mut batches = FlightRecordBatchStream::new_from_flight_data(messages);
    let (mut rows, mut found) = (0_usize, None);
    // All messages are here, so that nothing has to be waited for.
    while let Some(next) = batches.try_next().now_or_never() {
        let Some(batch) = next.map_err(|error| unreadable(&error))? else {
            break;
        };
        rows = rows.saturating_add(batch.num_rows());
        found = found.or(Some(batch).filter(|batch| batch.num_rows() == 1));
    }
    if batches.schema().is_none() {
        return Err(Status::invalid_argument(
            "values of the parameters are missing",
        ));
    }
    found.filter(|_| rows == 1).ok_or_else(|| {
        Status::invalid_argument(format!(
            "a query takes one row of parameters, {rows} were given; ask once for each row"
        ))
    })
}

fn unreadable(why: &dyn Display) -> Status {
    Status::invalid_argument(format!("values of the parameters cannot be read: {why}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringArray, StringDictionaryBuilder};
    use arrow::datatypes::Int8Type;
    use arrow::ipc::CompressionType;
    use std::sync::Arc;

    /// A row of a number and a text.
    pub(in crate::grpc::flight) fn row(text: &str) -> RecordBatch {
        let number: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let text: ArrayRef = Arc::new(StringArray::from(vec![text]));
        RecordBatch::try_from_iter([("0", number), ("1", text)]).unwrap()
    }

    /// Messages that claim to unpack to any number of bytes.
    pub(in crate::grpc::flight) fn compressed(claimed: u64) -> Vec<FlightData> {
        let options = IpcWriteOptions::default();
        let options = options.try_with_compression(Some(CompressionType::LZ4_FRAME));
        let mut messages = written(&row(&"x".repeat(1000)), &options.unwrap()).unwrap();
        let mut body = messages[1].data_body.to_vec();
        let honest = 1000_u64.to_le_bytes();
        let at = body.windows(8).position(|window| window == honest);
        let at = at.expect("the length of the text");
        body[at..at + 8].copy_from_slice(&claimed.to_le_bytes());
        messages[1].data_body = body.into();
        messages
    }

    fn refusal(messages: Vec<FlightData>) -> String {
        let error = one_row(messages).unwrap_err();
        assert_eq!(error.code(), tonic::Code::InvalidArgument, "{error}");
        error.message().to_owned()
    }

    #[test]
    fn one_row_is_read_and_any_other_number_is_refused() {
        let of = |batch: &RecordBatch| messages(batch).unwrap();
        assert_eq!(one_row(of(&row("a"))).unwrap(), row("a"));
        let nothing = of(&row("a").slice(0, 0));
        let beside_nothing = [nothing.clone(), of(&row("a"))[1..].to_vec()].concat();
        assert_eq!(one_row(beside_nothing).unwrap(), row("a"));
        let two = [of(&row("a")), of(&row("b"))[1..].to_vec()].concat();
        assert!(refusal(two).contains("2 were given"));
        assert!(refusal(nothing).contains("0 were given"));
        assert!(refusal(Vec::new()).contains("are missing"));
        let mut words = StringDictionaryBuilder::<Int8Type>::new();
        words.append_value("a");
        let word: ArrayRef = Arc::new(words.finish());
        let word = RecordBatch::try_from_iter([("0", word)]).unwrap();
        assert_eq!(one_row(of(&word)).unwrap(), word);
    }

    #[test]
    fn what_claims_more_bytes_than_there_are_is_refused() {
        for claimed in [1000, 1 << 40, 1 << 62] {
            assert!(refusal(compressed(claimed)).contains("compressed"));
        }
        let mut cut = messages(&row(&"x".repeat(1000))).unwrap();
        cut[1].data_body.truncate(500);
        assert!(refusal(cut).contains("not within its message"));
    }

    #[test]
    fn a_changed_byte_never_panics_and_never_ends_the_process() {
        let honest = messages(&row("some text")).unwrap();
        for (number, message) in honest.iter().enumerate() {
            let header = message.data_header.len();
            for at in 0..header + message.data_body.len() {
                for value in [0, 1, 0x7f, 0xff] {
                    let mut hostile = honest.clone();
                    let (part, at) = match at.checked_sub(header) {
                        None => (&mut hostile[number].data_header, at),
                        Some(at) => (&mut hostile[number].data_body, at),
                    };
                    let mut bytes = part.to_vec();
                    bytes[at] = value;
                    *part = bytes.into();
                    // Either outcome is right: a change within a value gives another value.
                    if let Ok(row) = one_row(hostile) {
                        assert_eq!(row.num_rows(), 1, "{number} {at} {value}");
                    }
                }
            }
        }
    }
}
