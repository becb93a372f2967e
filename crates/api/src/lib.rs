//! The wire contract between px and a running agent, and its conversions.
