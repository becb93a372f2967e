//! Counts the memory that a table holds, each allocation once.
//!
//! Batches may share buffers, for example one dictionary. What counts is the capacity of an
//! allocation, not the part in use, because that is what the process holds.

use arrow::array::{Array, ArrayData, ArrayRef};
use arrow::buffer::Buffer;
use hashbrown::HashMap;

/// An allocation: its address and its capacity in bytes.
pub(crate) type Allocation = (usize, usize);

/// Returns the distinct allocations behind some columns.
pub(crate) fn allocations_of(columns: &[ArrayRef]) -> Vec<Allocation> {
    let mut found = Vec::new();
    for column in columns {
        collect(&column.to_data(), &mut found);
    }
    found.sort_unstable();
    found.dedup_by_key(|allocation| allocation.0);
    found
}

fn collect(data: &ArrayData, found: &mut Vec<Allocation>) {
    let nulls = data.nulls().map(|nulls| nulls.buffer());
    for buffer in data.buffers().iter().chain(nulls) {
        let bytes = held_bytes(buffer);
        if bytes > 0 {
            found.push((buffer.data_ptr().as_ptr() as usize, bytes));
        }
    }
    for child in data.child_data() {
        collect(child, found);
    }
}

/// Memory that Arrow did not allocate has no known capacity; its length is the best figure.
fn held_bytes(buffer: &Buffer) -> usize {
    match buffer.capacity() {
        0 => buffer.len(),
        capacity => capacity,
    }
}

/// The allocations of a table, with how many chunks use each.
#[derive(Debug, Default)]
pub(crate) struct Allocations {
    users: HashMap<usize, (usize, usize)>,
    bytes: usize,
}

impl Allocations {
    /// Returns the bytes held.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the allocations of a chunk.
    pub(crate) fn add(&mut self, allocations: &[Allocation]) {
        for &(address, bytes) in allocations {
            let entry = self.users.entry(address).or_insert((0, bytes));
            if entry.0 == 0 {
                self.bytes += bytes;
            }
            entry.0 += 1;
        }
    }

    /// Removes the allocations of a chunk; returns the bytes that nobody holds any more.
    pub(crate) fn remove(&mut self, allocations: &[Allocation]) -> usize {
        let before = self.bytes;
        for (address, _) in allocations {
            let Some(entry) = self.users.get_mut(address) else {
                continue;
            };
            entry.0 -= 1;
            if entry.0 == 0 {
                self.bytes -= entry.1;
                self.users.remove(address);
            }
        }
        before - self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};
    use std::sync::Arc;

    #[test]
    fn slices_and_clones_of_one_buffer_count_once() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![1; 1000]));
        let columns = [Arc::clone(&values), values.slice(10, 5)];
        let found = allocations_of(&columns);
        assert_eq!(
            found.iter().map(|allocation| allocation.1).sum::<usize>(),
            8000
        );
    }

    #[test]
    fn shared_memory_is_freed_with_its_last_user() {
        let shared: ArrayRef = Arc::new(StringArray::from(vec!["text"; 10]));
        let own: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let first = allocations_of(&[Arc::clone(&shared), own]);
        let second = allocations_of(&[shared]);
        let mut held = Allocations::default();
        held.add(&first);
        let full = held.bytes();
        held.add(&second);
        assert_eq!(held.bytes(), full);
        assert_eq!(held.remove(&first), 24);
        assert_eq!(held.remove(&second), full - 24);
        assert_eq!(held.bytes(), 0);
    }
}
