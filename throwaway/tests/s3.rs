//! The S3 server answers, refuses strangers, is away, and comes back.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use throwaway::{Keys, S3};

/// First line of the answer to a request that nobody signed.
fn asked_by_a_stranger(server: &S3) -> std::io::Result<String> {
    let endpoint = server.endpoint();
    let mut stream = TcpStream::connect(endpoint.strip_prefix("http://").unwrap())?;
    stream
        .write_all(b"GET /files/file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn it_refuses_strangers_and_comes_back_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let keys = Keys { access_key_id: "access".to_owned(), secret_access_key: "secret".to_owned() };
    let mut server = S3::start(directory.path(), keys).unwrap();
    server.create_bucket("files").unwrap();
    std::fs::write(directory.path().join("files/file"), "sémaphore").unwrap();
    assert_eq!(asked_by_a_stranger(&server).unwrap(), "HTTP/1.1 403 Forbidden");
    let endpoint = server.endpoint();

    server.stop();
    let refused = asked_by_a_stranger(&server).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    server.start_again().unwrap();
    assert_eq!(server.endpoint(), endpoint);
    assert_eq!(asked_by_a_stranger(&server).unwrap(), "HTTP/1.1 403 Forbidden");
}
