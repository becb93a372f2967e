use super::*;
use crate::testing::{control, key, lines};

const VIS: &str = r#"{
  "variables": [
    {"name": "start_time", "type": "PX_STRING", "defaultValue": "-5m", "description": "Since when."},
    {"name": "pod", "type": "PX_POD"},
    {"name": "by", "type": "PX_STRING", "defaultValue": "node", "validValues": ["pod", "node"]}
  ],
  "globalFuncs": [{"outputName": "out", "func": {"name": "f", "args": [
    {"name": "pod", "variable": "pod"}]}}]
}"#;

/// The same function with arguments that are no texts.
const TYPED_VIS: &str = r#"{
  "variables": [
    {"name": "max", "type": "PX_INT64", "defaultValue": "5"},
    {"name": "share", "type": "PX_FLOAT64", "defaultValue": "0.5"},
    {"name": "all", "type": "PX_BOOLEAN", "defaultValue": "false"}
  ],
  "globalFuncs": [{"outputName": "out", "func": {"name": "f", "args": [
    {"name": "max", "variable": "max"}]}}]
}"#;

struct World {
    scripts: Vec<Named>,
    read: BTreeMap<String, Result<Arc<Script>, String>>,
    entities: Entities,
}

impl World {
    fn new() -> Self {
        Self::of(VIS)
    }

    fn of(vis: &str) -> Self {
        let named = |name: &str, summary: &str| Named {
            name: name.to_owned(),
            summary: summary.to_owned(),
        };
        let script = Script {
            name: "px/pod".to_owned(),
            text: String::new(),
            vis: Vis::parse(vis).unwrap(),
            is_file: false,
        };
        let mut results = crate::data::Results::default();
        results.tables.push(crate::testing::table(&[(
            "pod",
            "ST_POD_NAME",
            crate::testing::Values::Texts(&["shop/cart", "shop/pay", ""]),
        )]));
        Self {
            scripts: vec![named("px/http_data", "Requests"), named("px/pod", "A pod")],
            read: BTreeMap::from([("px/pod".to_owned(), Ok(Arc::new(script)))]),
            entities: Entities::of(&results),
        }
    }

    fn known(&self) -> Known<'_> {
        Known {
            scripts: &self.scripts,
            read: &self.read,
            entities: &self.entities,
        }
    }

    fn suggested(&self, line: &str) -> Vec<String> {
        let (_, found) = suggestions(line, &self.known());
        found
            .into_iter()
            .map(|suggestion| suggestion.shown)
            .collect()
    }

    /// Types a line and presses keys; returns the line.
    fn typed(&self, menu: &mut Menu, text: &str, keys: &[KeyEvent]) -> String {
        for char in text.chars() {
            menu.press(key(KeyCode::Char(char)), &self.known());
        }
        for pressed in keys {
            menu.press(*pressed, &self.known());
        }
        menu.input.text().to_owned()
    }
}

#[test]
fn what_could_stand_at_the_caret_is_suggested() {
    let world = World::new();
    for (line, expected) in [
        ("", &["px/http_data", "px/pod"][..]),
        ("po", &["px/pod"]),
        ("px/pod ", &["--pod", "--start_time", "--by"]),
        ("px/pod --by pod --p", &["--pod"]),
        ("px/pod --by=pod --", &["--pod", "--start_time"]),
        ("px/pod --pod ", &["shop/cart", "shop/pay"]),
        ("px/pod --pod=pay", &["shop/pay"]),
        ("px/pod --by ", &["pod", "node"]),
        ("px/pod --start_time ", &["-5m"]),
        ("px/pod --start_time -", &["-5m"]),
        ("px/pod --start_time -1", &[]),
        ("px/nothing ", &[]),
    ] {
        assert_eq!(world.suggested(line), expected, "{line}");
    }
}

#[test]
fn tab_completes_name_argument_and_value() {
    let world = World::new();
    let mut menu = Menu::new(String::new());
    let tab = key(KeyCode::Tab);
    assert_eq!(world.typed(&mut menu, "pod", &[tab]), "px/pod ");
    assert_eq!(world.typed(&mut menu, "--po", &[tab]), "px/pod --pod ");
    let chosen = [key(KeyCode::Down), key(KeyCode::Down), key(KeyCode::Enter)];
    assert_eq!(
        world.typed(&mut menu, "", &chosen),
        "px/pod --pod shop/pay "
    );
    let Outcome::Runs(command) = menu.press(key(KeyCode::Enter), &world.known()) else {
        panic!("the command is complete");
    };
    assert_eq!(command.arguments["pod"], "shop/pay");
    assert!(matches!(
        menu.press(control('g'), &world.known()),
        Outcome::Closes
    ));
}

#[test]
fn a_word_is_replaced_as_a_whole() {
    let world = World::new();
    let mut menu = Menu::new("px/xpod --by pod".to_owned());
    let left: Vec<KeyEvent> = vec![key(KeyCode::Left); " --by pod".len() + 3];
    world.typed(&mut menu, "", &left);
    let keys = [key(KeyCode::Backspace), key(KeyCode::Tab)];
    assert_eq!(world.typed(&mut menu, "", &keys), "px/pod --by pod");
    assert_eq!(menu.input.before(), "px/pod ");
}

#[test]
fn what_is_wrong_is_said() {
    let world = World::new();
    for (line, expected) in [
        ("", "type a part"),
        ("px/nothing", "there is no script `px/nothing`"),
        ("px/pod", "missing required argument `pod`"),
        ("px/pod --pod a --by x", "`x` is no valid value"),
        ("px/pod --pod a --nothing x", "takes no argument `nothing`"),
        ("px/pod --pod", "`--pod` has no value"),
        ("px/pod --pod 'a", "the quote ' is not closed"),
    ] {
        let problem = command(line, &world.known()).unwrap_err();
        assert!(problem.contains(expected), "{line}: {problem}");
    }
}

#[test]
fn values_are_of_the_types_of_their_variables() {
    let world = World::of(TYPED_VIS);
    for (line, expected) in [
        ("px/pod --max abc", "argument `max` is not a whole number"),
        ("px/pod --max 1.5", "argument `max` is not a whole number"),
        ("px/pod --share x", "argument `share` is not a number"),
        ("px/pod --all 2", "argument `all` is not `true` or `false`"),
    ] {
        let problem = command(line, &world.known()).unwrap_err();
        assert!(problem.contains(expected), "{line}: {problem}");
    }
    let right = "px/pod --max ' 7' --share 1 --all Yes";
    assert!(command(right, &world.known()).is_ok());
    assert!(command("px/pod --max ''", &world.known()).is_ok());
}

#[test]
fn the_frame_says_whether_the_command_is_complete() {
    let world = World::new();
    let area = Rect::new(0, 0, 60, 24);
    let draw = |line: &str| {
        let mut buffer = Buffer::empty(area);
        let mut menu = Menu::new(line.to_owned());
        let palette = Palette { colors: true };
        menu.draw(area, &mut buffer, palette, &world.known(), "");
        (lines(&buffer), buffer[(0, 0)].fg)
    };
    let (screen, color) = draw("px/pod --pod shop/cart");
    assert_eq!(color, Color::Green);
    assert!(screen[0].contains("Enter runs it"), "{screen:?}");
    let (screen, color) = draw("px/pod ");
    assert_eq!(color, Color::Yellow);
    assert!(screen[2].contains("--pod         required"), "{screen:?}");
    assert!(
        screen
            .iter()
            .any(|line| line.contains("missing required argument `pod`"))
    );
}
