//! K-means: k-means++ for the first centroids, then the algorithm of Lloyd.

use crate::machine_learning::coreset::{Set, draw};
use crate::machine_learning::embedding::squared_distance;
use fastrand::Rng;

/// LIMIT: rounds of moving the centroids.
const ROUNDS_MAX: usize = 10;

/// How little the numbers of a centroid may change to count as the same.
const TOLERANCE: f32 = f32::EPSILON * 16.0;

/// Returns `k` centroids of weighted points, or as many as there are points; none for fewer than
/// two points.
pub(super) fn fit(set: &Set, k: usize, random: &mut Rng) -> Vec<Vec<f32>> {
    if set.len() < 2 || k == 0 {
        return Vec::new();
    }
    let mut centroids = first_centroids(set, k.min(set.len()), random);
    for _ in 0..ROUNDS_MAX {
        let moved = moved(set, &centroids);
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * (1.0 + a.abs());
        let pairs = moved.iter().flatten().zip(centroids.iter().flatten());
        let settled = pairs.into_iter().all(near);
        centroids = moved;
        if settled {
            break;
        }
    }
    centroids
}

/// Returns the index of the nearest centroid, the first one of equals; none if there are none.
pub(super) fn nearest(centroids: &[Vec<f32>], point: &[f32]) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (index, centroid) in centroids.iter().enumerate() {
        let distance = squared_distance(centroid, point);
        if best.is_none_or(|(_, least)| distance < least) {
            best = Some((index, distance));
        }
    }
    best.map(|(index, _)| index)
}

fn first_centroids(set: &Set, k: usize, random: &mut Rng) -> Vec<Vec<f32>> {
    let first = random.usize(0..set.len());
    let mut centroids = vec![set.points[first].clone()];
    let mut distances = vec![f32::INFINITY; set.len()];
    while centroids.len() < k {
        let newest = &centroids[centroids.len() - 1];
        for (distance, point) in distances.iter_mut().zip(&set.points) {
            *distance = distance.min(squared_distance(point, newest));
        }
        let chances: Vec<_> = distances
            .iter()
            .zip(&set.weights)
            .map(|(d, w)| d * w)
            .collect();
        // Without a chance all points are centroids already.
        let Some(index) = draw(&chances, random) else {
            break;
        };
        centroids.push(set.points[index].clone());
    }
    centroids
}

/// Returns the weighted means of the points that are nearest to each centroid; a centroid without
/// points stays.
fn moved(set: &Set, centroids: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let mut sums = vec![vec![0.0; centroids[0].len()]; centroids.len()];
    let mut totals = vec![0.0; centroids.len()];
    for (point, weight) in set.points.iter().zip(&set.weights) {
        let Some(index) = nearest(centroids, point) else {
            continue;
        };
        totals[index] += weight;
        for (sum, number) in sums[index].iter_mut().zip(point) {
            *sum += number * weight;
        }
    }
    for ((sum, total), centroid) in sums.iter_mut().zip(&totals).zip(centroids) {
        if *total > 0.0 {
            sum.iter_mut().for_each(|number| *number /= total);
        } else {
            sum.clone_from(centroid);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(points: Vec<Vec<f32>>) -> Set {
        Set {
            weights: vec![1.0; points.len()],
            points,
        }
    }

    #[test]
    fn as_many_centroids_as_points_are_the_points() {
        let unit = |at| {
            (0..5)
                .map(|i| if i == at { 1.0 } else { 0.0 })
                .collect::<Vec<_>>()
        };
        let units: Vec<_> = (0..5).map(unit).collect();
        let centroids = fit(&set(units.clone()), 5, &mut Rng::with_seed(42));
        assert_eq!(centroids.len(), 5);
        assert!(
            units.iter().all(|unit| centroids.contains(unit)),
            "{centroids:?}"
        );
    }

    #[test]
    fn blobs_are_found() {
        let mut random = Rng::with_seed(7);
        let centres = [[0.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
        let points: Vec<_> = (0..60)
            .map(|i| {
                centres[i % 3]
                    .map(|number| number + (random.f32() - 0.5) * 0.3)
                    .to_vec()
            })
            .collect();
        let centroids = fit(&set(points.clone()), 3, &mut Rng::with_seed(42));
        let found: Vec<_> = centres
            .iter()
            .map(|centre| nearest(&centroids, centre).unwrap())
            .collect();
        for (centre, index) in centres.iter().zip(&found) {
            assert!(
                squared_distance(centre, &centroids[*index]) < 0.01,
                "{centroids:?}"
            );
        }
        for (i, point) in points.iter().enumerate() {
            assert_eq!(nearest(&centroids, point), Some(found[i % 3]));
        }
        let mut distinct = found;
        distinct.sort_unstable();
        assert_eq!(distinct, [0, 1, 2]);
    }

    #[test]
    fn few_and_equal_points() {
        let mut random = Rng::with_seed(42);
        assert_eq!(
            fit(&set(vec![vec![1.0]]), 2, &mut random),
            Vec::<Vec<f32>>::new()
        );
        assert_eq!(fit(&set(vec![vec![1.0]; 3]), 2, &mut random), [[1.0]]);
        assert_eq!(nearest(&[], &[1.0]), None);
    }
}
