//! How tables are described: names, types, meaning and storage of their columns.

use arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// Key of the Arrow field metadata that says how a text stands for bytes that are not UTF-8.
pub const TEXT_ENCODING_KEY: &str = "px.text_encoding";

/// Value of [`TEXT_ENCODING_KEY`]: each character is the byte of its number.
pub const LATIN_1: &str = "latin-1";

/// Key of the Arrow field metadata that holds a column's semantic type by name.
pub const SEMANTIC_TYPE_KEY: &str = "px.semantic_type";

/// The value types of PxL. The numbers are those of the wire API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// True or false.
    Boolean = 1,
    /// Signed 64-bit integer.
    Int64 = 2,
    /// Unsigned 128-bit integer, mostly a process identity.
    UInt128 = 3,
    /// Double precision float.
    Float64 = 4,
    /// UTF-8 text.
    String = 5,
    /// Nanoseconds since the Unix epoch.
    Time64Ns = 6,
}

impl DataType {
    /// All types, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Boolean,
        Self::Int64,
        Self::UInt128,
        Self::Float64,
        Self::String,
        Self::Time64Ns,
    ];

    /// Returns the name used in messages and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Int64 => "INT64",
            Self::UInt128 => "UINT128",
            Self::Float64 => "FLOAT64",
            Self::String => "STRING",
            Self::Time64Ns => "TIME64NS",
        }
    }

    /// Returns the Arrow type that queries see.
    ///
    /// Text is always `Utf8View`: a scan turns dictionary and plain storage into views without
    /// copying, and functions need one text type only. `UINT128` is 16 big-endian bytes.
    #[must_use]
    pub const fn arrow(self) -> ArrowType {
        match self {
            Self::Boolean => ArrowType::Boolean,
            Self::Int64 => ArrowType::Int64,
            Self::UInt128 => ArrowType::FixedSizeBinary(16),
            Self::Float64 => ArrowType::Float64,
            Self::String => ArrowType::Utf8View,
            Self::Time64Ns => ArrowType::Timestamp(TimeUnit::Nanosecond, None),
        }
    }

    /// Returns the PxL type of an Arrow type that queries see, if it is one.
    #[must_use]
    pub fn from_arrow(arrow: &ArrowType) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|data_type| data_type.arrow() == *arrow)
    }
}

macro_rules! semantic_types {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// What a value means, beyond its data type. The numbers and names are API.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum SemanticType {
            $($(#[$doc])* $variant = $number,)*
        }

        impl SemanticType {
            /// All semantic types, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name, for example `ST_UPID`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

semantic_types! {
    /// Not given.
    Unspecified = 0, "ST_UNSPECIFIED";
    /// Nothing beyond the data type.
    #[default]
    None = 1, "ST_NONE";
    /// A point in time.
    TimeNs = 2, "ST_TIME_NS";
    /// Identity of an agent.
    AgentUid = 100, "ST_AGENT_UID";
    /// Short agent id.
    Asid = 101, "ST_ASID";
    /// Process identity.
    Upid = 200, "ST_UPID";
    /// Name of a service.
    ServiceName = 300, "ST_SERVICE_NAME";
    /// Name of a pod.
    PodName = 400, "ST_POD_NAME";
    /// Phase of a pod.
    PodPhase = 401, "ST_POD_PHASE";
    /// Status of a pod.
    PodStatus = 402, "ST_POD_STATUS";
    /// Name of a node.
    NodeName = 500, "ST_NODE_NAME";
    /// Name of a container.
    ContainerName = 600, "ST_CONTAINER_NAME";
    /// State of a container.
    ContainerState = 601, "ST_CONTAINER_STATE";
    /// Status of a container.
    ContainerStatus = 602, "ST_CONTAINER_STATUS";
    /// Name of a namespace.
    NamespaceName = 700, "ST_NAMESPACE_NAME";
    /// A number of bytes.
    Bytes = 800, "ST_BYTES";
    /// A share, 1.0 being the whole.
    Percent = 900, "ST_PERCENT";
    /// A duration in nanoseconds.
    DurationNs = 901, "ST_DURATION_NS";
    /// Events per nanosecond.
    ThroughputPerNs = 902, "ST_THROUGHPUT_PER_NS";
    /// Bytes per nanosecond.
    ThroughputBytesPerNs = 903, "ST_THROUGHPUT_BYTES_PER_NS";
    /// Quantiles as JSON text.
    Quantiles = 1000, "ST_QUANTILES";
    /// Quantiles of durations in nanoseconds, as JSON text.
    DurationNsQuantiles = 1001, "ST_DURATION_NS_QUANTILES";
    /// An IP address as text.
    IpAddress = 1100, "ST_IP_ADDRESS";
    /// A port number.
    Port = 1200, "ST_PORT";
    /// Method of an HTTP request.
    HttpReqMethod = 1300, "ST_HTTP_REQ_METHOD";
    /// Status of an HTTP response.
    HttpRespStatus = 1400, "ST_HTTP_RESP_STATUS";
    /// Reason phrase of an HTTP response.
    HttpRespMessage = 1500, "ST_HTTP_RESP_MESSAGE";
    /// A link to another script, as JSON text.
    ScriptReference = 3000, "ST_SCRIPT_REFERENCE";
}

impl SemanticType {
    /// Returns the wire number.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// Returns the semantic type of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|semantic| semantic.name() == name)
    }
}

/// How the values of a column behave over time; shown to users, without effect on queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatternType {
    /// Free values.
    General = 100,
    /// Few different values.
    GeneralEnum = 101,
    /// Text that usually is JSON.
    Structured = 200,
    /// A running total.
    MetricCounter = 300,
    /// A momentary value.
    MetricGauge = 301,
}

impl PatternType {
    /// Returns the name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "GENERAL",
            Self::GeneralEnum => "GENERAL_ENUM",
            Self::Structured => "STRUCTURED",
            Self::MetricCounter => "METRIC_COUNTER",
            Self::MetricGauge => "METRIC_GAUGE",
        }
    }
}

/// How the text of a column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Each row has its own value.
    Plain,
    /// Rows share repeated values; meant for text that repeats within a batch.
    Dictionary,
}

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Name, as scripts spell it.
    pub name: &'static str,
    /// Value type.
    pub data_type: DataType,
    /// Meaning.
    pub semantic_type: SemanticType,
    /// Behaviour over time.
    pub pattern_type: PatternType,
    /// What the column holds, in one sentence.
    pub description: &'static str,
    /// How text is stored; no effect on other types.
    pub encoding: Encoding,
    /// Names of the values of an enumeration column; empty for others.
    pub decoder: &'static [(i64, &'static str)],
}

impl ColumnSpec {
    /// Returns a column without special meaning, pattern `General`, plainly stored.
    #[must_use]
    pub const fn new(name: &'static str, data_type: DataType, description: &'static str) -> Self {
        Self {
            name,
            data_type,
            semantic_type: SemanticType::None,
            pattern_type: PatternType::General,
            description,
            encoding: Encoding::Plain,
            decoder: &[],
        }
    }

    /// Returns the column with another semantic type.
    #[must_use]
    pub const fn semantic(mut self, semantic_type: SemanticType) -> Self {
        self.semantic_type = semantic_type;
        self
    }

    /// Returns the column with another pattern type.
    #[must_use]
    pub const fn pattern(mut self, pattern_type: PatternType) -> Self {
        self.pattern_type = pattern_type;
        self
    }

    /// Returns the column with dictionary storage.
    #[must_use]
    pub const fn dictionary(mut self) -> Self {
        self.encoding = Encoding::Dictionary;
        self
    }

    /// Returns the column with names for its values.
    #[must_use]
    pub const fn decoder(mut self, decoder: &'static [(i64, &'static str)]) -> Self {
        self.decoder = decoder;
        self
    }

    /// Returns the Arrow field that queries see.
    #[must_use]
    pub fn field(&self) -> Field {
        Field::new(self.name, self.data_type.arrow(), false).with_metadata(
            [(
                SEMANTIC_TYPE_KEY.to_owned(),
                self.semantic_type.name().to_owned(),
            )]
            .into(),
        )
    }

    /// Returns the Arrow type in which rows are stored.
    #[must_use]
    pub fn storage_type(&self) -> ArrowType {
        match (self.data_type, self.encoding) {
            (DataType::String, Encoding::Dictionary) => {
                ArrowType::Dictionary(Box::new(ArrowType::UInt32), Box::new(ArrowType::Utf8))
            }
            (DataType::String, Encoding::Plain) => ArrowType::Utf8,
            (other, _) => other.arrow(),
        }
    }
}

/// One table. The first column is always `time_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSpec {
    /// Name, as scripts spell it.
    pub name: &'static str,
    /// What a row is, in one sentence.
    pub description: &'static str,
    /// Columns in order.
    pub columns: &'static [ColumnSpec],
}

impl TableSpec {
    /// Returns the Arrow schema that queries see.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(
            self.columns
                .iter()
                .map(ColumnSpec::field)
                .collect::<Vec<_>>(),
        ))
    }

    /// Returns the Arrow schema in which [`crate::Rows`] hands over batches.
    #[must_use]
    pub fn storage_schema(&self) -> SchemaRef {
        let field = |column: &ColumnSpec| Field::new(column.name, column.storage_type(), false);
        Arc::new(Schema::new(
            self.columns.iter().map(field).collect::<Vec<_>>(),
        ))
    }

    /// Returns the position of a column.
    #[must_use]
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}
