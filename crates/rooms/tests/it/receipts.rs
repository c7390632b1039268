//! How far people have read.

use base::change::Change;
use base::number::LogPosition;
use rooms::{Receipt, ReceiptKind};

use crate::town::{Person, Refused, Town, private, refusal};

fn summary(receipts: &[Receipt]) -> Vec<(&str, &str, Option<&str>, &str)> {
    let mut rows = Vec::with_capacity(receipts.len());
    for Receipt { user, kind, thread, event_id, .. } in receipts {
        rows.push((user.localpart(), kind.as_str(), thread.as_deref(), event_id.as_str()));
    }
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn a_receipt_moves_forward_only_and_apart_by_kind_and_thread() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(private(), &[&bob]).await;
        let mut said = Vec::new();
        for word in ["1", "2", "3"] {
            said.push(alice.says(&room, word).await.unwrap());
        }
        let reads = async |who: &Person, event: usize, kind, thread| {
            who.rooms().set_receipt(&who.id, &room, &said[event], (kind, thread)).await.unwrap();
        };
        reads(&bob, 1, ReceiptKind::Read, None).await;
        reads(&bob, 0, ReceiptKind::Read, None).await;
        reads(&bob, 0, ReceiptKind::Read, Some("main")).await;
        reads(&bob, 2, ReceiptKind::Private, None).await;
        reads(&alice, 2, ReceiptKind::Read, None).await;
        let no = town.rooms.room(&room).await.unwrap().no;
        let town = town.restarted().await;
        let [first, second, third] = [0, 1, 2].map(|number| said[number].as_str());
        let all = town.rooms.receipts(no).await.unwrap();
        assert_eq!(
            summary(&all),
            [
                ("alice", "m.read", None, third),
                ("bob", "m.read", None, second),
                ("bob", "m.read", Some("main"), first),
                ("bob", "m.read.private", None, third),
            ]
        );
        assert_eq!(town.rooms.receipts_of(no, &bob.id).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_receipt_is_told_once_and_privately_where_it_is_private() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let said = alice.says(&room, "hello").await.unwrap();
    let before = town.store.log_end();
    for kind in [ReceiptKind::Private, ReceiptKind::Read, ReceiptKind::Read] {
        bob.rooms().set_receipt(&bob.id, &room, &said, (kind, None)).await.unwrap();
    }
    let entries = town.store.read_log(before, 10).await.unwrap();
    let told: Vec<_> = entries.iter().map(|entry| journal::decode(entry).unwrap()).collect();
    let no = town.rooms.room(&room).await.unwrap().no;
    let receipt = |private| Change::Receipt { room: no, user: bob.id.clone(), private };
    assert_eq!(told, [receipt(true), receipt(false)]);
    assert!(before > LogPosition(0));
}

#[tokio::test]
async fn only_who_is_in_the_room_reads_its_events() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(private()).await;
    let other = bob.creates(private()).await;
    let said = alice.says(&room, "hello").await.unwrap();
    let read =
        async |room| bob.rooms().set_receipt(&bob.id, room, &said, (ReceiptKind::Read, None)).await;
    assert_eq!(refusal(read(&room).await), Refused::Forbidden);
    assert_eq!(refusal(read(&other).await), Refused::NotFound);
}
