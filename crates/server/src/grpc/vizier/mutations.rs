//! What becomes of the changes that a script asks for.
//!
//! Agents cannot apply them yet: each tracepoint is reported as failed, and the call says so.

use super::reported;
use nixie_api::proto::vizierpb::mutation_info::MutationState;
use nixie_api::proto::vizierpb::{LifeCycleState, MutationInfo};
use nixie_pxl::Mutation;
use tonic::Status;

/// Applies changes; returns what to tell of them, and how the call ends if it does here.
pub(super) fn apply(
    mutations: &[Mutation],
    is_allowed: bool,
) -> (Option<MutationInfo>, Result<(), Status>) {
    let understood: Vec<String> = mutations.iter().map(ToString::to_string).collect();
    let understood = understood.join("; ");
    if !is_allowed {
        // Clients that did not ask for changes do not expect to be told of them.
        let end = Status::failed_precondition(format!(
            "the script changes what is traced; set `mutation` in the request: {understood}"
        ));
        return (None, Err(end));
    }
    let end = if mutations.is_empty() {
        Ok(())
    } else {
        Err(Status::unimplemented(format!(
            "the script changes what agents trace, which is not deployable here yet: {understood}"
        )))
    };
    let states = mutations.iter().filter_map(|mutation| match mutation {
        Mutation::Upsert(tracepoint) => Some(MutationState {
            id: String::new(),
            state: LifeCycleState::FailedState.into(),
            name: tracepoint.name.clone(),
        }),
        Mutation::Delete { .. } | Mutation::Config { .. } => None,
    });
    let status = end
        .as_ref()
        .map_or_else(reported, |()| reported(&Status::ok("")));
    (
        Some(MutationInfo {
            status: Some(status),
            states: states.collect(),
        }),
        end,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_pxl::{Target, Tracepoint};
    use tonic::Code;

    #[test]
    fn changes_that_nobody_asked_for_or_can_make_are_named() {
        let tracepoint = Tracepoint {
            name: "drops".to_owned(),
            ttl_ns: 1,
            target: Target::Kernel,
            programs: Vec::new(),
        };
        let delete = Mutation::Delete {
            name: "old".to_owned(),
        };
        let changes = [Mutation::Upsert(tracepoint), delete];
        let (info, end) = apply(&changes, true);
        let info = info.expect("what became of them");
        assert_eq!(
            info.status.map(|status| status.code),
            Some(Code::Unimplemented as i32)
        );
        let names: Vec<_> = info
            .states
            .iter()
            .map(|state| (&*state.name, state.state()))
            .collect();
        assert_eq!(names, [("drops", LifeCycleState::FailedState)]);
        assert!(end.unwrap_err().message().contains("drops"));

        let (info, end) = apply(&changes, false);
        assert!(info.is_none());
        assert_eq!(end.unwrap_err().code(), Code::FailedPrecondition);

        let (info, end) = apply(&[], true);
        assert_eq!(
            info.and_then(|info| info.status).map(|status| status.code),
            Some(0)
        );
        assert!(end.is_ok());
    }
}
