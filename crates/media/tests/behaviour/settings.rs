//! What settings are refused, and what they show of themselves.

use base::secret::Secret;
use media::{Blobs, MediaError, S3Settings, Storage};

fn at(endpoint: &str) -> Storage {
    Storage::S3(S3Settings {
        bucket: "files".to_owned(),
        prefix: String::new(),
        endpoint: Some(endpoint.to_owned()),
        region: "here".to_owned(),
        access_key_id: "public".to_owned(),
        secret_access_key: Secret::new("hush".to_owned()),
    })
}

#[test]
fn without_tls_a_store_must_be_on_this_machine() {
    let good = [
        "https://s3.example",
        "https://s3.example:9000/",
        "http://127.0.0.1:9000",
        "http://127.8.9.10:9000",
        "http://localhost:9000",
        "http://[::1]:9000",
    ];
    for endpoint in good {
        assert!(Blobs::open(&at(endpoint)).is_ok(), "{endpoint}");
    }
    let bad = [
        "http://s3.example",
        "http://10.0.0.1:9000",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://[::2]:9000",
        "ftp://127.0.0.1",
        "s3.example",
        "",
        "https://",
        "https://name:hush@s3.example",
        "http://127.0.0.1@s3.example",
        "https://s3.example?hush",
    ];
    for endpoint in bad {
        let refused = Blobs::open(&at(endpoint));
        let Err(MediaError::Settings(reason)) = refused else { panic!("{endpoint}: {refused:?}") };
        assert!(!reason.contains("hush"), "{reason}");
    }
}

#[test]
fn settings_do_not_show_their_secret() {
    let storage = at("https://s3.example");
    let shown = format!("{storage:?} {:?}", Blobs::open(&storage).unwrap());
    assert!(shown.contains("s3.example") && !shown.contains("hush"), "{shown}");
}
