//! The modules that scripts can import, and the modules inside them.

/// A module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Module {
    /// `px.otel`
    Otel,
    /// `px.otel.metric`
    OtelMetric,
    /// `px.otel.trace`
    OtelTrace,
    /// `px.plugin`
    Plugin,
    /// `px`
    Px,
    /// `pxconfig`
    PxConfig,
    /// `pxtrace`
    PxTrace,
    /// `pxviews`
    PxViews,
    /// `px.vis`
    Vis,
}

impl Module {
    /// Those that `import` finds.
    pub(crate) const IMPORTABLE: &'static [Self] =
        &[Self::Px, Self::PxConfig, Self::PxTrace, Self::PxViews];

    /// Returns the name, with the names of the modules around it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Otel => "px.otel",
            Self::OtelMetric => "px.otel.metric",
            Self::OtelTrace => "px.otel.trace",
            Self::Plugin => "px.plugin",
            Self::Px => "px",
            Self::PxConfig => "pxconfig",
            Self::PxTrace => "pxtrace",
            Self::PxViews => "pxviews",
            Self::Vis => "px.vis",
        }
    }

    /// Returns the module that `import` finds under a name.
    pub(crate) fn importable(name: &str) -> Option<Self> {
        Self::IMPORTABLE
            .iter()
            .copied()
            .find(|module| module.name() == name)
    }

    /// Returns the modules inside this one, by their own names.
    pub(crate) const fn inner(self) -> &'static [(&'static str, Self)] {
        match self {
            Self::Px => &[
                ("otel", Self::Otel),
                ("plugin", Self::Plugin),
                ("vis", Self::Vis),
            ],
            Self::Otel => &[("metric", Self::OtelMetric), ("trace", Self::OtelTrace)],
            _ => &[],
        }
    }
}
