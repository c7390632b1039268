//! HTTP as a client speaks it, with an answer that tests can look at.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::coverage;
use super::specification::{Exchange, Manners};

/// A client of one server.
#[derive(Clone)]
pub(crate) struct Http {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
    manners: Manners,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The body, when it is JSON; `null` otherwise.
    pub(crate) body: Value,
}

impl Http {
    /// A client of the server at `base`.
    pub(crate) fn new(base: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { base: base.to_owned(), client, manners: Manners::Proper }
    }

    /// The same client, asking for nonsense: what it sends is not held against the specification,
    /// and is no test of what it asks for.
    pub(crate) fn careless(&self) -> Self {
        Self { manners: Manners::Careless, ..self.clone() }
    }

    /// Where the server is: `http://address`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The same client, of another server.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Asks for something; `body` goes as it is.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.tries(method, path, headers, body).await.expect("the server answers")
    }

    /// Asks for something of a server that may go away meanwhile: then there is no answer. Fails
    /// when request or answer are not as the specification says.
    pub(crate) async fn tries(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let sent: Bytes = body.into();
        let mut request =
            Request::builder().method(method.clone()).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(sent.clone())).expect("a well-formed request");
        let (parts, body) = self.client.request(request).await?.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, bytes, body };
        let named = |name: &str| headers.iter().find(|(given, _)| *given == name);
        let exchange = Exchange {
            manners: self.manners,
            method: &method,
            path,
            authorization: named("authorization").map_or("", |(_, value)| value),
            sent: &sent,
            status: answer.status,
            content_type: answer.header("content-type").unwrap_or_default(),
            bytes: &answer.bytes,
            body: &answer.body,
        };
        exchange.check();
        coverage::record(&exchange);
        Ok(answer)
    }

    /// Asks without a token.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[], Bytes::new()).await
    }

    /// Posts JSON without a token.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, &[], body.to_string()).await
    }
}

impl Answer {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.bytes));
        self.body
    }

    /// The body of an answer that must be this refusal.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, errcode: &str) -> Value {
        let got = (self.status, self.body["errcode"].as_str().unwrap_or_default());
        assert_eq!(got, (status, errcode), "{}", String::from_utf8_lossy(&self.bytes));
        assert!(self.body["error"].is_string(), "a refusal says why");
        self.body
    }

    /// A header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
