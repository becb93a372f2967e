#!/usr/bin/env python3
"""Compares scans and aggregations with DuckDB on the same rows, interleaved, by medians.

Needs the packages duckdb and pyarrow from PyPI:
    python3 -m venv VENV && VENV/bin/pip install duckdb pyarrow
    cargo build --release --workspace --example scan_bench
    VENV/bin/python bench/duckdb_compare.py TARGET/release/examples/scan_bench [ROUNDS] [ROWS]
Prints one JSON line a query; `ratio` is our time divided by DuckDB's.
"""

import os
import subprocess
import sys
import tempfile
import time

import duckdb
import pyarrow as pa
import pyarrow.ipc
from interleaved import THREADS, ask, compare

QUERIES = {
    "by_path": "select req_path, count(*) n, avg(latency) from t group by 1",
    "pxl_by_path": "select req_path, count(*) n, avg(latency) from t group by 1",
    # All seven quantiles of px.quantiles at once, which DuckDB estimates by a sketch as well.
    "pxl_quantiles": "select req_path, count(*) n, avg(latency), approx_quantile(latency, "
    "[0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]) from t group by 1",
    "pxl_merge": """
        with r as (select * from t where time_ >= (select max(time_) from t) - interval 30 second),
        a as (select req_path, count(*) n, avg(latency) from r group by 1),
        b as (select req_path, count(*) errors from r where resp_status >= 400 group by 1),
        c as (select req_path, sum(resp_body_size), max(latency) from r group by 1)
        select * from a left join b using (req_path) join c using (req_path)""",
    "by_path_status": "select req_path, resp_status, count(*) n, avg(latency) from t group by 1, 2",
    "by_upid": "select upid, count(*) n, avg(latency) from t group by 1",
    "filtered": "select count(*) n, max(latency) from t where resp_status >= 500 and req_method = 'POST'",
}


def load(binary, rows):
    """Returns a DuckDB connection with the rows in a table of its own format."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.arrow")
        subprocess.run([binary, "export", path, rows], check=True)
        with pa.memory_map(path) as source:
            data = pa.ipc.open_file(source).read_all()
            connection = duckdb.connect()
            connection.execute(f"set threads = {THREADS}")
            connection.execute("create table t as select * from data")
        return connection


def time_duckdb(connection, query):
    started = time.perf_counter()
    answer = connection.execute(query).fetchall()
    seconds = time.perf_counter() - started
    counts = [column[0] for column in connection.description].index("n")
    return seconds, (len(answer), sum(row[counts] for row in answer))


def time_ours(process, name):
    answer = ask(process, name)
    return answer["seconds"], (answer["rows"], answer["checksum"])


def main():
    binary = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    rows = sys.argv[3] if len(sys.argv) > 3 else "10000000"
    connection = load(binary, rows)
    process = subprocess.Popen(
        [binary, "run", rows], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    print(process.stdout.readline().strip())
    for name, query in QUERIES.items():
        compare(
            ("query", name),
            rounds,
            lambda name=name: time_ours(process, name),
            lambda query=query: time_duckdb(connection, query),
            ("ratio", lambda ours, theirs: ours / theirs),
        )
    process.stdin.close()
    process.wait()


if __name__ == "__main__":
    main()
