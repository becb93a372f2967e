//! Points given as JSON.

use crate::json::write_float;
use serde_json::Value;

/// Numbers of one point.
pub(super) const DIMENSIONS: usize = 64;

/// LIMIT: size of a number of a point; sums of squares stay finite.
const COMPONENT_MAX: f32 = 1e15;

/// Returns the point in a JSON array of exactly as many floats; none for anything else, also for
/// whole numbers without a point.
pub(super) fn point(json: &str) -> Option<Vec<f32>> {
    let values: Vec<Value> = serde_json::from_str(json).ok()?;
    if values.len() != DIMENSIONS {
        return None;
    }
    values.iter().map(component).collect()
}

/// Returns a number of a point; none if it is not a float of a reasonable size.
pub(super) fn component(value: &Value) -> Option<f32> {
    let number = value.as_f64().filter(|_| value.is_f64())?;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "points are of that precision"
    )]
    let number = number as f32;
    (number.abs() <= COMPONENT_MAX).then_some(number)
}

/// Appends a point as a JSON array.
pub(super) fn write_point(out: &mut String, point: &[f32]) {
    out.push('[');
    for (index, number) in point.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_float(out, f64::from(*number));
    }
    out.push(']');
}

/// Returns the square of the distance of two points.
pub(super) fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arrays_of_64_floats_are_points() {
        let json = |number: &str| format!("[{}]", vec![number; DIMENSIONS].join(","));
        assert_eq!(point(&json("0.5")), Some(vec![0.5; DIMENSIONS]));
        for bad in ["1", "1e300", "\"a\"", "null"] {
            assert_eq!(point(&json(bad)), None, "{bad}");
        }
        for bad in ["", "[]", "[0.5]", "{}"] {
            assert_eq!(point(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_written_point_is_read() {
        let mut json = String::new();
        let all: Vec<f32> = (0_u8..64).map(|i| f32::from(i) / 7.0).collect();
        write_point(&mut json, &all);
        assert_eq!(point(&json), Some(all));
    }
}
