//! The service: opened once, asked by anybody.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::number::LogPosition;
use rooms::Rooms;
use store::Store;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use vault::{Owner, Vault};

use crate::SearchError;
use crate::index::{Current, Place, Reading};
use crate::keeper::{Keeper, Order};
use crate::sealed::{hold_alone, make_private, wipe_all};

/// How long a search waits at most for what was said just before it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Search. Cheap to clone.
#[derive(Clone)]
pub struct Search(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) rooms: Rooms,
    store: Store,
    current: Arc<Current>,
    orders: mpsc::Sender<Order>,
    wanted: watch::Sender<LogPosition>,
    reached: watch::Receiver<Option<LogPosition>>,
    keeper: Mutex<Option<JoinHandle<()>>>,
    /// Held while anybody may touch the index's files.
    _alone: File,
}

impl Search {
    /// Opens the index in a folder, which is made, and follows the log with it. Damage, another
    /// version, or the index of another store are no failure: it is then made anew.
    pub async fn open(
        store: Store,
        vault: &Vault,
        rooms: Rooms,
        folder: PathBuf,
    ) -> Result<Self, SearchError> {
        let key = vault.key(&Owner::Server).await?;
        make_private(&folder)?;
        let alone = hold_alone(&folder)?;
        let current = Arc::new(Current::default());
        let (orders, ordered) = mpsc::channel(4);
        let (wanted, wanting) = watch::channel(LogPosition(0));
        let (reaching, reached) = watch::channel(None);
        let keeper = Keeper {
            store: store.clone(),
            rooms: rooms.clone(),
            place: Place { folder, key },
            current: Arc::clone(&current),
            orders: ordered,
            wanted: wanting,
            reached: reaching,
        };
        let keeper = Mutex::new(Some(tokio::spawn(keeper.run())));
        let inner = Inner { rooms, store, current, orders, wanted, reached, keeper, _alone: alone };
        Ok(Self(Arc::new(inner)))
    }

    /// Makes the index anew; returns when it holds everything that was said until now, and says
    /// how many messages, names and topics those are.
    pub async fn rebuild(&self) -> Result<u64, SearchError> {
        let (asker, done) = oneshot::channel();
        self.0.orders.send(Order::Rebuild(asker)).await.map_err(|_| SearchError::NotReady)?;
        done.await.map_err(|_| SearchError::NotReady)?;
        let reading = self.reading()?;
        Ok(tokio::task::spawn_blocking(move || reading.searcher().num_docs()).await?)
    }

    /// Lets go of the index and of the store. What is asked afterwards is not answered.
    pub async fn close(&self) {
        // One that has ended already needs no telling.
        let _ = self.0.orders.send(Order::Close).await;
        if let Some(keeper) = self.0.keeper.lock().await.take() {
            let _ = keeper.await;
        }
        *self.0.current.write() = None;
    }

    /// The index as it is when everything is in it that was said before this was called, as far as
    /// that can be waited for; and how far it goes.
    pub(crate) async fn fresh(&self) -> Result<(Reading, LogPosition), SearchError> {
        let end = self.0.store.catch_up().await?;
        self.0.wanted.send_if_modified(|wanted| {
            let later = *wanted < end;
            *wanted = end.max(*wanted);
            later
        });
        let mut reached = self.0.reached.clone();
        let arrived = reached.wait_for(|reached| *reached >= Some(end));
        match tokio::time::timeout(PATIENCE, arrived).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return Err(SearchError::NotReady),
            Err(_) => tracing::info!("a search finds less than was said: the index is behind"),
        }
        // The position first: what is committed after it is known to be later.
        let position = *self.0.reached.borrow();
        Ok((self.reading()?, position.ok_or(SearchError::NotReady)?))
    }

    /// Has the index made anew, which did not read.
    pub(crate) fn report(&self, error: &SearchError) {
        tracing::warn!(%error, "the search index does not read: it is made anew");
        // Told already, when there is no place left to tell it.
        let _ = self.0.orders.try_send(Order::Damaged);
    }

    fn reading(&self) -> Result<Reading, SearchError> {
        self.0.current.read().clone().ok_or(SearchError::NotReady)
    }
}

/// Removes the index in a folder, if there is one: nobody follows what is to leave it.
pub fn remove(folder: &Path) -> Result<(), SearchError> {
    if !folder.try_exists()? {
        return Ok(());
    }
    let _alone = hold_alone(folder)?;
    wipe_all(folder)?;
    Ok(std::fs::remove_dir_all(folder)?)
}
