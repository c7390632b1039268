//! Networks beyond Matrix, of which none is bridged.

use serde_json::json;

use crate::harness::Server;

const THIRD_PARTY: &str = "/_matrix/client/v3/thirdparty";

#[tokio::test]
async fn no_network_is_bridged_and_that_is_said_plainly() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let ask = async |rest: &str| alice.get(&format!("{THIRD_PARTY}/{rest}")).await;
    assert_eq!(ask("protocols").await.ok(), json!({}));
    assert_eq!(ask("location?alias=%23town:chappe.example").await.ok(), json!([]));
    assert_eq!(ask("user?userid=@alice:chappe.example").await.ok(), json!([]));
    for rest in ["protocol/irc", "location/irc?channel=%23town", "user/irc?nickname=alice"] {
        ask(rest).await.refused(404, "M_NOT_FOUND");
    }
}

#[tokio::test]
async fn what_is_no_alias_or_no_person_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await.careless();
    let ask = async |rest: &str| alice.get(&format!("{THIRD_PARTY}/{rest}")).await;
    ask("location").await.refused(400, "M_MISSING_PARAM");
    ask("user").await.refused(400, "M_MISSING_PARAM");
    ask("location?alias=town").await.refused(400, "M_INVALID_PARAM");
    ask("user?userid=alice").await.refused(400, "M_INVALID_PARAM");
    for rest in ["protocols", "protocol/irc", "location", "user", "location/irc", "user/irc"] {
        let answer = server.http.get(&format!("{THIRD_PARTY}/{rest}")).await;
        answer.refused(401, "M_MISSING_TOKEN");
    }
}
