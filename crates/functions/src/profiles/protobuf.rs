//! The wire format of protocol buffers, as far as profiles need it.
//!
//! A field is a varint key (number and wire type) and a varint, 8 bytes, 4 bytes, or bytes with
//! their length before them.

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

/// Appends a number, seven bits a byte.
fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7F {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Appends a number field; 0 is what readers take when it is not there.
pub(super) fn write_number(out: &mut Vec<u8>, field: u64, value: i64) {
    if value != 0 {
        write_varint(out, field << 3 | VARINT);
        write_varint(out, value.cast_unsigned());
    }
}

/// Appends a field of bytes, a text or a message.
pub(super) fn write_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    write_varint(out, field << 3 | BYTES);
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a field of several numbers.
pub(super) fn write_numbers(out: &mut Vec<u8>, field: u64, values: impl Iterator<Item = i64>) {
    let mut packed = Vec::new();
    for value in values {
        write_varint(&mut packed, value.cast_unsigned());
    }
    write_bytes(out, field, &packed);
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    /// A varint.
    Number(i64),
    /// Bytes, a text or a message.
    Bytes(&'a [u8]),
    /// Of a fixed size, which profiles do not have.
    Fixed,
}

/// Reads the fields of a message, or the numbers of a field of several.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns the next field with its number; none if the message is damaged.
    pub(super) fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.varint()?;
        let field = match key & 7 {
            VARINT => Field::Number(self.number()?),
            BYTES => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            FIXED64 => self.take(8).map(|_| Field::Fixed)?,
            FIXED32 => self.take(4).map(|_| Field::Fixed)?,
            _ => return None,
        };
        Some((key >> 3, field))
    }

    /// Returns the next number.
    pub(super) fn number(&mut self) -> Option<i64> {
        self.varint().map(u64::cast_signed)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut out = Vec::new();
        write_number(&mut out, 1, 150);
        write_number(&mut out, 2, 0);
        write_number(&mut out, 3, -1);
        write_bytes(&mut out, 16, b"ab");
        write_numbers(&mut out, 4, [1, 300].into_iter());
        // The first one is the example of the specification.
        assert_eq!(out[..3], [0x08, 0x96, 0x01]);
        let mut reader = Reader::new(&out);
        assert_eq!(reader.field(), Some((1, Field::Number(150))));
        assert_eq!(reader.field(), Some((3, Field::Number(-1))));
        assert_eq!(reader.field(), Some((16, Field::Bytes(b"ab"))));
        let Some((4, Field::Bytes(packed))) = reader.field() else {
            panic!("no numbers")
        };
        let mut packed = Reader::new(packed);
        assert_eq!((packed.number(), packed.number()), (Some(1), Some(300)));
        assert!(packed.is_empty() && reader.is_empty());
    }

    #[test]
    fn damage_is_seen() {
        for bad in [&[0x80_u8][..], &[0x0A, 5, 1], &[0x08], &[0x0B], &[0xFF; 11]] {
            assert_eq!(Reader::new(bad).field(), None, "{bad:?}");
        }
        assert_eq!(
            Reader::new(&[0x0D, 1, 2, 3, 4]).field(),
            Some((1, Field::Fixed))
        );
    }
}
