//! What people do with an application made of matrix-sdk.

use matrix_sdk::RoomState;
use matrix_sdk::encryption::VerificationState;
use matrix_sdk::encryption::recovery::RecoveryState;
use matrix_sdk::ruma::OwnedRoomId;
use matrix_sdk::ruma::api::client::room::create_room::v3::Request as CreateRoom;
use matrix_sdk::ruma::events::key::verification::VerificationMethod;
use peers::{Device, Server, compare, eventually};

const BY_EMOJI: [VerificationMethod; 1] = [VerificationMethod::SasV1];

/// A conversation of two people, encrypted, that both are in.
async fn conversation(alice: &Device, bob: &Device) -> anyhow::Result<OwnedRoomId> {
    let room = alice.client.create_dm(&bob.user()).await?.room_id().to_owned();
    bob.room(&room, RoomState::Invited).await?.join().await?;
    alice.room(&room, RoomState::Joined).await?;
    Ok(room)
}

#[tokio::test]
async fn two_people_write_to_each_other_encrypted() -> anyhow::Result<()> {
    let server = Server::start()?;
    let alice = Device::register(&server, "alice").await?;
    let bob = Device::register(&server, "bob").await?;
    let room = conversation(&alice, &bob).await?;
    assert!(
        bob.room(&room, RoomState::Joined).await?.latest_encryption_state().await?.is_encrypted()
    );
    for turn in 0..5 {
        alice.say(&room, &format!("question {turn}")).await?;
        assert_eq!(bob.read(&room, &format!("question {turn}")).await?, alice.user());
        bob.say(&room, &format!("réponse {turn}")).await?;
        assert_eq!(alice.read(&room, &format!("réponse {turn}")).await?, bob.user());
    }
    Ok(())
}

#[tokio::test]
async fn two_people_verify_each_other_by_emoji() -> anyhow::Result<()> {
    let server = Server::start()?;
    let alice = Device::register(&server, "alice").await?;
    let bob = Device::register(&server, "bob").await?;
    // The application takes a request only from devices that it knows, which it asks for when it
    // writes to them.
    let room = conversation(&alice, &bob).await?;
    alice.say(&room, "bonjour").await?;
    bob.read(&room, "bonjour").await?;
    bob.say(&room, "bonjour à vous").await?;
    alice.read(&room, "bonjour à vous").await?;
    let identity = eventually("bob's identity", || async {
        Ok(alice.client.encryption().request_user_identity(&bob.user()).await?)
    })
    .await?;
    assert!(!identity.is_verified());
    let asking = identity.request_verification_with_methods(BY_EMOJI.to_vec()).await?;
    let asked = bob.requested(&alice.user(), asking.flow_id()).await?;
    compare(&asking, &asked).await?;
    for (one, other) in [(&alice, &bob), (&bob, &alice)] {
        eventually("verified", || async {
            let identity = one.client.encryption().get_user_identity(&other.user()).await?;
            Ok(identity.filter(|identity| identity.is_verified()).map(drop))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_recovery_key_brings_the_past_to_a_new_device() -> anyhow::Result<()> {
    let server = Server::start()?;
    let alice = Device::register(&server, "alice").await?;
    let bob = Device::register(&server, "bob").await?;
    let room = conversation(&alice, &bob).await?;
    bob.say(&room, "avant").await?;
    alice.read(&room, "avant").await?;
    let key = alice.client.encryption().recovery().enable().wait_for_backups_to_upload().await?;
    drop(alice);

    let alice = Device::sign_in(&server, "alice").await?;
    assert_eq!(alice.client.encryption().verification_state().get(), VerificationState::Unverified);
    alice.client.encryption().recovery().recover(&key).await?;
    assert_eq!(alice.client.encryption().recovery().state(), RecoveryState::Enabled);
    eventually("its own device is verified", || async {
        let state = alice.client.encryption().verification_state().get();
        Ok((state == VerificationState::Verified).then_some(()))
    })
    .await?;
    assert_eq!(alice.read(&room, "avant").await?, bob.user());
    bob.say(&room, "après").await?;
    assert_eq!(alice.read(&room, "après").await?, bob.user());
    Ok(())
}

#[tokio::test]
async fn a_new_device_is_verified_by_the_one_before_and_given_the_secrets() -> anyhow::Result<()> {
    let server = Server::start()?;
    let first = Device::register(&server, "alice").await?;
    first.client.encryption().recovery().enable().await?;
    let second = Device::sign_in(&server, "alice").await?;
    let me = eventually("one's own identity", || async {
        Ok(second.client.encryption().request_user_identity(&second.user()).await?)
    })
    .await?;
    let asking = me.request_verification_with_methods(BY_EMOJI.to_vec()).await?;
    let asked = first.requested(&second.user(), asking.flow_id()).await?;
    compare(&asking, &asked).await?;
    eventually("the secrets came", || async {
        let status = second.client.encryption().cross_signing_status().await;
        let whole = status.is_some_and(|status| status.is_complete());
        let backup = second.client.encryption().backups().are_enabled().await;
        Ok((whole && backup).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_list_of_rooms_shows_the_newest_of_many() -> anyhow::Result<()> {
    let server = Server::start()?;
    let alice = Device::register(&server, "alice").await?;
    let mut rooms = Vec::new();
    for number in 0..30 {
        let mut request = CreateRoom::new();
        request.name = Some(format!("salon {number}"));
        rooms.push(alice.client.create_room(request).await?.room_id().to_owned());
    }
    eventually("all are counted", || async {
        let count = alice
            .rooms
            .on_list("all_rooms", |list| std::future::ready(list.maximum_number_of_rooms()));
        Ok((count.await.flatten() == Some(30)).then_some(()))
    })
    .await?;
    let other = Device::sign_in(&server, "alice").await?;
    eventually("the newest come", || async { Ok(other.client.get_room(&rooms[29]).map(drop)) })
        .await?;
    // The oldest is out of the window, until something is said in it.
    assert!(other.client.get_room(&rooms[0]).is_none());
    alice.say(&rooms[0], "encore là").await?;
    other.read(&rooms[0], "encore là").await?;
    Ok(())
}
