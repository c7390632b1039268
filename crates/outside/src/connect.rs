//! Connecting, to addresses that the guard admits and no others.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::Scheme;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tower::Service;

use crate::address::Guard;
use crate::error::ConnectError;

/// Connects to the host of an address, if it is outside.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) guard: Arc<Guard>,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        Box::pin(async move { connect(&guard, &uri).await.map(TokioIo::new) })
    }
}

async fn connect(guard: &Guard, uri: &Uri) -> Result<TcpStream, ConnectError> {
    let unreachable =
        |reason: &dyn std::fmt::Display| ConnectError::Unreachable(reason.to_string());
    let secure = uri.scheme() == Some(&Scheme::HTTPS);
    let host = uri.host().ok_or_else(|| unreachable(&"no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => lookup_host((host, port)).await.map_err(|error| unreachable(&error))?.collect(),
    };
    let admitted: Vec<_> =
        addresses.iter().filter(|address| guard.admits(address.ip())).copied().collect();
    if admitted.is_empty() && !addresses.is_empty() {
        return Err(ConnectError::Inside);
    }
    let stream = TcpStream::connect(&*admitted).await.map_err(|error| unreachable(&error))?;
    // What is small goes at once.
    stream.set_nodelay(true).map_err(|error| unreachable(&error))?;
    Ok(stream)
}
