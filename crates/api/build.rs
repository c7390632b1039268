//! The web client is embedded from `web/dist`; a build without it embeds an empty folder.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    std::fs::create_dir_all(&dist)?;
    println!("cargo::rerun-if-changed=../../web/dist");
    Ok(())
}
