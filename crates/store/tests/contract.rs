//! The store's contract: one suite of behaviours, run on every engine.
//!
//! A new engine adds a variant to [`contract::disk::Disk`] and a line to `on_every_engine!`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod contract {
    pub(crate) mod disk;

    /// Makes each behaviour (an `async fn(Disk)` above it) a test on one engine.
    macro_rules! on_engine {
        ($engine:ident, $disk:expr, $($behaviour:ident),*) => {
            mod $engine {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                    async fn $behaviour() {
                        super::$behaviour($disk).await;
                    }
                )*
            }
        };
    }

    /// The same on each engine.
    macro_rules! on_every_engine {
        ($($behaviour:ident),* $(,)?) => {
            on_every_shared_engine!($($behaviour),*);
            on_engine!(redb, crate::contract::disk::Disk::redb(), $($behaviour),*);
        };
    }

    /// The same on those whose rows several nodes share.
    macro_rules! on_every_shared_engine {
        ($($behaviour:ident),* $(,)?) => {
            on_engine!(memory, crate::contract::disk::Disk::memory(), $($behaviour),*);
            on_engine!(postgres, crate::contract::disk::Disk::postgres().await, $($behaviour),*);
        };
    }

    mod batches;
    mod crashes;
    mod giving_up;
    mod kill;
    mod late;
    mod log;
    mod nodes;
    mod opening;
    mod postgres;
    mod reads;
}
