//! `throwaway-s3 DIRECTORY BUCKET ACCESS_KEY_ID SECRET_ACCESS_KEY`: an S3 server, until it is ended.

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use throwaway::{Keys, S3};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [directory, bucket, access_key_id, secret_access_key] = arguments.as_slice() else {
        bail!("throwaway-s3 DIRECTORY BUCKET ACCESS_KEY_ID SECRET_ACCESS_KEY");
    };
    let keys =
        Keys { access_key_id: access_key_id.clone(), secret_access_key: secret_access_key.clone() };
    let server = S3::start(Path::new(directory), keys)?;
    server.create_bucket(bucket)?;
    writeln!(std::io::stdout(), "S3 is ready on {}", server.endpoint())?;
    loop {
        std::thread::park();
    }
}
