//! The web client is embedded from `web/dist`; a build without it embeds an empty folder.

#![expect(clippy::print_stdout, reason = "how a build script speaks to cargo")]

use std::path::Path;

fn main() -> std::io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    std::fs::create_dir_all(&dist)?;
    println!("cargo::rerun-if-changed=../../web/dist");
    Ok(())
}
