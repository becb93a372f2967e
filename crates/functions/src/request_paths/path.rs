//! A path as its components.

/// Stands for any component.
pub(super) const ANY: &str = "*";

/// The components of a path, without the query; never none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path {
    components: Vec<String>,
}

impl Path {
    pub(super) fn parse(text: &str) -> Self {
        let path = text.split('?').next().unwrap_or_default();
        let path = path.strip_prefix('/').unwrap_or(path);
        Self::of(path.split('/').map(str::to_owned).collect())
    }

    pub(super) const fn of(components: Vec<String>) -> Self {
        Self { components }
    }

    pub(super) fn components(&self) -> &[String] {
        &self.components
    }

    pub(super) const fn depth(&self) -> usize {
        self.components.len()
    }

    pub(super) fn text(&self) -> String {
        format!("/{}", self.components.join("/"))
    }

    /// Returns how many components are the same, which wildcards never are.
    pub(super) fn same_components(&self, other: &Self) -> usize {
        let pairs = self.components.iter().zip(&other.components);
        pairs.filter(|(a, b)| a == b && *a != ANY).count()
    }

    /// Puts a wildcard where the other path, of the same depth, differs.
    pub(super) fn generalize(&mut self, other: &Self) {
        for (own, other) in self.components.iter_mut().zip(&other.components) {
            if own != other {
                ANY.clone_into(own);
            }
        }
    }

    /// Returns true if a path is of this endpoint, which may have wildcards.
    pub(super) fn covers(&self, path: &Self) -> bool {
        let mut pairs = self.components.iter().zip(&path.components);
        self.depth() == path.depth() && pairs.all(|(own, other)| own == ANY || own == other)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let texts: usize = self.components.iter().map(String::capacity).sum();
        texts + self.components.capacity() * size_of::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_queries() {
        for (text, want) in [
            ("/a/b", "/a/b"),
            ("a/b", "/a/b"),
            ("/a/b?k=v?k2=/v2", "/a/b"),
            ("", "/"),
            ("/", "/"),
            ("/a/", "/a/"),
            ("/a/%2F/c/?k=v%2F1", "/a/%2F/c/"),
        ] {
            assert_eq!(Path::parse(text).text(), want, "{text}");
        }
        assert_eq!(Path::parse("/").depth(), 1);
        assert_eq!(Path::parse("/a/").depth(), 2);
    }
}
