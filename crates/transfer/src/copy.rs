//! From one store to another, whatever their engines.

use store::Store;

use crate::error::TransferError;
use crate::fill::Filling;
use crate::mark::{Purpose, refuse_unfinished};
use crate::pages::Pages;
use crate::progress::{Phase, Progress};
use crate::survey::Survey;

/// Copies every row of a store that nobody writes to into an empty one; what was copied.
///
/// Killed at any moment and started again, it goes on. The target cannot be used before it was
/// read back and found to be what the source is. The source is known by what it holds: one that
/// changed between two tries is another source. Where the target is a whole copy already, it is
/// compared and nothing else happens.
pub async fn copy(from: &Store, to: &Store, progress: &Progress) -> Result<Survey, TransferError> {
    refuse_unfinished(from).await?;
    let before = from.catch_up().await?;
    let view = from.snapshot().await?;
    let survey = Survey::of(&view, progress, (Phase::Survey, None)).await?;
    let expected = (&survey, progress);
    let filling = Filling::begin(to, Purpose::Copy, &survey.fingerprint(), expected).await?;
    let Some(mut filling) = filling else { return Ok(survey) };
    progress.begin(Phase::Copy, Some(survey.bytes()));
    let mut pages = Pages::after(&view, filling.upto()).await?;
    while let Some(page) = pages.next().await? {
        let (rows, bytes) = (page.rows.len() as u64, page.bytes());
        for (key, value) in page.rows {
            filling.put(&page.table, key, value).await?;
        }
        progress.add(rows, bytes);
    }
    progress.end();
    filling.check(&survey, progress).await?;
    if from.catch_up().await? != before {
        return Err(TransferError::SourceMoved);
    }
    filling.end().await?;
    Ok(survey)
}
