//! What the first start asks and the next one remembers.

use super::screen::Screen;

#[test]
fn the_first_start_asks_where_to_begin_and_the_next_one_remembers() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(&[], &[], folder.path());
    screen.until_text("welcome to clip-lab");
    screen.press("j\r");
    screen.until("the page", |s| !s.contents().contains("welcome"));
    screen.press("2");
    screen.until_text("by hand");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    let kept = folder.path().join("state/clip-lab/state.ron");
    assert!(std::fs::read_to_string(kept).unwrap().contains("Explore"));
    let mut screen = Screen::open(&[], &[], folder.path());
    screen.until_text("by hand");
    assert!(!screen.text().contains("welcome"));
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}
