//! Keys as bytes that sort as their values do.
//!
//! Numbers are big-endian (signed ones with the sign bit flipped); strings end with `00 00`, a
//! zero inside becomes `00 FF`. A tuple is its parts one after another, so every prefix of a
//! tuple's parts is a prefix of the bytes and a range can be scanned.

use base::number::{EventNo, LogPosition, RoomNo, TimelineOrd};

/// Bytes that are not what the table holds.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes end too early, or do not end where they should.
    #[error("wrong length")]
    Length,
    /// A string is not UTF-8 or not well terminated.
    #[error("malformed string")]
    Text,
    /// The value was written in a version that this program does not read.
    #[error("value version {0} is unknown")]
    Version(u8),
    /// The value does not decode.
    #[error("value: {0}")]
    Value(#[from] postcard::Error),
}

/// A type that can be (part of) a key.
pub trait Key: Sized {
    /// Appends the order-preserving bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads it back.
    fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError>;

    /// The bytes alone.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(48);
        self.write(&mut out);
        out
    }
}

/// A cursor over a key's bytes.
pub struct KeyReader<'a>(&'a [u8]);

impl<'a> KeyReader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(CodecError::Length)?;
        self.0 = rest;
        Ok(*head)
    }

    fn text(&mut self) -> Result<String, CodecError> {
        let mut out = Vec::new();
        loop {
            match self.take::<1>()? {
                [0] => match self.take::<1>()? {
                    [0] => return String::from_utf8(out).map_err(|_| CodecError::Text),
                    [0xff] => out.push(0),
                    _ => return Err(CodecError::Text),
                },
                [byte] => out.push(byte),
            }
        }
    }

    /// Fails unless every byte was read.
    pub fn finish(self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError::Length) }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        out.push(byte);
        if byte == 0 {
            out.push(0xff);
        }
    }
    out.extend([0, 0]);
}

impl Key for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }
    fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError> {
        Ok(Self::from_be_bytes(reader.take()?))
    }
}

impl Key for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        (self.cast_unsigned() ^ (1 << 63)).write(out);
    }
    fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError> {
        Ok((u64::read(reader)? ^ (1 << 63)).cast_signed())
    }
}

impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        write_text(self, out);
    }
    fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError> {
        reader.text()
    }
}

impl<const N: usize> Key for [u8; N] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self);
    }
    fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError> {
        reader.take()
    }
}

impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}
    fn read(_: &mut KeyReader<'_>) -> Result<Self, CodecError> {
        Ok(())
    }
}

macro_rules! number_key {
    ($($name:ty),*) => {$(
        impl Key for $name {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
            fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError> {
                Ok(Self(Key::read(reader)?))
            }
        }
    )*};
}
number_key!(RoomNo, EventNo, LogPosition, TimelineOrd);

macro_rules! tuple_key {
    ($($part:ident $index:tt),*) => {
        impl<$($part: Key),*> Key for ($($part,)*) {
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$index.write(out);)*
            }
            fn read(reader: &mut KeyReader<'_>) -> Result<Self, CodecError> {
                Ok(($($part::read(reader)?,)*))
            }
        }
    };
}
tuple_key!(A 0, B 1);
tuple_key!(A 0, B 1, C 2);
tuple_key!(A 0, B 1, C 2, D 3);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_sort_as_their_values(a: (String, i64, u64), b: (String, i64, u64)) {
            prop_assert_eq!(a.to_bytes().cmp(&b.to_bytes()), a.cmp(&b));
        }

        #[test]
        fn keys_read_back(key: (String, i64, u64, [u8; 4])) {
            let bytes = key.to_bytes();
            let mut reader = KeyReader::new(&bytes);
            prop_assert_eq!(<(String, i64, u64, [u8; 4])>::read(&mut reader).unwrap(), key);
            prop_assert!(reader.finish().is_ok());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = KeyReader::new(&bytes);
            let _ = <(String, i64, String)>::read(&mut reader);
        }
    }
}
