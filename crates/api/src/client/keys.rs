//! End-to-end encryption: public keys, signatures, messages to devices, the backup of room keys.

mod add_backup_keys;
mod add_backup_keys_for_room;
mod add_backup_keys_for_session;
mod backup_info;
mod backup_keys;
mod backup_keys_for_room;
mod backup_keys_for_session;
mod claim;
mod create_backup;
mod dehydrate_device;
mod dehydrated_device;
mod dehydrated_messages;
mod dehydrated_messages_get;
mod delete_backup;
mod delete_backup_keys;
mod delete_backup_keys_for_room;
mod delete_backup_keys_for_session;
mod delete_dehydrated_device;
mod latest_backup_info;
mod query;
mod send_to_device;
mod update_backup;
mod upload;
mod upload_signatures;
mod upload_signing_keys;

// What several of them share.
mod algorithm;
mod backed_up;
mod failures;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .add(upload::handler)
        .add(query::handler)
        .add(claim::handler)
        .add(upload_signing_keys::handler)
        .add(upload_signatures::handler)
        .add(send_to_device::handler);
    dehydration(backup(routes))
}

fn dehydration(routes: Routes) -> Routes {
    routes
        .add(dehydrate_device::handler)
        .add(dehydrated_device::handler)
        .add(delete_dehydrated_device::handler)
        .add(dehydrated_messages::handler)
        .add_raw::<dehydrated_messages_get::Request, _, _>(dehydrated_messages_get::handler)
}

fn backup(routes: Routes) -> Routes {
    routes
        .add(create_backup::handler)
        .add(latest_backup_info::handler)
        .add(backup_info::handler)
        .add(update_backup::handler)
        .add(delete_backup::handler)
        .add(add_backup_keys::handler)
        .add(add_backup_keys_for_room::handler)
        .add(add_backup_keys_for_session::handler)
        .add(backup_keys::handler)
        .add(backup_keys_for_room::handler)
        .add(backup_keys_for_session::handler)
        .add(delete_backup_keys::handler)
        .add(delete_backup_keys_for_room::handler)
        .add(delete_backup_keys_for_session::handler)
}
