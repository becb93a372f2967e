//! The recorded state, before and after some of its objects end.

use super::*;
use std::sync::{Arc, OnceLock};

const RECORDED: &str = include_str!("../../testdata/recorded.json");
const TERMINATED: &str = include_str!("../../testdata/terminated.json");

/// Before anything is cleaned.
const NOW_NS: i64 = 1_000;

fn updates(text: &str) -> Vec<KubernetesUpdate> {
    serde_json::from_str(text).unwrap()
}

fn recorded() -> KubernetesState {
    let mut state = KubernetesState::default();
    state.apply(updates(RECORDED), NOW_NS);
    state
}

fn pod(uid: &str, ip: &str, start_time_ns: i64) -> Pod {
    Pod {
        uid: uid.to_owned(),
        name: uid.to_owned(),
        namespace: "pl".to_owned(),
        ip: ip.to_owned(),
        start_time_ns,
        ..Pod::default()
    }
}

fn update(pod: Pod) -> KubernetesUpdate {
    KubernetesUpdate::Pod(Box::new(pod))
}

fn service(uid: &str, pods: &[&str]) -> KubernetesUpdate {
    KubernetesUpdate::Service(ServiceUpdate {
        uid: uid.to_owned(),
        name: uid.to_owned(),
        namespace: "pl".to_owned(),
        pod_ids: Some(pods.iter().map(|&pod| pod.to_owned()).collect()),
        ..ServiceUpdate::default()
    })
}

fn services(state: &KubernetesState, pod: &str) -> Vec<String> {
    let all = state.services_of_pod(pod);
    all.iter().map(|service| service.uid.clone()).collect()
}

#[test]
fn news_survive_being_written_and_read() {
    let all = updates(RECORDED);
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(updates(&text), all);
    let wrong = r#"[{"pod": {"uid": "1", "colour": "red"}}]"#;
    let error = serde_json::from_str::<Vec<KubernetesUpdate>>(wrong).unwrap_err();
    assert!(error.to_string().contains("colour"), "{error}");
}

#[test]
fn objects_are_found_by_id_and_name_also_after_their_end() {
    let mut state = recorded();
    assert!(state.is_present() && state.len() == 12);
    state.apply(updates(TERMINATED), NOW_NS);
    assert_eq!(state.pod("2_uid").unwrap().stop_time_ns, 15);
    assert_eq!(state.pod_named("pl/terminating_pod").unwrap().uid, "2_uid");
    for bad in ["", "terminating_pod", "pl/terminating_pod/", "pl/nobody"] {
        assert!(state.pod_named(bad).is_none(), "{bad}");
    }
    let pod = state.pod_of_container("pod2_container_1").unwrap();
    assert_eq!(
        state.deployment_of_pod(pod).unwrap().uid,
        "terminating_deployment_uid"
    );
    assert!(services(&state, "2_uid").is_empty());
}

#[test]
fn what_ended_is_kept_for_a_day_and_then_forgotten_with_all_its_traces() {
    let mut state = recorded();
    state.apply(updates(TERMINATED), NOW_NS);
    state.apply(
        [update(Pod {
            stop_time_ns: 50,
            ..pod("old", "9.9.9.9", 40)
        })],
        NOW_NS,
    );
    state.apply([], ENDED_KEPT_NS);
    assert!(state.pod("2_uid").is_some() && state.pod_id_of_ip("9.9.9.9") == Some("old"));
    state.apply([], ENDED_KEPT_NS + CLEAN_PERIOD_NS + 1_000);
    assert!(state.pod("2_uid").is_none() && state.pod_named("pl/terminating_pod").is_none());
    assert!(state.pod_of_container("pod2_container_1").is_none());
    assert_eq!(state.pod_id_of_ip("9.9.9.9"), None);
    assert_eq!(state.pod_id_of_ip_at("9.9.9.9", 100), None);
    assert_eq!(state.len(), 12 - 6);
    assert_eq!(services(&state, "1_uid"), ["3_uid"]);
}

#[test]
fn an_address_belongs_to_the_pod_that_started_last_before() {
    let mut state = recorded();
    assert_eq!(state.pod_id_of_ip_at("1.1.1.1", 4), None);
    assert_eq!(state.pod_id_of_ip_at("1.1.1.1", 8), Some("1_uid"));
    state.apply([update(pod("101_uid", "1.1.1.1", 100))], NOW_NS);
    assert_eq!(state.pod_id_of_ip_at("::ffff:1.1.1.1", 99), Some("1_uid"));
    assert_eq!(state.pod_id_of_ip_at("1.1.1.1", 100), Some("101_uid"));
    assert_eq!(state.pod_id_of_ip("1.1.1.1"), Some("101_uid"));
    // Late news of the first do not give the address back.
    let mut first = (**state.pod("1_uid").unwrap()).clone();
    first.stop_time_ns = 90;
    state.apply([update(first)], NOW_NS);
    assert_eq!(state.pod_id_of_ip("1.1.1.1"), Some("101_uid"));
}

#[test]
fn a_pod_on_the_network_of_its_host_has_no_address_of_its_own() {
    let mut state = KubernetesState::default();
    let mut on_host = pod("a", "10.0.0.1", 1);
    on_host.host_ip = "10.0.0.1".to_owned();
    state.apply([update(on_host)], NOW_NS);
    assert_eq!(state.pod_id_of_ip("10.0.0.1"), None);
    assert_eq!(state.pod_id_of_ip_at("10.0.0.1", 5), None);
}

#[test]
fn a_name_belongs_to_the_one_that_started_last() {
    let mut state = KubernetesState::default();
    let named = |uid: &str, start_ns, stop_time_ns| {
        let name = "db-0".to_owned();
        update(Pod {
            name,
            stop_time_ns,
            ..pod(uid, "", start_ns)
        })
    };
    state.apply(
        [named("a", 1, 0), named("b", 2, 0), named("a", 1, 9)],
        NOW_NS,
    );
    assert_eq!(state.pod_named("pl/db-0").unwrap().uid, "b");
    // An id that is told of again is the same object, whatever was said of its end.
    state.apply([named("b", 2, 5), named("b", 2, 0)], NOW_NS);
    assert_eq!(state.pod_named("pl/db-0").unwrap().stop_time_ns, 0);
}

#[test]
fn a_pod_that_leaves_its_services_still_belongs_to_the_last_of_them() {
    let mut state = recorded();
    state.apply([service("5_uid", &["1_uid"])], NOW_NS);
    assert_eq!(services(&state, "1_uid"), ["3_uid", "5_uid"]);
    state.apply([service("5_uid", &[])], NOW_NS);
    assert_eq!(services(&state, "1_uid"), ["3_uid"]);
    state.apply([service("3_uid", &[])], NOW_NS);
    assert_eq!(services(&state, "1_uid"), ["3_uid", "5_uid"]);
    // What is told without pods leaves them as they are.
    let mut addresses = ServiceUpdate {
        uid: "5_uid".to_owned(),
        ..ServiceUpdate::default()
    };
    addresses.cluster_ip = Some("10.9.9.9".to_owned());
    state.apply(
        [
            service("5_uid", &["1_uid"]),
            KubernetesUpdate::Service(addresses),
        ],
        NOW_NS,
    );
    assert_eq!(services(&state, "1_uid"), ["5_uid"]);
    assert_eq!(state.services_of_ip("10.9.9.9")[0].uid, "5_uid");
}

#[test]
fn pods_that_are_not_known_leave_no_trace_when_they_go() {
    let mut state = KubernetesState::default();
    for round in 0..100 {
        state.apply([service("s", &[&format!("pod{round}")])], NOW_NS);
    }
    assert!(state.service("s").unwrap().former_pod_ids.is_empty());
    assert_eq!(state.services_of_pods.len(), 1);
}

#[test]
fn earlier_containers_of_a_pod_still_belong_to_it() {
    let mut state = KubernetesState::default();
    for id in ["containerd://one", "containerd://two"] {
        let mut restarted = pod("a", "", 1);
        restarted.container_ids = vec![id.to_owned()];
        state.apply([update(restarted)], NOW_NS);
    }
    assert_eq!(state.pod_id_of_container("one"), Some("a"));
    assert_eq!(state.pod_id_of_container("two"), Some("a"));
}

#[test]
fn a_process_belongs_to_the_pod_of_its_container_or_of_its_cgroup() {
    let state = recorded();
    let process = |container: Option<&str>, cgroup: &str| crate::Process {
        container_id: container.map(str::to_owned),
        cgroup: cgroup.to_owned(),
        ..crate::Process::default()
    };
    let pod_of = |process| state.pod_id_of_process(&process);
    assert_eq!(
        pod_of(process(Some("pod1_container_1"), "")).as_deref(),
        Some("1_uid")
    );
    let unknown = process(Some("new"), "/kubepods/besteffort/pod2_uid/new");
    assert_eq!(pod_of(unknown).as_deref(), Some("2_uid"));
    assert_eq!(pod_of(process(None, "/system.slice/nginx.service")), None);
}

#[test]
fn networks_are_as_told_or_as_the_objects_show() {
    let mut state = recorded();
    assert_eq!(
        *state.cidrs(),
        ["10.0.0.1/32", "10.0.0.20/32", "10.1.40.0/24"]
    );
    state.network = NetworkUpdate::default();
    state.cidrs = OnceLock::new();
    assert_eq!(*state.cidrs(), ["1.1.1.1/32", "127.0.0.2/32"]);
    let node = Node {
        uid: "n".to_owned(),
        pod_cidrs: vec!["1.1.0.0/16".to_owned(), "fd00::/64".to_owned()],
        ..Node::default()
    };
    let mut other = ServiceUpdate {
        uid: "s".to_owned(),
        ..ServiceUpdate::default()
    };
    other.cluster_ip = Some("127.0.0.9".to_owned());
    state.apply(
        [
            KubernetesUpdate::Node(node),
            KubernetesUpdate::Service(other),
        ],
        NOW_NS,
    );
    assert_eq!(
        *state.cidrs(),
        ["1.1.0.0/16", "1.1.0.1/32", "127.0.0.0/28", "fd00::/64"]
    );
    assert!(KubernetesState::default().cidrs().is_empty());
}

#[test]
fn the_limit_forgets_what_ended_first_and_refuses_what_it_cannot_hold() {
    let mut state = KubernetesState::default();
    let all = (0..OBJECTS_MAX).map(|n| update(pod(&n.to_string(), "", 1)));
    state.apply(all, NOW_NS);
    state.apply([update(pod("late", "", 2))], NOW_NS);
    assert!(state.pod("late").is_none() && state.refused() == 1);
    let mut ended = pod("7", "", 1);
    ended.stop_time_ns = 5;
    state.apply([update(ended), update(pod("late", "", 2))], NOW_NS);
    assert!(state.pod("7").is_none() && state.pod("late").is_some());
    assert_eq!((state.len(), state.forgotten()), (OBJECTS_MAX, 1));
}

#[test]
fn readers_keep_the_state_that_they_took() {
    let metadata = crate::Metadata::new("host".to_owned(), 1);
    metadata.update_kubernetes(updates(RECORDED), NOW_NS);
    let before = metadata.kubernetes();
    metadata.update_kubernetes(updates(TERMINATED), NOW_NS);
    assert_eq!(before.pod("2_uid").unwrap().stop_time_ns, 0);
    assert_eq!(metadata.kubernetes().pod("2_uid").unwrap().stop_time_ns, 15);
    let shared = (before.pod("1_uid").unwrap(), metadata.kubernetes());
    assert!(Arc::ptr_eq(shared.0, shared.1.pod("1_uid").unwrap()));
}

#[test]
fn many_news_at_once_are_all_taken_in_whoever_looks() {
    let metadata = crate::Metadata::new("host".to_owned(), 1);
    let held = metadata.kubernetes();
    let many = |from: usize| (from..from + 1_000).map(|n| update(pod(&n.to_string(), "", 1)));
    metadata.update_kubernetes(many(0), NOW_NS);
    assert_eq!((held.len(), metadata.kubernetes().len()), (0, 1_000));
    drop(held);
    metadata.update_kubernetes(many(1_000), NOW_NS);
    assert_eq!(metadata.kubernetes().len(), 2_000);
    metadata.update_kubernetes([], NOW_NS);
    assert_eq!(metadata.kubernetes().len(), 2_000);
}
