//! The `chappe` program: command line, configuration, wiring. No logic lives here.

mod backup;
mod bar;
mod cli;
mod config;
mod control;
mod copy;
mod demo;
mod listen;
mod logging;
mod restore;
mod search;
mod server;
mod speaker;
mod stores;
mod verify;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::complain(&error);
            ExitCode::FAILURE
        }
    }
}
