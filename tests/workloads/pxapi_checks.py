"""Checks of the published Python client against a running agent.

Called as: pxapi_checks.py CHECK; the agent listens on 127.0.0.1:4747 and localhost, with TLS and
without. PX_API_KEY is a key that is known, and the authority is where gRPC looks for it.
"""

import asyncio
import os
import sys
import uuid

import grpc
import pxapi
from pxapi.errors import PxLError

ADDRESS = "127.0.0.1:4747"


def client(token=None, **options):
    return pxapi.Client(
        token=token or os.environ["PX_API_KEY"],
        server_url=ADDRESS,
        channel_fn=lambda url: grpc.insecure_channel(url),
        conn_channel_fn=lambda url: grpc.aio.insecure_channel(url),
        **options,
    )


def connection(**options):
    own = client(**options)
    (cluster,) = own.list_healthy_clusters()
    assert cluster.name(), cluster
    return own.connect_to_cluster(cluster.id)


def check_types():
    script = connection().prepare_script("""
import px
df = px.DataFrame('http_events')
df.half = 0.5
df.is_get = df.req_method == 'GET'
px.display(df[['time_', 'upid', 'req_path', 'resp_status', 'half', 'is_get']], 'out')
""")
    rows = list(script.results("out"))
    assert rows, "no rows"
    for row in rows:
        assert isinstance(row["time_"], int) and row["time_"] > 10**18, row["time_"]
        assert isinstance(row["upid"], uuid.UUID) and row["upid"].int > 0
        assert row["req_path"].startswith(b"/"), row["req_path"]
        assert row["resp_status"] == 200 and row["half"] == 0.5 and row["is_get"] is True
    print(len(rows), "rows")


def check_several_tables():
    script = connection().prepare_script("""
import px
df = px.DataFrame('http_events')
px.display(df[['req_path']], 'paths')
px.display(df[df.resp_status < 0][['req_path']], 'none')
px.display(df.groupby('req_path').agg(n=('time_', px.count)), 'counts')
""")
    counts = {"paths": 0, "none": 0, "counts": 0}

    def count(table):
        async def consume():
            async for _ in table:
                counts[table.table_name] += 1

        return consume()

    async def run():
        tables = script.subscribe_all_tables()
        running = asyncio.create_task(script.run_async())
        generator = tables()
        consumers = []
        async for table in generator:
            consumers.append(asyncio.create_task(count(table)))
        await running
        await asyncio.gather(*consumers)

    asyncio.get_event_loop().run_until_complete(run())
    assert counts["paths"] > 0 and counts["none"] == 0 and counts["counts"] > 0, counts
    print(counts)


def check_callbacks():
    script = connection().prepare_script(
        "import px\npx.display(px.DataFrame('http_events')[['req_path']], 'out')"
    )
    seen = []
    script.add_callback("out", lambda row: seen.append(row["req_path"]))
    script.run()
    assert seen, "no rows"
    print(len(seen), "rows")


def check_script_error():
    script = connection().prepare_script("import px\npx.display(px.DataFrame('nothing'), 'out')\n")
    try:
        list(script.results("out"))
    except PxLError as error:
        assert "nothing" in str(error) and "DataFrame" in str(error), error
        print("PxLError")
    else:
        raise AssertionError("no error")


def check_missing_table():
    script = connection().prepare_script(
        "import px\npx.display(px.DataFrame('http_events').head(1), 'out')"
    )
    try:
        list(script.results("other"))
    except ValueError as error:
        assert "other" in str(error), error
        print("ValueError")
    else:
        raise AssertionError("no error")


def check_wrong_key():
    for token in ("px-api-00000000-0000-4000-8000-000000000000", "nonsense"):
        try:
            client(token=token).list_healthy_clusters()
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAUTHENTICATED, error
        else:
            raise AssertionError("let in")
    print("UNAUTHENTICATED")


def check_unknown_cluster():
    try:
        client().connect_to_cluster("00000000-0000-4000-8000-000000000000")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        print("NOT_FOUND")
    else:
        raise AssertionError("connected")


def check_encryption():
    script = connection(use_encryption=True).prepare_script(
        "import px\npx.display(px.DataFrame('http_events')[['req_path']], 'out')"
    )
    rows = list(script.results("out"))
    assert rows, "no rows"
    print(len(rows), "rows")


def check_large():
    """Many more rows than one message holds."""
    script = connection().prepare_script("""
import px
#px:set max_output_rows_per_table=0
df = px.DataFrame('http_events')
""" + "df = df.append(df)\n" * 6 + "px.display(df[['req_path', 'req_headers']], 'out')\n")
    rows = sum(1 for _ in script.results("out"))
    assert rows >= 6400 and rows % 64 == 0, rows
    print(rows, "rows")


def main():
    name = sys.argv[1]
    globals()["check_" + name]()


main()
