//! A network at its worst: what passes, what waits, what is reset.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use throwaway::Proxy;

/// Long enough for a byte to pass, were it let.
const MOMENT: Duration = Duration::from_millis(200);

/// A server that answers every byte with the same, and marks what it is.
fn echo(mark: u8) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut byte = [0];
                while stream.read_exact(&mut byte).is_ok() {
                    let _ = stream.write_all(&[byte[0], mark]);
                }
            });
        }
    });
    address
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

#[track_caller]
fn answers(stream: &mut TcpStream, mark: u8) {
    stream.write_all(&[7]).unwrap();
    hears(stream, mark);
}

#[track_caller]
fn hears(stream: &mut TcpStream, mark: u8) {
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [7, mark]);
}

#[track_caller]
fn hears_nothing(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(MOMENT)).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
}

#[test]
fn frozen_it_holds_everything_back_and_loses_nothing() {
    let mut proxy = Proxy::start(echo(1)).unwrap();
    let mut old = connect(&proxy);
    answers(&mut old, 1);

    proxy.freeze();
    old.write_all(&[7]).unwrap();
    let mut new = connect(&proxy);
    new.write_all(&[7]).unwrap();
    hears_nothing(&mut old);
    hears_nothing(&mut new);

    proxy.restore().unwrap();
    hears(&mut old, 1);
    hears(&mut new, 1);
    answers(&mut old, 1);
}

#[test]
fn cut_it_resets_what_is_open_and_refuses_what_is_new() {
    let mut proxy = Proxy::start(echo(1)).unwrap();
    let mut old = connect(&proxy);
    answers(&mut old, 1);
    proxy.freeze();
    let mut waiting = connect(&proxy);

    proxy.cut();
    assert_eq!(old.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(waiting.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    let refused = TcpStream::connect(proxy.address()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    proxy.restore().unwrap();
    answers(&mut connect(&proxy), 1);
}

#[test]
fn it_leads_elsewhere_when_told() {
    let proxy = Proxy::start(echo(1)).unwrap();
    answers(&mut connect(&proxy), 1);
    proxy.lead_to(echo(2));
    answers(&mut connect(&proxy), 2);
}
