//! Listening: connections in, requests to the router, an orderly end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use api::ClientAddress;
use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// How long a request's head may take to arrive, and a silent connection stays open.
const HEAD_TIMEOUT: Duration = Duration::from_mins(1);
/// How long requests under way may take to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Listeners that are open, and what they hand requests to.
pub(crate) struct Listeners {
    open: Vec<TcpListener>,
    service: Service,
    places: Arc<Semaphore>,
}

/// What answers requests.
#[derive(Clone)]
struct Service {
    router: Router,
    trusted_proxies: Arc<[IpAddr]>,
}

impl Listeners {
    /// Opens the addresses.
    pub(crate) async fn open(
        addresses: &[SocketAddr],
        router: Router,
        trusted_proxies: &[IpAddr],
        connections: usize,
    ) -> anyhow::Result<Self> {
        let mut open = Vec::new();
        for address in addresses {
            let listener = TcpListener::bind(address).await;
            open.push(listener.with_context(|| format!("{address} cannot be listened on"))?);
        }
        let service = Service { router, trusted_proxies: trusted_proxies.into() };
        Ok(Self { open, service, places: Arc::new(Semaphore::new(connections)) })
    }

    /// The addresses that are open: with their real ports where 0 was asked for.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.open.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Answers until told to stop; requests under way then still get their answers.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let graceful = Arc::new(GracefulShutdown::new());
        let mut tasks = Vec::new();
        for listener in self.open {
            let (service, places) = (self.service.clone(), Arc::clone(&self.places));
            let graceful = Arc::clone(&graceful);
            tasks.push(tokio::spawn(accept(listener, service, places, graceful)));
        }
        stop.await;
        for task in &tasks {
            task.abort();
        }
        for task in tasks {
            // Aborted on purpose.
            let _ = task.await;
        }
        if let Ok(graceful) = Arc::try_unwrap(graceful).map_err(drop) {
            // Long polls do not end by themselves: who waits will come again.
            let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
        }
    }
}

async fn accept(
    listener: TcpListener,
    service: Service,
    places: Arc<Semaphore>,
    graceful: Arc<GracefulShutdown>,
) {
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, peer, service.clone()));
        tokio::spawn(async move {
            // A connection that breaks is its peer's affair.
            let _ = connection.await;
            drop(place);
        });
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    service: Service,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // Answers are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let answer = move |mut request: Request<Incoming>| {
        let address = client_address(peer.ip(), &request, &service.trusted_proxies);
        request.extensions_mut().insert(ClientAddress(address));
        service.router.clone().oneshot(request.map(Body::new))
    };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer))
}

/// The peer, unless it is a trusted proxy: then the nearest address that it does not vouch for
/// itself. What a client writes into the header by itself is never believed.
fn client_address<B>(peer: IpAddr, request: &Request<B>, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let values: Vec<_> = request.headers().get_all("x-forwarded-for").iter().collect();
    let parts = values.iter().rev().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    // Proxies write at the end: what stands before something that is no address is anybody's word.
    let mut near = parts.map_while(|part| std::str::from_utf8(part).ok()?.trim().parse().ok());
    near.find(|address| !trusted.contains(address)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn only_a_trusted_proxy_speaks_for_others() {
        let [proxy, inner, client, liar]: [IpAddr; 4] =
            ["10.0.0.1", "10.0.0.2", "192.0.2.7", "198.51.100.9"].map(|text| text.parse().unwrap());
        let table = [
            (client, "198.51.100.9", client),
            (proxy, "192.0.2.7", client),
            (proxy, "198.51.100.9, 192.0.2.7", client),
            (proxy, "198.51.100.9, 192.0.2.7, 10.0.0.2", client),
            (proxy, "", proxy),
            (proxy, "nonsense", proxy),
            (proxy, "nonsense, 192.0.2.7", client),
            (proxy, "198.51.100.9, nonsense, 192.0.2.7", client),
            (proxy, "198.51.100.9, nonsense, 10.0.0.2", proxy),
            (proxy, "é, 192.0.2.7, 10.0.0.2", client),
        ];
        for (peer, header, expected) in table {
            let request = Request::builder().header("x-forwarded-for", header).body(()).unwrap();
            let found = client_address(peer, &request, &[proxy, inner]);
            assert_eq!(found, expected, "{peer} says {header:?} ({liar} lies)");
        }
    }

    /// Addresses of which the first two are proxies'.
    const KNOWN: [&str; 4] = ["10.0.0.1", "10.0.0.2", "192.0.2.7", "2001:db8::1"];

    fn words() -> impl Strategy<Value = String> {
        prop_oneof![3 => select(KNOWN.to_vec()).prop_map(str::to_owned), 1 => "[0-9a-f.: x]{0,12}"]
    }

    fn found(peer: IpAddr, headers: &[String], trusted: &[IpAddr]) -> IpAddr {
        let builder = Request::builder();
        let builder = headers.iter().fold(builder, |b, value| b.header("x-forwarded-for", value));
        client_address(peer, &builder.body(()).unwrap(), trusted)
    }

    proptest! {
        #[test]
        fn a_client_s_own_words_never_change_who_it_is(
            lies in vec(vec(words(), 0..4), 0..3),
            (client, peer) in (select(KNOWN[2..].to_vec()), select(KNOWN.to_vec())),
            behind in vec(select(KNOWN[..2].to_vec()), 0..3),
            one_line: bool,
        ) {
            let trusted: Vec<IpAddr> = KNOWN[..2].iter().map(|text| text.parse().unwrap()).collect();
            let (client, peer): (IpAddr, IpAddr) = (client.parse().unwrap(), peer.parse().unwrap());
            // What the client wrote; then what proxies wrote behind it, each whom it heard.
            let lies: Vec<String> = lies.iter().map(|line| line.join(", ")).collect();
            let honest = [vec![client.to_string()], behind.iter().map(ToString::to_string).collect()];
            let honest = honest.concat().join(", ");
            let mut headers = lies.clone();
            match headers.pop().filter(|_| one_line) {
                Some(last) => headers.push(format!("{last}, {honest}")),
                None => headers = [lies.clone(), vec![honest]].concat(),
            }
            let expected = if trusted.contains(&peer) { client } else { peer };
            prop_assert_eq!(found(peer, &headers, &trusted), expected);
            // Without a proxy of ours behind it, nothing that is said counts.
            prop_assert_eq!(found(client, &lies, &trusted), client);
        }
    }
}
