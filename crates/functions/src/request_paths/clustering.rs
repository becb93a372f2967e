//! Clusters of similar paths.
//!
//! A cluster has a centroid, which is a path with wildcards where its members differ, and its
//! members while they are few. With more than a handful it is formed, and only the centroid counts.

use crate::json::write_text;
use crate::request_paths::path::Path;
use serde_json::Value;
use std::collections::BTreeMap;

/// LIMIT: members of a cluster that is not formed; one more forms it.
const MEMBERS_MAX: usize = 5;

/// LIMIT: clusters of one clustering; paths that would need another one are passed over.
const CLUSTERS_MAX: usize = 10_000;

/// A centroid, and the members unless the cluster is formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cluster {
    pub(super) centroid: Path,
    pub(super) members: Vec<Path>,
}

impl Cluster {
    pub(super) fn of(path: Path) -> Self {
        Self {
            centroid: path.clone(),
            members: vec![path],
        }
    }

    const fn is_formed(&self) -> bool {
        self.members.is_empty()
    }

    fn merge(&mut self, other: &Self) {
        self.centroid.generalize(&other.centroid);
        if self.is_formed() || other.is_formed() {
            self.members = Vec::new();
            return;
        }
        for member in &other.members {
            if !self.members.contains(member) {
                self.members.push(member.clone());
            }
        }
        if self.members.len() > MEMBERS_MAX {
            self.members = Vec::new();
        }
    }

    fn heap_bytes(&self) -> usize {
        let paths = self.members.iter().chain([&self.centroid]);
        paths
            .map(|path| size_of::<Path>() + path.heap_bytes())
            .sum()
    }
}

/// Clusters by the depth of their paths.
#[derive(Debug, Default)]
pub(super) struct Clustering {
    by_depth: BTreeMap<usize, Vec<Cluster>>,
    count: usize,
}

impl Clustering {
    pub(super) fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.by_depth.values().flatten()
    }

    /// Takes a cluster in: merges it with the most similar one if that is similar enough.
    pub(super) fn add(&mut self, cluster: Cluster) {
        let depth = cluster.centroid.depth();
        let peers = self.by_depth.entry(depth).or_default();
        match best(peers, &cluster.centroid) {
            // At least half of the components are the same.
            Some((index, same)) if same * 2 >= depth => peers[index].merge(&cluster),
            _ if self.count < CLUSTERS_MAX => {
                peers.push(cluster);
                self.count += 1;
            }
            _ => {}
        }
    }

    /// Takes in all of another clustering. What is formed stays; other members are looked at anew,
    /// so that the order in which clusterings merge matters little.
    pub(super) fn merge(&mut self, other: Self) {
        let split = |clustering: Self| -> (Vec<_>, Vec<_>) {
            let clusters = clustering.by_depth.into_values().flatten();
            clusters.partition(Cluster::is_formed)
        };
        let (formed, loose) = split(std::mem::take(self));
        let (other_formed, other_loose) = split(other);
        for cluster in formed {
            self.count += 1;
            let depth = cluster.centroid.depth();
            self.by_depth.entry(depth).or_default().push(cluster);
        }
        for cluster in other_formed {
            self.add(cluster);
        }
        for cluster in loose.into_iter().chain(other_loose) {
            for member in cluster.members {
                self.add(Cluster::of(member));
            }
        }
    }

    /// Returns the endpoint of a path: the centroid of the most similar cluster, or the path
    /// itself if that is one of few or there is none.
    pub(super) fn endpoint(&self, path: &Path) -> String {
        let peers = self.by_depth.get(&path.depth());
        let found = peers.and_then(|peers| Some(&peers[best(peers, path)?.0]));
        match found {
            Some(cluster) if !cluster.members.contains(path) => cluster.centroid.text(),
            _ => path.text(),
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let clusters = self.clusters();
        clusters
            .map(|cluster| size_of::<Cluster>() + cluster.heap_bytes())
            .sum()
    }

    pub(super) fn to_json(&self) -> String {
        let mut json = String::from("[");
        for (index, cluster) in self.clusters().enumerate() {
            json.push_str(if index > 0 { ",{\"c\":" } else { "{\"c\":" });
            write_path(&mut json, &cluster.centroid);
            json.push_str(",\"m\":[");
            for (index, member) in cluster.members.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_path(&mut json, member);
            }
            json.push_str("]}");
        }
        json.push(']');
        json
    }

    /// Reads what [`Clustering::to_json`] wrote; fails with what is wrong.
    pub(super) fn from_json(json: &str) -> Result<Self, &'static str> {
        let value: Value = serde_json::from_str(json)
            .map_err(|_| "RequestPathClustering::FromJSON: invalid json")?;
        let Value::Array(clusters) = value else {
            return Err("RequestPathClustering::FromJSON: expected array");
        };
        let mut clustering = Self::default();
        for value in clusters {
            let cluster = read_cluster(&value)?;
            let depth = cluster.centroid.depth();
            clustering.by_depth.entry(depth).or_default().push(cluster);
            clustering.count += 1;
        }
        Ok(clustering)
    }
}

/// Returns the first of the most similar clusters, and how many of its components are the same;
/// none if all are different.
fn best(peers: &[Cluster], path: &Path) -> Option<(usize, usize)> {
    let mut best = None;
    for (index, peer) in peers.iter().enumerate() {
        let same = peer.centroid.same_components(path);
        if same > best.map_or(0, |(_, most)| most) {
            best = Some((index, same));
        }
    }
    best
}

fn write_path(json: &mut String, path: &Path) {
    json.push('[');
    for (index, component) in path.components().iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write_text(json, component);
    }
    json.push(']');
}

fn read_cluster(value: &Value) -> Result<Cluster, &'static str> {
    let (Some(centroid), Some(members)) = (value.get("c"), value.get("m")) else {
        return Err(
            "RequestPathCluster::FromJSON outer json must be object with centroid and member keys",
        );
    };
    let centroid = read_path(centroid)?;
    let Value::Array(members) = members else {
        return Err("RequestPathCluster::FromJSON members key must be array");
    };
    let members = members.iter().map(read_path).collect::<Result<_, _>>()?;
    Ok(Cluster { centroid, members })
}

fn read_path(value: &Value) -> Result<Path, &'static str> {
    let Value::Array(components) = value else {
        return Err(
            "RequestPath::FromJSON: expected array of path components, didn't receive array",
        );
    };
    let text = |component: &Value| {
        component.as_str().map(str::to_owned).ok_or(
            "RequestPath::FromJSON: expected array of path components, received non string path \
             component",
        )
    };
    Ok(Path::of(
        components.iter().map(text).collect::<Result<_, _>>()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build<'a>(paths: impl IntoIterator<Item = &'a str>) -> Clustering {
        let mut clustering = Clustering::default();
        for path in paths {
            clustering.add(Cluster::of(Path::parse(path)));
        }
        clustering
    }

    fn clone(clustering: &Clustering) -> Clustering {
        Clustering::from_json(&clustering.to_json()).unwrap()
    }

    /// The centroids of formed clusters and the members of others, sorted.
    fn endpoints(clustering: &Clustering) -> Vec<String> {
        let mut endpoints = Vec::new();
        for cluster in clustering.clusters() {
            if cluster.is_formed() {
                endpoints.push(cluster.centroid.text());
            }
            endpoints.extend(cluster.members.iter().map(Path::text));
        }
        endpoints.sort();
        endpoints
    }

    const MANY: [&str; 6] = ["/a/b/c", "/a/b/d", "a/b/a", "/a/b/b", "/a/b/e", "a/b/f"];

    #[test]
    fn six_members_form_a_cluster() {
        let clustering = build(MANY);
        assert_eq!(clustering.to_json(), r#"[{"c":["a","b","*"],"m":[]}]"#);
        assert_eq!(clustering.endpoint(&Path::parse("/a/b/c")), "/a/b/*");
    }

    #[test]
    fn few_members_are_their_own_endpoints() {
        let clustering = build(["/a/b/d", "/a/b/c"]);
        assert_eq!(
            clustering.to_json(),
            r#"[{"c":["a","b","*"],"m":[["a","b","d"],["a","b","c"]]}]"#
        );
        assert_eq!(clustering.endpoint(&Path::parse("/a/b/c")), "/a/b/c");
        assert_eq!(clustering.endpoint(&Path::parse("/a/b/z")), "/a/b/*");
        assert_eq!(clustering.endpoint(&Path::parse("/x/y/z")), "/x/y/z");
        assert_eq!(clustering.endpoint(&Path::parse("/x")), "/x");
        assert_eq!(build(["/a", "/b"]).clusters().count(), 2);
    }

    #[test]
    fn merging_either_way_gives_the_same_endpoints() {
        let other = ["/a/b/c", "/b/b/c", "/c/b/c"];
        for (first, second) in [(build(MANY), build(other)), (build(other), build(MANY))] {
            let mut merged = first;
            merged.merge(second);
            assert_eq!(endpoints(&merged), ["/a/b/*", "/b/b/c", "/c/b/c"]);
        }
    }

    #[test]
    fn merging_in_any_order_generalizes_all_positions() {
        let own = |paths: Vec<String>| build(paths.iter().map(String::as_str));
        let each = |path: fn(usize) -> String| own((0..6).map(path).collect());
        let parts = [
            each(|i| format!("/prop1/0/prop2/0/prop3/{i}")),
            each(|i| format!("/prop1/0/prop2/{i}/prop3/0")),
            each(|i| format!("/prop1/{i}/prop2/0/prop3/0")),
            each(|i| format!("/prop1/{i}/prop2/{i}/prop3/0")),
            own([0, 4, 5]
                .map(|i| format!("/prop1/0/prop2/{i}/prop3/a"))
                .to_vec()),
        ];
        let mut orders = 0;
        let mut order = [0, 1, 2, 3, 4];
        permute(&mut order, 0, &mut |order| {
            let mut merged = Clustering::default();
            for part in order {
                merged.merge(clone(&parts[*part]));
            }
            assert_eq!(
                endpoints(&merged),
                ["/prop1/*/prop2/*/prop3/*"],
                "{order:?}"
            );
            orders += 1;
        });
        assert_eq!(orders, 120);
    }

    fn permute(order: &mut [usize; 5], fixed: usize, call: &mut impl FnMut(&[usize; 5])) {
        if fixed == order.len() {
            return call(order);
        }
        for other in fixed..order.len() {
            order.swap(fixed, other);
            permute(order, fixed + 1, call);
            order.swap(fixed, other);
        }
    }

    #[test]
    fn what_is_no_clustering_is_said() {
        for (json, want) in [
            ("x", "invalid json"),
            ("{}", "expected array"),
            ("[1]", "centroid and member keys"),
            (r#"[{"c":[],"m":1}]"#, "members key must be array"),
            (r#"[{"c":1,"m":[]}]"#, "didn't receive array"),
            (r#"[{"c":[1],"m":[]}]"#, "non string path component"),
        ] {
            let error = Clustering::from_json(json).unwrap_err();
            assert!(error.ends_with(want), "{json}: {error}");
        }
    }

    #[test]
    fn clusters_are_limited() {
        let paths: Vec<_> = (0..CLUSTERS_MAX + 5).map(|i| format!("/{i}")).collect();
        let clustering = build(paths.iter().map(String::as_str));
        assert_eq!(clustering.clusters().count(), CLUSTERS_MAX);
    }
}
