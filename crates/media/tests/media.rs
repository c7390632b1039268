//! Media as its users see it: kept, given out, refused; what the storage shows of it; what
//! happens when the storage is away, and on several nodes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod behaviour {
    pub(crate) mod fixture;
    pub(crate) mod place;

    /// Makes each behaviour (an `async fn(Fixture)` above it) a test on each storage.
    macro_rules! on_every_storage {
        ($($behaviour:ident),* $(,)?) => {
            mod directory {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                    async fn $behaviour() {
                        let place = crate::behaviour::place::Place::directory();
                        let fixture = crate::behaviour::fixture::Fixture::at(place).await;
                        super::$behaviour(fixture).await;
                    }
                )*
            }
            mod s3 {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                    async fn $behaviour() {
                        let place = crate::behaviour::place::Place::s3();
                        let fixture = crate::behaviour::fixture::Fixture::at(place).await;
                        super::$behaviour(fixture).await;
                    }
                )*
            }
        };
    }

    mod abandoned;
    mod blobs;
    mod cluster;
    mod disk;
    mod outages;
    mod pictures;
    mod reservations;
    mod settings;
    mod uploads;
}
