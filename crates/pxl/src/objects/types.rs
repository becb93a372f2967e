//! Type objects: annotations of parameters, and casts that change the meaning of a value.

use nixie_types::{DataType, SemanticType};

/// A type as scripts name it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TypeObject {
    pub(crate) name: &'static str,
    /// None for `list`.
    pub(crate) data_type: Option<DataType>,
    pub(crate) semantic_type: SemanticType,
}

const fn value(name: &'static str, data_type: DataType, semantic_type: SemanticType) -> TypeObject {
    TypeObject {
        name,
        data_type: Some(data_type),
        semantic_type,
    }
}

/// Types known without an import.
pub(crate) const GLOBAL: &[TypeObject] = &[
    value("str", DataType::String, SemanticType::None),
    value("int", DataType::Int64, SemanticType::None),
    value("float", DataType::Float64, SemanticType::None),
    value("bool", DataType::Boolean, SemanticType::None),
    TypeObject {
        name: "list",
        data_type: None,
        semantic_type: SemanticType::None,
    },
];

/// Types of the `px` module.
pub(crate) const PX: &[TypeObject] = &[
    value("Time", DataType::Time64Ns, SemanticType::None),
    value("Service", DataType::String, SemanticType::ServiceName),
    value("Pod", DataType::String, SemanticType::PodName),
    value("Node", DataType::String, SemanticType::NodeName),
    value("Namespace", DataType::String, SemanticType::NamespaceName),
    value("Container", DataType::String, SemanticType::ContainerName),
    value("UPID", DataType::UInt128, SemanticType::Upid),
    value("Bytes", DataType::Int64, SemanticType::Bytes),
    value("DurationNanos", DataType::Int64, SemanticType::DurationNs),
    value("Percent", DataType::Float64, SemanticType::Percent),
];
