//! `algorithm` and `auth_data` of a backup, as requests and answers carry them.

use devices::BackupInfo;
use ruma_client_api::backup::BackupAlgorithm;
use ruma_common::serde::Raw;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::ApiError;

/// What a client says of a backup.
#[derive(Deserialize, Serialize)]
pub(super) struct Algorithm {
    /// How its keys are encrypted.
    #[serde(rename = "algorithm")]
    pub(super) name: String,
    /// What the algorithm needs to know.
    pub(super) auth_data: Box<RawValue>,
    /// The version, when the client repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
}

impl Algorithm {
    /// Reads what a client sent. What is in `auth_data` is between the person's clients.
    pub(super) fn read(raw: &Raw<BackupAlgorithm>) -> Result<Self, ApiError> {
        let malformed = |error: serde_json::Error| ApiError::bad_json(error.to_string());
        let read: Self = serde_json::from_str(raw.json().get()).map_err(malformed)?;
        serde_json::from_str::<Map<String, Value>>(read.auth_data.get()).map_err(malformed)?;
        Ok(read)
    }

    /// What a client is told.
    pub(super) fn of(info: &BackupInfo) -> Result<Raw<BackupAlgorithm>, ApiError> {
        let name = info.algorithm.clone();
        let told = Self { name, auth_data: info.auth_data.clone(), version: None };
        to_raw_value(&told).map(Raw::from_json).map_err(|error| ApiError::internal(&error))
    }
}
