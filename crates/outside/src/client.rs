//! The client: asks, follows where it may, reads what it can hold.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ipnet::IpNet;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::time::timeout;
use url::{Host, Url};

use crate::address::Guard;
use crate::connect::Connector;
use crate::error::OutsideError;

/// Bytes of an address at most.
const LONGEST_ADDRESS: usize = 2048;
/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Connections to one host kept at most while nobody uses them.
const IDLE_CONNECTIONS: usize = 8;

/// What the operator says of the outside.
#[derive(Clone, Debug, Default)]
pub struct OutsideSettings {
    /// Networks that may be asked although they are inside, also in plain HTTP.
    pub allowed: Vec<IpNet>,
}

/// What an answer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the question to the last byte, redirections included.
    pub time: Duration,
    /// Bytes of the answer's body.
    pub bytes: usize,
    /// How often the answer may lead elsewhere. Only what is got is followed.
    pub redirections: usize,
    /// In what the question may go.
    pub schemes: Schemes,
}

/// In what a question may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// HTTPS alone, but for networks that the operator allows.
    Https,
    /// Also plain HTTP.
    HttpsOrHttp,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Ask {
    /// GET, POST…
    pub method: Method,
    /// Further headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub bytes: Bytes,
    /// Where it came from, after redirections.
    pub final_url: Url,
}

/// Asks the outside. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    guard: Arc<Guard>,
}

impl Outside {
    /// A client that trusts the certificates that this machine trusts.
    pub fn new(settings: OutsideSettings) -> Result<Self, OutsideError> {
        let guard = Arc::new(Guard { allowed: settings.allowed });
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls()?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector { guard: Arc::clone(&guard) });
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Ok(Self { client, guard })
    }

    /// Reads an address and refuses what can be told from its text alone; where it leads is seen
    /// when it is asked.
    pub fn address(&self, text: &str, schemes: Schemes) -> Result<Url, OutsideError> {
        if text.len() > LONGEST_ADDRESS {
            return Err(OutsideError::Address("it is too long"));
        }
        let url = Url::parse(text).map_err(|_| OutsideError::Address("it is no URL"))?;
        self.check(&url, schemes)?;
        Ok(url)
    }

    /// Gets a page.
    pub async fn get(&self, url: &str, limits: Limits) -> Result<Answer, OutsideError> {
        let ask = Ask { method: Method::GET, headers: HeaderMap::new(), body: Bytes::new() };
        self.ask(url, ask, limits).await
    }

    /// Posts JSON. Where the answer leads is not followed.
    pub async fn post_json(
        &self,
        url: &str,
        body: &Value,
        limits: Limits,
    ) -> Result<Answer, OutsideError> {
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        let ask = Ask { method: Method::POST, headers, body: body.to_string().into() };
        self.ask(url, ask, limits).await
    }

    /// Asks anything.
    pub async fn ask(&self, url: &str, ask: Ask, limits: Limits) -> Result<Answer, OutsideError> {
        let url = self.address(url, limits.schemes)?;
        timeout(limits.time, self.follow(url, ask, limits)).await.map_err(|_| OutsideError::Late)?
    }

    async fn follow(&self, url: Url, ask: Ask, limits: Limits) -> Result<Answer, OutsideError> {
        let mut url = url;
        for _ in 0..=limits.redirections {
            let response = self.send(&url, &ask).await?;
            let next = location(&response, &url)
                .filter(|_| ask.method == Method::GET && limits.redirections > 0);
            let Some(next) = next else { return read(response, url, limits.bytes).await };
            self.check(&next, limits.schemes)?;
            // What was meant for one host is not told to another.
            if next.origin() != url.origin() && !ask.headers.is_empty() {
                return Err(OutsideError::Address("it leads to another host"));
            }
            url = next;
        }
        Err(OutsideError::Redirections)
    }

    async fn send(&self, url: &Url, ask: &Ask) -> Result<Response<Incoming>, OutsideError> {
        let unfit = |_| OutsideError::Address("it is no address of HTTP");
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(url.as_str())
            .body(Full::new(ask.body.clone()))
            .map_err(unfit)?;
        *request.headers_mut() = ask.headers.clone();
        let agent: (HeaderName, _) = (USER_AGENT, HeaderValue::from_static("Chappe"));
        request.headers_mut().entry(agent.0).or_insert(agent.1);
        self.client.request(request).await.map_err(|error| OutsideError::of(&error))
    }

    fn check(&self, url: &Url, schemes: Schemes) -> Result<(), OutsideError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutsideError::Address("it holds a name or a password"));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(OutsideError::Address("it names no host")),
        };
        let allowed = literal.is_some_and(|address| self.guard.allows(address));
        match url.scheme() {
            "https" => {}
            "http" if schemes == Schemes::HttpsOrHttp || allowed => {}
            _ => return Err(OutsideError::Address("it is not of HTTPS")),
        }
        if literal.is_some_and(|address| !self.guard.admits(address)) {
            return Err(OutsideError::Inside);
        }
        Ok(())
    }
}

/// Where an answer leads, if it leads elsewhere.
fn location(response: &Response<Incoming>, from: &Url) -> Option<Url> {
    let leads = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| leads)?;
    from.join(location.to_str().ok()?).ok()
}

async fn read(
    response: Response<Incoming>,
    final_url: Url,
    limit: usize,
) -> Result<Answer, OutsideError> {
    let (parts, mut body) = response.into_parts();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| OutsideError::of(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(OutsideError::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Answer { status: parts.status, headers: parts.headers, bytes: bytes.freeze(), final_url })
}

fn tls() -> Result<ClientConfig, OutsideError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| OutsideError::Tls(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
