//! `PluginService`: scheduled scripts, and the plugins that say where they export to.

use crate::cluster::{from_proto, to_proto};
use crate::grpc::{guard, status};
use crate::schedule::{PLUGINS, Plugin, PluginChanges, ScheduleError, Script, may_change, plugin};
use crate::state::ServerState;
use nixie_api::proto::cloudapi::plugin_service_server::PluginService;
use nixie_api::proto::cloudapi::{
    CreateRetentionScriptRequest, CreateRetentionScriptResponse, DeleteRetentionScriptRequest,
    DeleteRetentionScriptResponse, GetOrgRetentionPluginConfigRequest,
    GetOrgRetentionPluginConfigResponse, GetPluginsRequest, GetPluginsResponse,
    GetRetentionPluginInfoRequest, GetRetentionPluginInfoResponse, GetRetentionScriptRequest,
    GetRetentionScriptResponse, GetRetentionScriptsRequest, GetRetentionScriptsResponse,
    Plugin as ProtoPlugin, RetentionScript, UpdateRetentionPluginConfigRequest,
    UpdateRetentionPluginConfigResponse, UpdateRetentionScriptRequest,
    UpdateRetentionScriptResponse,
};
use nixie_api::proto::uuidpb::Uuid as ProtoUuid;
use nixie_api::{CronChanges, NewCronScript, OtelEndpoint};
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::{Code, Request, Response, Status};

/// Schedules scripts.
pub(crate) struct Plugins(pub(crate) Arc<ServerState>);

type Answer<T> = Result<Response<T>, Status>;

impl Plugins {
    /// Refuses those who may only look.
    fn check<T>(request: &Request<T>) -> Result<(), Status> {
        let principal = guard::principal(request)?;
        may_change(&principal).map_err(Status::permission_denied)
    }

    /// Refuses clusters that this agent cannot speak for. It is the only one of its cluster, so
    /// that naming it means the same as naming none.
    fn check_clusters(&self, clusters: &[ProtoUuid]) -> Result<(), Status> {
        let mut clusters = clusters.iter().copied().map(from_proto);
        clusters.try_for_each(|id| self.0.cluster.check(id))
    }

    fn told(&self, plugin: &Plugin) -> Result<ProtoPlugin, Status> {
        let config = self.0.schedule.plugin(plugin.id).map_err(failed)?;
        Ok(ProtoPlugin {
            name: plugin.name.to_owned(),
            id: plugin.id.to_owned(),
            description: plugin.description.to_owned(),
            logo: String::new(),
            latest_version: plugin.version.to_owned(),
            retention_supported: true,
            retention_enabled: config.is_some(),
            enabled_version: config.map_or_else(String::new, |config| config.version),
        })
    }
}

fn failed(error: ScheduleError) -> Status {
    use ScheduleError as E;
    let code = match &error {
        E::Script(_) | E::Invalid(_) | E::Endpoint(_) => Code::InvalidArgument,
        E::Unknown(_) | E::UnknownPlugin(_) => Code::NotFound,
        E::NameTaken(_) => Code::AlreadyExists,
        E::TooMany(_) => Code::ResourceExhausted,
        E::Elsewhere | E::Unfit(_) => Code::FailedPrecondition,
        E::File(_) | E::Sqlite(_) | E::Corrupt { .. } => Code::Unavailable,
    };
    match error {
        E::Script(errors) => status::of_script("", &errors).1,
        error => Status::new(code, status::with_causes(&error)),
    }
}

fn retention_script(script: &Script) -> RetentionScript {
    RetentionScript {
        script_id: Some(to_proto(script.id)),
        script_name: script.name.clone(),
        description: script.description.clone(),
        frequency_s: script.period_s.into(),
        cluster_ids: Vec::new(),
        plugin_id: script.plugin.clone(),
        enabled: script.enabled,
        is_preset: script.is_preset,
    }
}

fn endpoint(url: String) -> OtelEndpoint {
    OtelEndpoint {
        url,
        headers: BTreeMap::new(),
        insecure: false,
        timeout_s: None,
    }
}

fn frequency(seconds: i64) -> Result<u32, Status> {
    u32::try_from(seconds)
        .map_err(|_| Status::invalid_argument(format!("frequency of {seconds} s is not possible")))
}

#[tonic::async_trait]
impl PluginService for Plugins {
    async fn get_plugins(&self, _: Request<GetPluginsRequest>) -> Answer<GetPluginsResponse> {
        let plugins = PLUGINS.iter().map(|plugin| self.told(plugin));
        let plugins = plugins.collect::<Result<_, _>>()?;
        Ok(Response::new(GetPluginsResponse { plugins }))
    }

    async fn get_retention_plugin_info(
        &self,
        request: Request<GetRetentionPluginInfoRequest>,
    ) -> Answer<GetRetentionPluginInfoResponse> {
        plugin(&request.get_ref().plugin_id).map_err(failed)?;
        Ok(Response::new(GetRetentionPluginInfoResponse {
            configs: std::collections::HashMap::new(),
            allow_custom_export_url: true,
            allow_insecure_tls: true,
            default_export_url: String::new(),
        }))
    }

    /// For those who may change it: headers hold secrets.
    async fn get_org_retention_plugin_config(
        &self,
        request: Request<GetOrgRetentionPluginConfigRequest>,
    ) -> Answer<GetOrgRetentionPluginConfigResponse> {
        Self::check(&request)?;
        let id = request.into_inner().plugin_id;
        plugin(&id).map_err(failed)?;
        let config = self.0.schedule.plugin(&id).map_err(failed)?;
        let config = config.ok_or_else(|| {
            Status::not_found(format!(
                "plugin `{id}` is not enabled, and has no configuration"
            ))
        })?;
        Ok(Response::new(GetOrgRetentionPluginConfigResponse {
            configs: config.headers.into_iter().collect(),
            custom_export_url: config.url,
            insecure_tls: config.insecure,
        }))
    }

    async fn update_retention_plugin_config(
        &self,
        request: Request<UpdateRetentionPluginConfigRequest>,
    ) -> Answer<UpdateRetentionPluginConfigResponse> {
        Self::check(&request)?;
        let request = request.into_inner();
        let changes = PluginChanges {
            enabled: request.enabled,
            version: request.version,
            headers: request.configs.into_iter().collect(),
            url: request.custom_export_url,
            insecure: request.insecure_tls,
            disable_presets: request.disable_presets.unwrap_or_default(),
        };
        let state = &self.0;
        let changed = state
            .schedule
            .change_plugin(state, &request.plugin_id, changes);
        changed.await.map_err(failed)?;
        Ok(Response::new(UpdateRetentionPluginConfigResponse {}))
    }

    async fn get_retention_scripts(
        &self,
        _: Request<GetRetentionScriptsRequest>,
    ) -> Answer<GetRetentionScriptsResponse> {
        let scripts = self.0.schedule.scripts().map_err(failed)?;
        let scripts = scripts.iter().map(retention_script).collect();
        Ok(Response::new(GetRetentionScriptsResponse { scripts }))
    }

    async fn get_retention_script(
        &self,
        request: Request<GetRetentionScriptRequest>,
    ) -> Answer<GetRetentionScriptResponse> {
        let id = from_proto(request.into_inner().id.unwrap_or_default());
        let script = self.0.schedule.script(id).map_err(failed)?;
        Ok(Response::new(GetRetentionScriptResponse {
            script: Some(retention_script(&script)),
            contents: script.text,
            export_url: script.endpoint.map_or_else(String::new, |own| own.url),
        }))
    }

    async fn create_retention_script(
        &self,
        request: Request<CreateRetentionScriptRequest>,
    ) -> Answer<CreateRetentionScriptResponse> {
        Self::check(&request)?;
        let request = request.into_inner();
        self.check_clusters(&request.cluster_ids)?;
        let new = NewCronScript {
            name: request.script_name,
            description: request.description,
            script: request.contents,
            frequency_s: frequency(request.frequency_s)?,
            endpoint: Some(request.export_url)
                .filter(|url| !url.is_empty())
                .map(endpoint),
            disabled: request.disabled,
        };
        let state = &self.0;
        let created = state
            .schedule
            .create(state, new, &request.plugin_id)
            .await
            .map_err(failed)?;
        let id = Some(to_proto(created.script.id));
        Ok(Response::new(CreateRetentionScriptResponse { id }))
    }

    async fn update_retention_script(
        &self,
        request: Request<UpdateRetentionScriptRequest>,
    ) -> Answer<UpdateRetentionScriptResponse> {
        Self::check(&request)?;
        let request = request.into_inner();
        self.check_clusters(&request.cluster_ids)?;
        let id = from_proto(request.id.unwrap_or_default());
        let state = &self.0;
        let before = state.schedule.script(id).map_err(failed)?;
        let changes = CronChanges {
            name: request.script_name,
            description: request.description,
            script: request.contents,
            frequency_s: request.frequency_s.map(frequency).transpose()?,
            endpoint: request.export_url.map(|url| match before.endpoint {
                Some(own) => OtelEndpoint { url, ..own },
                None => endpoint(url),
            }),
            enabled: request.enabled,
        };
        let changed = state.schedule.change(state, id, changes).await;
        changed.map_err(failed)?;
        Ok(Response::new(UpdateRetentionScriptResponse {}))
    }

    async fn delete_retention_script(
        &self,
        request: Request<DeleteRetentionScriptRequest>,
    ) -> Answer<DeleteRetentionScriptResponse> {
        Self::check(&request)?;
        let id = from_proto(request.into_inner().id.unwrap_or_default());
        self.0.schedule.delete(id).await.map_err(failed)?;
        Ok(Response::new(DeleteRetentionScriptResponse {}))
    }
}
