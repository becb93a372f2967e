"""Checks of ADBC's Flight SQL driver, and of Arrow's own Flight client, against a running agent.

Called as: adbc_checks.py CHECK; the agent listens on 127.0.0.1:4747 and localhost, with TLS and
without. PX_API_KEY is a key that is known, and PX_CA the file of the authority.
"""

import datetime
import json
import os
import sys
import threading
import time

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as flight
from adbc_driver_flightsql import DatabaseOptions
from adbc_driver_flightsql import dbapi

PLAIN = "grpc+tcp://127.0.0.1:4747"
TLS = "grpc+tls://localhost:4747"
KEY = os.environ["PX_API_KEY"].strip()

# What Arrow's own client raises.
ARROW = (flight.FlightError, pa.ArrowException)


def series(digits):
    """Returns the beginning of a query with a table `s` of the numbers of so many digits."""
    ten = ", ".join(f"({digit})" for digit in range(10))
    number = " + ".join(f"{10**place} * d{place}.v" for place in range(digits))
    tables = ", ".join(f"d AS d{place}" for place in range(digits))
    return f"WITH d(v) AS (VALUES {ten}), s AS (SELECT {number} AS n FROM {tables})"


def slow_query():
    """Returns a query that takes more time than any test has."""
    return series(4) + " SELECT count(*) FROM s AS a, s AS b, s AS c WHERE a.n + b.n > c.n * 2"


def connect(uri=PLAIN, **options):
    options = options or {
        DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {KEY}",
    }
    return dbapi.connect(uri, db_kwargs=options, autocommit=True)


def table(sql, parameters=None):
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetch_arrow_table()


def refused(kind, expected, work):
    try:
        work()
    except kind as error:
        for text in expected:
            assert text in str(error), f"no `{text}` in: {error}"
        print(type(error).__name__, str(error)[:100])
    else:
        raise AssertionError(f"not refused: {expected}")


def check_types():
    found = table("""
SELECT time_, upid, req_path, resp_status, latency / 2.0 AS half, req_method = 'GET' AS is_get,
       CAST(NULL AS TEXT) AS nothing
FROM http_events ORDER BY time_""")
    types = [field.type for field in found.schema]
    assert types == [
        pa.timestamp("ns", "UTC"),
        pa.binary(16),
        pa.string(),
        pa.int64(),
        pa.float64(),
        pa.bool_(),
        pa.string(),
    ], types
    assert found.num_rows > 0
    for time_ns in found.column("time_").cast(pa.int64()).to_pylist():
        assert 0 <= time.time_ns() - time_ns < 600 * 10**9, time_ns
    for row in found.drop_columns(["time_"]).to_pylist():
        assert row["req_path"].startswith("/") and row["resp_status"] == 200, row
        assert int.from_bytes(row["upid"]) > 0 and row["half"] > 0 and row["is_get"] is True, row
        assert row["nothing"] is None, row
    # Python's times have no nanoseconds.
    micros = table("SELECT date_trunc('microsecond', time_) AS t FROM http_events")
    now = datetime.datetime.now(datetime.timezone.utc)
    for row in micros.to_pylist():
        assert datetime.timedelta(0) <= now - row["t"] < datetime.timedelta(minutes=10), row
    meaning = found.schema.field("upid").metadata
    assert meaning[b"px.semantic_type"] == b"ST_UPID", meaning
    print(found.num_rows, "rows")


def check_parameters():
    with connect() as connection, connection.cursor() as cursor:
        sql = "SELECT req_path, upid FROM http_events WHERE req_path = ? AND resp_status = ?"
        for path, status, rows in (("/checked/3", 200, 1), ("/checked/4", 200, 1), ("/checked/4", 404, 0)):
            cursor.execute(sql, (path, status))
            found = cursor.fetchall()
            assert len(found) == rows, found
            assert all(row[0] == path for row in found), found
        cursor.execute("SELECT upid FROM http_events LIMIT 1")
        ((upid,),) = cursor.fetchall()
        hour = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        future = hour + datetime.timedelta(hours=2)
        count = "SELECT count(*) FROM http_events WHERE upid = $1 AND time_ > $2 AND latency > $3"
        for values, has_rows in (((upid, hour, 0.5), True), ((upid, future, 0.5), False), ((b"\0" * 16, hour, 0), False)):
            cursor.execute(count, values)
            ((rows,),) = cursor.fetchall()
            assert (rows > 0) == has_rows, (values, rows)
        cursor.execute("SELECT ? || 'x', ?, ?", ("it's; --", None, True))
        assert cursor.fetchall() == [("it's; --x", None, True)]
        schema = cursor.adbc_prepare("SELECT 1 WHERE ? = 'a'")
        assert schema.field(0).type in (pa.string(), pa.null()), schema
        wrong = adbc_driver_manager.ProgrammingError
        refused(wrong, ["number of values for parameters is 0, expected 2"], lambda: cursor.execute(sql))
        refused(wrong, ["number of values for parameters is 1, expected 2"], lambda: cursor.execute(sql, ("/",)))
        two = pa.record_batch({"0": ["/a", "/b"], "1": [1, 2]})
        refused(wrong, ["one row of parameters, 2 were given"], lambda: cursor.execute(sql, two))
        big = "x" * 100_000
        refused(wrong, ["at most 65536 are taken"], lambda: cursor.execute(sql, (big, 1)))


def check_catalog():
    with connect() as connection:
        assert connection.adbc_get_table_types() == ["TABLE"]
        info = connection.adbc_get_info()
        assert info["vendor_name"] == "nixie" and info["vendor_version"], info
        objects = connection.adbc_get_objects(
            depth="all", table_name_filter="http_e%"
        ).read_all().to_pylist()
        (catalog,) = objects
        (schema,) = catalog["catalog_db_schemas"]
        (found,) = schema["db_schema_tables"]
        assert catalog["catalog_name"] == "px" and schema["db_schema_name"] == "public"
        assert found["table_name"] == "http_events" and found["table_type"] == "TABLE"
        assert not found["table_constraints"], found["table_constraints"]
        columns = {column["column_name"]: column for column in found["table_columns"]}
        assert columns["req_path"]["ordinal_position"] > 1, columns["req_path"]
        assert columns["latency"]["xdbc_type_name"] == "INT64", columns["latency"]
        everything = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
        tables = everything[0]["catalog_db_schemas"][0]["db_schema_tables"]
        assert len(tables) > 20, tables
        schema = connection.adbc_get_table_schema("conn_stats", db_schema_filter="public")
        assert schema.field("upid").type == pa.binary(16), schema
        assert schema.field("upid").metadata[b"ARROW:FLIGHT:SQL:REMARKS"], schema
    rows = table('SELECT count(*) FROM px.public.http_events AS a, public."http_events" AS b')
    assert rows.num_rows == 1
    print(sorted(columns)[:3])


def check_errors():
    programming = adbc_driver_manager.ProgrammingError
    unable = adbc_driver_manager.NotSupportedError
    refused(programming, ["1:15", "did you mean `http_events`?"], lambda: table("SELECT * FROM http_event"))
    refused(programming, ["1:8", "did you mean `latency`?"], lambda: table("SELECT latenci FROM http_events"))
    refused(programming, ["only queries are"], lambda: table("DROP TABLE http_events"))
    refused(programming, ["expected one query"], lambda: table("SELECT 1; SELECT 2"))
    refused(programming, ["at most 65536"], lambda: table("SELECT '" + "x" * 70_000 + "'"))
    refused(adbc_driver_manager.Error, ["message"], lambda: table("SELECT '" + "x" * 5_000_000 + "'"))
    with connect() as connection, connection.cursor() as cursor:
        update = lambda: cursor.executemany("INSERT INTO http_events VALUES (?)", [(1,), (2,)])
        refused(adbc_driver_manager.Error, ["only queries are"], update)
        rows = pa.table({"a": [1]})
        refused(unable, ["tables are read-only"], lambda: cursor.adbc_ingest("t", rows, mode="create"))
    with connect() as connection:
        begin = lambda: connection.adbc_connection.set_autocommit(False)
        refused(unable, ["transaction"], begin)
    assert table("SELECT req_path FROM http_events").num_rows > 0


def check_wrong_key():
    wrong = "px-api-00000000-0000-4000-8000-000000000000"
    kinds = (adbc_driver_manager.Error,)
    for options in (
        {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {wrong}"},
        {"username": "me", "password": wrong},
        {"adbc.flight.sql.rpc.call_header.pixie-api-key": wrong},
        {"adbc.flight.sql.rpc.call_header.unknown": wrong},
    ):
        def ask():
            with connect(**options) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        refused(kinds, ["nauthenticated"], ask)


def check_passwords():
    for options in (
        {"username": "anybody", "password": KEY},
        {"adbc.flight.sql.rpc.call_header.pixie-api-key": KEY},
        {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {KEY}"},
    ):
        with connect(**options) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]


def check_oidc():
    """A token of an identity provider, as bearer token and as password."""
    uri = "grpc+tcp://" + os.environ["PX_ADDRESS"]
    for options in (
        {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {KEY}"},
        {"username": "anybody", "password": KEY},
    ):
        with connect(uri, **options) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]


def check_endless():
    """Runs a query that does not end, until something ends it."""
    options = {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {KEY}"}
    uri = "grpc+tcp://" + os.environ["PX_ADDRESS"]
    with connect(uri, **options) as connection, connection.cursor() as cursor:
        cursor.execute(slow_query())
        print(cursor.fetchall())


def check_tls():
    with open(os.environ["PX_CA"]) as file:
        authority = file.read()
    options = {"username": "me", "password": KEY}
    trusted = {DatabaseOptions.TLS_ROOT_CERTS.value: authority, **options}
    with connect(TLS, **trusted) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]

    def ask():
        with connect(TLS, **options) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    refused(adbc_driver_manager.Error, ["certificate"], ask)


def check_large():
    """Many more rows than one message or a page holds."""
    found = table(series(5) + " SELECT n, 'text of row ' || n AS text FROM s")
    assert found.num_rows == 100_000, found.num_rows
    for row in found.to_pylist():
        assert row["text"] == f"text of row {row['n']}", row
    assert len(set(found.column("n").to_pylist())) == 100_000
    # Some cells of three megabytes among short ones: about 30 MB.
    sizes = "CASE WHEN n % 10 = 0 THEN 3000000 ELSE n END"
    long = table(series(2) + f" SELECT n, repeat('x', {sizes}) AS text FROM s")
    for row in long.to_pylist():
        expected = 3_000_000 if row["n"] % 10 == 0 else row["n"]
        assert len(row["text"]) == expected, (row["n"], len(row["text"]))
    assert long.num_rows == 100
    larger = "SELECT repeat('x', 5000000)"
    refused(adbc_driver_manager.Error, ["exceeds the limit"], lambda: table(larger))


def check_cancel():
    with connect() as connection, connection.cursor() as cursor:
        timer = threading.Timer(1.0, cursor.adbc_cancel)
        timer.start()
        start = time.monotonic()

        def ask():
            cursor.execute(slow_query())
            cursor.fetchall()

        refused(adbc_driver_manager.Error, ["ancel"], ask)
        assert time.monotonic() - start < 10
        timer.join()


def check_timeout():
    options = {
        "username": "me",
        "password": KEY,
        DatabaseOptions.TIMEOUT_FETCH.value: "1",
    }
    start = time.monotonic()
    with connect(**options) as connection, connection.cursor() as cursor:
        def ask():
            cursor.execute(slow_query())
            cursor.fetchall()

        refused(adbc_driver_manager.Error, [], ask)
    assert time.monotonic() - start < 10


def flight_client():
    client = flight.FlightClient(PLAIN)
    header, token = client.authenticate_basic_token("anybody", KEY)
    return client, flight.FlightCallOptions(headers=[(header, token)])


def command(sql):
    """A `CommandStatementQuery`, as Flight SQL has it."""
    def field(number, content):
        size, length = len(content), b""
        while size >= 0x80:
            length += bytes([size & 0x7F | 0x80])
            size >>= 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + content

    url = b"type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"
    return flight.FlightDescriptor.for_command(field(1, url) + field(2, field(1, sql.encode())))


def check_completeness():
    """The end of a result says what is missing, and how many rows there were."""
    client, options = flight_client()
    info = client.get_flight_info(command("SELECT req_path FROM http_events"), options)
    known = json.loads(info.app_metadata)
    assert known["completeness"]["lost"] == [], known
    schema = client.get_schema(command("SELECT req_path FROM http_events"), options).schema
    assert schema == info.schema, schema
    for sql in ("SELECT req_path FROM http_events", "SELECT req_path FROM http_events WHERE false"):
        info = client.get_flight_info(command(sql), options)
        reader = client.do_get(info.endpoints[0].ticket, options)
        rows, last = 0, None
        for chunk in reader:
            rows += chunk.data.num_rows
            last = chunk.app_metadata or last
        told = json.loads(last.to_pybytes())
        assert told["rows"] == rows and told["completeness"]["cut_at_rows"] is None, told
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT req_path FROM http_events")
        print(cursor.fetch_arrow_table().num_rows, "rows", told)


def check_cancel_info():
    client, options = flight_client()
    info = client.get_flight_info(command(slow_query()), options)
    result = {}

    # Arrow's own client takes a cancelled call for Ctrl-C; ADBC's reads by the same ticket.
    def read():
        with connect() as connection, connection.cursor() as cursor:
            try:
                cursor.adbc_read_partition(info.serialize())
                cursor.fetchall()
            except adbc_driver_manager.Error as error:
                result["error"] = str(error)

    reader = threading.Thread(target=read)
    reader.start()
    deadline = time.monotonic() + 10
    while True:
        try:
            action = flight.Action("CancelFlightInfo", b"\x0a" + varint(len(info.serialize())) + info.serialize())
            (answer,) = client.do_action(action, options)
            break
        except ARROW as error:
            # It may not have begun.
            assert "does not run" in str(error) and time.monotonic() < deadline, error
            time.sleep(0.05)
    assert answer.body.to_pybytes() == b"\x08\x01", answer.body.to_pybytes()
    reader.join(10)
    assert not reader.is_alive() and "the client cancelled the query" in result["error"], result


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def check_actions():
    client, options = flight_client()
    names = {action.type for action in client.list_actions(options)}
    assert "CreatePreparedStatement" in names and "CancelFlightInfo" in names, names
    for name in ("BeginTransaction", "Nothing"):
        refused(ARROW, ["no transactions" if name != "Nothing" else "is not known"],
                lambda: list(client.do_action(flight.Action(name, b""), options)))
    for body in (b"", b"garbage", b"\xff" * 100):
        refused(ARROW, ["cannot be read"],
                lambda: list(client.do_action(flight.Action("CreatePreparedStatement", body), options)))
    for ticket in (b"", b"garbage", b"\xff" * 100, b"\x0a\x03abc"):
        refused(ARROW, [],
                lambda: client.do_get(flight.Ticket(ticket), options).read_all())
    path = flight.FlightDescriptor.for_path("http_events")
    refused(ARROW, ["Flight SQL"], lambda: client.get_flight_info(path, options))
    refused(ARROW, ["CommandGetTables"], lambda: list(client.list_flights(b"", options)))


def check_restricted():
    """Payloads cannot be seen, nor be found out by asking cleverly."""
    found = table("SELECT req_path, resp_body, resp_body_size FROM http_events")
    assert found.num_rows > 0
    for row in found.to_pylist():
        assert row["resp_body"] == "REDACTED" and row["resp_body_size"] > 0, row
    clever = table("SELECT count(*) AS n FROM http_events WHERE resp_body LIKE ?", ("%answer%",))
    assert clever.to_pylist() == [{"n": 0}], clever


def main():
    globals()["check_" + sys.argv[1]]()


main()
