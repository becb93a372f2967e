//! Names and parameters of the functions of the modules and the methods of DataFrames.

/// A parameter of a built-in function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
}

const fn required(name: &'static str) -> Param {
    Param {
        name,
        required: true,
    }
}

const fn optional(name: &'static str) -> Param {
    Param {
        name,
        required: false,
    }
}

macro_rules! callables {
    ($(#[$doc:meta])* $type:ident { $($variant:ident = $name:literal, $params:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $type {
            $($variant,)*
        }

        impl $type {
            /// All of them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the parameters.
            pub(crate) const fn params(self) -> &'static [Param] {
                match self { $(Self::$variant => const { $params },)* }
            }

            /// Returns the one of that name.
            #[allow(dead_code, reason = "some are found by other means than their name")]
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == name)
            }
        }
    };
}

callables! {
    /// A function of the `px` module that runs at compile time.
    Builtin {
        Arg = "arg", &[required("name"), optional("default")];
        DataFrame = "DataFrame",
            &[required("table"), optional("select"), optional("start_time"), optional("end_time")];
        Days = "days", &[required("unit")];
        Debug = "debug", &[required("out"), optional("name"), optional("cols")];
        Display = "display", &[required("out"), optional("name"), optional("cols")];
        Export = "export", &[required("out"), required("export_spec")];
        EqualsAny = "equals_any", &[required("value"), required("comparisons")];
        FormatDuration = "format_duration", &[required("duration")];
        Hours = "hours", &[required("unit")];
        MakeUpid = "make_upid", &[required("asid"), required("pid"), required("ts_ns")];
        Microseconds = "microseconds", &[required("unit")];
        Milliseconds = "milliseconds", &[required("unit")];
        Minutes = "minutes", &[required("unit")];
        Now = "now", &[];
        ParseDuration = "parse_duration", &[required("duration")];
        ParseTime = "parse_time", &[required("time")];
        ScriptReference = "script_reference",
            &[required("label"), required("script"), optional("args")];
        Seconds = "seconds", &[required("unit")];
        Strptime = "strptime", &[required("date_string"), required("format")];
        Uint128 = "uint128", &[required("uuid")];
    }
}

callables! {
    /// A method of a DataFrame.
    Method {
        // Its parameters are the columns that it gives.
        Agg = "agg", &[];
        Append = "append", &[required("objs")];
        Drop = "drop", &[required("columns")];
        Filter = "filter", &[required("key")];
        Groupby = "groupby", &[required("by")];
        Head = "head", &[optional("n"), optional("_pem_only")];
        Map = "map", &[];
        Merge = "merge",
            &[
                required("right"),
                required("how"),
                required("left_on"),
                required("right_on"),
                optional("suffixes"),
            ];
        Rolling = "rolling", &[required("window"), optional("on")];
        Stream = "stream", &[];
    }
}

callables! {
    /// A function of `px.otel` and the modules inside it.
    OtelFunction {
        Data = "Data", &[required("resource"), required("data"), optional("endpoint")];
        Endpoint = "Endpoint",
            &[required("url"), optional("headers"), optional("insecure"), optional("timeout")];
        Gauge = "Gauge",
            &[
                required("name"),
                required("value"),
                optional("description"),
                optional("attributes"),
                optional("unit"),
            ];
        Span = "Span",
            &[
                required("name"),
                required("start_time"),
                required("end_time"),
                optional("trace_id"),
                optional("span_id"),
                optional("parent_span_id"),
                optional("attributes"),
                optional("kind"),
            ];
        Summary = "Summary",
            &[
                required("name"),
                required("count"),
                required("sum"),
                required("quantile_values"),
                optional("description"),
                optional("attributes"),
                optional("unit"),
            ];
    }
}

callables! {
    /// A function that needs no import; an extension.
    GlobalFunction {
        Len = "len", &[required("obj")];
        Range = "range", &[required("start"), optional("stop"), optional("step")];
    }
}

callables! {
    /// A function of `pxtrace`.
    TraceFunction {
        ArgExpr = "ArgExpr", &[required("expr")];
        DeleteTracepoint = "DeleteTracepoint", &[required("name")];
        FunctionLatency = "FunctionLatency", &[];
        Kprobe = "kprobe", &[];
        LabelSelector = "LabelSelector",
            &[
                required("labels"),
                required("namespace"),
                optional("container_name"),
                optional("process_name"),
            ];
        PodProcess = "PodProcess",
            &[required("pod_name"), optional("container_name"), optional("process_name")];
        Probe = "probe", &[required("fn_name")];
        RetExpr = "RetExpr", &[required("expr")];
        SharedObject = "SharedObject", &[required("name"), required("upid")];
        // More keywords are selectors.
        TraceProgram = "TraceProgram",
            &[
                required("program"),
                optional("min_kernel"),
                optional("max_kernel"),
                optional("host_name"),
            ];
        UpsertTracepoint = "UpsertTracepoint",
            &[
                required("name"),
                required("table_name"),
                required("probe_fn"),
                required("target"),
                required("ttl"),
            ];
    }
}

callables! {
    /// A function of `pxconfig`.
    ConfigFunction {
        SetAgentConfig = "set_agent_config",
            &[required("agent_pod_name"), required("key"), required("value")];
    }
}

callables! {
    /// A function of `px.vis`.
    VisFunction {
        Vega = "vega", &[required("vega_spec")];
    }
}
