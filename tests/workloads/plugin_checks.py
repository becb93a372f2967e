"""Checks PluginService and ScriptMgr with the stubs of the published Python client.

Called as: plugin_checks.py VIEWER_KEY; PX_API_KEY is the key of an editor, and the agent listens on
127.0.0.1:4747.
"""

import os
import sys
import time

import grpc
import pxapi
from google.protobuf import wrappers_pb2 as wrappers
from pxapi.proto import cloudapi_pb2 as api
from pxapi.proto import cloudapi_pb2_grpc as api_grpc
from pxapi.proto import vis_pb2 as vis

EDITOR = [("pixie-api-key", os.environ["PX_API_KEY"])]
VIEWER = [("pixie-api-key", sys.argv[1])]
PLUGIN = "open-telemetry"
SCRIPT = """import px
df = px.DataFrame('http_events', start_time=px.plugin.start_time, end_time=px.plugin.end_time)
px.export(df, px.otel.Data({'service.name': 'x'}, [px.otel.metric.Gauge('a', df.latency)]))
"""

channel = grpc.insecure_channel("127.0.0.1:4747")
plugins = api_grpc.PluginServiceStub(channel)


def refused(code, call, request, credentials=EDITOR):
    try:
        call(request, metadata=credentials)
    except grpc.RpcError as error:
        assert error.code() == code, error
        return error.details()
    raise AssertionError(f"not refused: {request}")


def configure(**fields):
    request = api.UpdateRetentionPluginConfigRequest(plugin_id=PLUGIN, **fields)
    plugins.UpdateRetentionPluginConfig(request, metadata=EDITOR)


def scripts(credentials=EDITOR):
    answer = plugins.GetRetentionScripts(api.GetRetentionScriptsRequest(), metadata=credentials)
    return {script.script_name: script for script in answer.scripts}


# What there is.
request = api.GetPluginsRequest(kind=api.PK_RETENTION)
(plugin,) = plugins.GetPlugins(request, metadata=VIEWER).plugins
assert plugin.id == PLUGIN and plugin.retention_supported and not plugin.retention_enabled, plugin
info = plugins.GetRetentionPluginInfo(
    api.GetRetentionPluginInfoRequest(plugin_id=PLUGIN, version=plugin.latest_version), metadata=VIEWER
)
assert info.allow_custom_export_url and info.allow_insecure_tls and info.default_export_url == ""
assert scripts(VIEWER) == {}

# Viewers change nothing, and see no headers.
on = api.UpdateRetentionPluginConfigRequest(
    plugin_id=PLUGIN,
    enabled=wrappers.BoolValue(value=True),
    version=wrappers.StringValue(value=plugin.latest_version),
    custom_export_url=wrappers.StringValue(value="127.0.0.1:9"),
    insecure_tls=wrappers.BoolValue(value=True),
    configs={"api-key": "k1"},
    disable_presets=wrappers.BoolValue(value=True),
)
denied = grpc.StatusCode.PERMISSION_DENIED
assert "editor" in refused(denied, plugins.UpdateRetentionPluginConfig, on, VIEWER)
config = api.GetOrgRetentionPluginConfigRequest(plugin_id=PLUGIN)
refused(denied, plugins.GetOrgRetentionPluginConfig, config, VIEWER)
create = api.CreateRetentionScriptRequest(
    script_name="mine", description="own", frequency_s=1, contents=SCRIPT, plugin_id=PLUGIN
)
refused(denied, plugins.CreateRetentionScript, create, VIEWER)
unfit = refused(grpc.StatusCode.FAILED_PRECONDITION, plugins.CreateRetentionScript, create)
assert "enable it first" in unfit, unfit

# The plugin brings its presets.
plugins.UpdateRetentionPluginConfig(on, metadata=EDITOR)
(plugin,) = plugins.GetPlugins(request, metadata=VIEWER).plugins
assert plugin.retention_enabled and plugin.enabled_version == plugin.latest_version
answer = plugins.GetOrgRetentionPluginConfig(config, metadata=EDITOR)
assert dict(answer.configs) == {"api-key": "k1"} and answer.custom_export_url == "127.0.0.1:9"
presets = scripts()
assert {"HTTP Metrics", "DNS Spans", "Connection Stats"} <= presets.keys(), presets.keys()
for preset in presets.values():
    assert preset.is_preset and not preset.enabled and preset.frequency_s == 10, preset
preset = presets["HTTP Spans"].script_id
delete = api.DeleteRetentionScriptRequest(id=preset)
refused(grpc.StatusCode.FAILED_PRECONDITION, plugins.DeleteRetentionScript, delete)

# A script of one's own, from its creation to its end.
wrong = api.CreateRetentionScriptRequest(
    script_name="wrong", frequency_s=1, contents="import px\npx.nothing()", plugin_id=PLUGIN
)
assert "2:" in refused(grpc.StatusCode.INVALID_ARGUMENT, plugins.CreateRetentionScript, wrong)
mine = plugins.CreateRetentionScript(create, metadata=EDITOR).id
refused(grpc.StatusCode.ALREADY_EXISTS, plugins.CreateRetentionScript, create)
get = api.GetRetentionScriptRequest(id=mine)
got = plugins.GetRetentionScript(get, metadata=VIEWER)
assert got.contents == SCRIPT and got.export_url == "" and got.script.enabled, got
update = api.UpdateRetentionScriptRequest(
    id=mine,
    script_name=wrappers.StringValue(value="ours"),
    frequency_s=wrappers.Int64Value(value=2),
    export_url=wrappers.StringValue(value="127.0.0.1:10"),
)
refused(denied, plugins.UpdateRetentionScript, update, VIEWER)
plugins.UpdateRetentionScript(update, metadata=EDITOR)
got = plugins.GetRetentionScript(get, metadata=VIEWER)
assert got.script.script_name == "ours" and got.script.frequency_s == 2, got
assert got.export_url == "127.0.0.1:10" and got.contents == SCRIPT, got

# Its runs are told to viewers, by the table function that the web page reads.
client = pxapi.Client(
    token=sys.argv[1],
    server_url="127.0.0.1:4747",
    channel_fn=lambda url: grpc.insecure_channel(url),
    conn_channel_fn=lambda url: grpc.aio.insecure_channel(url),
)
(cluster,) = client.list_healthy_clusters()
deadline = time.monotonic() + 30
while True:
    script = client.connect_to_cluster(cluster.id).prepare_script(
        "import px\npx.display(px.GetCronScriptHistory(), 'out')"
    )
    runs = list(script.results("out"))
    if runs:
        break
    assert time.monotonic() < deadline, "no run"
    time.sleep(0.2)

refused(denied, plugins.DeleteRetentionScript, api.DeleteRetentionScriptRequest(id=mine), VIEWER)
plugins.DeleteRetentionScript(api.DeleteRetentionScriptRequest(id=mine), metadata=EDITOR)
refused(grpc.StatusCode.NOT_FOUND, plugins.GetRetentionScript, get)

# What is turned off takes its presets with it.
configure(enabled=wrappers.BoolValue(value=False))
assert scripts() == {}, scripts()
refused(grpc.StatusCode.NOT_FOUND, plugins.GetOrgRetentionPluginConfig, config)
unknown = api.GetRetentionPluginInfoRequest(plugin_id="nothing", version="1")
assert "nothing" in refused(grpc.StatusCode.NOT_FOUND, plugins.GetRetentionPluginInfo, unknown)

# Every view of the library is what the published messages know, down to its displays.
library = api_grpc.ScriptMgrStub(channel)
views = library.GetLiveViews(api.GetLiveViewsReq(), metadata=VIEWER).live_views
assert len(views) > 50, len(views)
for view in views:
    contents = library.GetLiveViewContents(
        api.GetLiveViewContentsReq(live_view_id=view.id), metadata=VIEWER
    )
    # A view without widgets has variables only, and displays by itself.
    assert "import px" in contents.pxl_contents, view
    assert contents.vis.widgets or contents.vis.variables, view
    messages = [contents.vis]
    for widget in contents.vis.widgets:
        display = getattr(vis, widget.display_spec.type_url.rsplit(".", 1)[1])()
        assert widget.display_spec.Unpack(display), widget
        messages.append(display)
    for message in messages:
        size = message.ByteSize()
        message.DiscardUnknownFields()
        assert message.ByteSize() == size, f"unknown fields in {view.id}: {message}"
scripts = library.GetScripts(api.GetScriptsReq(), metadata=VIEWER).scripts
assert len(scripts) > len(views)
