//! Configuration: one documented TOML file, and the environment over it.
//!
//! Every key has a default but the server's name. A key or value that means nothing is refused
//! with its place and the nearest right name: a misspelt key must not be a silent default.

mod beside;
mod environment;
mod limits;
mod notices;
mod problem;
mod push;
mod search;
mod store;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ruma_common::{OwnedServerName, OwnedUserId, RoomVersionId};
use serde::Deserialize;

pub(crate) use beside::{Presence, Previews, Support, Turn};
pub(crate) use limits::Limits;
pub(crate) use notices::{Identity, Notices};
pub(crate) use problem::Problem;
pub(crate) use push::Push;
pub(crate) use search::Search;
pub(crate) use store::{Engine, Hidden, Keyring, Media, Sealing, Store};

/// The documented file: every key with its default.
pub(crate) const EXAMPLE: &str = include_str!("../../../deploy/chappe.toml");

/// The whole configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) listen: Listen,
    pub(crate) registration: Registration,
    pub(crate) administration: Administration,
    pub(crate) passwords: Passwords,
    pub(crate) rooms: Rooms,
    pub(crate) limits: Limits,
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) media: Media,
    pub(crate) push: Push,
    pub(crate) identity: Identity,
    pub(crate) notices: Notices,
    pub(crate) search: Search,
    pub(crate) presence: Presence,
    pub(crate) turn: Turn,
    pub(crate) previews: Previews,
    pub(crate) support: Support,
    pub(crate) log: Log,
}

/// Who this server is, and where it keeps things.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    /// The name in every identifier. Never to be changed.
    pub(crate) name: Option<OwnedServerName>,
    /// Where clients reach it.
    pub(crate) public_url: Option<String>,
    /// Where data are kept.
    pub(crate) data_directory: PathBuf,
    /// Where keys are kept; inside the data directory when not given.
    pub(crate) keyring_directory: Option<PathBuf>,
}

/// Where it listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Listen {
    pub(crate) addresses: Vec<SocketAddr>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpAddr>,
}

/// Who may open an account.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Registration {
    pub(crate) mode: RegistrationMode,
    pub(crate) tokens: Vec<String>,
    /// Whether guests are taken in.
    pub(crate) guests: bool,
}

/// Who administers the server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Administration {
    /// Always, whatever an administrator decides.
    pub(crate) administrators: Vec<OwnedUserId>,
    /// Who holds it opens accounts, administrators' among them.
    pub(crate) shared_secret: Option<Hidden>,
}

/// How accounts are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RegistrationMode {
    /// By anybody: for development.
    Open,
    /// By whoever has a registration token.
    Token,
    /// By nobody.
    #[default]
    Closed,
}

/// Cost of a password's hash (Argon2id, RFC 9106).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Passwords {
    pub(crate) memory_kib: u32,
    pub(crate) iterations: u32,
    pub(crate) parallelism: u32,
}

/// How rooms are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rooms {
    pub(crate) default_version: RoomVersionId,
    pub(crate) encryption: Encryption,
}

/// What an encrypted room accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encryption {
    /// Private rooms are encrypted; plaintext is refused there.
    #[default]
    Required,
    /// Plain Matrix.
    Optional,
}

/// The log.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// An object a line, for machines.
    Json,
}

impl Config {
    /// Reads the file, if one is given, and the environment over it.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self, Problem> {
        let text = match path {
            Some(path) => std::fs::read_to_string(path).map_err(|error| Problem {
                place: path.display().to_string(),
                message: format!("the file does not read: {error}"),
            })?,
            None => String::new(),
        };
        let place =
            path.map_or_else(|| "configuration".to_owned(), |path| path.display().to_string());
        Self::from_parts(&text, &place, std::env::vars())
    }

    /// The configuration that a file's text and the environment's variables make.
    pub(crate) fn from_parts(
        text: &str,
        place: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Problem> {
        // The text alone first: its faults have lines.
        toml::from_str::<Self>(text).map_err(|error| Problem::in_text(place, text, &error))?;
        let fault = |error: &toml::de::Error| Problem::in_text(place, text, error);
        let mut table: toml::Table = toml::from_str(text).map_err(|error| fault(&error))?;
        environment::overlay(&mut table, variables)?;
        let config: Self = table.try_into().map_err(|error| fault(&error))?;
        config.require_sense(place)?;
        Ok(config)
    }

    /// What no single key can tell: keys that are missing, or do not go together.
    fn require_sense(&self, place: &str) -> Result<(), Problem> {
        let refuse =
            |message: &str| Err(Problem { place: place.to_owned(), message: message.to_owned() });
        if self.server.name.is_none() {
            return refuse("server.name is missing: it is the only key without a default");
        }
        let foreign = |user: &&OwnedUserId| Some(user.server_name()) != self.server.name.as_deref();
        if let Some(user) = self.administration.administrators.iter().find(foreign) {
            return refuse(&format!("administration.administrators: {user} is not of this server"));
        }
        if self.administration.shared_secret.as_ref().is_some_and(Hidden::is_short) {
            return refuse("administration.shared_secret has fewer than 16 characters");
        }
        if self.listen.addresses.is_empty() {
            return refuse("listen.addresses is empty: nobody could reach the server");
        }
        if self.registration.mode == RegistrationMode::Token && self.registration.tokens.is_empty()
        {
            return refuse("registration.mode is \"token\", but registration.tokens is empty");
        }
        if rules::version::rules_of(&self.rooms.default_version).is_none() {
            return refuse("rooms.default_version is not a version from 6 to 12");
        }
        if self.store.sealing == Sealing::Off && self.rooms.encryption == Encryption::Required {
            return refuse("store.sealing is \"off\", which rooms.encryption \"required\" forbids");
        }
        if let Some(sentence) = store::nonsense(&self.store, &self.keyring, &self.media) {
            return refuse(sentence);
        }
        if let Some(sentence) = beside::nonsense(&self.turn, &self.support) {
            return refuse(sentence);
        }
        let Passwords { memory_kib, iterations, parallelism } = self.passwords;
        if parallelism == 0 || iterations == 0 || memory_kib < 8 * parallelism {
            return refuse(
                "passwords: iterations and parallelism must be at least 1, and memory_kib 8 times parallelism",
            );
        }
        Ok(())
    }
}

/// What a configuration will do, in words: `chappe config check`.
pub(crate) fn describe(config: &Config) -> String {
    let name = config.server.name.as_ref().map_or("", |name| name.as_str());
    let registration = match config.registration.mode {
        RegistrationMode::Open => "open to anybody (development only)",
        RegistrationMode::Token => "by registration token",
        RegistrationMode::Closed => "closed",
    };
    let guests = if config.registration.guests { "; guests are let in" } else { "" };
    let administration = match &config.administration.shared_secret {
        Some(_) => "by administrators; accounts are opened by the shared secret too",
        None => "by administrators",
    };
    let rates = if config.limits.rates {
        "on"
    } else {
        "OFF: nobody is ever asked to wait; not for real use"
    };
    let encryption = match config.rooms.encryption {
        Encryption::Required => "required: private rooms are encrypted and refuse plaintext",
        Encryption::Optional => {
            "OPTIONAL: plain Matrix, private rooms may hold readable messages; not for real use"
        }
    };
    let sealing = match config.store.sealing {
        Sealing::On => "on: what people write is noise on disk without the keyring",
        Sealing::Off => "OFF: what people write is readable on disk; not for real use",
    };
    let store = match config.store.engine {
        Engine::Redb => "embedded, for this process alone",
        Engine::Postgres => "PostgreSQL, shared by every node",
    };
    let media = config.media.url.as_deref().unwrap_or("files in the data directory");
    let addresses: Vec<_> = config.listen.addresses.iter().map(ToString::to_string).collect();
    format!(
        "the configuration is right\n\
         server        {name}\n\
         listens on    {}\n\
         store         {store}\n\
         media         {media}\n\
         data in       {}\n\
         registration  {registration}{guests}\n\
         administered  {administration}\n\
         rate limits   {rates}\n\
         room version  {}\n\
         encryption    {encryption}\n\
         sealing       {sealing}",
        addresses.join(", "),
        config.server.data_directory.display(),
        config.rooms.default_version,
    )
}

impl Server {
    /// Where keys are kept: apart from the data, when the operator says so.
    pub(crate) fn keyring_directory(&self) -> PathBuf {
        self.keyring_directory.clone().unwrap_or_else(|| self.data_directory.join("keyring"))
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            name: None,
            public_url: None,
            data_directory: PathBuf::from("data"),
            keyring_directory: None,
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 8008));
        Self { addresses: vec![address], trusted_proxies: Vec::new() }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 3, parallelism: 1 }
    }
}

impl Default for Rooms {
    fn default() -> Self {
        Self { default_version: rules::version::DEFAULT, encryption: Encryption::Required }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_parts(text, "chappe.toml", variables).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_example_says_every_key_with_its_default() {
        let example = read(EXAMPLE, &[]).unwrap();
        let default = Config {
            server: Server { name: example.server.name.clone(), ..Server::default() },
            ..Config::default()
        };
        assert_eq!(
            format!("{default:?}"),
            format!(
                "{:?}",
                Config {
                    server: Server {
                        data_directory: default.server.data_directory.clone(),
                        public_url: None,
                        ..example.server.clone()
                    },
                    ..example
                }
            )
        );
        let shown = format!("{default:?}");
        for key in shown.split(|c: char| !c.is_ascii_lowercase() && c != '_') {
            let is_key = shown.contains(&format!(" {key}: "));
            assert!(!is_key || EXAMPLE.contains(key), "the example does not mention {key}");
        }
    }

    #[test]
    fn a_wrong_key_or_value_is_refused_with_its_line_and_the_nearest_name() {
        let table = [
            (
                "[server]\nnmae = \"a.example\"",
                "chappe.toml, line 2: unknown key `nmae`; did you mean `name`?",
            ),
            (
                "[sever]\nname = \"a.example\"",
                "chappe.toml, line 1: unknown key `sever`; did you mean `server`?",
            ),
            (
                "[server]\nname = \"a.example\"\n[registration]\nmode = \"opne\"",
                "chappe.toml, line 4: unknown value `opne`; did you mean `open`?",
            ),
            ("[limits]\nrequest_bytes = \"many\"", "chappe.toml, line 2: invalid type"),
            ("[server]\nname = \"not a name\"", "chappe.toml, line 2:"),
            ("[server\n", "chappe.toml, line 1:"),
            ("", "chappe.toml: server.name is missing"),
            (
                "[server]\nname = \"a.example\"\n[rooms]\ndefault_version = \"5\"",
                "not a version from 6 to 12",
            ),
        ];
        for (text, expected) in table {
            let problem = read(text, &[]).unwrap_err();
            assert!(problem.contains(expected), "{text}\n-> {problem}");
        }
    }

    #[test]
    fn stores_that_do_not_go_together_are_refused() {
        let table = [
            ("[store]\nurl = \"postgres://db/a\"", "store.engine is \"redb\""),
            ("[keyring]\nurl = \"postgres://db/a\"", "store.engine is \"redb\""),
            ("[store]\nengine = \"postgres\"", "store.url is missing"),
            ("[store]\nengine = \"postgres\"\nurl = \"postgres://db/a\"", "keyring.url is missing"),
            (
                "[store]\nengine = \"postgres\"\nurl = \"postgres://db/a\"\n\
                 [keyring]\nurl = \"postgres://db/a\"",
                "another database",
            ),
            ("[media]\nurl = \"https://a.example\"", "s3://bucket/prefix"),
            ("[media]\nurl = \"s3://bucket\"", "media.access_key_id is missing"),
        ];
        for (text, expected) in table {
            let text = format!("[server]\nname = \"a.example\"\n{text}");
            let problem = read(&text, &[]).unwrap_err();
            assert!(problem.contains(expected), "{text}\n-> {problem}");
        }
    }

    #[test]
    fn administrators_are_people_of_this_server_and_the_secret_is_long() {
        let table = [
            ("administrators = [\"@root:b.example\"]", "@root:b.example is not of this server"),
            ("administrators = [\"root\"]", "line 4"),
            ("shared_secret = \"short\"", "fewer than 16 characters"),
        ];
        for (text, expected) in table {
            let text = format!("[server]\nname = \"a.example\"\n[administration]\n{text}");
            let problem = read(&text, &[]).unwrap_err();
            assert!(problem.contains(expected), "{text}\n-> {problem}");
        }
        let networks = "[server]\nname = \"a.example\"\n[limits]\nexempt_addresses = [\"town\"]";
        assert!(read(networks, &[]).unwrap_err().contains("line 4"));
    }

    #[test]
    fn an_address_with_a_password_is_never_shown() {
        let text = "[server]\nname = \"a.example\"\n[store]\nengine = \"postgres\"\n\
                    url = \"postgres://a:hunter2@db/a\"\n[keyring]\nurl = \"postgres://a:hunter2@db/b\"\n\
                    [administration]\nshared_secret = \"hunter2hunter2hunter2\"\n\
                    [media]\nurl = \"s3://b\"\naccess_key_id = \"k\"\nsecret_access_key = \"hunter2\"";
        let config = read(text, &[]).unwrap();
        assert!(!format!("{config:?}{}", describe(&config)).contains("hunter2"));
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let text = "[server]\nname = \"a.example\"\n[limits]\nrequest_bytes = 5";
        let variables = [
            ("CHAPPE_SERVER_NAME", "b.example"),
            ("CHAPPE_LIMITS_REQUEST_BYTES", "7"),
            ("CHAPPE_LISTEN_ADDRESSES", "[\"127.0.0.1:1\", \"[::1]:2\"]"),
            ("HOME", "/elsewhere"),
        ];
        let config = read(text, &variables).unwrap();
        assert_eq!(config.server.name.unwrap().as_str(), "b.example");
        assert_eq!(config.limits.request_bytes, 7);
        assert_eq!(config.listen.addresses.len(), 2);
    }

    #[test]
    fn a_wrong_variable_is_refused_by_its_name() {
        let table = [
            (
                "CHAPPE_SERVER_NMAE",
                "a",
                "CHAPPE_SERVER_NMAE: unknown key `nmae`; did you mean `name`?",
            ),
            ("CHAPPE_LIMITS_REQUEST_BYTES", "many", "CHAPPE_LIMITS_REQUEST_BYTES: invalid type"),
            ("CHAPPE_SERVER", "a", "CHAPPE_SERVER: "),
        ];
        for (name, value, expected) in table {
            let problem = read("[server]\nname = \"a.example\"", &[(name, value)]).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
