//! Where API keys are: in the state folder of this machine, or with an agent that is asked.

use crate::agent_options::AgentOptions;
use crate::client::{Change, Client, read_answer};
use crate::config;
use crate::failure::{Exit, Failure};
use nixie_api::{
    API_KEY_LOOKUP_PATH, API_KEYS_PATH, ApiKeyCreated, ApiKeyInfo, ApiKeyLookup, ApiKeys, NewApiKey,
};
use nixie_server::{KeyStore, NewKey, Role};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use uuid::Uuid;

/// The API keys that are managed.
pub(super) enum Keys {
    /// Those in a folder; no agent need run.
    Folder(KeyStore),
    /// Those of an agent, for its admins.
    Agent(Client),
}

impl Keys {
    /// Returns the keys of the folder that is named, else of the agent that is named, else of the
    /// usual folder. A folder that is missing is made only where a key is `to_be_made`.
    pub(super) fn find(
        state_dir: Option<PathBuf>,
        agent: &AgentOptions,
        to_be_made: bool,
    ) -> Result<Self, Failure> {
        let names_agent = agent.endpoint.is_some() || agent.cluster.is_some();
        if state_dir.is_none() && names_agent {
            return Ok(Self::Agent(Client::find(agent)?));
        }
        let folder = config::state_folder(state_dir, agent.data_dir())?;
        let is_missing = |error: io::Error| error.kind() == ErrorKind::NotFound;
        if !to_be_made && fs::metadata(&folder).is_err_and(is_missing) {
            let message = format!("there is no state folder `{}`", folder.display());
            return Err(Failure::new(Exit::Failed, message).hint(
                "`--state-dir DIR` names another; `px api-key create` and `px up` make one",
            ));
        }
        let store = KeyStore::open(&folder).map_err(|error| Failure::of(&error))?;
        Ok(Self::Folder(store))
    }

    pub(super) fn create(&self, description: &str, role: Role) -> Result<ApiKeyCreated, Failure> {
        match self {
            Self::Folder(store) => {
                let created = store.create(description, role);
                let NewKey { info, key } = created.map_err(|error| Failure::of(&error))?;
                let info = info.into();
                Ok(ApiKeyCreated { info, key })
            }
            Self::Agent(client) => {
                let new = NewApiKey {
                    description: description.to_owned(),
                    role: Some(role.name().to_owned()),
                };
                send(client, API_KEYS_PATH, &new)
            }
        }
    }

    pub(super) fn list(&self) -> Result<Vec<ApiKeyInfo>, Failure> {
        match self {
            Self::Folder(store) => {
                let keys = store.list().map_err(|error| Failure::of(&error))?;
                Ok(keys.into_iter().map(ApiKeyInfo::from).collect())
            }
            Self::Agent(client) => Ok(read_answer::<ApiKeys>(&client.get(API_KEYS_PATH)?)?.keys),
        }
    }

    pub(super) fn get(&self, id: Uuid) -> Result<ApiKeyInfo, Failure> {
        match self {
            Self::Folder(store) => {
                let found = store.get(id).map_err(|error| Failure::of(&error))?;
                found
                    .map(ApiKeyInfo::from)
                    .ok_or_else(|| missing(store, id))
            }
            Self::Agent(client) => read_answer(&client.get(&format!("{API_KEYS_PATH}/{id}"))?),
        }
    }

    pub(super) fn lookup(&self, key: &str) -> Result<ApiKeyInfo, Failure> {
        match self {
            Self::Folder(store) => {
                let found = store.find(key).map_err(|error| Failure::of(&error))?;
                found.map(ApiKeyInfo::from).ok_or_else(|| {
                    let message = format!("that is no key of `{}`", store.path().display());
                    Failure::new(Exit::Failed, message).hint("it may have been revoked")
                })
            }
            Self::Agent(client) => {
                let key = key.to_owned();
                send(client, API_KEY_LOOKUP_PATH, &ApiKeyLookup { key })
            }
        }
    }

    pub(super) fn revoke(&self, id: Uuid) -> Result<(), Failure> {
        match self {
            Self::Folder(store) => {
                let is_revoked = store.revoke(id).map_err(|error| Failure::of(&error))?;
                is_revoked.then_some(()).ok_or_else(|| missing(store, id))
            }
            Self::Agent(client) => {
                client.change(&format!("{API_KEYS_PATH}/{id}"), &Change::Delete)?;
                Ok(())
            }
        }
    }
}

fn send<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    let body = serde_json::to_value(body).map_err(|error| Failure::of(&error))?;
    read_answer(&client.change(path, &Change::Create(body))?)
}

fn missing(store: &KeyStore, id: Uuid) -> Failure {
    let message = format!("there is no key `{id}` in `{}`", store.path().display());
    Failure::new(Exit::Failed, message).hint("see `px api-key list`")
}
