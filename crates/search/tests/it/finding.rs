//! What is found, by whom, in which order.

use std::collections::HashSet;

use rooms::EventFilter;
use search::{Key, Order, Question, SearchError};
use serde_json::json;

use crate::town::{Town, texts};

#[tokio::test]
async fn words_are_found_in_french_and_in_english_however_they_are_written() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = town.forum(&[&alice]).await;
    let said = [
        "Les réunions du conseil municipal sont publiques",
        "L’hôtel de ville ouvre à 9h30",
        "Nous avons voté le budget d'été",
        "The meetings were moved to Monday",
        "Two policies about remote working",
        "Le cœur du système d'information",
        "rendez-vous à l’école Jean-Jaurès",
    ];
    for text in said {
        town.says(&alice, &room, text).await;
    }
    let table: [(&str, &[usize]); 24] = [
        ("réunion", &[0]),
        ("reunion", &[0]),
        ("RÉUNIONS ", &[0]),
        ("conseils municipaux", &[0]),
        ("conseils municipales ", &[0]),
        ("hotel", &[1]),
        ("l'hôtel", &[1]),
        ("ville hotel", &[1]),
        ("le budget de l'été", &[2]),
        ("budgets ", &[2]),
        ("meeting", &[3]),
        ("meetings", &[3]),
        ("moving monday", &[3]),
        ("policy", &[4]),
        ("work", &[4]),
        ("coeur", &[5]),
        ("CŒUR", &[5]),
        ("jaures", &[6]),
        ("rendez vous", &[6]),
        ("munic", &[0]),
        ("munic ", &[]),
        ("budget réunion", &[]),
        ("\"hôtel de ville\"", &[1]),
        ("\"ville de hôtel\"", &[]),
    ];
    for (term, expected) in table {
        let expected: Vec<_> = expected.iter().map(|number| said[*number]).collect();
        assert_eq!(town.finds(&alice, term).await, expected, "{term}");
    }
    for nothing in ["", " ", "?!", "\"", "zzz"] {
        assert!(town.finds(&alice, nothing).await.is_empty(), "{nothing}");
    }
}

#[tokio::test]
async fn names_and_topics_are_found_and_keys_tell_them_apart() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = town.forum(&[&alice]).await;
    town.says(&alice, &room, "quorum dans un message").await;
    town.sets(&alice, &room, "m.room.name", json!({ "name": "quorum des noms" })).await;
    let rich = json!({ "m.text": [
        { "body": "<b>gras</b>", "mimetype": "text/html" }, { "body": "fouille riche" },
    ] });
    let topic = json!({ "topic": "quorum du sujet", "m.topic": rich });
    town.sets(&alice, &room, "m.room.topic", topic).await;
    let table = [
        (
            Key::ALL.to_vec(),
            HashSet::from(["quorum dans un message", "quorum des noms", "quorum du sujet"]),
        ),
        (vec![Key::Body], HashSet::from(["quorum dans un message"])),
        (vec![Key::Name], HashSet::from(["quorum des noms"])),
        (vec![Key::Topic, Key::Name], HashSet::from(["quorum des noms", "quorum du sujet"])),
        (vec![], HashSet::new()),
    ];
    for (keys, expected) in table {
        let question = Question { keys: keys.clone(), ..alice.asks("quorum") };
        let found = texts(&town.search.search(&question).await.unwrap());
        assert_eq!(found.iter().map(String::as_str).collect::<HashSet<_>>(), expected, "{keys:?}");
    }
    assert_eq!(town.finds(&alice, "fouille riche").await, ["quorum du sujet"]);
    assert!(town.finds(&alice, "gras").await.is_empty());
}

#[tokio::test]
async fn filters_choose_by_room_sender_kind_url_and_time() {
    let town = Town::new().await;
    let (alice, bob) = (town.person("alice"), town.person("bob"));
    let (one, two) = (town.forum(&[&alice, &bob]).await, town.forum(&[&alice, &bob]).await);
    town.says(&alice, &one, "plan A").await;
    town.says(&bob, &one, "plan B").await;
    town.says(&alice, &two, "plan C").await;
    let file = json!({ "msgtype": "m.file", "body": "plan D", "url": "mxc://s.test/d" });
    town.sends(&bob, &two, file).await;
    town.sets(&alice, &two, "m.room.name", json!({ "name": "sans rapport" })).await;
    let at = 1_700_000_000_000;
    let filter = |value: serde_json::Value| serde_json::from_value::<EventFilter>(value).unwrap();
    let ask =
        |value| Question { filter: filter(value), order: Order::Recent, ..alice.asks("plan") };
    let table = [
        (ask(json!({})), vec!["plan D", "plan C", "plan B", "plan A"]),
        (ask(json!({ "rooms": [one] })), vec!["plan B", "plan A"]),
        (ask(json!({ "not_rooms": [one, "!unknown:s.test"] })), vec!["plan D", "plan C"]),
        (ask(json!({ "rooms": [] })), vec![]),
        (ask(json!({ "senders": [bob.id] })), vec!["plan D", "plan B"]),
        (ask(json!({ "not_senders": [bob.id] })), vec!["plan C", "plan A"]),
        (ask(json!({ "types": ["m.room.n*"] })), vec![]),
        (ask(json!({ "not_types": ["m.room.message"] })), vec![]),
        (ask(json!({ "contains_url": true })), vec!["plan D"]),
        (ask(json!({ "contains_url": false })), vec!["plan C", "plan B", "plan A"]),
        (Question { from: Some(at + 3000), ..ask(json!({})) }, vec!["plan D", "plan C"]),
        (Question { to: Some(at + 3000), ..ask(json!({})) }, vec!["plan B", "plan A"]),
        (Question { from: Some(at + 2000), to: Some(at + 2001), ..ask(json!({})) }, vec!["plan B"]),
        (Question { ignored: vec![bob.id.clone()], ..ask(json!({})) }, vec!["plan C", "plan A"]),
        (
            Question { ignored: vec![alice.id.clone()], ..ask(json!({})) },
            vec!["plan D", "plan C", "plan B", "plan A"],
        ),
    ];
    for (question, expected) in table {
        let found = town.search.search(&question).await.unwrap();
        assert_eq!(texts(&found), expected, "{question:?}");
        assert_eq!(found.count, expected.len() as u64, "{question:?}");
    }
}

#[tokio::test]
async fn everybody_finds_what_they_may_see_and_nothing_else() {
    let town = Town::new().await;
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| town.person(name));
    let joined = rooms::StateInput {
        kind: "m.room.history_visibility".to_owned(),
        state_key: String::new(),
        content: json!({ "history_visibility": "joined" }),
    };
    let room = town.forum_with(&[&alice], vec![joined]).await;
    town.says(&alice, &room, "secret one").await;
    town.enters(&bob, &room).await;
    town.says(&alice, &room, "secret two").await;
    town.leaves(&bob, &room).await;
    town.says(&alice, &room, "secret three").await;

    assert_eq!(town.finds(&alice, "secret").await.len(), 3);
    assert_eq!(town.finds(&bob, "secret").await, ["secret two"]);
    assert!(town.finds(&carol, "secret").await.is_empty());
    town.rooms.forget(&bob.id, &room).await.unwrap();
    assert!(town.finds(&bob, "secret").await.is_empty());
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition_while_people_go_on_talking() {
    let town = Town::new().await;
    let (alice, bob) = (town.person("alice"), town.person("bob"));
    let rooms = [town.forum(&[&alice, &bob]).await, town.forum(&[&alice, &bob]).await];
    let mut expected = HashSet::new();
    for number in 0..23 {
        let (who, room) = (if number % 3 == 0 { &bob } else { &alice }, &rooms[number % 2]);
        let text = format!("page {number} {}", "mot ".repeat(number % 5));
        town.says(who, room, &text).await;
        expected.insert(text);
    }
    for order in [Order::Rank, Order::Recent] {
        let mut question = Question { order, limit: 5, ..alice.asks("page") };
        let mut found = Vec::new();
        for page in 0.. {
            let answer = town.search.search(&question).await.unwrap();
            assert!(answer.hits.len() <= 5);
            found.extend(texts(&answer));
            town.says(&alice, &rooms[0], &format!("une autre page {page}")).await;
            question.next_batch = answer.next_batch;
            if question.next_batch.is_none() {
                break;
            }
        }
        let said = found.iter().filter(|text| expected.contains(*text)).count();
        assert_eq!(
            (said, found.len()),
            (23, HashSet::<&String>::from_iter(&found).len()),
            "{order:?}"
        );
        expected.extend(found);
    }
}

#[tokio::test]
async fn a_group_has_pages_of_its_own() {
    let town = Town::new().await;
    let (alice, bob) = (town.person("alice"), town.person("bob"));
    let rooms = [town.forum(&[&alice, &bob]).await, town.forum(&[&alice, &bob]).await];
    for number in 0..8 {
        let who = if number < 6 { &alice } else { &bob };
        town.says(who, &rooms[number % 2], &format!("groupe {number}")).await;
    }
    let first = Question { order: Order::Recent, limit: 4, ..alice.asks("groupe") };
    let answer = town.search.search(&first).await.unwrap();
    assert_eq!(texts(&answer), ["groupe 7", "groupe 6", "groupe 5", "groupe 4"]);
    let next = answer.next_in_rooms[&rooms[1]].clone();
    let rest = town.search.search(&Question { next_batch: next, ..first.clone() }).await.unwrap();
    assert_eq!(texts(&rest), ["groupe 3", "groupe 1"]);
    assert_eq!(rest.next_batch, None);
    assert_eq!(answer.next_of_senders[&bob.id], None);
    let next = answer.next_of_senders[&alice.id].clone();
    let rest = town.search.search(&Question { next_batch: next, ..first.clone() }).await.unwrap();
    assert_eq!(texts(&rest), ["groupe 3", "groupe 2", "groupe 1", "groupe 0"]);

    let wrong = Question { order: Order::Rank, next_batch: answer.next_batch, ..first };
    let refused = town.search.search(&wrong).await;
    assert!(matches!(refused, Err(SearchError::Token(_))));
}

#[tokio::test]
async fn who_names_a_room_means_also_what_it_goes_on_from() {
    let town = Town::new().await;
    let (alice, bob) = (town.person("alice"), town.person("bob"));
    let old = town.forum(&[&alice, &bob]).await;
    town.says(&alice, &old, "héritage").await;
    let upgraded = town.upgrades(&alice, &old).await;
    town.enters(&bob, &upgraded).await;
    town.says(&alice, &upgraded, "héritage repris").await;
    let filter = EventFilter { rooms: Some(vec![upgraded.clone()]), ..EventFilter::default() };
    let question = Question { filter, order: Order::Recent, ..bob.asks("héritage") };
    let found = town.search.search(&question).await.unwrap();
    assert_eq!(texts(&found), ["héritage repris", "héritage"]);
}

#[tokio::test]
async fn better_answers_come_first() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = town.forum(&[&alice]).await;
    let long = "un très long message où le mot budget ne vient qu'une fois parmi beaucoup d'autres";
    for text in ["budget budget", long, "le budgétaire", "rien", "tout autre chose", "encore"] {
        town.says(&alice, &room, text).await;
    }
    assert_eq!(town.finds(&alice, "budget").await, ["budget budget", long, "le budgétaire"]);
    let answer = town.search.search(&alice.asks("budget")).await.unwrap();
    assert!(answer.hits.is_sorted_by(|one, other| one.rank >= other.rank));
    assert_eq!(answer.highlights.into_iter().collect::<Vec<_>>(), ["budget", "budgétaire"]);
}
