//! Few weighted points that stand for many.
//!
//! Points fill a buffer; full buffers go into a tree. As soon as a level of the tree has four sets,
//! they are drawn together to one of the level above. A point is drawn by its weight, and by its
//! share of the distances from the mean ("lightweight coresets", Bachem and others, 2018).

use crate::machine_learning::embedding::squared_distance;
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// LIMIT: points of one set.
pub(super) const SET_POINTS: usize = 64;

/// LIMIT: sets of one level, where they become one of the level above.
const SETS_PER_LEVEL: usize = 4;

/// Weighted points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Set {
    pub(super) points: Vec<Vec<f32>>,
    pub(super) weights: Vec<f32>,
}

impl Set {
    pub(super) fn push(&mut self, point: Vec<f32>, weight: f32) {
        self.points.push(point);
        self.weights.push(weight);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.points.extend_from_slice(&other.points);
        self.weights.extend_from_slice(&other.weights);
    }

    pub(super) const fn len(&self) -> usize {
        self.points.len()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let point = |point: &Vec<f32>| {
            size_of::<Vec<f32>>() + size_of::<f32>() + point.len() * size_of::<f32>()
        };
        self.points.iter().map(point).sum()
    }

    fn mean(&self) -> Vec<f32> {
        let total: f32 = self.weights.iter().sum();
        let mut mean = vec![0.0; self.points.first().map_or(0, Vec::len)];
        for (point, weight) in self.points.iter().zip(&self.weights) {
            for (sum, number) in mean.iter_mut().zip(point) {
                *sum += number * weight / total;
            }
        }
        mean
    }

    /// Returns `SET_POINTS` points drawn from the set, with weights that add up to about the same.
    fn drawn(&self, random: &mut Rng) -> Self {
        let mean = self.mean();
        let spread = |(point, weight): (&Vec<f32>, &f32)| weight * squared_distance(point, &mean);
        let spreads: Vec<_> = self.points.iter().zip(&self.weights).map(spread).collect();
        let weight_sum: f32 = self.weights.iter().sum();
        let spread_sum: f32 = spreads.iter().sum();
        let chance = |(weight, spread): (&f32, &f32)| {
            let by_weight = weight / weight_sum;
            if spread_sum > 0.0 {
                0.5 * by_weight + 0.5 * spread / spread_sum
            } else {
                by_weight
            }
        };
        let chances: Vec<_> = self.weights.iter().zip(&spreads).map(chance).collect();
        let mut drawn = Self::default();
        for _ in 0..SET_POINTS {
            if let Some(index) = draw(&chances, random) {
                #[allow(clippy::cast_precision_loss, reason = "it is 64")]
                let weight = self.weights[index] / (SET_POINTS as f32 * chances[index]);
                drawn.push(self.points[index].clone(), weight);
            }
        }
        drawn
    }
}

/// Returns an index, each with a chance in proportion; none if there is no chance at all.
pub(super) fn draw(chances: &[f32], random: &mut Rng) -> Option<usize> {
    let total: f32 = chances.iter().sum();
    let mut left = random.f32() * total;
    let mut last = None;
    for (index, &chance) in chances.iter().enumerate() {
        if chance > 0.0 {
            last = Some(index);
            if left < chance {
                break;
            }
            left -= chance;
        }
    }
    last
}

/// The tree of full sets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tree {
    coreset_size: usize,
    r: usize,
    levels: BTreeMap<usize, Vec<Set>>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            coreset_size: SET_POINTS,
            r: SETS_PER_LEVEL,
            levels: BTreeMap::new(),
        }
    }
}

impl Tree {
    /// Puts a set into a level.
    pub(super) fn insert(&mut self, mut level: usize, mut set: Set, random: &mut Rng) {
        loop {
            let sets = self.levels.entry(level).or_default();
            sets.push(set);
            if sets.len() < SETS_PER_LEVEL {
                return;
            }
            let mut union = Set::default();
            for set in sets.drain(..) {
                union.extend(&set);
            }
            set = union.drawn(random);
            level += 1;
        }
    }

    /// Puts in all sets of another tree.
    pub(super) fn merge(&mut self, other: Self, random: &mut Rng) {
        for (level, sets) in other.levels {
            for set in sets {
                self.insert(level, set, random);
            }
        }
    }

    /// Returns all sets.
    pub(super) fn sets(&self) -> impl Iterator<Item = &Set> {
        self.levels.values().flatten()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.sets()
            .map(|set| size_of::<Set>() + set.heap_bytes())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_sets_of_equal_points_leave_four() {
        let (mut tree, mut random) = (Tree::default(), Rng::with_seed(1));
        for _ in 0..10 {
            let mut set = Set::default();
            for _ in 0..SET_POINTS {
                set.push(vec![1.0, 2.0], 1.0);
            }
            tree.insert(0, set, &mut random);
        }
        assert_eq!(tree.sets().map(Set::len).sum::<usize>(), 256);
        let weight: f32 = tree.sets().flat_map(|set| &set.weights).sum();
        assert!((weight - 640.0).abs() < 0.1, "{weight}");
        assert!(
            tree.sets()
                .flat_map(|set| &set.points)
                .all(|point| *point == [1.0, 2.0])
        );
    }

    #[test]
    fn draws_follow_the_chances() {
        let mut random = Rng::with_seed(1);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            counts[draw(&[1.0, 0.0, 2.0], &mut random).unwrap()] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((850..1150).contains(&counts[0]), "{counts:?}");
        assert_eq!(draw(&[0.0], &mut random), None);
        assert_eq!(draw(&[], &mut random), None);
    }
}
