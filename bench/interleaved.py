"""Times a benchmark program of ours beside DuckDB, round by round, and prints medians."""

import json
import statistics
import sys

import duckdb

THREADS = 2


def ask(process, line):
    """Lets the program work on a line, and returns its answer."""
    process.stdin.write(line + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        sys.exit(f"error: the benchmark ended at `{line}`; is it built from this commit?")
    return json.loads(answer)


def compare(name, rounds, ours, theirs, ratio):
    """Calls both, each of which returns seconds and an answer that must be the same.

    `ratio` gives the name of the printed ratio and makes it of our seconds and theirs.
    """
    our_seconds, their_seconds = [], []
    for number in range(rounds + 1):
        our_time, our_answer = ours()
        their_time, their_answer = theirs()
        if our_answer != their_answer:
            sys.exit(f"error: `{name[1]}` differs: got {our_answer}, duckdb {their_answer}")
        if number > 0:  # The first round warms both up.
            our_seconds.append(our_time)
            their_seconds.append(their_time)
    of_pairs = [ratio[1](a, b) for a, b in zip(our_seconds, their_seconds)]
    result = {
        name[0]: name[1],
        "ms": round(statistics.median(our_seconds) * 1000, 1),
        "duckdb_ms": round(statistics.median(their_seconds) * 1000, 1),
        ratio[0]: round(statistics.median(of_pairs), 2),
        "rounds": rounds,
        "threads": THREADS,
        "duckdb": duckdb.__version__,
    }
    print(json.dumps(result), flush=True)
