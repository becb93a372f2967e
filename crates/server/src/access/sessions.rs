//! Tokens that stand for an API key for some time.

use super::keys::hash;
use nixie_types::clock;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// LIMIT: time that a session lasts.
const SESSION_TIME_MAX: Duration = Duration::from_mins(90);

/// LIMIT: sessions; the one that expires first makes room.
const SESSIONS_MAX: usize = 1024;

/// LIMIT: sessions of one key; the first of them makes room, and not that of another key.
const SESSIONS_OF_KEY_MAX: usize = 64;

/// How session tokens begin.
const PREFIX: &str = "px-session-";

/// A key for some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) key: Uuid,
    pub(super) expires_ns: i64,
}

/// The sessions by the hash of their token. They end with the agent.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<BTreeMap<Vec<u8>, Session>>);

impl Sessions {
    /// Begins a session; returns its token, and when it expires in seconds since the epoch.
    pub(super) fn begin(&self, key: Uuid) -> (String, i64) {
        let token = format!(
            "{PREFIX}{}{}",
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        );
        let now_ns = clock::now_ns();
        let lasts_ns = i64::try_from(SESSION_TIME_MAX.as_nanos()).unwrap_or(i64::MAX);
        let expires_ns = now_ns.saturating_add(lasts_ns);
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| session.expires_ns > now_ns);
        make_room(&mut sessions, SESSIONS_OF_KEY_MAX, |session| {
            session.key == key
        });
        make_room(&mut sessions, SESSIONS_MAX, |_| true);
        sessions.insert(hash(&token), Session { key, expires_ns });
        (token, expires_ns / clock::NANOS_PER_SEC)
    }

    /// Returns the session of a token, if it has not expired.
    pub(super) fn of_token(&self, token: &str) -> Option<Session> {
        if !token.starts_with(PREFIX) {
            return None;
        }
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get(&hash(token)).copied();
        session.filter(|session| session.expires_ns > clock::now_ns())
    }
}

/// Ends the first of some sessions, if there are as many as there may be.
fn make_room(
    sessions: &mut BTreeMap<Vec<u8>, Session>,
    count_max: usize,
    is_meant: impl Fn(&Session) -> bool,
) {
    let meant = || sessions.iter().filter(|(_, session)| is_meant(session));
    if meant().count() < count_max {
        return;
    }
    let first = meant().min_by_key(|(_, session)| session.expires_ns);
    if let Some(hash) = first.map(|(hash, _)| hash.clone()) {
        sessions.remove(&hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Sessions {
        fn key_of(&self, token: &str) -> Option<Uuid> {
            self.of_token(token).map(|session| session.key)
        }
    }

    #[test]
    fn too_many_sessions_of_a_key_push_out_its_first() {
        let sessions = Sessions::default();
        let (key, other) = (Uuid::new_v4(), Uuid::new_v4());
        let (foreign, _) = sessions.begin(other);
        let (first, expires_s) = sessions.begin(key);
        assert_eq!(sessions.key_of(&first), Some(key));
        assert!(expires_s > clock::now_ns() / clock::NANOS_PER_SEC + 5000);
        let later: Vec<String> = (0..SESSIONS_OF_KEY_MAX)
            .map(|_| sessions.begin(key).0)
            .collect();
        assert_eq!(sessions.key_of(&first), None);
        assert!(later.iter().all(|token| sessions.key_of(token).is_some()));
        assert_eq!(sessions.key_of(&foreign), Some(other));
        assert_eq!(sessions.key_of("px-session-"), None);
    }

    #[test]
    fn too_many_sessions_push_out_the_first() {
        let sessions = Sessions::default();
        let (first, _) = sessions.begin(Uuid::new_v4());
        let later: Vec<String> = (0..SESSIONS_MAX)
            .map(|_| sessions.begin(Uuid::new_v4()).0)
            .collect();
        assert_eq!(sessions.key_of(&first), None);
        assert!(later.iter().all(|token| sessions.key_of(token).is_some()));
    }
}
