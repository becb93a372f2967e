//! All objects of a kind, by id and by name.

use crate::kubernetes::{
    Container, Deployment, Namespace, Node, Pod, ReplicaSet, Service, state::ENDED_KEPT_NS,
};
use std::collections::HashMap;
use std::sync::Arc;

/// An object with an id, a name and a life.
pub(super) trait Object: Clone {
    fn id(&self) -> &str;
    /// The name by which it is found.
    fn full_name(&self) -> String;
    fn start_time_ns(&self) -> i64;
    fn stop_time_ns(&self) -> i64;
}

macro_rules! object {
    ($type:ty, $id:ident, |$this:ident| $name:expr) => {
        impl Object for $type {
            fn id(&self) -> &str {
                &self.$id
            }

            fn full_name(&self) -> String {
                let $this = self;
                $name
            }

            fn start_time_ns(&self) -> i64 {
                self.start_time_ns
            }

            fn stop_time_ns(&self) -> i64 {
                self.stop_time_ns
            }
        }
    };
}

macro_rules! namespaced {
    ($($type:ty),*) => {
        $(
            object!($type, uid, |this| this.full_name());

            impl $type {
                /// Returns the name with the namespace, as `namespace/name`.
                #[must_use]
                pub fn full_name(&self) -> String {
                    format!("{}/{}", self.namespace, self.name)
                }
            }
        )*
    };
}

namespaced!(Deployment, Pod, ReplicaSet, Service);
object!(Container, id, |this| this.name.clone());
object!(Namespace, uid, |this| this.name.clone());
object!(Node, uid, |this| this.name.clone());

/// All objects of a kind. A copy shares the objects.
#[derive(Clone, Debug)]
pub(super) struct Index<T> {
    by_id: HashMap<Arc<str>, Arc<T>>,
    ids: HashMap<Arc<str>, Arc<str>>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self {
            by_id: HashMap::new(),
            ids: HashMap::new(),
        }
    }
}

impl<T: Object> Index<T> {
    pub(super) fn get(&self, id: &str) -> Option<&Arc<T>> {
        self.by_id.get(id)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Arc<T>> {
        self.by_id.get(self.ids.get(name)?)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Returns all objects, in the order of their ids.
    pub(super) fn sorted(&self) -> Vec<&Arc<T>> {
        let mut all: Vec<_> = self.by_id.values().collect();
        all.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        all
    }

    /// Adds an object or replaces what was known of it.
    pub(super) fn put(&mut self, object: T) {
        let id: Arc<str> = object.id().into();
        let name: Arc<str> = object.full_name().into();
        let old_name = self.by_id.get(&id).map(|known| known.full_name());
        if let Some(old_name) = old_name.filter(|old| **old != *name)
            && self.ids.get(old_name.as_str()) == Some(&id)
        {
            self.ids.remove(old_name.as_str());
        }
        let holder = self.ids.get(&name).and_then(|id| self.by_id.get(id));
        if holder.is_none_or(|holder| takes_over(&object, holder.as_ref())) {
            self.ids.insert(name, Arc::clone(&id));
        }
        self.by_id.insert(id, Arc::new(object));
    }

    /// Forgets an object.
    pub(super) fn remove(&mut self, id: &str) {
        let Some(object) = self.by_id.remove(id) else {
            return;
        };
        let name = object.full_name();
        if self
            .ids
            .get(name.as_str())
            .is_some_and(|held| **held == *id)
        {
            self.ids.remove(name.as_str());
        }
    }

    /// Returns the stop time and id of each object that has ended.
    pub(super) fn ended(&self) -> impl Iterator<Item = (i64, Arc<str>)> + '_ {
        self.by_id
            .iter()
            .filter(|(_, object)| object.stop_time_ns() != 0)
            .map(|(id, object)| (object.stop_time_ns(), Arc::clone(id)))
    }

    /// Returns the ids of objects that ended too long ago to be kept.
    pub(super) fn expired(&self, now_ns: i64) -> Vec<Arc<str>> {
        self.ended()
            .filter(|(stop_ns, _)| now_ns.saturating_sub(*stop_ns) > ENDED_KEPT_NS)
            .map(|(_, id)| id)
            .collect()
    }
}

/// Returns true if a name or address belongs to `new` rather than to `holder`: to the one that
/// started later, and of two that started together to the one that is still there. Late news of
/// an object that has ended must not take the name from its successor.
pub(super) fn takes_over<T: Object>(new: &T, holder: &T) -> bool {
    if new.id() == holder.id() {
        return true;
    }
    let rank = |object: &T| (object.start_time_ns(), object.stop_time_ns() == 0);
    rank(new) >= rank(holder)
}
