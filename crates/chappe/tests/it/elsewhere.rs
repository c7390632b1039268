//! Ways to sign in that this server does not have: it says so, on purpose.

use crate::harness::Server;

#[tokio::test]
async fn nobody_signs_in_through_another_service() {
    let server = Server::start().await;
    let flows = server.http.get("/_matrix/client/v3/login").await.ok();
    let flows = flows["flows"].as_array().unwrap().clone();
    assert!(flows.iter().all(|flow| flow["type"] != "m.login.sso"));
    let redirect = "/_matrix/client/v3/login/sso/redirect";
    let back = "redirectUrl=https%3A%2F%2Fclient.example";
    for path in [format!("{redirect}?{back}"), format!("{redirect}/github?{back}")] {
        let answer = server.http.get(&path).await;
        assert_eq!(answer.header("location"), None);
        answer.refused(404, "M_NOT_FOUND");
    }
    server.http.get(redirect).await.refused(400, "M_MISSING_PARAM");
}

#[tokio::test]
async fn oauth_is_not_spoken_here() {
    let server = Server::start().await;
    for path in ["v1/auth_metadata", "unstable/org.matrix.msc2965/auth_metadata"] {
        let answer = server.http.get(&format!("/_matrix/client/{path}")).await;
        answer.refused(404, "M_UNRECOGNIZED");
    }
}
