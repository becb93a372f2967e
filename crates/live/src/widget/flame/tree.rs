//! Stacks as a tree of frames.

use super::super::{column, optional_column};
use crate::cells::Cell;
use crate::data::Table;
use nixie_pxl::vis::Settings;
use std::collections::BTreeMap;

/// LIMIT: frames of a tree; stacks that would make more are left out and counted.
const FRAMES_MAX: usize = 100_000;

/// LIMIT: frames of one stack; deeper ones are one, `(deeper)`.
const DEPTH_MAX: usize = 512;

/// Frames with fewer samples are not drawn.
const SAMPLES_MIN: f64 = 6.0;

/// Levels that are put below the frames of a stack: field of the specification, and prefix.
const LEVELS: [(&str, &str); 5] = [
    ("nodeColumn", "node: "),
    ("namespaceColumn", "namespace: "),
    ("podColumn", "pod: "),
    ("containerColumn", "container: "),
    ("pidColumn", "pid: "),
];

/// A frame with those that it called.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) name: String,
    /// Samples of it and all above it.
    pub(super) count: f64,
    /// Difference to a baseline.
    pub(super) delta: f64,
    /// Part of where the code runs, not code.
    pub(super) is_level: bool,
    pub(super) parent: usize,
    /// Those that are drawn, the largest first.
    pub(super) children: Vec<usize>,
}

/// All frames; the first one is the root.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) frames: Vec<Frame>,
    pub(super) has_delta: bool,
    /// What percentages are of.
    pub(super) percentage: String,
    /// Stacks that did not fit.
    pub(super) left_out: usize,
}

impl Tree {
    /// Returns the stacks of a table, or what is wrong.
    pub(super) fn of(settings: &Settings, table: &Table) -> Result<Self, String> {
        let stack = column(table, settings, "stacktraceColumn")?;
        let count = column(table, settings, "countColumn")?;
        let delta = optional_column(table, settings, "differenceColumn")?;
        let mut levels = Vec::new();
        for (field, prefix) in LEVELS {
            levels.extend(optional_column(table, settings, field)?.map(|at| (at, prefix)));
        }
        let mut tree = Self {
            has_delta: delta.is_some(),
            percentage: settings
                .text("percentageLabel")
                .unwrap_or("Percentage")
                .to_owned(),
            ..Self::default()
        };
        tree.frames.push(Frame {
            name: "all".to_owned(),
            is_level: true,
            ..Frame::default()
        });
        let mut known: BTreeMap<(usize, String), usize> = BTreeMap::new();
        for row in 0..table.rows() {
            let Cell::Text(stack) = table.cell(row, stack) else {
                continue;
            };
            let number = |at: usize| table.cell(row, at).number().unwrap_or(0.0);
            let below = levels
                .iter()
                .map(|&(at, prefix)| (level(table, row, at, prefix), true));
            let frames = stack.split(';').filter(|frame| !frame.is_empty());
            let frames = frames.map(|frame| (crate::cells::visible(frame), false));
            let mut path: Vec<(String, bool)> = below.chain(frames).take(DEPTH_MAX + 1).collect();
            if path.len() > DEPTH_MAX {
                path.truncate(DEPTH_MAX - 1);
                path.push(("(deeper)".to_owned(), true));
            }
            let delta = delta.map_or(0.0, number);
            tree.add(&mut known, path, number(count), delta);
        }
        tree.sort();
        Ok(tree)
    }

    fn add(
        &mut self,
        known: &mut BTreeMap<(usize, String), usize>,
        path: Vec<(String, bool)>,
        count: f64,
        delta: f64,
    ) {
        if self.frames.len() + path.len() > FRAMES_MAX {
            self.left_out += 1;
            return;
        }
        self.frames[0].count += count;
        self.frames[0].delta += delta;
        let mut parent = 0;
        for (name, is_level) in path {
            let number = self.frames.len();
            let at = *known.entry((parent, name.clone())).or_insert(number);
            if at == number {
                self.frames[parent].children.push(at);
                self.frames.push(Frame {
                    name,
                    is_level,
                    parent,
                    ..Frame::default()
                });
            }
            self.frames[at].count += count;
            self.frames[at].delta += delta;
            parent = at;
        }
    }

    /// Leaves out small frames, and puts the largest first.
    fn sort(&mut self) {
        let counts: Vec<f64> = self.frames.iter().map(|frame| frame.count).collect();
        for frame in &mut self.frames {
            frame.children.retain(|&child| counts[child] >= SAMPLES_MIN);
            frame
                .children
                .sort_by(|&a, &b| counts[b].total_cmp(&counts[a]));
        }
    }

    /// Returns the frame at the end of a path of names, as far as it leads.
    pub(super) fn follow(&self, path: &[String]) -> usize {
        let mut at = 0;
        for name in path {
            let mut children = self
                .frames
                .get(at)
                .into_iter()
                .flat_map(|frame| &frame.children);
            let Some(child) = children.find(|&&child| self.frames[child].name == *name) else {
                break;
            };
            at = *child;
        }
        at
    }

    /// Returns the path of names that leads to a frame.
    pub(super) fn path(&self, mut at: usize) -> Vec<String> {
        let mut path = Vec::new();
        while at != 0 {
            path.push(self.frames[at].name.clone());
            at = self.frames[at].parent;
        }
        path.reverse();
        path
    }

    /// Returns the number of frames below a frame.
    pub(super) fn depth(&self, mut at: usize) -> usize {
        let mut depth = 0;
        while at != 0 {
            depth += 1;
            at = self.frames[at].parent;
        }
        depth
    }

    /// Returns the frames that are drawn, each before its children.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let (mut found, mut left) = (Vec::new(), Vec::new());
        left.extend(self.frames.first().map(|_| 0));
        while let Some(at) = left.pop() {
            found.push(at);
            left.extend(self.frames[at].children.iter().rev());
        }
        found
    }
}

fn level(table: &Table, row: usize, at: usize, prefix: &str) -> String {
    let text = table.text(row, at);
    // The namespace has a level of its own.
    let name = match prefix {
        "pod: " => text.rsplit('/').next().unwrap_or_default(),
        _ => &text,
    };
    let name = if name.is_empty() { "UNKNOWN" } else { name };
    format!("{prefix}{name}")
}
