//! Two nodes: each has an index of its own, of everything that any of them writes.

use vault::Sealing;

use crate::town::Ground;

#[tokio::test]
async fn a_node_finds_what_was_said_and_loses_what_was_taken_back_on_another() {
    let one = Ground::new(Sealing::On).start().await;
    let two = one.ground().another().start().await;
    let alice = one.person("alice");
    let room = one.forum(&[&alice]).await;
    let event = one.says(&alice, &room, "ubiquité").await;
    assert_eq!(two.finds(&alice, "ubiquité").await, ["ubiquité"]);
    two.edits(&alice, &room, (&event, "partout")).await;
    assert_eq!(one.finds(&alice, "partout").await, ["ubiquité"]);
    two.redacts(&alice, &room, &event).await;
    assert!(one.finds(&alice, "partout").await.is_empty());
}
