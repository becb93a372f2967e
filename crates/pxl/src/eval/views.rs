//! The views of `pxviews`: functions in PxL that come with the compiler.

use crate::diagnostics::{Checked, Reported};
use crate::eval::{Evaluator, Scope};
use crate::objects::Object;
use crate::objects::module::Module;
use crate::views;
use std::rc::Rc;

impl<'a> Evaluator<'a, '_> {
    /// Defines the views in a scope of their own, once.
    pub(super) fn load_views(&mut self) -> Checked<()> {
        if self.views.is_some() {
            return Ok(());
        }
        self.scopes.push(Scope {
            names: Self::global_names(),
            parent: None,
        });
        let views = self.scopes.len() - 1;
        self.views = Some(views);
        let scope = std::mem::replace(&mut self.scope, views);
        let module = self.module.replace(Module::PxViews);
        let mut result = Ok(());
        for stmt in views::body() {
            if self.statement(stmt).is_err() {
                result = Err(Reported);
            }
        }
        self.module = module;
        self.scope = scope;
        result
    }

    /// Returns a view by name.
    pub(super) fn view(&mut self, name: &str) -> Checked<Option<Object<'a>>> {
        self.load_views()?;
        let Some(views) = self.views else {
            return Ok(None);
        };
        Ok(match self.scopes[views].names.get(name) {
            Some(Object::Function(function)) => Some(Object::Function(Rc::clone(function))),
            _ => None,
        })
    }
}
