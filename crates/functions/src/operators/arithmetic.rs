//! What `+`, `-` and `*` share: whole numbers, floats and mixtures of both.

/// Returns a body with the forms for numbers, and more.
macro_rules! arithmetic {
    ($wrapping:path, $floats:expr, $operator:ident $(, $more:expr)* $(,)?) => {
        Body::Scalar(&[
            Overload::new(&["a", "b"], &scalar2::<Int, Int, Int, _>($wrapping))
                .native(|args| binary(Operator::$operator, args)),
            Overload::new(&["a", "b"], &scalar2::<Float, Float, Float, _>($floats))
                .native(|args| binary(Operator::$operator, args)),
            Overload::new(
                &["a", "b"],
                &scalar2::<Int, Float, Float, _>(|a, b| $floats(a as f64, b)),
            ),
            Overload::new(
                &["a", "b"],
                &scalar2::<Float, Int, Float, _>(|a, b| $floats(a, b as f64)),
            ),
            $($more,)*
        ])
    };
}

pub(super) use arithmetic;
