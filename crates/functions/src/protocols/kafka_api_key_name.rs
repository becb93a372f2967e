//! `kafka_api_key_name`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::name_or_number;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `kafka_api_key_name`
pub(crate) const KAFKA_API_KEY_NAME: Function = Function {
    name: "kafka_api_key_name",
    family: Family::Protocols,
    doc: "Returns the name of a Kafka request by its API key, or the number.",
    example: Example {
        args: &[Datum::Int(1)],
        result: Datum::Text("Fetch"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["api_key"], &scalar1::<Int, Str, _>(name))]),
};

const NAMES: &[(i64, &str)] = &[
    (0, "Produce"),
    (1, "Fetch"),
    (2, "ListOffsets"),
    (3, "Metadata"),
    (4, "LeaderAndIsr"),
    (5, "StopReplica"),
    (6, "UpdateMetadata"),
    (7, "ControlledShutdown"),
    (8, "OffsetCommit"),
    (9, "OffsetFetch"),
    (10, "FindCoordinator"),
    (11, "JoinGroup"),
    (12, "Heartbeat"),
    (13, "LeaveGroup"),
    (14, "SyncGroup"),
    (15, "DescribeGroups"),
    (16, "ListGroups"),
    (17, "SaslHandshake"),
    (18, "ApiVersions"),
    (19, "CreateTopics"),
    (20, "DeleteTopics"),
    (21, "DeleteRecords"),
    (22, "InitProducerId"),
    (23, "OffsetForLeaderEpoch"),
    (24, "AddPartitionsToTxn"),
    (25, "AddOffsetsToTxn"),
    (26, "EndTxn"),
    (27, "WriteTxnMarkers"),
    (28, "TxnOffsetCommit"),
    (29, "DescribeAcls"),
    (30, "CreateAcls"),
    (31, "DeleteAcls"),
    (32, "DescribeConfigs"),
    (33, "AlterConfigs"),
    (34, "AlterReplicaLogDirs"),
    (35, "DescribeLogDirs"),
    (36, "SaslAuthenticate"),
    (37, "CreatePartitions"),
    (38, "CreateDelegationToken"),
    (39, "RenewDelegationToken"),
    (40, "ExpireDelegationToken"),
    (41, "DescribeDelegationToken"),
    (42, "DeleteGroups"),
    (43, "ElectLeaders"),
    (44, "IncrementalAlterConfigs"),
    (45, "AlterPartitionReassignments"),
    (46, "ListPartitionReassignments"),
    (47, "OffsetDelete"),
    (48, "DescribeClientQuotas"),
    (49, "AlterClientQuotas"),
    (50, "DescribeUserScramCredentials"),
    (51, "AlterUserScramCredentials"),
    (56, "AlterIsr"),
    (57, "UpdateFeatures"),
    (60, "DescribeCluster"),
    (61, "DescribeProducers"),
];

fn name(code: i64) -> String {
    name_or_number(NAMES, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(0), "Produce");
        assert_eq!(name(1), "Fetch");
        assert_eq!(name(61), "DescribeProducers");
        assert_eq!(name(9999), "9999");
        assert_eq!(name(1 << 32 | 1), "Fetch");
    }
}
