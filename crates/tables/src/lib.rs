//! Keeps a bounded window of Arrow batches per table and scans it by time.
