//! The media of a backup: each blob a file of its name, and a list of them with sizes and
//! checksums.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use futures_util::TryStreamExt;
use media::{BlobStream, Blobs, MediaError, NamedBlob, NamedBlobs};
use sha2::{Digest, Sha256};
use store::Snapshot;

use crate::blobs;
use crate::checksum::Checksum;
use crate::error::TransferError;
use crate::folder::{DRAFT, Folder, Kind, draft_of};
use crate::manifest::{MEDIA, MEDIA_LIST, Manifest, MediaPart};
use crate::progress::{Phase, Progress};

/// Bytes of a line of the list at most.
const LINE: u64 = 256;
/// Bytes of a blob read at a time.
const PIECE: usize = 1 << 18;

/// A blob of a backup, as the list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) sha256: Checksum,
}

/// An older backup: blobs that it has need not be read from their source again.
pub(crate) struct Since {
    media: Folder,
    known: HashMap<String, Listed>,
}

/// Writes the media of a backup.
struct Writer<'a> {
    folder: Folder,
    from: &'a Blobs,
    since: Option<&'a Since>,
    list: List,
    missing: Vec<String>,
}

/// The list, as it is written.
struct List {
    out: BufWriter<File>,
    hasher: Sha256,
    blobs: u64,
    bytes: u64,
}

impl Since {
    /// Opens a backup whose media may be taken over.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, TransferError> {
        let folder = Folder::open(path)?;
        let manifest = Manifest::read(&folder)?;
        let Some(MediaPart::Here { list_sha256, .. }) = manifest.media else { return Ok(None) };
        let mut known = HashMap::new();
        let mut list = Reader::open(&folder)?;
        while let Some(listed) = list.next()? {
            known.insert(listed.name.clone(), listed);
        }
        if list.checksum() != list_sha256 {
            let reason = "the list of media is damaged: nothing can be taken over from this backup";
            return Err(TransferError::place(&folder.path(MEDIA_LIST)?, reason));
        }
        Ok(Some(Self { media: folder.inside(MEDIA)?, known }))
    }
}

/// Copies every blob that the rows of `view` name into a backup.
pub(crate) async fn write(
    folder: &Folder,
    (view, from): (&Snapshot, &Blobs),
    since: Option<&Since>,
    progress: &Progress,
) -> Result<MediaPart, TransferError> {
    progress.begin(Phase::Media, None);
    let list = folder.create(&draft_of(MEDIA_LIST))?;
    let list = List { out: BufWriter::new(list), hasher: Sha256::new(), blobs: 0, bytes: 0 };
    let inside = folder.make_inside(MEDIA)?;
    let mut writer = Writer { folder: inside, from, since, list, missing: Vec::new() };
    let mut named = NamedBlobs::of(view);
    while let Some(page) = named.next().await? {
        for blob in page {
            let size = blob.size;
            writer.keep(blob).await?;
            progress.add(1, size);
        }
    }
    progress.end();
    let Writer { list: List { out, hasher, blobs, bytes }, missing, folder: inside, .. } = writer;
    let path = folder.path(MEDIA_LIST)?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error);
    file.and_then(|file| file.sync_all()).map_err(TransferError::file(&path))?;
    folder.publish(MEDIA_LIST)?;
    inside.sync()?;
    Ok(MediaPart::Here { blobs, bytes, list_sha256: Checksum::from_hasher(hasher), missing })
}

impl Writer<'_> {
    /// Makes sure that a blob is in the backup, and lists it.
    async fn keep(&mut self, blob: NamedBlob) -> Result<(), TransferError> {
        if !blobs::is_name(&blob.name) {
            let reason = "a blob's name is no name of a file";
            return Err(TransferError::Unsuited { table: blob.name, reason });
        }
        let folder = self.folder.make_inside(blobs::folder_of(&blob.name))?;
        let listed = match self.take_over(&folder, &blob)? {
            Some(listed) => Some(listed),
            None => self.fetch(&folder, &blob).await?,
        };
        if let Some(listed) = listed {
            return self.list.add(&listed, &self.folder);
        }
        self.missing.push(blob.name);
        Ok(())
    }

    /// Takes a blob over from the older backup, if it is there undamaged.
    fn take_over(
        &self,
        folder: &Folder,
        blob: &NamedBlob,
    ) -> Result<Option<Listed>, TransferError> {
        let Some(since) = self.since else { return Ok(None) };
        let known = since.known.get(&blob.name).filter(|known| known.size == blob.size);
        let Some(known) = known else { return Ok(None) };
        let Ok(old) = since.media.inside(blobs::folder_of(&blob.name)) else { return Ok(None) };
        let draft = draft_of(&blob.name);
        folder.remove(&draft)?;
        if std::fs::hard_link(old.path(&blob.name)?, folder.path(&draft)?).is_err() {
            // Not on the same disk, or gone.
            return Ok(None);
        }
        // Damaged, or no file at all: then from the source.
        let undamaged = checksum_of(folder, &draft).ok().flatten() == Some(known.sha256);
        if undamaged && folder.read(&blob.name)?.is_none() {
            folder.publish(&blob.name)?;
            return Ok(Some(known.clone()));
        }
        folder.remove(&draft)?;
        Ok(None)
    }

    /// Copies a blob from where it is; `None` where it is not.
    async fn fetch(
        &self,
        folder: &Folder,
        blob: &NamedBlob,
    ) -> Result<Option<Listed>, TransferError> {
        let name = blob.name.clone();
        let Some((size, content)) = self.from.read(&name).await? else { return Ok(None) };
        if let Some(there) = checksum_of(folder, &name)? {
            return if there == blobs::checksum(content).await? {
                Ok(Some(Listed { name, size, sha256: there }))
            } else {
                Err(TransferError::BlobDiffers { name })
            };
        }
        let draft = draft_of(&name);
        folder.remove(&draft)?;
        let sha256 = save(folder, &draft, content).await?;
        folder.publish(&name)?;
        Ok(Some(Listed { name, size, sha256 }))
    }
}

impl List {
    fn add(&mut self, listed: &Listed, folder: &Folder) -> Result<(), TransferError> {
        let Listed { name, size, sha256 } = listed;
        let line = format!("{sha256} {size} {name}\n");
        self.hasher.update(&line);
        self.blobs += 1;
        self.bytes += size;
        let written = self.out.write_all(line.as_bytes());
        written.map_err(TransferError::file(folder.place()))
    }
}

/// Writes content to a new file.
async fn save(
    folder: &Folder,
    name: &str,
    mut content: BlobStream,
) -> Result<Checksum, TransferError> {
    let path = folder.path(name)?;
    let (mut file, mut hasher) = (folder.create(name)?, Sha256::new());
    while let Some(piece) = content.try_next().await? {
        hasher.update(&piece);
        file.write_all(&piece).map_err(TransferError::file(&path))?;
    }
    file.sync_all().map_err(TransferError::file(&path))?;
    Ok(Checksum::from_hasher(hasher))
}

/// The checksum of a file; `None` where there is none.
pub(crate) fn checksum_of(folder: &Folder, name: &str) -> Result<Option<Checksum>, TransferError> {
    let Some(mut file) = folder.read(name)? else { return Ok(None) };
    let path = folder.path(name)?;
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        let read = file.read(&mut piece).map_err(TransferError::file(&path))?;
        if read == 0 {
            return Ok(Some(Checksum::from_hasher(hasher)));
        }
        hasher.update(piece.get(..read).unwrap_or_default());
    }
}

/// A blob's content from a backup, for where it is restored.
pub(crate) fn content(media: &Folder, name: &str) -> Result<Option<BlobStream>, TransferError> {
    let Some(file) = media.inside(blobs::folder_of(name))?.read(name)? else { return Ok(None) };
    let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).map_err(|_| MediaError::Damaged)?;
        piece.truncate(read);
        Ok((read > 0).then(|| (piece.into(), file)))
    });
    Ok(Some(Box::pin(pieces)))
}

/// Removes the halves of blobs that an interrupted backup left.
pub(crate) fn remove_drafts(folder: &Folder) -> Result<(), TransferError> {
    let media = folder.inside(MEDIA)?;
    for inside in media.items()?.iter().filter(|item| item.kind == Kind::Folder) {
        let inside = media.inside(&inside.name)?;
        for item in inside.items()?.iter().filter(|item| item.kind == Kind::File) {
            if item.name.strip_suffix(DRAFT).is_some_and(blobs::is_name) {
                inside.remove(&item.name)?;
            }
        }
    }
    Ok(())
}

/// Reads the list, line by line, and its checksum as they pass.
pub(crate) struct Reader {
    file: BufReader<File>,
    hasher: Sha256,
    path: std::path::PathBuf,
}

impl Reader {
    /// Opens the list of a backup.
    pub(crate) fn open(folder: &Folder) -> Result<Self, TransferError> {
        let path = folder.path(MEDIA_LIST)?;
        let file = folder.read(MEDIA_LIST)?;
        let file = file.ok_or_else(|| TransferError::place(&path, "is missing"))?;
        Ok(Self { file: BufReader::new(file), hasher: Sha256::new(), path })
    }

    /// The next blob; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Listed>, TransferError> {
        let mut line = Vec::new();
        let read = (&mut self.file).take(LINE).read_until(b'\n', &mut line);
        if read.map_err(TransferError::file(&self.path))? == 0 {
            return Ok(None);
        }
        self.hasher.update(&line);
        let listed = std::str::from_utf8(&line).ok().and_then(Listed::parse);
        listed.map(Some).ok_or_else(|| TransferError::place(&self.path, "has a line that is none"))
    }

    /// The checksum of everything read.
    pub(crate) fn checksum(self) -> Checksum {
        Checksum::from_hasher(self.hasher)
    }
}

impl Listed {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_suffix('\n')?.split(' ');
        let sha256 = Checksum::parse(words.next()?)?;
        let size = words.next()?.parse().ok()?;
        let name = words.next()?.to_owned();
        (words.next().is_none() && blobs::is_name(&name)).then_some(Self { name, size, sha256 })
    }
}
