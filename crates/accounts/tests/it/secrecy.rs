//! What a thief of the disk finds: no password, no token, no name.

use std::path::Path;

use accounts::{NewSession, RefreshTokens};
use serde_json::json;
use store::{Store, StoreError};
use vault::{KeyEncryptionKey, Vault};

use crate::town::{PASSWORD, Town, eventually};

/// Opens the stores of a directory.
async fn open(directory: &Path) -> Result<(Store, Vault), StoreError> {
    let store = Store::open_redb(&directory.join("store"), 1 << 20)?;
    let keyring = Store::open_redb(&directory.join("keyring"), 1 << 20)?;
    let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
    Ok((store, vault))
}

/// Whether `needle` is anywhere in the files of a directory.
fn is_in(directory: &Path, needle: &str) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

#[tokio::test]
async fn nothing_secret_or_personal_is_readable_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (store, vault) = open(directory.path()).await.unwrap();
    let town = Town::on(store, vault).await;
    let alice = town.named("alice", "Marguerite Yourcenar").await;
    town.accounts.set_profile_field(&alice, "m.tz", json!("Indian/Kerguelen")).await.unwrap();
    let new = NewSession {
        device_id: None,
        name: Some("Alice's old fax machine".to_owned()),
        refresh_tokens: RefreshTokens::Supported,
    };
    let signed_in = town.accounts.begin_session(&alice, new).await.unwrap();
    assert!(town.knows(&signed_in.tokens.access).await);
    let (login, _) = town.accounts.issue_login_token(&alice).await.unwrap();
    town.accounts.flush().await.unwrap();
    let hash = town.password_hash(alice.as_str()).await;
    let refresh = signed_in.tokens.refresh.unwrap();
    let secrets = [
        PASSWORD,
        "Yourcenar",
        "Kerguelen",
        "fax machine",
        hash.rsplit('$').next().unwrap(),
        "argon2id",
        secret_part(signed_in.tokens.access.expose()),
        secret_part(refresh.expose()),
        secret_part(login.expose()),
    ];
    for secret in secrets {
        assert!(!is_in(directory.path(), secret), "{secret} is readable");
    }
    // The search does find what is there.
    assert!(is_in(directory.path(), "@alice:town.example"));
    assert!(is_in(directory.path(), signed_in.device_id.as_str()));
}

fn secret_part(token: &str) -> &str {
    token.rsplit('_').next().unwrap()
}

#[tokio::test]
async fn accounts_that_are_dropped_let_their_files_go() {
    let directory = tempfile::tempdir().unwrap();
    let (store, vault) = open(directory.path()).await.unwrap();
    let town = Town::on(store, vault).await;
    town.named("alice", "Alice").await;
    // What follows the log has caught up, and waits.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(town);
    eventually(|| async { open(directory.path()).await.is_ok() }).await;
}
