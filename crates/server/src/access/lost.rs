//! What runs ends once whoever asked for it is no longer let in.
//!
//! A request is admitted at its start, and its rows may come for ever. Keys are revoked also by other
//! processes, in the file that they share with the agent: so each query that runs looks its key up
//! again, once a second, by its id.

use super::{Access, Principal, Refusal};
use nixie_types::clock;
use std::time::Duration;

/// Time between two looks at who asked for what runs.
const LOOK_PERIOD: Duration = Duration::from_secs(1);

impl Access {
    /// Waits until whoever asked is no longer let in, and says why. For ever, if they always are.
    pub(crate) async fn lost(&self, principal: &Principal) -> Refusal {
        if principal.key.is_none() && principal.until_ns.is_none() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LOOK_PERIOD).await;
            if let Err(refusal) = self.check_again(principal) {
                return refusal;
            }
        }
    }

    fn check_again(&self, principal: &Principal) -> Result<(), Refusal> {
        let until_ns = principal.until_ns.unwrap_or(i64::MAX);
        if until_ns <= clock::now_ns() {
            return Err(Refusal::Expired);
        }
        match principal.key.map(|id| self.keys.get(id)) {
            Some(Ok(None)) => Err(Refusal::Revoked),
            // Keys that cannot be read now are looked up again: what runs is not lost by that.
            Some(Ok(Some(_)) | Err(_)) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{KeyStore, NewKey, Role};
    use nixie_api::Token;
    use std::sync::Arc;

    /// LIMIT: time from the end of what lets in to the end of what runs.
    const LOST_TIME_MAX: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_key_that_another_process_revokes_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(KeyStore::open(folder.path()).unwrap());
        let access = Access::new(Token::new("t0ken".to_owned()), Arc::clone(&keys), None);
        let NewKey { info, key } = keys.create("tests", Role::Viewer).unwrap();
        let principal = access.of_secret(&key, false).await.unwrap();
        let early = tokio::time::timeout(LOOK_PERIOD * 2, access.lost(&principal)).await;
        assert!(early.is_err(), "{early:?}");
        let command = KeyStore::open(folder.path()).unwrap();
        assert!(command.revoke(info.id).unwrap());
        let lost = tokio::time::timeout(LOST_TIME_MAX, access.lost(&principal)).await;
        assert!(matches!(lost, Ok(Refusal::Revoked)), "{lost:?}");
    }

    #[tokio::test]
    async fn tokens_are_lost_when_they_expire_and_the_local_one_never() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(KeyStore::open(folder.path()).unwrap());
        let access = Access::new(Token::new("t0ken".to_owned()), Arc::clone(&keys), None);
        let NewKey { info, .. } = keys.create("tests", Role::Viewer).unwrap();
        let (session, _) = access.log_in(info.id);
        let by_session = access.of_secret(&session, false).await.unwrap();
        assert!(by_session.until_ns.is_some_and(|at| at > clock::now_ns()));
        assert!(access.check_again(&by_session).is_ok());
        let expired = Principal {
            until_ns: Some(clock::now_ns()),
            ..by_session
        };
        let lost = tokio::time::timeout(LOST_TIME_MAX, access.lost(&expired)).await;
        assert!(matches!(lost, Ok(Refusal::Expired)), "{lost:?}");
        let local = access.of_secret("t0ken", true).await.unwrap();
        let never = tokio::time::timeout(LOOK_PERIOD * 2, access.lost(&local)).await;
        assert!(never.is_err(), "{never:?}");
    }
}
