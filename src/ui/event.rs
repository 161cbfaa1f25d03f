//! What the terminal's events ask of the app.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use super::action::Action;
use super::app::{App, Effect};

/// What follows from an event.
pub fn handle(app: &mut App, event: &Event) -> Vec<Effect> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let mut key = *key;
            let mut effects = Vec::new();
            // No key of ours has Alt: it is an Escape whose follower came at the same moment, as it
            // does over a slow line.
            if key.modifiers.contains(KeyModifiers::ALT) {
                key.modifiers.remove(KeyModifiers::ALT);
                effects = app.key(KeyEvent::from(KeyCode::Esc));
            }
            effects.extend(app.key(key));
            effects
        }
        Event::Paste(text) if app.overlay.is_some() => app.update(Action::Paste(text.clone())),
        Event::Mouse(mouse) if !app.too_small() => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                app.update(Action::Click(mouse.column, mouse.row))
            }
            MouseEventKind::Moved | MouseEventKind::Drag(_) => {
                app.update(Action::Hover(mouse.column, mouse.row))
            }
            MouseEventKind::ScrollUp => app.update(Action::Wheel(mouse.column, mouse.row, true)),
            MouseEventKind::ScrollDown => app.update(Action::Wheel(mouse.column, mouse.row, false)),
            _ => Vec::new(),
        },
        Event::Resize(width, height) => {
            app.size = (*width, *height);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    #[test]
    fn a_paste_outside_a_line_does_nothing() {
        let mut app = App::new(fixture::scenario(), Vec::new());
        app.size = (120, 40);
        assert!(handle(&mut app, &Event::Paste("q".into())).is_empty());
    }
}
