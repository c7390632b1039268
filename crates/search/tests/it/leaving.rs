//! What leaves the index, and what never comes into it.

use serde_json::json;

use crate::town::{Town, texts};

#[tokio::test]
async fn what_was_redacted_is_found_no_more() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = town.forum(&[&alice]).await;
    let event = town.says(&alice, &room, "parole regrettée").await;
    assert_eq!(town.finds(&alice, "regret").await.len(), 1);
    town.redacts(&alice, &room, &event).await;
    let answer = town.search.search(&alice.asks("regret")).await.unwrap();
    assert!(answer.hits.is_empty());
    assert_eq!(answer.count, 0, "it is gone, and not only hidden");
}

#[tokio::test]
async fn a_message_is_found_by_what_its_newest_edit_says() {
    let town = Town::new().await;
    let (alice, bob) = (town.person("alice"), town.person("bob"));
    let room = town.forum(&[&alice, &bob]).await;
    let event = town.says(&alice, &room, "réunion mardi").await;
    for committed_between in [true, false] {
        let first = town.edits(&alice, &room, (&event, "réunion mercredi")).await;
        if committed_between {
            assert_eq!(town.finds(&alice, "mercredi").await, ["réunion mardi"]);
            assert!(town.finds(&alice, "mardi").await.is_empty());
        }
        let second = town.edits(&alice, &room, (&event, "réunion jeudi")).await;
        assert_eq!(town.finds(&alice, "jeudi").await, ["réunion mardi"]);
        assert!(town.finds(&alice, "mercredi").await.is_empty());
        let answer = town.search.search(&alice.asks("reunions jeudi")).await.unwrap();
        let highlights: Vec<_> = answer.highlights.into_iter().collect();
        assert_eq!(highlights, ["jeudi", "réunion"], "as it is written now");

        // One that is taken back leaves what was said before it.
        town.redacts(&alice, &room, &second).await;
        assert_eq!(town.finds(&alice, "mercredi").await, ["réunion mardi"]);
        assert!(town.finds(&alice, "jeudi").await.is_empty());
        town.redacts(&alice, &room, &first).await;
        assert_eq!(town.finds(&alice, "mardi").await, ["réunion mardi"]);
        assert_eq!(town.finds(&alice, "réunion").await.len(), 1, "edits are not found themselves");
    }
    town.edits(&bob, &room, (&event, "réunion annulée")).await;
    assert!(town.finds(&alice, "annulée").await.is_empty(), "nobody else edits it");
    let last = town.edits(&alice, &room, (&event, "réunion vendredi")).await;
    town.edits(&alice, &room, (&last, "réunion samedi")).await;
    assert!(town.finds(&alice, "samedi").await.is_empty(), "an edit has no edits");
    town.redacts(&alice, &room, &event).await;
    assert!(town.finds(&alice, "réunion").await.is_empty());
}

#[tokio::test]
async fn what_is_said_in_an_encrypted_room_is_not_found_but_what_was_said_before() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = town.forum(&[&alice]).await;
    let before = town.says(&alice, &room, "note claire").await;
    town.says(&alice, &room, "autre note").await;
    let how = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
    town.sets(&alice, &room, "m.room.encryption", how).await;
    town.says(&alice, &room, "note indiscrète").await;
    town.sets(&alice, &room, "m.room.topic", json!({ "topic": "note de service" })).await;
    town.edits(&alice, &room, (&before, "note changée")).await;
    // Setting it anew moves nothing.
    town.sets(
        &alice,
        &room,
        "m.room.encryption",
        json!({ "algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 7 }),
    )
    .await;
    town.says(&alice, &room, "note encore").await;
    let sealed = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "note" });
    town.sends(&alice, &room, sealed).await;
    for rebuilt in [false, true] {
        if rebuilt {
            town.search.rebuild().await.unwrap();
        }
        let mut found = town.finds(&alice, "note").await;
        found.sort();
        assert_eq!(found, ["autre note", "note claire"], "rebuilt: {rebuilt}");
    }
}

#[tokio::test]
async fn what_was_said_in_a_room_goes_with_it() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let (one, two) = (town.forum(&[&alice]).await, town.forum(&[&alice]).await);
    town.says(&alice, &one, "ici").await;
    town.says(&alice, &two, "ici aussi").await;
    assert_eq!(town.finds(&alice, "ici").await.len(), 2);
    town.purges(&one).await;
    let answer = town.search.search(&alice.asks("ici")).await.unwrap();
    assert_eq!((texts(&answer), answer.count), (vec!["ici aussi".to_owned()], 1));
}

#[tokio::test]
async fn all_that_somebody_said_goes_with_their_key() {
    let town = Town::new().await;
    let (alice, bob) = (town.person("alice"), town.person("bob"));
    let room = town.forum(&[&alice, &bob]).await;
    let event = town.says(&alice, &room, "trace d'alice").await;
    town.edits(&alice, &room, (&event, "trace changée")).await;
    town.says(&bob, &room, "trace de bob").await;
    assert_eq!(town.finds(&bob, "trace").await.len(), 2);
    town.erases(&alice).await;
    let answer = town.search.search(&bob.asks("trace")).await.unwrap();
    assert_eq!((texts(&answer), answer.count), (vec!["trace de bob".to_owned()], 1));
    assert_eq!(town.search.rebuild().await.unwrap(), 1);
}
