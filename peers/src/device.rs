//! A person's device: a client that syncs in the background, as an application does.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{StreamExt, pin_mut};
use matrix_sdk::encryption::verification::{
    SasVerification, Verification, VerificationRequest, VerificationRequestState,
};
use matrix_sdk::encryption::{BackupDownloadStrategy, EncryptionSettings};
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::api::client::account::register::v3::Request as Register;
use matrix_sdk::ruma::api::client::sync::sync_events::v5::request::{
    AccountData, E2EE, Receipts, ToDevice, Typing,
};
use matrix_sdk::ruma::api::client::uiaa::{AuthData, Dummy};
use matrix_sdk::ruma::events::room::message::RoomMessageEventContent;
use matrix_sdk::ruma::events::{AnySyncMessageLikeEvent, AnySyncTimelineEvent, StateEventType};
use matrix_sdk::ruma::{OwnedUserId, RoomId, UserId};
use matrix_sdk::sliding_sync::{SlidingSync, SlidingSyncList, SlidingSyncMode, Version};
use matrix_sdk::{Client, Room, RoomState};
use tokio::task::JoinHandle;

use crate::Server;

/// Everybody's password.
pub const PASSWORD: &str = "le télégraphe optique";
/// How long something that must come may take: much longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the connection for keys waits. What a client has to send because of a message in a room
/// it sends when this one comes back.
const POLL: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// A signed-in device. Dropping it stops its syncs.
pub struct Device {
    /// The client.
    pub client: Client,
    /// Its connection for the list of rooms.
    pub rooms: SlidingSync,
    syncs: Vec<JoinHandle<()>>,
}

/// Asks until there is an answer.
pub async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let asked = async {
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.with_context(|| format!("never: {what}"))?
}

impl Device {
    /// Opens an account.
    pub async fn register(server: &Server, name: &str) -> anyhow::Result<Self> {
        let client = client(server).await?;
        let mut request = Register::new();
        request.username = Some(name.to_owned());
        request.password = Some(PASSWORD.to_owned());
        request.auth = Some(AuthData::Dummy(Dummy::new()));
        client.matrix_auth().register(request).await?;
        Self::start(client).await
    }

    /// Signs in once more.
    pub async fn sign_in(server: &Server, name: &str) -> anyhow::Result<Self> {
        let client = client(server).await?;
        client.matrix_auth().login_username(name, PASSWORD).send().await?;
        Self::start(client).await
    }

    async fn start(client: Client) -> anyhow::Result<Self> {
        let rooms = rooms(&client).await?;
        let encryption = encryption(&client).await?;
        let syncs = vec![run(rooms.clone()), run(encryption)];
        client.encryption().wait_for_e2ee_initialization_tasks().await;
        Ok(Self { client, rooms, syncs })
    }

    /// Who this is.
    pub fn user(&self) -> OwnedUserId {
        self.client.user_id().map(ToOwned::to_owned).unwrap_or_else(|| unreachable!("signed in"))
    }

    /// A room, once this device knows it so.
    pub async fn room(&self, id: &RoomId, state: RoomState) -> anyhow::Result<Room> {
        eventually(&format!("{id} as {state:?}"), || async {
            Ok(self.client.get_room(id).filter(|room| room.state() == state))
        })
        .await
    }

    /// Says something in a room that this device is in.
    pub async fn say(&self, room: &RoomId, text: &str) -> anyhow::Result<()> {
        let room = self.room(room, RoomState::Joined).await?;
        room.send(RoomMessageEventContent::text_plain(text)).await?;
        Ok(())
    }

    /// Waits until this device can read what was said in a room; who said it.
    pub async fn read(&self, room: &RoomId, text: &str) -> anyhow::Result<OwnedUserId> {
        let room = self.room(room, RoomState::Joined).await?;
        eventually(&format!("{text} is readable"), || said(&room, text)).await
    }

    /// The request of another device of which the other side knows the number.
    pub async fn requested(&self, by: &UserId, flow: &str) -> anyhow::Result<VerificationRequest> {
        eventually("a request to verify", || async {
            Ok(self.client.encryption().get_verification_request(by, flow).await)
        })
        .await
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.syncs.iter().for_each(JoinHandle::abort);
    }
}

/// Compares emoji between the sides of a request, of which the second accepts it.
///
/// # Errors
///
/// When the sides see different ones, or either side gives up.
pub async fn compare(
    asking: &VerificationRequest,
    asked: &VerificationRequest,
) -> anyhow::Result<()> {
    asked.accept().await?;
    eventually("the other side is ready", || async { Ok(asking.is_ready().then_some(())) }).await?;
    let first = asking.start_sas().await?.context("emoji are not spoken")?;
    let second = eventually("the other side compares", || async { sas(asked) }).await?;
    second.accept().await?;
    let shown = |sas: &SasVerification| {
        let symbols = sas.emoji().map(|emoji| emoji.map(|emoji| emoji.symbol));
        if sas.is_cancelled() { bail!("given up: {:?}", sas.cancel_info()) } else { Ok(symbols) }
    };
    let one = eventually("emoji on one side", || async { shown(&first) }).await?;
    let other = eventually("emoji on the other side", || async { shown(&second) }).await?;
    if one != other {
        bail!("{one:?} on one side, {other:?} on the other");
    }
    first.confirm().await?;
    second.confirm().await?;
    for side in [&first, &second] {
        eventually("both are done", || async { Ok(side.is_done().then_some(())) }).await?;
    }
    Ok(())
}

fn sas(request: &VerificationRequest) -> anyhow::Result<Option<SasVerification>> {
    match request.state() {
        VerificationRequestState::Transitioned {
            verification: Verification::SasV1(sas), ..
        } => Ok(Some(sas)),
        VerificationRequestState::Cancelled(why) => bail!("given up: {why:?}"),
        _ => Ok(None),
    }
}

async fn client(server: &Server) -> anyhow::Result<Client> {
    let settings = EncryptionSettings {
        auto_enable_cross_signing: true,
        auto_enable_backups: true,
        backup_download_strategy: BackupDownloadStrategy::AfterDecryptionFailure,
    };
    let builder = Client::builder().homeserver_url(&server.url);
    Ok(builder.with_encryption_settings(settings).build().await?)
}

/// The connection of an application's list of rooms.
async fn rooms(client: &Client) -> anyhow::Result<SlidingSync> {
    let mut account_data = AccountData::default();
    account_data.enabled = Some(true);
    let mut receipts = Receipts::default();
    receipts.enabled = Some(true);
    let mut typing = Typing::default();
    typing.enabled = Some(true);
    let state = [
        (StateEventType::RoomName, ""),
        (StateEventType::RoomEncryption, ""),
        (StateEventType::RoomMember, "$LAZY"),
        (StateEventType::RoomMember, "$ME"),
        (StateEventType::RoomTopic, ""),
        (StateEventType::RoomCanonicalAlias, ""),
        (StateEventType::RoomPowerLevels, ""),
        (StateEventType::RoomCreate, ""),
        (StateEventType::RoomHistoryVisibility, ""),
        (StateEventType::SpaceChild, "*"),
        (StateEventType::SpaceParent, "*"),
        (StateEventType::RoomTombstone, ""),
    ];
    let list = SlidingSyncList::builder("all_rooms")
        .sync_mode(SlidingSyncMode::new_selective().add_range(0..=19))
        .timeline_limit(1)
        .required_state(state.map(|(kind, key)| (kind, key.to_owned())).to_vec());
    let sync = client
        .sliding_sync("room-list")?
        .version(Version::Native)
        .with_account_data_extension(account_data)
        .with_receipt_extension(receipts)
        .with_typing_extension(typing)
        .add_list(list);
    Ok(sync.build().await?)
}

/// The connection that brings keys and messages between devices.
async fn encryption(client: &Client) -> anyhow::Result<SlidingSync> {
    let mut to_device = ToDevice::default();
    to_device.enabled = Some(true);
    let mut e2ee = E2EE::default();
    e2ee.enabled = Some(true);
    let sync = client
        .sliding_sync("encryption")?
        .version(Version::Native)
        .poll_timeout(POLL)
        .with_to_device_extension(to_device)
        .with_e2ee_extension(e2ee);
    Ok(sync.build().await?)
}

fn run(sync: SlidingSync) -> JoinHandle<()> {
    tokio::spawn(async move {
        let updates = sync.sync();
        pin_mut!(updates);
        while let Some(update) = updates.next().await {
            if let Err(error) = update {
                // Its device hears nothing more, which every test of it notices.
                eprintln!("a sync ended: {error}");
                return;
            }
        }
    })
}

/// Who said something in a room, if this device can read it.
async fn said(room: &Room, text: &str) -> anyhow::Result<Option<OwnedUserId>> {
    let messages = room.messages(MessagesOptions::backward()).await?;
    for event in messages.chunk {
        let Ok(AnySyncTimelineEvent::MessageLike(AnySyncMessageLikeEvent::RoomMessage(event))) =
            event.raw().deserialize()
        else {
            continue;
        };
        if let Some(event) = event.as_original()
            && event.content.body() == text
        {
            return Ok(Some(event.sender.clone()));
        }
    }
    Ok(None)
}
