//! Finds the time range that a filter asks for, so that a scan reads no more than that.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::Between;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// Name of the column that every table is ordered by.
pub(crate) const TIME_COLUMN: &str = "time_";

/// A range of time, both ends inclusive; may be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) start_ns: Option<i64>,
    pub(crate) end_ns: Option<i64>,
}

impl TimeRange {
    /// Returns the range that some filters leave together. Filters that are no plain time range
    /// are passed over.
    pub(crate) fn of(filters: &[Expr]) -> Self {
        filters
            .iter()
            .filter_map(Self::of_filter)
            .fold(Self::default(), Self::and)
    }

    /// Returns the range that is exactly equivalent to a filter, if there is one.
    pub(crate) fn of_filter(filter: &Expr) -> Option<Self> {
        match filter {
            Expr::Alias(alias) => Self::of_filter(&alias.expr),
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::And,
                right,
            }) => Some(Self::of_filter(left)?.and(Self::of_filter(right)?)),
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                if is_time(left) {
                    Self::of_comparison(*op, literal_ns(right)?)
                } else if is_time(right) {
                    Self::of_comparison(op.swap()?, literal_ns(left)?)
                } else {
                    None
                }
            }
            Expr::Between(Between {
                expr,
                negated: false,
                low,
                high,
            }) if is_time(expr) => Some(Self {
                start_ns: Some(literal_ns(low)?),
                end_ns: Some(literal_ns(high)?),
            }),
            _ => None,
        }
    }

    fn of_comparison(op: Operator, time_ns: i64) -> Option<Self> {
        let (start_ns, end_ns) = match op {
            Operator::Eq => (Some(time_ns), Some(time_ns)),
            Operator::GtEq => (Some(time_ns), None),
            Operator::LtEq => (None, Some(time_ns)),
            // Nothing is later than the last time, or earlier than the first: an empty range.
            Operator::Gt => match time_ns.checked_add(1) {
                Some(next) => (Some(next), None),
                None => (Some(i64::MAX), Some(i64::MIN)),
            },
            Operator::Lt => match time_ns.checked_sub(1) {
                Some(previous) => (None, Some(previous)),
                None => (Some(i64::MAX), Some(i64::MIN)),
            },
            _ => return None,
        };
        Some(Self { start_ns, end_ns })
    }

    fn and(self, other: Self) -> Self {
        Self {
            start_ns: self.start_ns.into_iter().chain(other.start_ns).max(),
            end_ns: self.end_ns.into_iter().chain(other.end_ns).min(),
        }
    }
}

/// Returns true for the time column, also when it is read as an integer.
fn is_time(expr: &Expr) -> bool {
    match expr {
        Expr::Column(column) => column.name == TIME_COLUMN,
        Expr::Cast(cast) => *cast.field.data_type() == DataType::Int64 && is_time(&cast.expr),
        _ => false,
    }
}

fn literal_ns(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(
            ScalarValue::TimestampNanosecond(time_ns, None) | ScalarValue::Int64(time_ns),
            _,
        ) => *time_ns,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::prelude::{col, lit};

    fn time(time_ns: i64) -> Expr {
        lit(ScalarValue::TimestampNanosecond(Some(time_ns), None))
    }

    const fn range(start_ns: Option<i64>, end_ns: Option<i64>) -> Option<TimeRange> {
        Some(TimeRange { start_ns, end_ns })
    }

    #[test]
    fn every_comparison_gives_its_inclusive_range() {
        let cases = [
            (col("time_").gt_eq(time(5)), range(Some(5), None)),
            (col("time_").gt(time(5)), range(Some(6), None)),
            (col("time_").lt_eq(time(5)), range(None, Some(5))),
            (col("time_").lt(time(5)), range(None, Some(4))),
            (col("time_").eq(time(5)), range(Some(5), Some(5))),
            (time(5).lt(col("time_")), range(Some(6), None)),
            (time(5).gt_eq(col("time_")), range(None, Some(5))),
            (
                col("time_").between(time(3), time(7)),
                range(Some(3), Some(7)),
            ),
            (
                col("time_").gt_eq(time(3)).and(col("time_").lt(time(9))),
                range(Some(3), Some(8)),
            ),
            (col("t.time_").gt_eq(lit(5_i64)), range(Some(5), None)),
        ];
        for (filter, expected) in cases {
            assert_eq!(TimeRange::of_filter(&filter), expected, "{filter}");
        }
    }

    #[test]
    fn other_filters_are_no_time_range() {
        for filter in [
            col("latency").gt_eq(lit(5_i64)),
            col("time_").not_eq(time(5)),
            col("time_").gt_eq(col("latency")),
            col("time_").gt(time(5)).or(col("time_").lt(time(2))),
            col("time_").gt(time(5)).and(col("latency").gt(lit(1_i64))),
            col("time_").not_between(time(1), time(2)),
        ] {
            assert_eq!(TimeRange::of_filter(&filter), None, "{filter}");
        }
    }

    #[test]
    fn several_filters_narrow_the_range_and_strangers_do_not_matter() {
        let filters = [
            col("time_").gt_eq(time(3)),
            col("latency").gt(lit(1_i64)),
            col("time_").gt_eq(time(4)),
            col("time_").lt_eq(time(9)),
        ];
        assert_eq!(Some(TimeRange::of(&filters)), range(Some(4), Some(9)));
    }

    #[test]
    fn nothing_is_beyond_the_ends_of_time() {
        for filter in [
            col("time_").gt(time(i64::MAX)),
            col("time_").lt(time(i64::MIN)),
        ] {
            let range = TimeRange::of_filter(&filter).unwrap();
            assert!(range.start_ns > range.end_ns, "{filter}: {range:?}");
        }
    }
}
