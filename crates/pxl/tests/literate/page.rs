//! A Markdown page as blocks: text, and fenced blocks with their info strings.

use crate::case::is_case;

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A fenced block.
    Fence { info: String, body: String },
    /// Anything else, with its line ends.
    Text(String),
}

/// A page.
pub(crate) struct Page {
    pub(crate) blocks: Vec<Block>,
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut blocks = Vec::new();
        let mut plain = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(info) = line.strip_prefix("```") else {
                plain.push_str(line);
                plain.push('\n');
                continue;
            };
            if !plain.is_empty() {
                blocks.push(Block::Text(std::mem::take(&mut plain)));
            }
            let body: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            let body = body.iter().map(|line| format!("{line}\n")).collect();
            blocks.push(Block::Fence {
                info: info.to_owned(),
                body,
            });
        }
        if !plain.is_empty() {
            blocks.push(Block::Text(plain));
        }
        Self { blocks }
    }

    /// Returns where the expectations of the script at `at` start and end: fenced blocks with
    /// nothing but blank lines between.
    pub(crate) fn expectations(&mut self, at: usize) -> (usize, usize) {
        let start = at + 1;
        let mut end = start;
        let mut next = start;
        while let Some(block) = self.blocks.get(next) {
            match block {
                Block::Fence { info, .. } if info.starts_with("table ") || is_case(info) => {
                    break;
                }
                Block::Fence { .. } => {
                    end = next + 1;
                    next += 1;
                }
                Block::Text(text) if text.trim().is_empty() => next += 1,
                Block::Text(_) => break,
            }
        }
        // Blank lines between expectations are written anew.
        let kept: Vec<_> = self.blocks[start..end]
            .iter()
            .filter(|block| matches!(block, Block::Fence { .. }))
            .cloned()
            .collect();
        let count = kept.len();
        self.blocks.splice(start..end, kept);
        (start, start + count)
    }

    pub(crate) fn replace(&mut self, start: usize, end: usize, fresh: Vec<Block>) {
        self.blocks.splice(start..end, fresh);
    }

    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        let mut after_fence = false;
        for block in &self.blocks {
            match block {
                Block::Fence { info, body } => {
                    if after_fence {
                        out.push('\n');
                    }
                    out.push_str(&format!("```{info}\n{body}```\n"));
                    after_fence = true;
                }
                Block::Text(text) => {
                    if after_fence && !text.starts_with('\n') {
                        out.push('\n');
                    }
                    out.push_str(text);
                    after_fence = false;
                }
            }
        }
        out
    }
}

/// Returns what was expected and what was seen.
pub(crate) fn difference(known: &[Block], fresh: &[Block]) -> String {
    let show = |blocks: &[Block]| {
        let text = |block: &Block| match block {
            Block::Fence { info, body } => format!("{info}\n{body}"),
            Block::Text(text) => text.clone(),
        };
        blocks.iter().map(text).collect::<String>()
    };
    format!("expected:\n{}seen:\n{}", show(known), show(fresh))
}
