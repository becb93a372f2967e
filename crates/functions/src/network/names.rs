//! Names of addresses, as the system resolves them: hosts file, DNS, and what else it is set up for.
//!
//! The system's resolver blocks, so a few threads wait for it; they end when nothing is left to
//! ask. What it said is remembered for a while.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// LIMIT: time that a batch of rows waits for names; those that come later are there for the next
/// query.
const WAIT_TIME_MAX: Duration = Duration::from_secs(1);

/// Time for which a name is good.
const NAME_TIME: Duration = Duration::from_mins(5);

/// Time for which an address without a name is not asked for again.
const NAMELESS_TIME: Duration = Duration::from_mins(1);

/// LIMIT: names that are remembered; those that end first go first. A batch of rows fits.
const NAMES_MAX: usize = 8192;

/// LIMIT: threads that wait for the resolver.
const THREADS_MAX: usize = 8;

/// Names by address.
pub(crate) struct Names(Arc<Shared>);

struct Shared {
    resolve: fn(IpAddr) -> Option<String>,
    state: Mutex<State>,
    /// An answer came.
    answered: Condvar,
}

#[derive(Default)]
struct State {
    known: HashMap<IpAddr, Answer>,
    /// Addresses that are to be asked for.
    waiting: VecDeque<IpAddr>,
    /// Those, and the ones that are being asked for.
    pending: BTreeSet<IpAddr>,
    threads: usize,
}

struct Answer {
    name: Option<String>,
    until: Instant,
}

impl Default for Names {
    fn default() -> Self {
        Self::with(of_system)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    /// Returns names that are looked up that way.
    pub(crate) fn with(resolve: fn(IpAddr) -> Option<String>) -> Self {
        Self(Arc::new(Shared {
            resolve,
            state: Mutex::default(),
            answered: Condvar::new(),
        }))
    }

    /// Returns the names of addresses, of those that have one.
    pub(crate) fn of(&self, addresses: &BTreeSet<IpAddr>) -> HashMap<IpAddr, String> {
        let deadline = Instant::now() + WAIT_TIME_MAX;
        let mut state = self.0.state();
        self.ask(&mut state, addresses);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || addresses.is_disjoint(&state.pending) {
                break;
            }
            let waited = self.0.answered.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.give_up(addresses);
        let name = |address: &IpAddr| {
            let answer = state.known.get(address)?;
            Some((*address, answer.name.clone()?))
        };
        addresses.iter().filter_map(name).collect()
    }

    fn ask(&self, state: &mut State, addresses: &BTreeSet<IpAddr>) {
        let now = Instant::now();
        for &address in addresses {
            let is_known = state
                .known
                .get(&address)
                .is_some_and(|answer| answer.until > now);
            if !is_known && state.pending.insert(address) {
                state.waiting.push_back(address);
            }
        }
        while state.threads < THREADS_MAX.min(state.waiting.len()) {
            let shared = Arc::clone(&self.0);
            let thread = std::thread::Builder::new().name("names".to_owned());
            match thread.spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                Err(error) => {
                    tracing::warn!(%error, "no thread to look names up");
                    break;
                }
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for what waits, until nothing does.
    fn work(&self) {
        let mut state = self.state();
        while let Some(address) = state.waiting.pop_front() {
            drop(state);
            let name = (self.resolve)(address);
            state = self.state();
            state.learn(address, name);
            self.answered.notify_all();
        }
        state.threads -= 1;
    }
}

impl State {
    fn learn(&mut self, address: IpAddr, name: Option<String>) {
        self.pending.remove(&address);
        let time = if name.is_some() {
            NAME_TIME
        } else {
            NAMELESS_TIME
        };
        let until = Instant::now() + time;
        self.known.insert(address, Answer { name, until });
        if self.known.len() > NAMES_MAX {
            let ends = self.known.iter();
            let first = ends.min_by_key(|(_, answer)| answer.until);
            if let Some(address) = first.map(|(address, _)| *address) {
                self.known.remove(&address);
            }
        }
    }

    /// Takes away what still waits to be asked for: with a resolver that hangs, nobody may need
    /// it any more when its turn comes.
    fn give_up(&mut self, addresses: &BTreeSet<IpAddr>) {
        let pending = &mut self.pending;
        self.waiting.retain(|address| {
            let is_given_up = addresses.contains(address);
            if is_given_up {
                pending.remove(address);
            }
            !is_given_up
        });
    }
}

/// Asks the system. Without a name it gives the address back as text.
fn of_system(address: IpAddr) -> Option<String> {
    let name = dns_lookup::lookup_addr(&address).ok()?;
    (name.parse() != Ok(address)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn addresses(numbers: std::ops::Range<u8>) -> BTreeSet<IpAddr> {
        let address = |number| IpAddr::from(Ipv4Addr::new(192, 0, 2, number));
        numbers.map(address).collect()
    }

    #[test]
    fn the_system_knows_its_own_addresses() {
        let own = BTreeSet::from([IpAddr::from(Ipv4Addr::LOCALHOST)]);
        let names = Names::default().of(&own);
        assert_eq!(names.values().collect::<Vec<_>>(), ["localhost"]);
    }

    #[test]
    fn answers_are_remembered_also_that_there_is_no_name() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        fn resolve(address: IpAddr) -> Option<String> {
            ASKED.fetch_add(1, Ordering::SeqCst);
            let last = address.to_string().pop()?;
            last.is_ascii_digit().then(|| format!("host{last}"))?;
            (last != '0').then(|| format!("host{last}"))
        }
        let names = Names::with(resolve);
        for _ in 0..2 {
            let found = names.of(&addresses(0..100));
            assert_eq!(found.len(), 90);
            assert_eq!(found[&IpAddr::from([192, 0, 2, 13])], "host3");
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), 100);
    }

    #[test]
    fn a_resolver_that_hangs_costs_a_limited_time_and_leaves_no_work_behind() {
        fn resolve(_: IpAddr) -> Option<String> {
            std::thread::sleep(3 * WAIT_TIME_MAX);
            Some("late".to_owned())
        }
        let names = Names::with(resolve);
        let started = Instant::now();
        assert!(names.of(&addresses(0..100)).is_empty());
        assert!(started.elapsed() < 2 * WAIT_TIME_MAX);
        let state = names.0.state();
        assert!(state.waiting.is_empty());
        assert_eq!(
            (state.pending.len(), state.threads),
            (THREADS_MAX, THREADS_MAX)
        );
    }
}
