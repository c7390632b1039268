//! Certificates for servers of this machine, from an authority that exists for one test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// What a server at `127.0.0.1` or `localhost` shows, and who vouches for it. Files in PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Certificate of the authority: what clients are told to believe.
    pub authority: PathBuf,
    /// Certificate of the server.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes an authority and lets it vouch for a server, in a directory that is there.
    pub fn make(directory: &Path) -> anyhow::Result<Self> {
        let made = Self {
            authority: directory.join("authority.crt"),
            certificate: directory.join("server.crt"),
            key: directory.join("server.key"),
        };
        let authority_key = directory.join("authority.key");
        let subject = ["-subj", "/CN=throw-away authority"];
        openssl(&subject, (&made.authority, &authority_key), |openssl| openssl)?;
        let subject = [
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        openssl(&subject, (&made.certificate, &made.key), |openssl| {
            openssl.arg("-CA").arg(&made.authority).arg("-CAkey").arg(&authority_key)
        })?;
        Ok(made)
    }
}

/// Makes a key and a certificate of it.
fn openssl(
    subject: &[&str],
    (certificate, key): (&Path, &Path),
    signed: impl FnOnce(&mut Command) -> &mut Command,
) -> anyhow::Result<()> {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-nodes", "-days", "30"]).args(subject);
    openssl.arg("-keyout").arg(key).arg("-out").arg(certificate).stdin(Stdio::null());
    let output = signed(&mut openssl).output().context("openssl does not start")?;
    if !output.status.success() {
        bail!("openssl: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
