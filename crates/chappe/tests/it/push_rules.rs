//! Push rules.

use serde_json::{Value, json};

use crate::harness::{Person, Server};

fn rule(path: &str) -> String {
    format!("/_matrix/client/v3/pushrules/global/{path}")
}

async fn content_rules(person: &Person) -> Vec<String> {
    let rules = person.get("/_matrix/client/v3/pushrules/").await.ok();
    let rules = rules["global"]["content"].as_array().cloned().unwrap_or_default();
    rules.iter().map(|rule| rule["rule_id"].as_str().unwrap().to_owned()).collect()
}

fn word(pattern: &str) -> Value {
    json!({ "pattern": pattern, "actions": ["notify"] })
}

#[tokio::test]
async fn everybody_has_the_specification_s_rules_also_in_sync() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let all = alice.get("/_matrix/client/v3/pushrules/").await.ok();
    assert_eq!(alice.get(&rule("")).await.ok(), all["global"]);
    let sync = alice.syncs("").await;
    let data = sync["account_data"]["events"].as_array().unwrap();
    let event = data.iter().find(|event| event["type"] == "m.push_rules").unwrap();
    assert_eq!(event["content"], all);
    let path = format!("/_matrix/client/v3/user/{}/account_data/m.push_rules", alice.user_id);
    assert_eq!(alice.get(&path).await.ok(), all);
    let master = alice.get(&rule("override/.m.rule.master")).await.ok();
    assert_eq!(master["default"], true);
    assert_eq!(master["enabled"], false);
}

#[tokio::test]
async fn a_rule_is_added_placed_switched_changed_and_deleted() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    alice.put(&rule("content/first"), word("télégraphe-optique")).await.ok();
    alice.put(&rule("content/second"), word("b")).await.ok();
    assert_eq!(content_rules(&alice).await, ["second", "first"]);
    alice.put(&rule("content/second?after=first"), word("b")).await.ok();
    assert_eq!(content_rules(&alice).await, ["first", "second"]);
    alice.put(&rule("content/first/enabled"), json!({ "enabled": false })).await.ok();
    alice.put(&rule("content/first/actions"), json!({ "actions": [] })).await.ok();

    server.restart().await;
    let alice = server.again(&alice);
    let expected = json!({
        "rule_id": "first", "default": false, "enabled": false, "actions": [],
        "pattern": "télégraphe-optique",
    });
    assert_eq!(alice.get(&rule("content/first")).await.ok(), expected);
    assert_eq!(alice.get(&rule("content/first/enabled")).await.ok(), json!({ "enabled": false }));
    assert_eq!(alice.get(&rule("content/first/actions")).await.ok(), json!({ "actions": [] }));
    assert!(server.files_with("télégraphe-optique".as_bytes()).is_empty());
    alice.delete(&rule("content/first")).await.ok();
    assert_eq!(content_rules(&alice).await, ["second"]);
}

#[tokio::test]
async fn a_change_of_rules_comes_down_to_the_person_s_devices() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let since = alice.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    alice.put(&rule("content/x"), word("x")).await.ok();
    let sync = alice.syncs(&format!("?since={since}")).await;
    let data = sync["account_data"]["events"].as_array().unwrap();
    assert_eq!(data[0]["type"], "m.push_rules");
    assert_eq!(data[0]["content"]["global"]["content"][0]["rule_id"], "x");
}

#[tokio::test]
async fn what_is_no_rule_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    alice.put(&rule("content/.own"), word("x")).await.refused(400, "M_INVALID_PARAM");
    alice.put(&rule("content/x?before=nowhere"), word("x")).await.refused(400, "M_UNKNOWN");
    alice.put(&rule("content/x"), json!({ "actions": [] })).await.refused(400, "M_BAD_JSON");
    alice.put(&rule("nonsense/x"), word("x")).await.refused(400, "M_INVALID_PARAM");
    alice.delete(&rule("override/.m.rule.master")).await.refused(400, "M_UNKNOWN");
    for path in ["content/none", "content/none/enabled", "content/none/actions", "nonsense/x"] {
        alice.get(&rule(path)).await.refused(404, "M_NOT_FOUND");
    }
    alice.delete(&rule("content/none")).await.refused(404, "M_NOT_FOUND");
    let off = json!({ "enabled": false });
    alice.put(&rule("content/none/enabled"), off).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn a_rule_without_conditions_is_about_everything() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let rule = "/_matrix/client/v3/pushrules/global/override/quiet";
    alice.put(rule, json!({ "actions": [] })).await.ok();
    let rule = alice.get(rule).await.ok();
    assert_eq!(rule["conditions"], json!([]));
    assert_eq!(rule["enabled"], true);
}

/// The specification's list, as it stands there: no rule less, none more, none of those of old that
/// looked for names in texts.
#[tokio::test]
async fn the_default_rules_are_those_of_the_specification() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let expected = include_str!("push_rules/default.json");
    let expected = expected.replace("[the user's Matrix ID]", &alice.user_id);
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let mut rules = alice.get("/_matrix/client/v3/pushrules/").await.ok()["global"].clone();
    for kind in ["content", "room", "sender"] {
        let of_kind = rules.as_object_mut().unwrap().remove(kind);
        assert!(of_kind.is_none_or(|rules| rules == json!([])), "{kind}");
    }
    assert_eq!(rules, expected);
}
