//! The role px up: collector, tables, query engine and API in one process.
