//! Every file of `tests/invalid` holds one fault; the whole message is a snapshot.

use std::path::PathBuf;

use clip_lab::error::Kind;
use clip_lab::scenario::load;

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("tests/invalid").unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn each_fault_is_reported_at_its_place() {
    assert!(files().len() > 60);
    for file in files() {
        let error = load(&file).expect_err(&format!("{} was accepted", file.display()));
        assert_eq!(error.kind(), Kind::User);
        let message = error.to_string();
        // The report shows the file as it was named, with a place in it.
        assert!(
            message.contains(&format!("--> {}:", file.display())),
            "{message}"
        );
        assert!(message.contains('^'), "{message}");
        let name = file.file_stem().unwrap().to_str().unwrap();
        insta::with_settings!({ snapshot_path => "snapshots/invalid", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, message);
        });
    }
}
