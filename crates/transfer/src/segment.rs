//! Files of rows: of one table, in order, each row with the lengths of its key and value before
//! it. A large table has several.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::checksum::Checksum;
use crate::error::TransferError;
use crate::folder::{self, Folder};

/// Bytes of a file at most.
pub(crate) const MOST: u64 = 64 << 20;
/// How the names of these files end.
pub(crate) const ENDING: &str = ".rows";
/// Bytes before a row: the lengths.
const HEAD: usize = 8;

/// A file of rows, as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Segment {
    pub(crate) file: String,
    pub(crate) table: String,
    pub(crate) rows: u64,
    pub(crate) size: u64,
    pub(crate) sha256: Checksum,
}

/// Writes rows into files.
pub(crate) struct Segments<'a> {
    folder: &'a Folder,
    open: Option<Open>,
    done: Vec<Segment>,
}

struct Open {
    out: BufWriter<File>,
    hasher: Sha256,
    segment: Segment,
}

impl<'a> Segments<'a> {
    pub(crate) fn new(folder: &'a Folder) -> Self {
        Self { folder, open: None, done: Vec::new() }
    }

    /// Writes the next row.
    pub(crate) fn put(
        &mut self,
        table: &str,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), TransferError> {
        let size = (HEAD + key.len() + value.len()) as u64;
        let (Ok(key_size), Ok(value_size)) = (u32::try_from(key.len()), u32::try_from(value.len()))
        else {
            return Err(unsuited(table, "a row is too large"));
        };
        if size > MOST {
            return Err(unsuited(table, "a row is too large"));
        }
        let fits = |open: &Open| open.segment.table == table && open.segment.size + size <= MOST;
        if !self.open.as_ref().is_some_and(fits) {
            self.close()?;
            self.begin(table)?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        for part in [&key_size.to_be_bytes(), &value_size.to_be_bytes(), key, value] {
            open.hasher.update(part);
            let written = open.out.write_all(part);
            let path = self.folder.path(&open.segment.file)?;
            written.map_err(TransferError::file(&path))?;
        }
        open.segment.rows += 1;
        open.segment.size += size;
        Ok(())
    }

    /// Every file, whole and durable.
    pub(crate) fn finish(mut self) -> Result<Vec<Segment>, TransferError> {
        self.close()?;
        Ok(self.done)
    }

    fn begin(&mut self, table: &str) -> Result<(), TransferError> {
        let number = match self.done.last() {
            Some(last) if last.table == table => {
                self.done.iter().filter(|segment| segment.table == table).count() + 1
            }
            _ => 1,
        };
        let file = file_name(table, number);
        if !folder::is_plain(&file) || table.contains(['-', '.']) {
            return Err(unsuited(table, "the name of the table cannot be that of a file"));
        }
        let out = BufWriter::with_capacity(1 << 18, self.folder.create(&file)?);
        let sha256 = Checksum::of(b"");
        let segment = Segment { file, table: table.to_owned(), rows: 0, size: 0, sha256 };
        self.open = Some(Open { out, hasher: Sha256::new(), segment });
        Ok(())
    }

    fn close(&mut self) -> Result<(), TransferError> {
        let Some(Open { out, hasher, mut segment }) = self.open.take() else { return Ok(()) };
        let path = self.folder.path(&segment.file)?;
        let file = out.into_inner().map_err(std::io::IntoInnerError::into_error);
        let written = file.and_then(|file| file.sync_all());
        written.map_err(TransferError::file(&path))?;
        segment.sha256 = Checksum::from_hasher(hasher);
        self.done.push(segment);
        Ok(())
    }
}

/// The name of a table's `number`th file.
pub(crate) fn file_name(table: &str, number: usize) -> String {
    format!("{table}-{number:05}{ENDING}")
}

fn unsuited(table: &str, reason: &'static str) -> TransferError {
    TransferError::Unsuited { table: table.to_owned(), reason }
}

/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// Reads the rows of a file, and its checksum as they pass.
pub(crate) struct Rows {
    file: BufReader<File>,
    hasher: Sha256,
    /// Bytes that the file still has: no row can have more.
    left: u64,
}

/// Bytes that are no rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowsError {
    #[error("it ends in the middle of a row")]
    Truncated,
    #[error("a row is larger than a file may be, or than what is left of this one")]
    Length,
    #[error("it does not read: {0}")]
    Io(std::io::Error),
}

impl Rows {
    pub(crate) fn of(file: File) -> Result<Self, RowsError> {
        let left = file.metadata().map_err(RowsError::Io)?.len();
        Ok(Self { file: BufReader::with_capacity(1 << 18, file), hasher: Sha256::new(), left })
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, RowsError> {
        if self.left == 0 {
            return Ok(None);
        }
        let head = self.take(HEAD as u64)?;
        let (Some(key), Some(value)) = (head.first_chunk::<4>(), head.last_chunk::<4>()) else {
            return Err(RowsError::Truncated);
        };
        let (key, value) = (u32::from_be_bytes(*key), u32::from_be_bytes(*value));
        if u64::from(key) + u64::from(value) > MOST {
            return Err(RowsError::Length);
        }
        Ok(Some((self.take(key.into())?, self.take(value.into())?)))
    }

    /// The checksum of everything read.
    pub(crate) fn checksum(self) -> Checksum {
        Checksum::from_hasher(self.hasher)
    }

    /// So many bytes, which are there: a length that lies makes nobody set memory aside.
    fn take(&mut self, size: u64) -> Result<Vec<u8>, RowsError> {
        self.left = self.left.checked_sub(size).ok_or(RowsError::Length)?;
        let mut out = vec![0; usize::try_from(size).map_err(|_| RowsError::Length)?];
        self.file.read_exact(&mut out).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => RowsError::Truncated,
            _ => RowsError::Io(error),
        })?;
        self.hasher.update(&out);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_table_has_several_files_and_a_row_that_is_too_large_has_none() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::make(&place.path().join("backup")).unwrap();
        let mut segments = Segments::new(&folder);
        let value = vec![7; 30 << 20];
        for key in [b"a", b"b", b"c"] {
            segments.put("events", key, &value).unwrap();
        }
        segments.put("rooms", b"a", b"").unwrap();
        assert!(segments.put("rooms", b"b", &vec![0; 64 << 20]).is_err());
        assert!(segments.put("../rooms", b"b", b"").is_err());
        let done = segments.finish().unwrap();
        let found: Vec<_> =
            done.iter().map(|segment| (segment.file.as_str(), segment.rows)).collect();
        let expected =
            [("events-00001.rows", 2), ("events-00002.rows", 1), ("rooms-00001.rows", 1)];
        assert_eq!(found, expected);
        let mut rows = Rows::of(folder.read("events-00002.rows").unwrap().unwrap()).unwrap();
        assert_eq!(rows.next().unwrap(), Some((b"c".to_vec(), value)));
        assert_eq!(rows.next().unwrap(), None);
        assert_eq!(rows.checksum(), done[1].sha256);
    }
}
