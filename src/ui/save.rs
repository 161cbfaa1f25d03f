//! Saving a scenario to a file.

use std::path::Path;

use super::app::Saved;
use crate::files::replace as replace_file;
use crate::scenario::Scenario;

/// Writes the scenario, whole or not at all.
pub fn save(scenario: &Scenario, path: &str, replace: bool) -> Saved {
    if !replace && Path::new(path).exists() {
        return Saved::Exists(path.into());
    }
    match replace_file(Path::new(path), scenario.to_ron()) {
        Ok(()) => Saved::Done(path.into()),
        Err(e) => Saved::Failed(e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::ui::fixture;

    #[test]
    fn saving_writes_a_scenario_that_reads_back_and_replaces_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.ron").display().to_string();
        let scenario = fixture::scenario();
        assert_eq!(save(&scenario, &path, false), Saved::Done(path.clone()));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(scenario::parse(&text, "mine").unwrap(), scenario);
        assert_eq!(save(&scenario, &path, false), Saved::Exists(path.clone()));
        assert_eq!(save(&scenario, &path, true), Saved::Done(path));
        let nowhere = folder
            .path()
            .join("no/such/folder.ron")
            .display()
            .to_string();
        let Saved::Failed(reason) = save(&scenario, &nowhere, false) else {
            panic!("it must fail")
        };
        assert!(reason.contains("cannot write"), "{reason}");
    }
}
