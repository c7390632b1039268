//! One sealed file: written once from its beginning to its end, read anywhere.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tantivy::HasLen;
use tantivy::directory::{AntiCallToken, FileHandle, OwnedBytes, TerminatingWrite};
use vault::{CHUNK, Chunks, Place, SEALED_CHUNK, Sealer, SealingKey};

use super::{Held, unsealed};

/// Bytes before the chunks at most: how long the wrapped key is, and the key.
pub(super) const HEAD: u64 = 1 + u8::MAX as u64;

/// Files opened so far: each has its own chunks in memory.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// A file that is read.
pub(super) struct SealedFile {
    file: File,
    chunks: Chunks,
    held: Held,
    /// Which opened file this is.
    no: u64,
    /// Where the chunks begin.
    begin: u64,
    /// How many there are.
    count: u32,
    /// How long the content is.
    len: usize,
}

impl SealedFile {
    pub(super) fn open(
        mut file: File,
        (key, place): (&SealingKey, Place<'_>),
        held: Held,
    ) -> io::Result<Self> {
        let mut length = [0];
        file.read_exact(&mut length)?;
        let mut wrapped = vec![0; usize::from(length[0])];
        file.read_exact(&mut wrapped)?;
        let begin = 1 + u64::from(length[0]);
        let chunks = key.open_chunks(place, &wrapped).map_err(unsealed)?;
        let sealed = file.metadata()?.len() - begin;
        let count = sealed.div_ceil(SEALED_CHUNK as u64).max(1);
        let len = sealed.checked_sub(count * (SEALED_CHUNK - CHUNK) as u64);
        let len = len.and_then(|len| usize::try_from(len).ok()).ok_or_else(cut)?;
        let count = u32::try_from(count).map_err(|_| cut())?;
        let no = OPENED.fetch_add(1, Ordering::Relaxed);
        Ok(Self { file, chunks, held, no, begin, count, len })
    }

    /// A chunk, opened.
    fn chunk(&self, number: u32) -> io::Result<Arc<[u8]>> {
        if let Some(chunk) = self.held.get(&(self.no, number)) {
            return Ok(chunk);
        }
        let plain = self.len - (number as usize * CHUNK).min(self.len);
        let mut sealed = vec![0; plain.min(CHUNK) + (SEALED_CHUNK - CHUNK)];
        let at = self.begin + u64::from(number) * SEALED_CHUNK as u64;
        self.file.read_exact_at(&mut sealed, at)?;
        let chunk = self.chunks.open(number, self.count, &sealed).map_err(unsealed)?;
        let chunk: Arc<[u8]> = chunk.into();
        self.held.insert((self.no, number), Arc::clone(&chunk));
        Ok(chunk)
    }
}

impl FileHandle for SealedFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.start > range.end || range.end > self.len {
            return Err(cut());
        }
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        let number = |at: usize| u32::try_from(at / CHUNK).map_err(|_| cut());
        let (first, last) = (number(range.start)?, number(range.end - 1)?);
        if first == last {
            let start = range.start % CHUNK;
            return Ok(OwnedBytes::new(self.chunk(first)?).slice(start..start + range.len()));
        }
        let mut bytes = Vec::with_capacity(range.len());
        for number in first..=last {
            let base = number as usize * CHUNK;
            let from = range.start.saturating_sub(base);
            let to = (range.end - base).min(CHUNK);
            bytes.extend_from_slice(self.chunk(number)?.get(from..to).ok_or_else(cut)?);
        }
        Ok(OwnedBytes::new(bytes))
    }
}

impl HasLen for SealedFile {
    fn len(&self) -> usize {
        self.len
    }
}

impl Drop for SealedFile {
    /// What nobody can ask for any more is not to be held.
    fn drop(&mut self) {
        (0..self.count).for_each(|number| self.held.invalidate(&(self.no, number)));
    }
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedFile").field("len", &self.len).finish_non_exhaustive()
    }
}

/// A file that is written.
pub(super) struct SealedWriter {
    file: File,
    sealer: Option<Sealer>,
    plain: Vec<u8>,
}

impl SealedWriter {
    pub(super) fn begin(mut file: File, key: &SealingKey, place: Place<'_>) -> io::Result<Self> {
        let (sealer, wrapped) = key.seal_stream(place).map_err(unsealed)?;
        let length = u8::try_from(wrapped.len()).map_err(|_| cut())?;
        file.write_all(&[&[length], wrapped.as_slice()].concat())?;
        Ok(Self { file, sealer: Some(sealer), plain: Vec::new() })
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.plain.extend_from_slice(bytes);
        // The last chunk is sealed in another way, so one is always kept back.
        while self.plain.len() > CHUNK {
            let sealer = self.sealer.as_mut().ok_or_else(cut)?;
            let rest = self.plain.split_off(CHUNK);
            let chunk = std::mem::replace(&mut self.plain, rest);
            self.file.write_all(&sealer.next(&chunk).map_err(unsealed)?)?;
        }
        Ok(bytes.len())
    }

    /// What is whole is written; the rest waits for the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for SealedWriter {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        let sealer = self.sealer.take().ok_or_else(cut)?;
        self.file.write_all(&sealer.last(&self.plain).map_err(unsealed)?)
    }
}

fn cut() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "a file of the index is not whole")
}
