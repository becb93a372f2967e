//! Owns the kernel programs and turns their events and /proc into table rows.
