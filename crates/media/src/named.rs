//! Which blobs the rows name: what a backup has to hold besides the rows.

use store::{Direction, Key, Prefix, Reader, Table};

use crate::error::MediaError;
use crate::sealed::sealed_size;
use crate::tables::{BlobRow, MEDIA, MediaRow, THUMBNAILS, ThumbnailKey};

/// Rows read at a time.
const PAGE: usize = 512;

/// A blob that a row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBlob {
    /// Its name in the storage.
    pub name: String,
    /// Its bytes there.
    pub size: u64,
}

/// Every blob that the rows of a view name, page by page.
pub struct NamedBlobs<'a, R> {
    view: &'a R,
    place: Place,
}

/// After which row to go on.
enum Place {
    Media(Option<String>),
    Thumbnails(Option<ThumbnailKey>),
    End,
}

impl<'a, R: Reader> NamedBlobs<'a, R> {
    /// Those of this view.
    pub fn of(view: &'a R) -> Self {
        Self { view, place: Place::Media(None) }
    }

    /// The next of them, which may be none on the way; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<NamedBlob>>, MediaError> {
        match &self.place {
            Place::Media(after) => {
                let rows = page(self.view, &MEDIA, after.as_ref()).await?;
                let last = rows.last().map(|(key, _)| key.clone());
                self.place = last.map_or(Place::Thumbnails(None), |key| Place::Media(Some(key)));
                let stored = rows.into_iter().filter_map(|(_, row)| match row {
                    MediaRow::Stored { blob, .. } => Some(named(blob)),
                    MediaRow::Reserved { .. } => None,
                });
                Ok(Some(stored.collect()))
            }
            Place::Thumbnails(after) => {
                let rows = page(self.view, &THUMBNAILS, after.as_ref()).await?;
                let last = rows.last().map(|(key, _)| key.clone());
                self.place = last.map_or(Place::End, |key| Place::Thumbnails(Some(key)));
                Ok(Some(rows.into_iter().map(|(_, blob)| named(blob)).collect()))
            }
            Place::End => Ok(None),
        }
    }
}

async fn page<K: Key, V: serde::Serialize + serde::de::DeserializeOwned>(
    view: &impl Reader,
    table: &Table<K, V>,
    after: Option<&K>,
) -> Result<Vec<(K, V)>, MediaError> {
    let part = after.map_or_else(Prefix::all, |key| Prefix::all().after(key));
    Ok(table.scan(view, &part, Direction::Forward, PAGE).await?)
}

fn named(blob: BlobRow) -> NamedBlob {
    NamedBlob { name: blob.name, size: sealed_size(blob.size) }
}
