//! What scripts can write, each with a script that does. `df` is a DataFrame of table `t`, and is
//! displayed at the end.

/// What a script is expected to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Pixie has it.
    Pixie,
    /// Pixie refuses it.
    Extension,
    /// Neither has it.
    Refused,
}

use Origin::{Extension, Pixie, Refused};

/// A construct: its name, who has it, and a script.
pub(crate) type Construct = (&'static str, Origin, &'static str);

pub(crate) const LANGUAGE: &[Construct] = &[
    (
        "`import px`, `import px as p`",
        Pixie,
        "import px as p\ndf = p.DataFrame('t')",
    ),
    (
        "`from px import a as b, c`",
        Pixie,
        "from px import now as n, days\ndf.x = n() + days(1)",
    ),
    ("`import px, pxtrace`", Extension, "import px, pxtrace"),
    (
        "`import a.b`, `from . import a`, `from px import *`",
        Refused,
        "from px import *",
    ),
    ("assignment to a name", Pixie, "x = 1\ndf.x = x"),
    (
        "assignment to a column, by attribute or subscript",
        Pixie,
        "df.x = 1\ndf['y'] = df.x",
    ),
    (
        "assignment to an attribute of a module",
        Pixie,
        "px.name = 'x'\ndf.x = px.name",
    ),
    ("`a = b = 1`", Refused, "a = b = 1"),
    ("`a, b = 1, 2`", Refused, "a, b = 1, 2"),
    (
        "`x += 1`, `df.x *= 2`",
        Extension,
        "x = 1\nx += 1\ndf.a += x",
    ),
    ("`x: int = 1`", Refused, "x: int = 1"),
    (
        "`def` with annotations",
        Pixie,
        "def f(d, n: int, s: str, l: list):\n    return d.head(n)\ndf = f(df, 3, 'a', [])",
    ),
    (
        "`def` with default values",
        Extension,
        "def f(n: int = 3):\n    return n\ndf = df.head(f())",
    ),
    (
        "`def` in one line",
        Extension,
        "def f(n): return n\ndf = df.head(f(2))",
    ),
    (
        "`def f(*args)`, `def f(**kwargs)`",
        Refused,
        "def f(*a):\n    return a",
    ),
    (
        "nested functions, imports in functions",
        Pixie,
        "def f():\n    import px as q\n    def g():\n        return q.now()\n    return g()\ndf.x = f()",
    ),
    (
        "docstrings, `__doc__`",
        Pixie,
        "def f():\n    ''' Doc. '''\n    return __doc__\ndf.x = f()",
    ),
    (
        "decorators",
        Pixie,
        "@px.vis.vega('{}')\ndef f():\n    return 1\ndf.x = f()",
    ),
    (
        "`if`, `elif`, `else` over known values",
        Extension,
        "if len([1]) == 1:\n    df.x = 1\nelse:\n    df.y = 1",
    ),
    ("`if` over columns", Refused, "if df.a > 1:\n    pass"),
    (
        "`for`, `break`, `continue`, `else` over known values",
        Extension,
        "for c in ['a', 'b']:\n    df[c + '_2'] = df[c]",
    ),
    ("`range`, `len`", Extension, "df = df.head(len(range(3)))"),
    (
        "list and dict comprehensions",
        Extension,
        "df = df[[c for c in ['a', 'z'] if c != 'z']]\nd = {c: 1 for c in ['a']}",
    ),
    (
        "set comprehensions, generators",
        Refused,
        "x = {a for a in [1]}",
    ),
    (
        "`while`, `with`, `try`, `class`, `del`, `assert`, `global`, `raise`",
        Refused,
        "while True:\n    pass",
    ),
    ("`pass`", Extension, "pass"),
    (
        "`lambda`, set literals, `yield`, `:=`",
        Refused,
        "x = lambda a: a",
    ),
    (
        "list, tuple and dict literals; index from 0",
        Pixie,
        "x = [1, (2, 3)]\ndf.x = x[1][0]",
    ),
    ("index from the end", Extension, "x = [1, 2]\ndf.x = x[-1]"),
    (
        "`[1] + [2]`, `d['key']`",
        Extension,
        "x = ['a'] + ['b']\nd = {'k': x}\ndf = df[d['k']]",
    ),
    ("slices", Refused, "x = [1, 2][0:1]"),
    (
        "text in all quotes, prefixes `r` `b` `u`, joined literals",
        Pixie,
        "df.x = 'a' \"b\" '''c''' r'\\d' u'e'",
    ),
    (
        "f-strings over known values",
        Extension,
        "n = 3\ndf.x = f'top {n}'",
    ),
    ("whole numbers, floats", Pixie, "df.x = 10\ndf.y = .5 + 1e3"),
    (
        "`0x10`, `0b11`, `0o17`, `1_000` with their right value",
        Extension,
        "df = df.head(0x10 + 1_000)",
    ),
    (
        "`+ - * / %`, unary `- ~ +`",
        Pixie,
        "df.x = -df.a + 1 - 2 * 3 % 4\ndf.y = ~df.a / 2",
    ),
    ("`== != < <= > >=`", Pixie, "df = df[df.a >= 1]"),
    (
        "`<>`, whole numbers like `10L`",
        Pixie,
        "df = df[df.a <> 10L]",
    ),
    ("chained comparisons", Extension, "df = df[1 < df.a < 3]"),
    (
        "`and`, `or`, `not` of two",
        Pixie,
        "df = df[df.ok and not df.a == 1]",
    ),
    (
        "`and`, `or` of more",
        Extension,
        "df = df[df.ok and df.a == 1 and df.b == 1.0]",
    ),
    (
        "`a if c else b` over known values",
        Extension,
        "df.x = 1 if True else 2",
    ),
    (
        "`in`, `not in` over literals; `is None`",
        Extension,
        "df.x = 'a' in ['a'] and None is None",
    ),
    ("`// ** & | ^ << >>`", Refused, "df.x = df.a // 2"),
    (
        "one missing comma before a keyword argument",
        Pixie,
        "df = df.merge(df, how='inner' left_on='a', right_on='a')",
    ),
    ("`f(*xs)`, `f(**kw)`", Refused, "x = px.now(*[])"),
    (
        "`#px:set` lines",
        Pixie,
        "#px:set max_output_rows_per_table=5",
    ),
    (
        "several errors at once, each with line, column, width and advice",
        Extension,
        "df.x = 1",
    ),
];

pub(crate) const DATAFRAME: &[Construct] = &[
    (
        "`px.DataFrame(table, select, start_time, end_time)`",
        Pixie,
        "df = px.DataFrame('t', ['time_'], '-5m', px.now())",
    ),
    (
        "`df.col`, `df['col']`, `df[name]`",
        Pixie,
        "n = 'a'\ndf.x = df.a + df['a'] + df[n]",
    ),
    ("`df.ctx['key']`", Pixie, "df.x = df.ctx['pod']"),
    (
        "`df[['a', 'b']]`, `df['a', 'b']`",
        Pixie,
        "df = df[['a', 'b']]\ndf = df['b', 'a']",
    ),
    (
        "`df[condition]`, `df.filter(condition)`",
        Pixie,
        "df = df[df.ok].filter(df.a > 1)",
    ),
    ("`df.drop`", Pixie, "df = df.drop('a').drop(['b'])"),
    ("`df.head(n)`", Pixie, "df = df.head().head(n=3)"),
    (
        "`df.groupby(...).agg(...)`",
        Pixie,
        "df = df.groupby(['s', 'ok']).agg(n=('a', px.count))",
    ),
    (
        "`df.groupby(...).agg()`: distinct groups",
        Pixie,
        "df = df.groupby('s').agg()",
    ),
    (
        "`df.agg(...)`: one row",
        Pixie,
        "df = df.agg(n=('a', px.count))",
    ),
    (
        "`df.merge`, four kinds",
        Pixie,
        "for how in ['inner', 'left', 'right', 'outer']:\n    px.display(df.merge(df, how, ['a', 's'], ['a', 's'], ['', '_r']))",
    ),
    ("`df.append`", Pixie, "df = df.append(df).append([df, df])"),
    ("`df.stream()`", Pixie, "df = df[df.ok].stream()"),
    (
        "`df.rolling(window).agg(...)`, with `groupby` before or after",
        Extension,
        "df = df.groupby('s').rolling('10s').agg(n=('a', px.count))",
    ),
    ("`df.map`", Refused, "df = df.map(1)"),
];

pub(crate) const PX: &[Construct] = &[
    ("`px.display`", Pixie, "px.display(df, 'x', [])"),
    ("`px.debug`", Pixie, "px.debug(df, 'x')"),
    (
        "`px.export`",
        Pixie,
        "px.export(df, px.otel.Data(endpoint=px.otel.Endpoint('localhost:4317'), resource={'service.name': df.s}, data=[px.otel.metric.Gauge(name='a', value=df.a)]))",
    ),
    (
        "`px.otel.Data`, `px.otel.Endpoint`",
        Pixie,
        "x = [px.otel.Data, px.otel.Endpoint]",
    ),
    (
        "`px.otel.metric.Gauge`, `px.otel.metric.Summary`",
        Pixie,
        "x = [px.otel.metric.Gauge, px.otel.metric.Summary]",
    ),
    (
        "`px.otel.trace.Span`, `px.otel.trace.SPAN_KIND_…`",
        Pixie,
        "x = [px.otel.trace.Span, px.otel.trace.SPAN_KIND_SERVER]",
    ),
    (
        "`px.plugin.start_time`, `px.plugin.end_time`",
        Pixie,
        "df = px.DataFrame('t', [], px.plugin.start_time, px.plugin.end_time)",
    ),
    ("`px.vis.vega`", Pixie, "x = px.vis.vega('{}')"),
    (
        "`px.now`, `px.days` … `px.microseconds`",
        Pixie,
        "df.x = px.now() - px.days(1) - px.hours(1) - px.minutes(1) - px.seconds(1) - px.milliseconds(1) - px.microseconds(1)",
    ),
    (
        "`px.parse_duration`, `px.format_duration`",
        Pixie,
        "df.x = px.format_duration(px.parse_duration('-5m'))",
    ),
    (
        "`px.parse_time`, `px.strptime`",
        Pixie,
        "df.x = px.parse_time('-5m')\ndf.y = px.strptime('2020', '%Y')",
    ),
    (
        "`px.uint128`, `px.make_upid`",
        Pixie,
        "df = df[df.upid == px.make_upid(1, 2, 3) or df.upid == px.uint128('11111111-1111-1111-1111-111111111111')]",
    ),
    (
        "`px.equals_any`",
        Pixie,
        "df = df[px.equals_any(df.a, [1, 2])]",
    ),
    (
        "`px.script_reference`",
        Pixie,
        "df.x = px.script_reference(df.s, 'px/pod', {'pod': df.s})",
    ),
    ("`px.arg`", Extension, "df = df.head(px.arg('n', 3))"),
    (
        "types: `px.Time`, `px.Service`, `px.Pod`, `px.Node`, `px.Namespace`, `px.Container`, `px.UPID`, `px.Bytes`, `px.DurationNanos`, `px.Percent`",
        Pixie,
        "df.time_ = px.Time(df.time_)\ndf.s = px.Service(px.Pod(px.Node(px.Namespace(px.Container(df.s)))))\ndf.upid = px.UPID(df.upid)\ndf.a = px.Bytes(px.DurationNanos(df.a))\ndf.b = px.Percent(df.b)",
    ),
];

pub(crate) const TRACE: &[Construct] = &[
    (
        "`pxtrace.probe`, `ArgExpr`, `RetExpr`, `FunctionLatency`, `UpsertTracepoint`",
        Pixie,
        "import pxtrace\n@pxtrace.probe('f')\ndef p():\n    return [{'a': pxtrace.ArgExpr('a'), 'r': pxtrace.RetExpr('$0'), 'l': pxtrace.FunctionLatency()}]\npxtrace.UpsertTracepoint('n', 'rows', p, px.make_upid(1, 2, 3), '5m')",
    ),
    (
        "`pxtrace.kprobe`, `TraceProgram` with selectors",
        Pixie,
        "import pxtrace\npxtrace.UpsertTracepoint('n', 'rows', [pxtrace.TraceProgram('kprobe:a { }', min_kernel='5.8')], pxtrace.kprobe(), '5m')",
    ),
    (
        "`pxtrace.PodProcess`, `LabelSelector`, `SharedObject`",
        Pixie,
        "import pxtrace\nx = [pxtrace.PodProcess('ns/p', 'c', 'x'), pxtrace.LabelSelector({'a': 'b'}, 'ns'), pxtrace.SharedObject('l.so', px.make_upid(1, 2, 3))]",
    ),
    (
        "`pxtrace.DeleteTracepoint`",
        Pixie,
        "import pxtrace\npxtrace.DeleteTracepoint('n')",
    ),
    (
        "`pxconfig.set_agent_config`",
        Pixie,
        "import pxconfig\npxconfig.set_agent_config('ns/p', 'k', 'v')",
    ),
];

pub(crate) const CTX: &[&str] = &[
    "container_id",
    "service_id",
    "pod_id",
    "deployment_id",
    "replicaset_id",
    "replica_set_id",
    "service_name",
    "service",
    "pod_name",
    "pod",
    "deployment_name",
    "deployment",
    "namespace",
    "replicaset_name",
    "replica_set",
    "replicaset",
    "node_name",
    "node",
    "hostname",
    "host",
    "container_name",
    "container",
    "cmdline",
    "cmd",
    "asid",
    "pid",
];

pub(crate) const VIEWS: &[(&str, &str)] = &[
    ("inbound_http_summary", "'-5m', px.now()"),
    ("http_graph", "'-5m', px.now()"),
    (
        "container_process_timeseries",
        "'-5m', px.now(), px.seconds(10)",
    ),
    ("container_process_summary", "'-5m', px.now()"),
    ("pod_resource_stats", "'-5m', px.now()"),
    ("pod_network_timeseries", "'-5m', px.now(), px.seconds(10)"),
    ("pod_network_summary", "'-5m', px.now()"),
    (
        "inbound_http_throughput_timeseries",
        "'-5m', px.now(), px.seconds(10)",
    ),
    (
        "inbound_http_latency_timeseries",
        "'-5m', px.now(), px.seconds(10)",
    ),
    ("stacktraces", "'-5m', px.now()"),
    ("connection_throughput_stats", "'-5m', px.now()"),
    ("processes", "'-5m', px.now()"),
];
