#!/usr/bin/env python3
"""Compares scalar string functions with DuckDB's on the same rows, interleaved, by medians.

Needs the package duckdb from PyPI:
    python3 -m venv VENV && VENV/bin/pip install duckdb
    cargo build --release --workspace --example functions_bench
    VENV/bin/python bench/duckdb_functions.py TARGET/release/examples/functions_bench [ROUNDS] [ROWS]
Prints one JSON line a function; `rate_ratio` is our rate divided by DuckDB's.
"""

import subprocess
import sys
import time

import duckdb
from interleaved import THREADS, ask, compare

ROWS = """
create table texts as
select n, path, '  ' || path || '  ' as padded from (
    select n, '/api/v1/orders/' || n || '/items?user=Name' || (n % 97) as path from (
        select (range * 7919) % 1000003 as n from range({rows})))
"""
# Each is a PxL expression and the SQL for the same number, summed up over all rows.
FUNCTIONS = {
    "contains": ("px.contains(df.path, 'Name9')", "contains(path, 'Name9')::int"),
    "find": ("px.find(df.path, 'items')", "instr(path, 'items') - 1"),
    "length": ("px.length(df.path)", "strlen(path)"),
    "tolower": (
        "px.contains(px.tolower(df.path), 'name9')",
        "contains(lower(path), 'name9')::int",
    ),
    "toupper": (
        "px.contains(px.toupper(df.path), 'NAME9')",
        "contains(upper(path), 'NAME9')::int",
    ),
    "substring": (
        "px.length(px.substring(df.path, 5, 20))",
        "strlen(substring(path, 6, 20))",
    ),
    "trim": ("px.length(px.trim(df.padded))", "strlen(trim(padded))"),
    "concat": ("px.length(df.path + df.padded)", "strlen(path || padded)"),
    "itoa": ("px.length(px.itoa(df.n))", "strlen(n::varchar)"),
    "replace a word": (
        "px.length(px.replace('orders', df.path, 'o'))",
        "strlen(replace(path, 'orders', 'o'))",
    ),
    "replace a pattern": (
        "px.length(px.replace('[0-9]+', df.path, '*'))",
        "strlen(regexp_replace(path, '[0-9]+', '*', 'g'))",
    ),
    "regex_match": (
        "px.regex_match('/api/v[0-9]+/orders/1[0-9]*/items.*', df.path)",
        "regexp_full_match(path, '/api/v[0-9]+/orders/1[0-9]*/items.*')::int",
    ),
}


def time_duckdb(connection, expression):
    started = time.perf_counter()
    ((total,),) = connection.execute(f"select sum({expression}) from texts").fetchall()
    return time.perf_counter() - started, int(total)


def time_ours(process, expression):
    answer = ask(process, expression)
    return answer["seconds"], answer["total"]


def main():
    binary = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    rows = sys.argv[3] if len(sys.argv) > 3 else "5000000"
    connection = duckdb.connect()
    connection.execute(f"set threads = {THREADS}")
    connection.execute(ROWS.format(rows=rows))
    process = subprocess.Popen(
        [binary, rows], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    print(process.stdout.readline().strip())
    for name, (pxl, sql) in FUNCTIONS.items():
        compare(
            ("function", name),
            rounds,
            lambda pxl=pxl: time_ours(process, pxl),
            lambda sql=sql: time_duckdb(connection, sql),
            ("rate_ratio", lambda ours, theirs: theirs / ours),
        )
    process.stdin.close()
    process.wait()


if __name__ == "__main__":
    main()
