//! Finds the texts that filters demand of columns, so that a scan passes over what has none.

use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use nixie_tables::EqualText;

/// Returns the demands that a filter makes, all of which must hold for a row to pass it.
pub(crate) fn of_filter(filter: &Expr, schema: &SchemaRef) -> Vec<EqualText> {
    match filter {
        Expr::Alias(alias) => of_filter(&alias.expr, schema),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And,
            right,
        }) => {
            let mut all = of_filter(left, schema);
            all.extend(of_filter(right, schema));
            all
        }
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Eq,
            right,
        }) => {
            let found = of_sides(left, right, schema).or_else(|| of_sides(right, left, schema));
            found.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn of_sides(column: &Expr, literal: &Expr, schema: &SchemaRef) -> Option<EqualText> {
    let (Expr::Column(column), Expr::Literal(ScalarValue::Utf8View(Some(text)), _)) =
        (column, literal)
    else {
        return None;
    };
    Some(EqualText {
        column: schema.index_of(&column.name).ok()?,
        text: text.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::prelude::{col, lit};
    use std::sync::Arc;

    fn found(filter: &Expr) -> Vec<(usize, String)> {
        let fields = ["a", "b"].map(|name| Field::new(name, DataType::Utf8View, false));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let texts = of_filter(filter, &schema).into_iter();
        texts.map(|equal| (equal.column, equal.text)).collect()
    }

    fn text(text: &str) -> Expr {
        lit(ScalarValue::Utf8View(Some(text.to_owned())))
    }

    #[test]
    fn equalities_of_all_sides_are_found() {
        let filter = col("b").eq(text("x")).and(text("y").eq(col("a")));
        assert_eq!(found(&filter), [(1, "x".to_owned()), (0, "y".to_owned())]);
    }

    #[test]
    fn what_is_no_demand_is_passed_over() {
        for filter in [
            col("a").eq(text("x")).or(col("a").eq(text("y"))),
            col("a").not_eq(text("x")),
            col("a").eq(col("b")),
            col("c").eq(text("x")),
        ] {
            assert_eq!(found(&filter), [], "{filter}");
        }
    }
}
