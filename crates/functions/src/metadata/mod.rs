//! Processes, services and agents.
//!
//! Lookups by process identity happen once for each process of a batch.

mod asid;
mod exec_hostname;
mod has_service_name;
mod kubernetes;
mod namespace;
mod pod_ip;
mod pod_status;
mod upid;
mod upid_to_asid;
mod upid_to_cgroup;
mod upid_to_cmdline;
mod upid_to_comm;
mod upid_to_container_id;
mod upid_to_exe;
mod upid_to_hostname;
mod upid_to_node_name;
mod upid_to_parent_pid;
mod upid_to_pid;
mod upid_to_service_name;
mod upid_to_start_ts;
mod upid_to_string;
mod upid_to_unit;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &{
    let mut all = [&asid::ASID; OWN.len() + kubernetes::FUNCTIONS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < OWN.len() {
            OWN[at]
        } else {
            kubernetes::FUNCTIONS[at - OWN.len()]
        };
        at += 1;
    }
    all
};

const OWN: &[&Function] = &[
    &asid::ASID,
    &exec_hostname::EXEC_HOSTNAME,
    &upid::UPID,
    &upid_to_asid::UPID_TO_ASID,
    &upid_to_cgroup::UPID_TO_CGROUP,
    &upid_to_cmdline::UPID_TO_CMDLINE,
    &upid_to_comm::UPID_TO_COMM,
    &upid_to_container_id::UPID_TO_CONTAINER_ID,
    &upid_to_exe::UPID_TO_EXE,
    &upid_to_hostname::UPID_TO_HOSTNAME,
    &upid_to_node_name::UPID_TO_NODE_NAME,
    &upid_to_parent_pid::UPID_TO_PARENT_PID,
    &upid_to_pid::UPID_TO_PID,
    &upid_to_service_name::UPID_TO_SERVICE_NAME,
    &upid_to_start_ts::UPID_TO_START_TS,
    &upid_to_string::UPID_TO_STRING,
    &upid_to_unit::UPID_TO_UNIT,
    &has_service_name::HAS_SERVICE_NAME,
    &has_service_name::HAS_SERVICE_ID,
    &has_service_name::HAS_VALUE,
    &namespace::POD_NAME_TO_NAMESPACE,
    &namespace::SERVICE_NAME_TO_NAMESPACE,
    &pod_ip::IP_TO_POD_ID,
    &pod_ip::UPID_TO_PODNAME_LOCAL_ADDR_FALLBACK,
    &pod_status::POD_NAME_TO_STATUS,
    &pod_status::UPID_TO_POD_STATUS,
];
