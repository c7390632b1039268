//! `chappe demo`: one server, a small organisation, two people, and the passwords to be them.

use std::net::SocketAddr;
use std::path::Path;

use accounts::Accounts;
use anyhow::Context;
use base::random;
use base::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::cli::say;
use crate::config::{Config, Log};
use crate::server::Server;
use crate::{logging, server};

/// The organisation's people: user name and name.
const PEOPLE: [(&str, &str); 2] =
    [("alice", "Alice Martin [Préfecture]"), ("bruno", "Bruno Petit [Mairie]")];
/// Where their passwords are remembered, for the next start.
const FILE: &str = "people.json";

/// A person of the demo.
#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    user: String,
    password: String,
}

/// Runs the demo until told to stop.
pub(crate) async fn run(directory: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    logging::start(&log())?;
    let server = Server::open(config(directory, listen)?).await?;
    let accounts = server.accounts().clone();
    let people = people(directory, &accounts).await?;
    let listening = server.listen().await?;
    let port = listening.addresses().first().map_or(listen.port(), SocketAddr::port);
    let introduction = introduction(&people);
    say(&format!(
        "Chappe is ready: http://localhost:{port}/\n\n{introduction}\
         Ctrl-C stops the server; the next start finds everything as it was."
    ))?;
    listening.run(server::told_to_stop()).await;
    accounts.flush().await?;
    Ok(())
}

/// Makes the people of the demo on the server of a configuration, says who they are, and ends.
pub(crate) async fn settle(directory: &Path, config: Config) -> anyhow::Result<()> {
    logging::start(&log())?;
    let server = Server::open(config).await?;
    let people = people(directory, server.accounts()).await?;
    server.accounts().flush().await?;
    say(&introduction(&people))
}

/// Who the people are, and how to be them.
fn introduction(people: &[Person]) -> String {
    let mut text = String::new();
    for Person { name, user, password } in people {
        for part in ["  ", name, "\n    user name  ", user, "\n    password   ", password, "\n\n"] {
            text.push_str(part);
        }
    }
    text += "Sign in as each in a window of its own (a private window keeps them apart).\n";
    text
}

fn log() -> Log {
    Log { level: "warn".to_owned(), ..Log::default() }
}

fn config(directory: &Path, listen: SocketAddr) -> anyhow::Result<Config> {
    let mut config = Config::default();
    config.server.name = Some("demo.localhost".try_into().context("the demo's name")?);
    config.server.public_url = Some(format!("http://localhost:{}", listen.port()));
    config.server.data_directory = directory.join("data");
    config.server.keyring_directory = Some(directory.join("keyring"));
    config.listen.addresses = vec![listen];
    Ok(config)
}

/// The people of this demo: as they were, or made now.
async fn people(directory: &Path, accounts: &Accounts) -> anyhow::Result<Vec<Person>> {
    let path = directory.join(FILE);
    if let Ok(bytes) = std::fs::read(&path) {
        return serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is damaged", path.display()));
    }
    let mut people = Vec::new();
    for (user, name) in PEOPLE {
        let password = [(); 3].map(|()| random::base32::<4>()).join("-");
        accounts.create(Some(user), &Secret::new(password.clone()), Some(name)).await?;
        people.push(Person { name: name.to_owned(), user: user.to_owned(), password });
    }
    std::fs::write(&path, serde_json::to_vec_pretty(&people)?)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(people)
}
