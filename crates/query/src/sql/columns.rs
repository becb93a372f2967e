//! Turns the columns of a result into those of PxL: of one of its types, and with unique names.

use super::meanings;
use arrow::datatypes::DataType as ArrowType;
use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast};
use nixie_functions::Registry;
use nixie_pxl::OutputColumn;
use nixie_types::{DataType, SemanticType};

/// Returns the plan with the columns of the result as PxL has them, and their descriptions.
pub(super) fn of_pxl(
    plan: LogicalPlan,
    registry: &Registry,
) -> Result<(LogicalPlan, Vec<OutputColumn>)> {
    let meanings = meanings::of_plan(&plan, registry);
    let mut columns: Vec<OutputColumn> = Vec::new();
    let mut exprs = Vec::new();
    let mut is_same = true;
    for ((qualifier, field), meaning) in plan.schema().iter().zip(meanings) {
        let name = free_name(field.name(), &columns);
        let column = Expr::Column(Column::new(qualifier.cloned(), field.name()));
        let data_type = data_type(field.data_type());
        let is_own = data_type.arrow() == *field.data_type();
        let value = if is_own {
            column
        } else {
            cast(column, data_type.arrow())
        };
        is_same &= is_own && name == *field.name() && qualifier.is_none();
        exprs.push(value.alias(&name));
        columns.push(OutputColumn {
            name,
            data_type,
            // A value of another type is another value.
            semantic_type: if is_own { meaning } else { SemanticType::None },
        });
    }
    if is_same {
        return Ok((plan, columns));
    }
    let plan = LogicalPlanBuilder::from(plan).project(exprs)?.build()?;
    Ok((plan, columns))
}

fn free_name(name: &str, taken: &[OutputColumn]) -> String {
    let is_taken = |name: &str| taken.iter().any(|column| column.name == name);
    if !is_taken(name) {
        return name.to_owned();
    }
    (1..)
        .map(|number| format!("{name}_{number}"))
        .find(|name| !is_taken(name))
        .unwrap_or_default()
}

/// Returns the type that values of a type of SQL get.
fn data_type(arrow: &ArrowType) -> DataType {
    if let Some(own) = DataType::from_arrow(arrow) {
        return own;
    }
    match arrow {
        arrow if arrow.is_integer() => DataType::Int64,
        ArrowType::Float16
        | ArrowType::Float32
        | ArrowType::Decimal32(..)
        | ArrowType::Decimal64(..)
        | ArrowType::Decimal128(..)
        | ArrowType::Decimal256(..) => DataType::Float64,
        ArrowType::Date32 | ArrowType::Date64 | ArrowType::Timestamp(..) => DataType::Time64Ns,
        // Intervals, lists, NULL, …: as text.
        _ => DataType::String,
    }
}
