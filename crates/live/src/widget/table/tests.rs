use super::*;
use crate::palette::Palette;
use crate::testing::{Values, key, lines, table};

const SIZE: Rect = Rect::new(0, 0, 40, 6);

fn requests() -> Table {
    table(&[
        (
            "path",
            "ST_NONE",
            Values::Texts(&["/b", "/a", "/long/path/of/a/request", "/c"]),
        ),
        (
            "status",
            "ST_HTTP_RESP_STATUS",
            Values::Numbers(&[200, 500, 200, 404]),
        ),
        (
            "latency",
            "ST_DURATION_NS",
            Values::Numbers(&[9, 1_500_000, 30, 2_000]),
        ),
        (
            "body",
            "ST_NONE",
            Values::Texts(&["", r#"{"id": [1, 2]}"#, "plain \"text\"", "x"]),
        ),
    ])
}

fn view(table: &Table) -> TableView {
    let mut view = TableView::default();
    view.update(table);
    view
}

fn drawn(view: &mut TableView, table: &Table, area: Rect) -> Vec<String> {
    let mut buffer = Buffer::empty(area);
    let look = Look {
        palette: Palette { colors: false },
        focused: true,
        pattern: None,
    };
    view.draw(table, area, &mut buffer, look);
    lines(&buffer)
}

fn paths(view: &TableView, table: &Table) -> Vec<String> {
    view.order.iter().map(|&row| table.text(row, 0)).collect()
}

fn press(view: &mut TableView, table: &Table, codes: &[KeyCode]) -> Option<Opened> {
    let mut opened = None;
    for code in codes {
        opened = view.press(table, key(*code));
    }
    opened
}

#[test]
fn columns_are_aligned_and_what_does_not_fit_is_cut() {
    let table = requests();
    let mut view = view(&table);
    let expected = [
        "PATH                     STATUS  LATENCY",
        "/b                          200     9 ns",
        "/a                          500   1.5 ms",
        "/long/path/of/a/request     200    30 ns",
        "/c                          404   2.0 µs",
        "",
    ];
    assert_eq!(drawn(&mut view, &table, SIZE), expected);
    // The mark of a sorted column takes room, and values that do not fit then are cut.
    press(&mut view, &table, &[KeyCode::Right, KeyCode::Char('s')]);
    let shown = drawn(&mut view, &table, SIZE);
    assert!(shown[0].ends_with("STATUS ▲  LATE…"), "{shown:?}");
    assert!(shown[3].ends_with("404  2.0 …"), "{shown:?}");
}

#[test]
fn the_selected_column_is_brought_into_view() {
    let table = requests();
    let mut view = view(&table);
    press(
        &mut view,
        &table,
        &[KeyCode::Right, KeyCode::Right, KeyCode::Right],
    );
    let shown = drawn(&mut view, &table, SIZE);
    assert!(
        shown[0].ends_with("BODY") && !shown[0].contains("PATH"),
        "{shown:?}"
    );
    press(
        &mut view,
        &table,
        &[KeyCode::Left, KeyCode::Left, KeyCode::Left, KeyCode::Left],
    );
    assert!(drawn(&mut view, &table, SIZE)[0].starts_with("PATH"));
}

#[test]
fn sorting_cycles_and_goes_by_values_not_texts() {
    let table = requests();
    let mut view = view(&table);
    press(
        &mut view,
        &table,
        &[KeyCode::Right, KeyCode::Right, KeyCode::Char('s')],
    );
    assert_eq!(
        paths(&view, &table),
        ["/b", "/long/path/of/a/request", "/c", "/a"]
    );
    press(&mut view, &table, &[KeyCode::Char('s')]);
    assert_eq!(
        paths(&view, &table),
        ["/a", "/c", "/long/path/of/a/request", "/b"]
    );
    assert!(view.status(&table).contains("by latency, descending"));
    press(&mut view, &table, &[KeyCode::Char('s')]);
    assert_eq!(
        paths(&view, &table),
        ["/b", "/a", "/long/path/of/a/request", "/c"]
    );
}

#[test]
fn quantiles_are_sorted_by_the_99th() {
    let table = table(&[(
        "q",
        "ST_DURATION_NS_QUANTILES",
        Values::Texts(&[
            r#"{"p50": 1, "p99": 30}"#,
            r#"{"p50": 2, "p99": 4}"#,
            "none",
        ]),
    )]);
    let mut view = view(&table);
    press(&mut view, &table, &[KeyCode::Char('s')]);
    assert_eq!(view.order, [1, 0, 2]);
}

#[test]
fn a_filter_stays_over_refreshes_and_is_told() {
    let table = requests();
    let mut view = view(&table);
    assert!(view.filter(&table, Some(Regex::new("500|404").unwrap())));
    view.update(&table);
    assert_eq!(paths(&view, &table), ["/a", "/c"]);
    assert_eq!(
        view.status(&table),
        "row 1 of 2; 4 rows without filter `500|404`"
    );
    assert!(view.filter(&table, Some(Regex::new("nothing").unwrap())));
    assert!(drawn(&mut view, &table, SIZE)[1].contains("(no row passes the filter)"));
    assert!(view.filter(&table, None));
    assert_eq!(view.order.len(), 4);
}

#[test]
fn rows_open_as_json_with_their_json_laid_open() {
    let table = requests();
    let mut view = view(&table);
    let opened = press(&mut view, &table, &[KeyCode::Down, KeyCode::Enter]).unwrap();
    assert_eq!(opened.title, "row 2 of 4");
    let expected = r#"{
  "path": "/a",
  "status": 500,
  "latency": 1500000,
  "body": {
    "id": [
      1,
      2
    ]
  }
}"#;
    assert_eq!(opened.text, expected);
    let value = press(&mut view, &table, &[KeyCode::Down, KeyCode::Char('v')]).unwrap();
    assert_eq!(
        (value.title.as_str(), value.text.as_str()),
        ("path of row 3", "\"/long/path/of/a/request\"")
    );
}

#[test]
fn columns_become_wider_and_narrower_within_limits() {
    let table = requests();
    let mut view = view(&table);
    let before = width_of(&view, &table, 0);
    press(&mut view, &table, &[KeyCode::Char('>')]);
    assert_eq!(width_of(&view, &table, 0), before + WIDTH_STEP);
    press(&mut view, &table, &[KeyCode::Char('<'); 20]);
    assert_eq!(width_of(&view, &table, 0), WIDTH_MIN);
    assert!(drawn(&mut view, &table, SIZE)[3].starts_with("/l…  "));
}

#[test]
fn searches_go_around_and_select_the_value() {
    let table = requests();
    let mut view = view(&table);
    let pattern = Regex::new("200").unwrap();
    assert!(view.find(&table, &pattern, Step::Here));
    assert_eq!((view.row, view.column), (0, 1));
    assert!(view.find(&table, &pattern, Step::Next));
    assert_eq!(view.row, 2);
    assert!(view.find(&table, &pattern, Step::Next));
    assert_eq!(view.row, 0);
    assert!(view.find(&table, &pattern, Step::Previous));
    assert_eq!(view.row, 2);
    assert!(!view.find(&table, &Regex::new("nothing").unwrap(), Step::Next));
}

#[test]
fn clicks_select_sort_and_open() {
    let table = requests();
    let mut view = view(&table);
    drawn(&mut view, &table, SIZE);
    let click = |x, y, double| Click { x, y, double };
    assert_eq!(view.click(&table, click(1, 2, false)), None);
    assert_eq!((view.row, view.column), (1, 0));
    assert!(
        view.click(&table, click(1, 2, true))
            .unwrap()
            .text
            .contains("\"/a\"")
    );
    assert_eq!(view.click(&table, click(1, 0, false)), None);
    assert_eq!(
        view.sort.as_ref().map(|sort| sort.column.as_str()),
        Some("path")
    );
    assert_eq!(view.click(&table, click(1, 5, false)), None);
}

#[test]
fn who_is_at_the_end_stays_there_when_rows_come() {
    let mut table = requests();
    let mut view = view(&table);
    press(&mut view, &table, &[KeyCode::End]);
    let (_, more) = crate::testing::rows(
        "out",
        &[
            ("path", "ST_NONE", Values::Texts(&["/new"])),
            ("status", "ST_NONE", Values::Numbers(&[200])),
            ("latency", "ST_NONE", Values::Numbers(&[1])),
            ("body", "ST_NONE", Values::Texts(&[""])),
        ],
    );
    table.add(more);
    view.update(&table);
    assert_eq!(view.row, 4);
}

#[test]
fn a_status_is_a_mark_before_the_row() {
    let table = table(&[
        ("pod", "ST_POD_NAME", Values::Texts(&["shop/cart"])),
        (
            "status",
            "ST_POD_STATUS",
            Values::Texts(&[r#"{"phase": "Failed"}"#]),
        ),
    ]);
    let mut view = TableView::new(Some("status"));
    view.update(&table);
    let shown = drawn(&mut view, &table, SIZE);
    assert!(shown[0].trim_start().starts_with("POD"), "{shown:?}");
    assert_eq!(shown[1], "✗  shop/cart");
}
