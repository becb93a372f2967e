//! What a script asks to change on the agents: tracepoints, and settings.

use nixie_types::Upid;
use std::collections::BTreeMap;
use std::fmt;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Puts a tracepoint in place, or refreshes it.
    Upsert(Tracepoint),
    /// Removes a tracepoint.
    Delete {
        /// Its name.
        name: String,
    },
    /// Changes a setting of one agent.
    Config {
        /// The agent's pod, as `namespace/name`.
        agent_pod: String,
        /// Name of the setting.
        key: String,
        /// Its new value.
        value: String,
    },
}

/// A tracepoint: programs that run somewhere for some time and fill tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracepoint {
    /// Name, unique in a script.
    pub name: String,
    /// Nanoseconds until it is removed.
    pub ttl_ns: i64,
    /// Where it is put.
    pub target: Target,
    /// What runs; an agent takes those whose selectors all hold.
    pub programs: Vec<TraceProgram>,
}

/// Where a tracepoint is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The kernel of every node.
    Kernel,
    /// The processes of the pods with some labels.
    Labels {
        /// Labels that a pod must have.
        labels: BTreeMap<String, String>,
        /// Namespace of the pods.
        namespace: String,
        /// Container in the pod; empty means the only one.
        container: String,
        /// Regular expression found in the command line; empty means the only process.
        process: String,
    },
    /// A process of a pod.
    PodProcess {
        /// Pod, as `namespace/name`.
        pod: String,
        /// Container in the pod; empty means the only one.
        container: String,
        /// Regular expression found in the command line; empty means the only process.
        process: String,
    },
    /// A library as a process has loaded it.
    SharedObject {
        /// Name of the library.
        name: String,
        /// The process.
        upid: Upid,
    },
    /// A process.
    Upid(Upid),
}

/// One program of a tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceProgram {
    /// Table that it fills.
    pub table: String,
    /// What it does.
    pub body: ProgramBody,
    /// Hosts that it is for.
    pub selectors: Vec<Selector>,
}

/// What a program of a tracepoint does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramBody {
    /// Runs a text in the language of bpftrace; its `printf` gives the columns.
    Bpftrace(String),
    /// Records calls of a function.
    Probe(Probe),
}

/// Records calls of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// Name of the function in the script.
    pub name: String,
    /// Symbol of the traced function.
    pub symbol: String,
    /// Expressions over the arguments, by id.
    pub arguments: Vec<(String, String)>,
    /// Expressions over what is returned, by id.
    pub returns: Vec<(String, String)>,
    /// Id of the time from entry to exit, if it is recorded.
    pub latency: Option<String>,
    /// Columns of the table behind `upid` and `time_`, each with the id of its value.
    pub columns: Vec<(String, String)>,
}

/// A condition on the host of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// What is compared.
    pub kind: SelectorKind,
    /// With what.
    pub value: String,
}

/// What a selector compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectorKind {
    /// The kernel is at most this version.
    MaxKernel,
    /// The kernel is at least this version.
    MinKernel,
    /// The host has this name.
    HostName,
}

impl SelectorKind {
    /// Returns the name of the keyword argument.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaxKernel => "max_kernel",
            Self::MinKernel => "min_kernel",
            Self::HostName => "host_name",
        }
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upsert(tracepoint) => write!(f, "{tracepoint}"),
            Self::Delete { name } => write!(f, "delete tracepoint `{name}`"),
            Self::Config {
                agent_pod,
                key,
                value,
            } => write!(f, "set `{key}` to `{value}` on agent `{agent_pod}`"),
        }
    }
}

impl fmt::Display for Tracepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ttl = crate::time::format_duration(self.ttl_ns);
        write!(
            f,
            "tracepoint `{}` on {} for {ttl}:",
            self.name, self.target
        )?;
        for (index, program) in self.programs.iter().enumerate() {
            let separator = if index > 0 { ";" } else { "" };
            write!(f, "{separator} {program}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TraceProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            ProgramBody::Bpftrace(text) => {
                let size = text.len();
                write!(f, "bpftrace program of {size} bytes")?;
            }
            ProgramBody::Probe(probe) => write!(f, "probe `{}` on {probe}", probe.name)?,
        }
        write!(f, " into table `{}`", self.table)?;
        for (index, selector) in self.selectors.iter().enumerate() {
            let word = if index == 0 { " where" } else { " and" };
            write!(f, "{word} {}={}", selector.kind.name(), selector.value)?;
        }
        Ok(())
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |id: &String| {
            let known = self.arguments.iter().chain(&self.returns);
            let expression = known.filter(|(known, _)| known == id).map(|(_, e)| e);
            expression.fold("latency".to_owned(), |_, expression| expression.clone())
        };
        let column = |(name, id): &(String, String)| format!("{name}={}", value(id));
        let columns: Vec<_> = self.columns.iter().map(column).collect();
        write!(f, "symbol `{}` ({})", self.symbol, columns.join(", "))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = |f: &mut fmt::Formatter<'_>, container: &str, process: &str| {
            if !container.is_empty() {
                write!(f, " container `{container}`")?;
            }
            if !process.is_empty() {
                write!(f, " process `{process}`")?;
            }
            Ok(())
        };
        match self {
            Self::Kernel => f.write_str("the kernel"),
            Self::Labels {
                labels,
                namespace,
                container,
                process,
            } => {
                let labels: Vec<_> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                write!(f, "pods of `{namespace}` with {}", labels.join(","))?;
                more(f, container, process)
            }
            Self::PodProcess {
                pod,
                container,
                process,
            } => {
                write!(f, "pod `{pod}`")?;
                more(f, container, process)
            }
            Self::SharedObject { name, upid } => {
                write!(f, "library `{name}` of process {upid}")
            }
            Self::Upid(upid) => write!(f, "process {upid}"),
        }
    }
}
