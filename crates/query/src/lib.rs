//! Executes plans over tables.
