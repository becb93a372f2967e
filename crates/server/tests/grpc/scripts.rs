//! What scripts deliver, and in which order.

use crate::running::{ALL, Running, script};
use nixie_api::proto::MESSAGE_BYTES_MAX;
use nixie_api::proto::vizierpb::column::ColData;
use nixie_api::proto::vizierpb::configs::OTelEndpointConfig;
use nixie_api::proto::vizierpb::error_details::Error;
use nixie_api::proto::vizierpb::execute_script_request::FuncToExecute;
use nixie_api::proto::vizierpb::execute_script_request::func_to_execute::ArgValue;
use nixie_api::proto::vizierpb::{
    Configs, DataType, ExecuteScriptRequest, GenerateOTelScriptRequest, SemanticType, UInt128,
};
use nixie_query::QueryLimits;
use prost::Message;
use std::collections::BTreeSet;
use std::time::Duration;
use tonic::Code;
use tonic::codec::CompressionEncoding;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_announced_delivered_and_summed_up() {
    let running = Running::start(1000).await;
    let text = "import px
df = px.DataFrame('http_events')
px.display(df.head(3), 'first')
px.display(df[df.latency < 0], 'none')
";
    let said = running.run(script(text)).await;
    assert!(said.end.is_none(), "{:?}", said.end);
    let names: Vec<_> = said
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(names, ["first", "none"]);
    let ids: BTreeSet<_> = said
        .messages
        .iter()
        .map(|message| &message.query_id)
        .collect();
    assert_eq!(ids.len(), 1);

    for table in &said.tables {
        let of_table = said
            .batches
            .iter()
            .filter(|batch| batch.table_id == table.id);
        let ends: Vec<_> = of_table.map(|batch| (batch.eos, batch.eow)).collect();
        assert_eq!(ends, [(true, true)], "{}", table.name);
    }
    let [stats] = &*said.stats else {
        panic!("statistics once")
    };
    let timing = stats.timing.unwrap();
    assert!(timing.execution_time_ns > 0 && timing.compilation_time_ns > 0);
    assert!(
        stats.records_processed >= 1003 && stats.bytes_processed > 0,
        "{stats:?}"
    );
    assert!(stats.completeness.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_have_the_types_that_were_announced() {
    let running = Running::start(1000).await;
    let text = "import px\npx.display(px.DataFrame('http_events').head(3), 'first')\n";
    let said = running.run(script(text)).await;
    let columns = &said.tables[0].relation.as_ref().unwrap().columns;
    let of = |at: usize| {
        (
            columns[at].column_type(),
            columns[at].column_semantic_type(),
        )
    };
    assert_eq!(of(0), (DataType::Time64ns, SemanticType::StTimeNs));
    assert_eq!(of(1), (DataType::Uint128, SemanticType::StUpid));
    assert_eq!(of(3), (DataType::Int64, SemanticType::StDurationNs));

    let first = &said.batches[0];
    let values: Vec<_> = first
        .cols
        .iter()
        .map(|col| col.col_data.clone().unwrap())
        .collect();
    let [
        ColData::Time64nsData(time),
        ColData::Uint128Data(upid),
        ColData::StringData(path),
        ColData::Int64Data(latency),
        ColData::Float64Data(share),
        ColData::BooleanData(encrypted),
    ] = <[ColData; 6]>::try_from(values).unwrap()
    else {
        panic!("columns of other types")
    };
    assert_eq!(time.data, [0, 1, 2]);
    assert_eq!(
        upid.data[2],
        UInt128 {
            high: 1 << 32 | 2,
            low: 2
        }
    );
    assert_eq!(path.data[1], b"/path/1");
    assert_eq!(latency.data, [0, 1, 2]);
    assert_eq!(
        (share.data[0], encrypted.data),
        (0.5, vec![true, false, true])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_a_script_come_with_their_place_and_nothing_else() {
    let running = Running::start(1).await;
    let said = running
        .run(script("import px\npx.display(px.DataFrame('nothing'))\n"))
        .await;
    let [message] = &*said.messages else {
        panic!("{said:?}")
    };
    let status = message.status.as_ref().unwrap();
    assert_eq!(status.code, Code::InvalidArgument as i32);
    assert!(!status.message.is_empty() && !message.query_id.is_empty());
    let Some(Error::CompilerError(error)) = &status.error_details[0].error else {
        panic!("no place")
    };
    assert_eq!(error.line, 2);
    assert!(
        error.column >= 1 && error.message.contains("nothing"),
        "{error:?}"
    );
    assert_eq!(said.end.unwrap().code(), Code::InvalidArgument);
    // Flags are part of the script.
    let said = running.run(script("#px:set nonsense=1\nimport px\n")).await;
    assert_eq!(said.end.unwrap().code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_are_called_with_arguments_and_name_their_tables() {
    let running = Running::start(100).await;
    let text = "import px
def below(limit: int):
    df = px.DataFrame('http_events')
    return df[df.latency < limit]

def both(limit: int):
    return below(limit), below(limit)
";
    let call = |name: &str, prefix: &str| FuncToExecute {
        func_name: name.to_owned(),
        arg_values: vec![ArgValue {
            name: "limit".to_owned(),
            value: "7".to_owned(),
        }],
        output_table_prefix: prefix.to_owned(),
    };
    let exec_funcs = vec![call("below", "widget"), call("both", "two")];
    let said = running
        .run(ExecuteScriptRequest {
            exec_funcs,
            ..script(text)
        })
        .await;
    assert!(said.end.is_none(), "{:?}", said.end);
    let names: Vec<_> = said
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(names, ["widget", "two[0]", "two[1]"]);
    assert_eq!(said.rows(), 21);

    let mut twice = call("below", "widget");
    twice.arg_values.extend(twice.arg_values.clone());
    let said = running
        .run(ExecuteScriptRequest {
            exec_funcs: vec![twice],
            ..script(text)
        })
        .await;
    let end = said.end.unwrap();
    assert!(
        end.message()
            .contains("`limit` of function `below` is given twice"),
        "{end}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_a_table_of_its_own() {
    let running = Running::start(10).await;
    let said = running
        .run(script(&format!("#px:set explain=true\n{ALL}")))
        .await;
    let names: Vec<_> = said
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(names, ["out", "__query_plan__"]);
    let Some(ColData::StringData(plan)) = &said.batches[1].cols[0].col_data else {
        panic!("no text")
    };
    assert!(
        String::from_utf8_lossy(&plan.data[0]).starts_with("digraph"),
        "{plan:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rows_come_in_small_messages_compressed_or_not() {
    let running = Running::start(200_000).await;
    let said = running.run(script(ALL)).await;
    assert!(said.end.is_none(), "{:?}", said.end);
    assert_eq!(said.rows(), 200_000);
    assert!(said.batches.len() > 5);
    assert!(
        said.messages
            .iter()
            .all(|message| message.encoded_len() < MESSAGE_BYTES_MAX / 3)
    );
    let ends: Vec<bool> = said
        .batches
        .iter()
        .map(|batch| batch.eos && batch.eow)
        .collect();
    assert_eq!(ends.iter().position(|&end| end), Some(ends.len() - 1));

    let mut client = running
        .client()
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let answer = client.execute_script(script(ALL)).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), "gzip");
    assert_eq!(
        crate::running::Said::all(answer.into_inner()).await.rows(),
        200_000
    );
    // Who only understands gzip is spared it.
    let mut client = running
        .client()
        .accept_compressed(CompressionEncoding::Gzip);
    let answer = client.execute_script(script(ALL)).await.unwrap();
    assert!(answer.metadata().get("grpc-encoding").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_while_running_is_told_in_the_stream_and_at_its_end() {
    let limits = QueryLimits {
        time_max: Duration::ZERO,
        ..QueryLimits::default()
    };
    let running = Running::start_with(10, limits, |_| {}).await;
    let said = running.run(script(ALL)).await;
    assert_eq!(said.tables.len(), 1);
    let told = said.messages.last().unwrap().status.clone().unwrap();
    let end = said.end.unwrap();
    assert_eq!((told.code, end.code()), (4, Code::DeadlineExceeded));
    assert_eq!(told.message, end.message());
    assert!(told.message.contains("took longer"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_here_is_said() {
    let running = Running::start(10).await;
    let trace = "import pxtrace\nimport px\n\
        pxtrace.DeleteTracepoint('drops')\n\
        px.display(px.DataFrame('http_events'), 'out')\n";
    let said = running.run(script(trace)).await;
    assert_eq!(said.end.unwrap().code(), Code::FailedPrecondition);
    let said = running
        .run(ExecuteScriptRequest {
            mutation: true,
            ..script(trace)
        })
        .await;
    let info = said.messages[0].mutation_info.clone().unwrap();
    let end = said.end.unwrap();
    assert_eq!(
        (info.status.unwrap().code, end.code()),
        (12, Code::Unimplemented)
    );
    assert!(end.message().contains("drops"), "{end}");
    // A script that changes nothing may say that it could.
    let said = running
        .run(ExecuteScriptRequest {
            mutation: true,
            ..script(ALL)
        })
        .await;
    assert_eq!(
        said.messages[0]
            .mutation_info
            .clone()
            .unwrap()
            .status
            .unwrap()
            .code,
        0
    );
    assert!(said.end.is_none() && said.rows() == 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_become_scripts_that_export() {
    let running = Running::start(10).await;
    let generate = async |text: &str| {
        let request = GenerateOTelScriptRequest {
            pxl_script: text.to_owned(),
            ..GenerateOTelScriptRequest::default()
        };
        let answer = running.client().generate_o_tel_script(request).await;
        answer.unwrap().into_inner()
    };
    let text = "import px\ndf = px.DataFrame('http_events')\ndf.service = df.ctx['service']\n\
        px.display(df[['time_', 'service', 'req_path', 'latency']], 'out')\n";
    let made = generate(text).await;
    assert_eq!(made.status.as_ref().unwrap().code, 0, "{made:?}");
    assert!(made.otel_script.contains("px.export("), "{made:?}");
    // A UINT128 has no form there.
    let all_columns = "import px\npx.display(px.DataFrame('http_events'), 'out')\n";
    for wrong in [
        "import px\n",
        "import px\npx.display(nothing)\n",
        all_columns,
    ] {
        let refused = generate(wrong).await;
        assert_eq!(refused.status.unwrap().code, 3, "{wrong}");
        assert!(refused.otel_script.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_cannot_be_exported_are_a_failure() {
    let running = Running::start(10).await;
    let text = "import px
df = px.DataFrame('http_events')
px.export(df, px.otel.Data(
    resource={'service.name': df.req_path},
    data=[px.otel.metric.Gauge(name='latency', value=df.latency)],
))
";
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let otel_endpoint_config = Some(OTelEndpointConfig {
        url: closed.to_string(),
        insecure: true,
        timeout: 1,
        ..OTelEndpointConfig::default()
    });
    let configs = Some(Configs {
        otel_endpoint_config,
        plugin_config: None,
    });
    let said = running
        .run(ExecuteScriptRequest {
            configs,
            ..script(text)
        })
        .await;
    let end = said.end.unwrap();
    assert_eq!(end.code(), Code::Unavailable, "{end}");
    assert!(
        end.message()
            .contains(&format!("export to `{closed}` failed")),
        "{end}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_scripts_are_refused_with_the_limit() {
    let running = Running::start(1).await;
    let said = running.run(script(&"#".repeat(2 << 20))).await;
    let end = said.end.unwrap();
    assert_eq!(end.code(), Code::InvalidArgument);
    assert!(
        end.message().contains("exceeds the limit of 1048576 bytes"),
        "{end}"
    );
    let said = running.run(script(&"#".repeat(100 << 20))).await;
    let end = said.end.unwrap();
    assert!(
        end.message().contains("the limit is: 4194304 bytes"),
        "{end}"
    );
    assert!(running.run(script(ALL)).await.end.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_table_says_so() {
    let running = Running::start(20_000).await;
    let text = "import px\npx.display(px.DataFrame('http_events'), 'out')\n";
    let said = running.run(script(text)).await;
    assert_eq!(said.rows(), 10_000);
    let [missing] = &*said.stats[0].completeness else {
        panic!("{:?}", said.stats)
    };
    assert_eq!(
        (missing.cut_at_rows, &missing.table_id),
        (10_000, &said.tables[0].id)
    );
}
