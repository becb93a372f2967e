//! `ScriptMgr`: the scripts that come with px.

use crate::grpc::status;
use crate::schedule::LibraryScript;
use crate::state::ServerState;
use nixie_api::proto::cloudapi::script_mgr_server::ScriptMgr;
use nixie_api::proto::cloudapi::{
    GetLiveViewContentsReq, GetLiveViewContentsResp, GetLiveViewsReq, GetLiveViewsResp,
    GetScriptContentsReq, GetScriptContentsResp, GetScriptsReq, GetScriptsResp, LiveViewMetadata,
    ScriptMetadata,
};
use nixie_api::vis_of_json;
use nixie_pxl::similar;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Tells of scripts. Their ids are their names.
pub(crate) struct Scripts(pub(crate) Arc<ServerState>);

impl Scripts {
    fn all(&self) -> &[LibraryScript] {
        &self.0.schedule.bundled().scripts
    }

    fn script(&self, id: &str) -> Result<&LibraryScript, Status> {
        let found = self.all().iter().find(|script| script.name == id);
        found.ok_or_else(|| {
            let shown = status::shown(id);
            let known = self.all().iter().map(|script| script.name.as_str());
            let hint = similar(shown, known).map_or_else(
                || "`GetScripts` lists those that are known".to_owned(),
                |similar| format!("did you mean `{similar}`?"),
            );
            Status::not_found(format!("script `{shown}` is not known here; {hint}"))
        })
    }
}

fn script_metadata(script: &LibraryScript) -> ScriptMetadata {
    ScriptMetadata {
        id: script.name.clone(),
        desc: script.description.clone(),
        name: script.name.clone(),
        has_live_view: script.vis.is_some(),
    }
}

fn view_metadata(script: &LibraryScript) -> LiveViewMetadata {
    LiveViewMetadata {
        id: script.name.clone(),
        desc: script.description.clone(),
        name: script.name.clone(),
    }
}

#[tonic::async_trait]
impl ScriptMgr for Scripts {
    async fn get_live_views(
        &self,
        _: Request<GetLiveViewsReq>,
    ) -> Result<Response<GetLiveViewsResp>, Status> {
        let views = self.all().iter().filter(|script| script.vis.is_some());
        let live_views = views.map(view_metadata).collect();
        Ok(Response::new(GetLiveViewsResp { live_views }))
    }

    async fn get_live_view_contents(
        &self,
        request: Request<GetLiveViewContentsReq>,
    ) -> Result<Response<GetLiveViewContentsResp>, Status> {
        let script = self.script(&request.get_ref().live_view_id)?;
        let Some(vis) = &script.vis else {
            return Err(Status::not_found(format!(
                "script `{}` has no vis specification; `GetScriptContents` gives its text",
                script.name
            )));
        };
        let vis = vis_of_json(vis).map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(GetLiveViewContentsResp {
            metadata: Some(view_metadata(script)),
            pxl_contents: script.text.clone(),
            vis: Some(vis),
        }))
    }

    async fn get_scripts(
        &self,
        _: Request<GetScriptsReq>,
    ) -> Result<Response<GetScriptsResp>, Status> {
        let scripts = self.all().iter().map(script_metadata).collect();
        Ok(Response::new(GetScriptsResp { scripts }))
    }

    async fn get_script_contents(
        &self,
        request: Request<GetScriptContentsReq>,
    ) -> Result<Response<GetScriptContentsResp>, Status> {
        let script = self.script(&request.get_ref().script_id)?;
        Ok(Response::new(GetScriptContentsResp {
            metadata: Some(script_metadata(script)),
            contents: script.text.clone(),
        }))
    }
}
