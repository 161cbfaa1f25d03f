//! A lesson in a pseudo-terminal: the run waits for the learner, goes on after the action, and can be tried again.

use crate::common::TINY;

use super::screen::Screen;

const RIGHT: &str = "\x1b[C";

const LESSON: &str = r#"
    lesson: (
        prompt: "Look at the loss.",
        moments: [
            (at: 3, prompt: "Turn tau.", wait_for: Turn(Temperature), look: "It goes on with another tau."),
        ],
    ),
)"#;

#[test]
fn a_stop_waits_goes_on_after_the_action_and_is_tried_again_from_the_moment() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = TINY.trim_end().strip_suffix(')').unwrap().to_owned() + LESSON;
    std::fs::write(folder.path().join("lesson.ron"), scenario).unwrap();
    let mut screen = Screen::open(&["lesson.ron"], &[], folder.path());
    // Before the first step.
    screen.until_text("Look at the loss. Press Space to start.");
    screen.until_text("your turn");
    screen.until_text("0/12");
    screen.press(" ");
    for round in 0..2 {
        screen.until_text("The run waits for you. Turn tau.");
        screen.until_text("3/12");
        if round == 0 {
            screen.press("t");
        }
        screen.press(RIGHT);
        screen.until_text("It goes on with another tau.");
        // Past the scenario's last step, until somebody says otherwise.
        screen.until_text("= 12 +");
        screen.press("U");
    }
    screen.until_text("The run waits for you. Turn tau.");
    // Another key of the user's own goes on, too.
    screen.press(" ");
    screen.until_text("= 12 +");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}
