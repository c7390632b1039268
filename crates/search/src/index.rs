//! The index: opened, or made where there is none that can be used; written and committed.
//!
//! It is made of the store alone, so it is never more than a cache: whatever is wrong with it, it
//! is wiped and made anew. Everything here may wait for the disk, and runs on threads that may.

use std::path::PathBuf;

use base::number::{EventNo, LogPosition};
use parking_lot::RwLock;
use ruma_common::OwnedEventId;
use serde::{Deserialize, Serialize};
use tantivy::collector::DocSetCollector;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term};
use vault::SealingKey;

use crate::SearchError;
use crate::schema::{Fields, TOKENIZER, VERSION, column};
use crate::sealed::{SealedDirectory, make_private, wipe_all};
use crate::words::Words;

/// Bytes that the writer holds in memory at most.
const WRITER_BYTES: usize = 24 << 20;
/// Bytes that are written to see whether any can be.
const PROBE: usize = 1 << 20;
/// A segment of which more than this part is gone is written anew when segments are merged.
const GONE: f32 = 0.2;

/// How far an index goes, kept with each of its commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// [`VERSION`] of what wrote it.
    pub(crate) version: u32,
    /// It holds what the log says up to here.
    pub(crate) position: LogPosition,
    /// A hash of the log's record there: the log of another store may have another.
    pub(crate) record: String,
    /// The last event up to there, and its id: numbers may be given again by a store that was put
    /// back to an older state, ids are not.
    pub(crate) event: Option<(EventNo, OwnedEventId)>,
}

/// What is done to the index.
#[derive(Debug)]
pub(crate) enum Step {
    /// An event is found, or known as an edit.
    Add(TantivyDocument),
    /// What has this term is gone.
    Remove(Term),
}

/// Where an index is kept, and what seals it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) key: SealingKey,
}

/// An index that is written.
pub(crate) struct Writing {
    writer: IndexWriter,
    pub(crate) reading: Reading,
}

/// An index that is read. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reading {
    reader: IndexReader,
    pub(crate) fields: Fields,
}

/// The index that searches read, if there is one.
pub(crate) type Current = RwLock<Option<Reading>>;

impl Mark {
    /// The mark of an index that holds nothing.
    pub(crate) fn beginning() -> Self {
        Self { version: VERSION, position: LogPosition(0), record: String::new(), event: None }
    }

    fn of(index: &Index) -> Result<Option<Self>, SearchError> {
        let payload = index.load_metas()?.payload;
        let mark = payload.and_then(|payload| serde_json::from_str::<Self>(&payload).ok());
        Ok(mark.filter(|mark| mark.version == VERSION))
    }
}

impl Place {
    /// Opens the index for writing, and says how far it goes; `None` when none is there that can
    /// be used.
    pub(crate) fn open(&self) -> Result<Option<(Writing, Mark)>, SearchError> {
        let directory = SealedDirectory::new(self.folder.clone(), self.key.clone());
        if !Index::exists(&directory).unwrap_or(false) {
            return Ok(None);
        }
        let mut index = Index::open(directory)?;
        let (schema, fields) = Fields::schema();
        let mark = Mark::of(&index)?.filter(|_| index.schema() == schema);
        let Some(mark) = mark else { return Ok(None) };
        let writing = Writing::start(&mut index, fields)?;
        writing.reading.read_through()?;
        Ok(Some((writing, mark)))
    }

    /// Begins an index anew, whatever was there.
    pub(crate) fn begin(&self) -> Result<Writing, SearchError> {
        make_private(&self.folder)?;
        wipe_all(&self.folder)?;
        let directory = SealedDirectory::new(self.folder.clone(), self.key.clone());
        let (schema, fields) = Fields::schema();
        let mut index = Index::builder().schema(schema).open_or_create(directory)?;
        let mut writing = Writing::start(&mut index, fields)?;
        writing.commit(&Mark::beginning())?;
        Ok(writing)
    }

    /// Whether the disk takes what is written.
    pub(crate) async fn takes_writes(&self) -> bool {
        let probe = self.folder.join("probe.draft");
        let written = tokio::fs::write(&probe, vec![0; PROBE]).await.is_ok();
        // Wiped with the next index, should it stay.
        let _ = tokio::fs::remove_file(&probe).await;
        written
    }
}

impl Writing {
    fn start(index: &mut Index, fields: Fields) -> Result<Self, SearchError> {
        index.tokenizers().register(TOKENIZER, Words);
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(WRITER_BYTES)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter = index.writer_with_options(options)?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(GONE);
        writer.set_merge_policy(Box::new(policy));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader = reader.doc_store_cache_num_blocks(1).try_into()?;
        Ok(Self { writer, reading: Reading { reader, fields } })
    }

    /// Does steps in their order. They are found, and last, once they are committed.
    pub(crate) fn take(&self, steps: Vec<Step>) -> Result<(), SearchError> {
        for step in steps {
            match step {
                Step::Add(document) => drop(self.writer.add_document(document)?),
                Step::Remove(term) => drop(self.writer.delete_term(term)),
            }
        }
        Ok(())
    }

    /// Commits what was done.
    pub(crate) fn commit(&mut self, mark: &Mark) -> Result<(), SearchError> {
        let payload = serde_json::to_string(mark);
        let payload = payload.map_err(|error| SearchError::Index(error.to_string()))?;
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        self.reading.reader.reload()?;
        Ok(())
    }

    /// Writes anew what holds words that nobody finds any more, so that they are in no file.
    pub(crate) fn purge(&mut self) -> Result<(), SearchError> {
        for segment in self.writer.index().searchable_segment_metas()? {
            if segment.has_deletes() {
                // One that is being merged already loses them there.
                if let Err(error) = self.writer.merge(&[segment.id()]).wait() {
                    tracing::debug!(%error, "a part of the search index is being merged already");
                }
            }
        }
        self.reading.reader.reload()?;
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }
}

impl Reading {
    /// What was committed last.
    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Which event an edit changes, if the event of this number is one.
    pub(crate) fn target_of(&self, edit: EventNo) -> Result<Option<EventNo>, SearchError> {
        let targets = self.values(self.fields.of_event(edit), column::TARGET)?;
        Ok(targets.into_iter().find(|target| *target != 0).map(EventNo))
    }

    /// The edits of an event.
    pub(crate) fn edits_of(&self, target: EventNo) -> Result<Vec<EventNo>, SearchError> {
        let edits = self.values(self.fields.of_target(target), column::EVENT)?;
        Ok(edits.into_iter().map(EventNo).collect())
    }

    /// What a column says of the documents that have a term; 0 where it says nothing.
    fn values(&self, term: Term, column: &str) -> Result<Vec<u64>, SearchError> {
        let searcher = self.searcher();
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let mut values = Vec::new();
        for address in searcher.search(&query, &DocSetCollector)? {
            let segment = searcher.segment_reader(address.segment_ord);
            let column = segment.fast_fields().u64(column)?;
            values.push(column.first(address.doc_id).unwrap_or_default());
        }
        Ok(values)
    }

    /// Reads every file, so that damage is found before anybody searches.
    fn read_through(&self) -> Result<(), SearchError> {
        let damaged = self.searcher().index().validate_checksum()?;
        match damaged.iter().next() {
            None => Ok(()),
            Some(file) => Err(SearchError::Index(format!("{} is damaged", file.display()))),
        }
    }
}
