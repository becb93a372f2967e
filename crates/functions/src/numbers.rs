//! Functions of two numbers that compute with floats.

/// Returns the overloads of a function of two floats for floats, whole numbers and mixtures.
macro_rules! two_numbers {
    ($names:expr, $function:expr) => {
        &[
            Overload::new(
                $names,
                &scalar2::<Int, Int, Float, _>(|a, b| $function(a as f64, b as f64)),
            ),
            Overload::new($names, &scalar2::<Float, Float, Float, _>($function)),
            Overload::new(
                $names,
                &scalar2::<Int, Float, Float, _>(|a, b| $function(a as f64, b)),
            ),
            Overload::new(
                $names,
                &scalar2::<Float, Int, Float, _>(|a, b| $function(a, b as f64)),
            ),
        ]
    };
}

pub(crate) use two_numbers;
