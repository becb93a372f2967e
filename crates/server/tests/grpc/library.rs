//! Scripts that clients are told of, and what they complete to.

use crate::running::{Running, Service};
use nixie_api::proto::cloudapi::artifact_tracker_client::ArtifactTrackerClient;
use nixie_api::proto::cloudapi::autocomplete_service_client::AutocompleteServiceClient;
use nixie_api::proto::cloudapi::script_mgr_client::ScriptMgrClient;
use nixie_api::proto::cloudapi::vizier_deployment_key_manager_client::VizierDeploymentKeyManagerClient;
use nixie_api::proto::cloudapi::{
    AutocompleteEntityKind as Kind, AutocompleteEntityState as State, AutocompleteFieldRequest,
    AutocompleteRequest, AutocompleteResponse, AutocompleteSuggestion, GetArtifactListRequest,
    GetDownloadLinkRequest, GetLiveViewContentsReq, GetLiveViewsReq, GetScriptContentsReq,
    GetScriptsReq, ListDeploymentKeyRequest,
};
use nixie_api::proto::vispb;
use nixie_metadata::kubernetes::KubernetesUpdate;
use nixie_query::QueryLimits;
use nixie_server::{LibraryScript, ScriptLibrary};
use prost::Message;
use std::sync::Arc;
use tonic::Code;

const VIS: &str = r#"{
  "variables": [{"name": "pod", "type": "PX_POD"}, {"name": "n", "type": "PX_INT64", "defaultValue": "1"}],
  "widgets": [{"name": "w", "func": {"name": "f", "args": [{"name": "pod", "variable": "pod"}]},
    "displaySpec": {"@type": "types.px.dev/px.vispb.Table", "gutterColumn": "status"}}]
}"#;

async fn start() -> Running {
    let script = |name: &str, vis: Option<&str>| LibraryScript {
        name: name.to_owned(),
        description: format!("about {name}"),
        text: format!("import px # {name}"),
        vis: vis.map(str::to_owned),
    };
    let mut scripts = vec![script("px/http_data", None), script("px/pod", Some(VIS))];
    scripts.extend((0..20).map(|number| script(&format!("own/script{number}"), None)));
    let library = ScriptLibrary {
        scripts,
        ..ScriptLibrary::default()
    };
    Running::start_with(1, QueryLimits::default(), |config| {
        config.bundled = Arc::new(library);
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_are_told_with_their_views() {
    let running = start().await;
    let mut client = ScriptMgrClient::new(running.service());
    let scripts = client.get_scripts(GetScriptsReq {}).await.unwrap();
    let scripts = scripts.into_inner().scripts;
    assert_eq!(scripts.len(), 22);
    let pod = scripts
        .iter()
        .find(|script| script.name == "px/pod")
        .unwrap();
    assert_eq!((&*pod.desc, pod.has_live_view), ("about px/pod", true));
    let views = client.get_live_views(GetLiveViewsReq {}).await.unwrap();
    let [view] = &*views.into_inner().live_views else {
        panic!("one view")
    };
    let request = GetLiveViewContentsReq {
        live_view_id: view.id.clone(),
    };
    let view = client.get_live_view_contents(request).await.unwrap();
    let view = view.into_inner();
    assert_eq!(view.pxl_contents, "import px # px/pod");
    let vis = view.vis.unwrap();
    assert_eq!(vis.variables[0].r#type(), vispb::PxType::PxPod);
    let display = vis.widgets[0].display_spec.clone().unwrap();
    let table = vispb::Table::decode(&*display.value).unwrap();
    assert_eq!(table.gutter_column, "status");
    let request = GetScriptContentsReq {
        script_id: "px/http_data".to_owned(),
    };
    let contents = client.get_script_contents(request).await.unwrap();
    assert_eq!(contents.into_inner().contents, "import px # px/http_data");
    let request = GetScriptContentsReq {
        script_id: "px/http_dat".to_owned(),
    };
    let status = client.get_script_contents(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(
        status.message().contains("did you mean `px/http_data`?"),
        "{status}"
    );
    let request = GetLiveViewContentsReq {
        live_view_id: "px/http_data".to_owned(),
    };
    let status = client.get_live_view_contents(request).await.unwrap_err();
    assert!(
        status.message().contains("has no vis specification"),
        "{status}"
    );
}

type Client = AutocompleteServiceClient<Service>;

async fn field(
    client: &mut Client,
    input: &str,
    kind: Kind,
) -> (Vec<AutocompleteSuggestion>, bool) {
    let request = AutocompleteFieldRequest {
        input: input.to_owned(),
        field_type: kind.into(),
        ..AutocompleteFieldRequest::default()
    };
    let answer = client
        .autocomplete_field(request)
        .await
        .unwrap()
        .into_inner();
    (answer.suggestions, answer.has_additional_matches)
}

fn names(suggestions: &[AutocompleteSuggestion]) -> Vec<&str> {
    suggestions
        .iter()
        .map(|suggestion| &*suggestion.name)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_completed() {
    let running = start().await;
    let mut client = Client::new(running.service());
    let (nodes, _) = field(&mut client, "", Kind::AekNode).await;
    assert_eq!(
        names(&nodes),
        ["host"],
        "without Kubernetes, the host is the node"
    );
    let updates = r#"[
        {"namespace": {"uid": "n", "name": "shop"}},
        {"pod": {"uid": "p1", "name": "cart-1", "namespace": "shop", "phase": "Running"}},
        {"pod": {"uid": "p2", "name": "cart-2", "namespace": "shop", "phase": "Pending"}}
    ]"#;
    let updates: Vec<KubernetesUpdate> = serde_json::from_str(updates).unwrap();
    running.agent.metadata().update_kubernetes(updates, 1);
    let (pods, has_more) = field(&mut client, "cart", Kind::AekPod).await;
    assert_eq!(names(&pods), ["shop/cart-1", "shop/cart-2"]);
    assert!(!has_more);
    assert_eq!(
        (pods[0].state(), pods[1].state()),
        (State::AesRunning, State::AesPending)
    );
    assert_eq!(pods[0].matched_indexes, [5, 6, 7, 8]);
    let (namespaces, _) = field(&mut client, "sh", Kind::AekNamespace).await;
    assert_eq!(names(&namespaces), ["shop"]);
    let (scripts, has_more) = field(&mut client, "script", Kind::AekScript).await;
    assert_eq!((scripts.len(), has_more), (10, true));
    let request = AutocompleteFieldRequest {
        field_type: Kind::AekScript.into(),
        required_arg_types: vec![Kind::AekPod.into()],
        ..AutocompleteFieldRequest::default()
    };
    let answer = client
        .autocomplete_field(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(names(&answer.suggestions), ["px/pod"]);

    let mut typed = async |input: &str| -> AutocompleteResponse {
        let request = AutocompleteRequest {
            input: input.to_owned(),
            cursor_pos: 3,
            ..AutocompleteRequest::default()
        };
        client.autocomplete(request).await.unwrap().into_inner()
    };
    let answer = typed("px/http_data").await;
    assert_eq!(answer.formatted_input, "${1:px/$0http_data}");
    assert!(answer.is_executable, "it needs nothing");
    let answer = typed("px/pod").await;
    assert!(!answer.is_executable, "it needs a pod");
    let answer = typed("px/pod pod:cart-1").await;
    assert!(answer.is_executable);
    let tab = &answer.tab_suggestions[1];
    assert_eq!(
        (tab.tab_index, names(&tab.suggestions)),
        (2, vec!["shop/cart-1"])
    );
    assert!(tab.executable_after_select);
    let answer = typed("px/pod cart").await;
    assert!(!answer.is_executable && answer.tab_suggestions[1].executable_after_select);
    let request = AutocompleteRequest {
        input: "x".repeat(5000),
        ..AutocompleteRequest::default()
    };
    let status = client.autocomplete(request).await.unwrap_err();
    assert!(status.message().contains("limit of 4096 bytes"), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_matter_of_an_agent_says_so() {
    let running = start().await;
    let mut client = ArtifactTrackerClient::new(running.service());
    let request = |name: &str| GetArtifactListRequest {
        artifact_name: name.to_owned(),
        ..GetArtifactListRequest::default()
    };
    let known = client.get_artifact_list(request("cli")).await.unwrap();
    assert_eq!(known.into_inner().artifact[0].version_str, "1.2.3");
    let status = client.get_artifact_list(request("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let request = GetDownloadLinkRequest {
        artifact_name: "cli".to_owned(),
        ..GetDownloadLinkRequest::default()
    };
    let status = client.get_download_link(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    let mut client = VizierDeploymentKeyManagerClient::new(running.service());
    let status = client.list(ListDeploymentKeyRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("px up"), "{status}");
}
