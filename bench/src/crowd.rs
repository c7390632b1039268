//! Many people, and rooms with many in them.

use futures_util::future::try_join_all;

use crate::client::Client;
use crate::server::Server;

/// Opens accounts, several at a time; one after the other goes to the next node.
pub(crate) async fn people(
    server: &Server,
    prefix: &str,
    count: usize,
) -> anyhow::Result<Vec<Client>> {
    let mut people = Vec::with_capacity(count);
    let names: Vec<_> = (0..count).map(|index| (index, format!("{prefix}{index}"))).collect();
    for names in names.chunks(32) {
        let opening = names.iter().map(|(index, name)| {
            let address = server.address(*index);
            Client::register(address, name)
        });
        people.extend(try_join_all(opening).await?);
    }
    Ok(people)
}

/// A room of the first person's, with all the others in it.
pub(crate) async fn room_of(people: &mut [Client]) -> anyhow::Result<String> {
    let Some((first, others)) = people.split_first_mut() else { anyhow::bail!("nobody") };
    let room = first.creates_room().await?;
    for other in others {
        first.brings(other, &room).await?;
    }
    Ok(room)
}
