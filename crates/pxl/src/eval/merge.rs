//! `df.merge`

use crate::diagnostics::{Checked, Problem, Reported};
use crate::eval::Evaluator;
use crate::eval::calls::Bound;
use crate::objects::Object;
use crate::plan::bind::unknown_column;
use crate::plan::{Column, Frame, JoinKind, Kind, Relation};
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    pub(super) fn merge(
        &mut self,
        left: &Frame,
        bound: Vec<Bound<'a>>,
        range: TextRange,
    ) -> Checked<Object<'a>> {
        let Ok(
            [
                Some(right),
                Some(how),
                Some(left_on),
                Some(right_on),
                suffixes,
            ],
        ) = <[Bound<'a>; 5]>::try_from(bound)
        else {
            return Err(Reported);
        };
        let Object::Frame(right_frame) = &right.0 else {
            return self.wrong_kind("right", "DataFrame", &right.0, right.1);
        };
        let how = self.how(&how)?;
        let on = self.keys(left, right_frame, &left_on, &right_on)?;
        if on.is_empty() && how != JoinKind::Inner {
            let message = "a merge without keys pairs all rows, expected `how='inner'`";
            return self.fail(left_on.1, Problem::new("join-keys", message));
        }
        let suffixes = match suffixes {
            Some((object, range)) => (self.suffixes(&object, range)?, range),
            None => (["_x".into(), "_y".into()], range),
        };
        let relation = self.merged(left, right_frame, suffixes)?;
        let (left, right) = (Rc::clone(left), Rc::clone(right_frame));
        self.node(
            Kind::Join {
                left,
                right,
                how,
                on,
            },
            relation,
            range,
        )
        .map(Object::Frame)
    }

    fn how(&mut self, (object, range): &(Object<'a>, TextRange)) -> Checked<JoinKind> {
        let how = self.text("how", object, *range)?;
        match &*how {
            "inner" => Ok(JoinKind::Inner),
            "left" => Ok(JoinKind::Left),
            "outer" => Ok(JoinKind::Outer),
            "right" => Ok(JoinKind::Right),
            other => {
                let message = format!(
                    "`{other}` join type not supported, only inner, left, outer, right are \
                     available"
                );
                let problem = Problem::new("wrong-argument", message)
                    .suggest(other, ["inner", "left", "outer", "right"]);
                self.fail(*range, problem)
            }
        }
    }

    fn keys(
        &mut self,
        left: &Frame,
        right: &Frame,
        left_on: &(Object<'a>, TextRange),
        right_on: &(Object<'a>, TextRange),
    ) -> Checked<Vec<(Rc<str>, Rc<str>)>> {
        let left_names = self.texts("left_on", &left_on.0, left_on.1)?;
        let right_names = self.texts("right_on", &right_on.0, right_on.1)?;
        if left_names.len() != right_names.len() {
            let message = format!(
                "`left_on` and `right_on` must contain the same number of elements, received {} \
                 and {}",
                left_names.len(),
                right_names.len()
            );
            return self.fail(right_on.1, Problem::new("join-keys", message));
        }
        let mut on = Vec::with_capacity(left_names.len());
        let mut failed = false;
        for (index, (l, r)) in left_names.into_iter().zip(right_names).enumerate() {
            let (left_column, right_column) = (left.relation.column(&l), right.relation.column(&r));
            if left_column.is_none() {
                self.diagnostics
                    .report(left_on.1, unknown_column(&l, &left.relation));
            }
            if right_column.is_none() {
                self.diagnostics
                    .report(right_on.1, unknown_column(&r, &right.relation));
            }
            let (Some(left_column), Some(right_column)) = (left_column, right_column) else {
                failed = true;
                continue;
            };
            if left_column.poisoned || right_column.poisoned {
                failed = true;
            } else if left_column.data_type != right_column.data_type {
                let message = format!(
                    "join columns specified in `left_on` and `right_on` must have the same \
                     datatype, but the {index}-th columns disagree: `{l}` ({}) vs `{r}` ({})",
                    left_column.data_type.name(),
                    right_column.data_type.name()
                );
                self.diagnostics
                    .report(right_on.1, Problem::new("join-keys", message));
                failed = true;
            }
            on.push((l, r));
        }
        if failed { Err(Reported) } else { Ok(on) }
    }

    fn suffixes(&mut self, object: &Object<'a>, range: TextRange) -> Checked<[Rc<str>; 2]> {
        if matches!(object, Object::List(_) | Object::Tuple(_)) {
            let texts = self.texts("suffixes", object, range)?;
            if let Ok(two) = texts.try_into() {
                return Ok(two);
            }
        }
        let message = "expected arg `suffixes` as a list of exactly two strings";
        self.fail(range, Problem::new("wrong-argument", message))
    }

    /// Returns all columns of the left side, then all of the right side.
    fn merged(
        &mut self,
        left: &Frame,
        right: &Frame,
        ([left_suffix, right_suffix], range): ([Rc<str>; 2], TextRange),
    ) -> Checked<Relation> {
        let mut columns: Vec<Column> = Vec::new();
        let sides = [(left, right, &left_suffix), (right, left, &right_suffix)];
        for (side, other, suffix) in sides {
            for column in &side.relation.columns {
                let name: Rc<str> = if other.relation.column(&column.name).is_some() {
                    format!("{}{suffix}", column.name).into()
                } else {
                    Rc::clone(&column.name)
                };
                if columns.iter().any(|known| known.name == name) {
                    let message = format!(
                        "duplicate column `{name}` after merge; change the specified suffixes \
                         (`{left_suffix}`,`{right_suffix}`) to fix this"
                    );
                    return self.fail(range, Problem::new("duplicate-column", message));
                }
                columns.push(Column {
                    name,
                    ..column.clone()
                });
            }
        }
        Ok(Relation { columns })
    }
}
