use super::*;
use crate::testing::{Values, control, key, lines, rows};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const VIS: &str = r#"{
  "variables": [{"name": "since", "type": "PX_STRING", "defaultValue": "-5m"}],
  "globalFuncs": [{"outputName": "out", "func": {"name": "f", "args": [
    {"name": "since", "variable": "since"}]}}],
  "widgets": [
    {"name": "Requests", "globalFuncOutputName": "out", "position": {"x": 0, "y": 0, "w": 12, "h": 2},
     "displaySpec": {"@type": "types.px.dev/px.vispb.Table"}},
    {"name": "Paths", "globalFuncOutputName": "out", "position": {"x": 0, "y": 2, "w": 12, "h": 2},
     "displaySpec": {"@type": "types.px.dev/px.vispb.BarChart", "bar": {"value": "n", "label": "path"}}}
  ]
}"#;

/// A model, a screen, and a clock that tests turn.
struct Stage {
    model: Model,
    screen: Terminal<TestBackend>,
    now: Duration,
}

impl Stage {
    fn new(columns: u16, lines: u16, refresh: Option<Duration>) -> Self {
        let script = Script {
            name: "own/script".to_owned(),
            text: "import px".to_owned(),
            vis: nixie_pxl::vis::Vis::parse(VIS).unwrap(),
            is_file: false,
        };
        let (model, effects) = Model::new(Options {
            agent: "127.0.0.1:4747".to_owned(),
            scripts: vec![Named {
                name: "px/top".to_owned(),
                summary: "Processes".to_owned(),
            }],
            start: Some((script, BTreeMap::new())),
            refresh,
            colors: false,
        });
        assert!(matches!(effects.as_slice(), [Effect::Run { run: 1, .. }]));
        Self {
            model,
            screen: Terminal::new(TestBackend::new(columns, lines)).unwrap(),
            now: Duration::ZERO,
        }
    }

    fn give(&mut self, input: Input) -> Vec<Effect> {
        self.model.update(input, self.now)
    }

    fn press(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.give(Input::Terminal(Event::Key(key)))
    }

    fn type_text(&mut self, text: &str) {
        for char in text.chars() {
            assert!(self.press(key(KeyCode::Char(char))).is_empty());
        }
    }

    fn tick(&mut self, seconds: u64) -> Vec<Effect> {
        self.now += Duration::from_secs(seconds);
        self.give(Input::Tick)
    }

    /// Lets a run give rows, and end.
    fn answer(&mut self, run: u64, paths: &[&str], missing: &str) {
        let counts: Vec<i64> = (1..).take(paths.len()).collect();
        let (header, batch) = rows(
            "out",
            &[
                ("path", "ST_NONE", Values::Texts(paths)),
                ("n", "ST_NONE", Values::Numbers(&counts)),
            ],
        );
        for told in [
            Told::Table(header),
            Told::Rows(batch),
            Told::TableEnd(missing.to_owned()),
            Told::Done,
        ] {
            assert!(self.give(Input::Told { run, told }).is_empty());
        }
    }

    fn fail(&mut self, run: u64, told: Told) {
        assert!(self.give(Input::Told { run, told }).is_empty());
    }

    fn lines(&mut self) -> Vec<String> {
        self.screen.draw(|frame| self.model.draw(frame)).unwrap();
        lines(self.screen.backend().buffer())
    }
}

fn runs(effects: &[Effect]) -> Vec<u64> {
    let run = |effect: &Effect| match effect {
        Effect::Run { run, .. } => Some(*run),
        _ => None,
    };
    effects.iter().filter_map(run).collect()
}

#[test]
fn the_screen_names_script_agent_rows_and_what_is_missing() {
    let mut stage = Stage::new(50, 9, None);
    assert_eq!(stage.lines()[2], "waiting for rows …");
    stage.answer(1, &["/a", "/b"], "incomplete: 1 event lost: late");
    let expected = [
        "own/script                          127.0.0.1:4747",
        "─ Requests ───────────────────────────────────────",
        "PATH  N",
        "/a    1",
        "/b    2",
        "",
        "incomplete: 1 event lost: late",
        "row 1 of 2",
        " 1 Requests  2 Paths          refresh off · ? keys",
    ];
    assert_eq!(stage.lines(), expected);
}

#[test]
fn widgets_are_chosen_by_keys_and_all_are_seen_on_a_large_terminal() {
    let mut stage = Stage::new(50, 9, None);
    stage.answer(1, &["/a", "/b"], "");
    stage.press(control('n'));
    assert!(stage.lines()[1].starts_with("─ Paths ─"));
    stage.press(control('n'));
    assert!(stage.lines()[1].starts_with("─ Requests ─"));
    stage.press(key(KeyCode::Char('2')));
    assert!(stage.lines()[1].starts_with("─ Paths ─"));
    stage.press(key(KeyCode::Char('7')));
    stage.screen = Terminal::new(TestBackend::new(120, 40)).unwrap();
    let lines = stage.lines();
    assert!(
        lines[1].starts_with("┌ 1 Requests ─") && lines[19].starts_with("┌ 2 Paths ─"),
        "{lines:#?}"
    );
    stage.press(key(KeyCode::Char('z')));
    assert!(stage.lines()[1].starts_with("─ Paths ─"));
}

#[test]
fn rows_are_refreshed_when_nobody_reads_or_types() {
    let period = Duration::from_secs(5);
    let mut stage = Stage::new(50, 9, Some(period));
    assert!(stage.tick(60).is_empty(), "the first run has not ended");
    stage.answer(1, &["/a"], "");
    assert!(stage.tick(4).is_empty());
    assert_eq!(runs(&stage.tick(1)), [2]);
    // The old rows stay until the new ones are all there.
    stage.lines();
    assert!(stage.lines()[3].starts_with("/a"));
    stage.answer(2, &["/b"], "");
    assert!(stage.lines()[3].starts_with("/b"));
    stage.press(key(KeyCode::Enter));
    assert!(stage.tick(60).is_empty(), "a row is open");
    stage.press(key(KeyCode::Esc));
    assert_eq!(runs(&stage.tick(0)), [3]);
    stage.answer(3, &["/b"], "");
    stage.press(key(KeyCode::Char('a')));
    assert!(stage.tick(60).is_empty(), "it is off");
    assert_eq!(runs(&stage.press(control('r'))), [4]);
}

#[test]
fn a_run_that_is_overtaken_is_cancelled_and_not_listened_to() {
    let mut stage = Stage::new(50, 9, None);
    let effects = stage.press(control('r'));
    assert!(matches!(
        effects.as_slice(),
        [Effect::Cancel { run: 1 }, Effect::Run { run: 2, .. }]
    ));
    stage.answer(1, &["/old"], "");
    assert_eq!(stage.lines()[2], "waiting for rows …");
    stage.answer(2, &["/new"], "");
    assert!(stage.lines()[3].starts_with("/new"));
}

#[test]
fn errors_stand_in_the_middle_and_a_lost_agent_on_a_line() {
    let mut stage = Stage::new(50, 9, None);
    stage.fail(
        1,
        Told::Failed("error: no such table\n --> x:1:1".to_owned()),
    );
    let lines = stage.lines();
    assert_eq!(
        (lines[1].as_str(), lines[2].as_str()),
        ("error: no such table", " --> x:1:1")
    );
    stage.press(control('r'));
    stage.answer(2, &["/a"], "");
    assert!(stage.lines()[3].starts_with("/a"));
    stage.press(control('r'));
    stage.fail(3, Told::Unreachable("agent does not answer".to_owned()));
    let lines = stage.lines();
    assert!(
        lines[3].starts_with("/a") && lines[7] == "agent does not answer",
        "{lines:?}"
    );
    stage.press(key(KeyCode::Down));
    assert_eq!(stage.lines()[7], "agent does not answer");
}

#[test]
fn searching_and_filtering_are_typed_at_the_bottom() {
    let mut stage = Stage::new(50, 9, None);
    stage.answer(1, &["/a", "/b", "/ab"], "");
    stage.type_text("/B");
    stage.press(key(KeyCode::Backspace));
    stage.type_text("b");
    assert_eq!(stage.lines()[7], "search: b");
    stage.press(control('s'));
    stage.press(key(KeyCode::Enter));
    assert_eq!(stage.lines()[7], "row 3 of 3; searching `b`, n and p step");
    stage.press(key(KeyCode::Char('n')));
    assert!(stage.lines()[7].starts_with("row 2 of 3"));
    stage.press(control('g'));
    assert_eq!(stage.lines()[7], "row 2 of 3");
    stage.type_text("f(");
    assert!(
        stage.lines()[7].starts_with("filter: (  unclosed group"),
        "{:?}",
        stage.lines()
    );
    stage.press(key(KeyCode::Backspace));
    stage.type_text("/a");
    stage.press(key(KeyCode::Enter));
    assert_eq!(stage.lines()[7], "row 1 of 2; 3 rows without filter `/a`");
    stage.press(key(KeyCode::Char('2')));
    stage.type_text("fx");
    stage.press(key(KeyCode::Enter));
    assert_eq!(stage.lines()[7], "only tables can be filtered");
}

#[test]
fn the_menu_runs_another_command_with_the_widgets_kept() {
    let mut stage = Stage::new(70, 20, None);
    stage.answer(1, &["/b", "/a"], "");
    stage.press(key(KeyCode::Char('s')));
    // The agent is asked what arguments can name.
    assert_eq!(runs(&stage.press(control('k'))), [2]);
    stage.fail(2, Told::Failed("busy".to_owned()));
    stage.type_text("--since");
    stage.press(key(KeyCode::Tab));
    stage.type_text("-1h");
    let effects = stage.press(key(KeyCode::Enter));
    let [
        Effect::Run {
            run: 3, arguments, ..
        },
    ] = effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    assert_eq!(arguments["since"], "-1h");
    stage.answer(3, &["/d", "/c"], "");
    let lines = stage.lines();
    assert!(lines[0].starts_with("own/script --since -1h"), "{lines:#?}");
    assert!(lines[3].starts_with("/c"), "the order is kept: {lines:#?}");
}

#[test]
fn another_script_is_found_by_name() {
    let mut stage = Stage::new(70, 20, None);
    stage.press(control('k'));
    stage.press(control('u'));
    stage.type_text("px/to");
    let effects = stage.press(key(KeyCode::Char('p')));
    assert!(matches!(effects.as_slice(), [Effect::Find { name }] if name == "px/top"));
    let script = Script {
        name: "px/top".to_owned(),
        ..Script::default()
    };
    let name = "px/top".to_owned();
    stage.give(Input::Found {
        name,
        script: Ok(script),
    });
    assert_eq!(runs(&stage.press(key(KeyCode::Enter))), [3]);
    stage.answer(3, &["/x"], "");
    assert!(
        stage.lines()[1].starts_with("─ out ─"),
        "without a specification tables are shown"
    );
}

#[test]
fn a_script_from_a_file_is_run_as_it_is_now() {
    let mut stage = Stage::new(50, 9, None);
    let command = stage.model.command.as_mut().unwrap();
    Arc::make_mut(&mut command.script).is_file = true;
    let old = Script::clone(&command.script);
    stage.answer(1, &["/a"], "");
    let mut reread = |script: Result<Script, String>| {
        let effects = stage.press(control('r'));
        assert!(matches!(effects.as_slice(), [Effect::Find { name }] if *name == old.name));
        let name = old.name.clone();
        stage.give(Input::Found { name, script })
    };
    assert_eq!(runs(&reread(Ok(old.clone()))), [2]);
    assert!(reread(Err("there is no such file".to_owned())).is_empty());
    let new = Script {
        text: "import px # changed".to_owned(),
        ..old.clone()
    };
    let effects = reread(Ok(new.clone()));
    let run = effects.iter().find_map(|effect| match effect {
        Effect::Run { run, script, .. } => Some((*run, Script::clone(script))),
        _ => None,
    });
    assert_eq!(run, Some((3, new)));
    assert_eq!(stage.lines()[1], "there is no such file");
    stage.answer(3, &["/b"], "");
    assert!(stage.lines()[3].starts_with("/b"));
}

#[test]
fn what_does_more_than_read_is_not_run_again_by_itself() {
    let mut stage = Stage::new(70, 9, Some(Duration::from_secs(1)));
    stage.fail(1, Told::Exported("exported 3 points".to_owned()));
    stage.fail(1, Told::Done);
    assert!(stage.tick(60).is_empty());
    let lines = stage.lines();
    assert!(
        lines[7].starts_with("exported 3 points (not run again by itself"),
        "{lines:?}"
    );
}

#[test]
fn the_mouse_selects_sorts_and_opens() {
    let mut stage = Stage::new(50, 9, None);
    stage.answer(1, &["/b", "/a"], "");
    stage.lines();
    let click = |column, row| {
        Input::Terminal(Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: crossterm::event::KeyModifiers::NONE,
        }))
    };
    stage.give(click(1, 2));
    assert!(stage.lines()[3].starts_with("/a"));
    stage.give(click(1, 4));
    assert_eq!(stage.lines()[7], "row 2 of 2; by path, ascending");
    stage.now += DOUBLE_CLICK * 2;
    stage.give(click(1, 4));
    stage.give(click(1, 4));
    assert!(
        stage
            .lines()
            .iter()
            .any(|line| line.contains(r#""path": "/b""#))
    );
}

#[test]
fn no_size_is_too_small_to_draw() {
    for (columns, lines) in [(1, 1), (3, 2), (10, 3), (20, 5), (119, 40), (250, 80)] {
        let mut stage = Stage::new(columns, lines, None);
        stage.answer(1, &["/a", "/b"], "incomplete");
        for keys in [
            vec![],
            vec![key(KeyCode::Char('?'))],
            vec![control('k')],
            vec![key(KeyCode::Char('/'))],
        ] {
            for pressed in keys {
                stage.press(pressed);
            }
            stage.lines();
            stage.press(key(KeyCode::Esc));
        }
    }
}
