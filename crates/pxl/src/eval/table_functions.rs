//! Calls of functions that give tables.

use crate::diagnostics::{Checked, Problem};
use crate::eval::Evaluator;
use crate::eval::calls::{Arguments, Bound};
use crate::objects::Object;
use crate::plan::{Kind, Literal, Relation};
use datafusion_common::ScalarValue;
use nixie_functions::{TableArg, TableFunction};
use nixie_types::DataType;

impl<'a> Evaluator<'a, '_> {
    /// Returns the DataFrame that a table function gives.
    pub(super) fn table_function(
        &mut self,
        function: &'static TableFunction,
        args: Arguments<'a>,
    ) -> Checked<Object<'a>> {
        let range = args.range;
        let params: Vec<_> = function
            .args
            .iter()
            .map(|arg| (arg.name, arg.default.is_none()))
            .collect();
        let bound = self.meet(function.name(), &params, args)?;
        let values: Vec<_> = function
            .args
            .iter()
            .zip(bound)
            .map(|(arg, bound)| self.table_argument(arg, bound))
            .collect();
        let values: Vec<_> = values.into_iter().collect::<Checked<_>>()?;
        let source = self.catalog.table_function(function, values);
        let relation = Relation::of_table(source.as_ref());
        let kind = Kind::Source {
            table: function.name().into(),
            source,
            start_ns: None,
            end_ns: None,
        };
        self.node(kind, relation, range).map(Object::Frame)
    }

    /// Returns the value of an argument, which must be a literal of exactly its type.
    fn table_argument(&mut self, arg: &TableArg, bound: Bound<'a>) -> Checked<ScalarValue> {
        let Some((object, range)) = bound else {
            return arg.default.map_or_else(
                || Err(crate::diagnostics::Reported),
                |default| Ok(default.into()),
            );
        };
        let literal = match &object {
            Object::Term(term) => term.as_literal(),
            _ => None,
        };
        let value = match (arg.data_type, literal) {
            // A UUID may be given as text.
            (DataType::UInt128, Some(Literal::Text(text))) => super::builtins::parse_uuid(text)
                .map(|uuid| Literal::UInt128(uuid, arg.semantic_type).to_scalar()),
            (wanted, Some(literal)) if literal.data_type() == wanted => Some(literal.to_scalar()),
            _ => None,
        };
        let Some(value) = value else {
            let seen = literal.map_or_else(|| object.kind(), |known| known.data_type().name());
            let wanted = arg.data_type.name();
            let message = format!("expected `{}` to be {wanted}, received {seen}", arg.name);
            let help = "arguments of table functions are literals; nothing is converted";
            return self.fail(range, Problem::new("wrong-argument", message).help(help));
        };
        Ok(value)
    }
}
