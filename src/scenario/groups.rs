//! What the bundled scenarios are about: the list of scenarios shows them in these groups.

use super::tour::STOPS;

/// A heading, and the names of bundled scenarios below it.
pub type Group = (&'static str, &'static [&'static str]);

/// The groups, in the order of the list.
pub const GROUPS: [Group; 6] = [
    (
        "Compare losses",
        &[
            "softmax-vs-sigmoid",
            "clip",
            "siglip",
            "temperature-sweep",
            "bias-ablation",
            "siglip-no-bias",
            "pair-masking",
        ],
    ),
    ("The tour, stop by stop", STOPS),
    ("Batch and optimizer", &["batch-ladder", "beta2"]),
    (
        "Data and its quality",
        &["shapes", "noise", "alignment-noise", "languages"],
    ),
    ("Towers", &["vit", "clip-vit", "siglip-vit"]),
    (
        "Evaluation",
        &["templates", "cats-and-dogs", "three-regimes"],
    ),
];

/// The group of a bundled scenario.
pub fn group(name: &str) -> Option<&'static str> {
    let holds = |group: &&Group| group.1.contains(&name);
    GROUPS.iter().find(holds).map(|(heading, _)| *heading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::BUNDLED;

    #[test]
    fn every_bundled_scenario_is_in_one_group() {
        for (name, _) in BUNDLED {
            let groups = GROUPS.iter().filter(|group| group.1.contains(name));
            assert_eq!(groups.count(), 1, "{name}");
        }
        for name in GROUPS.iter().flat_map(|group| group.1) {
            assert!(
                BUNDLED.iter().any(|(bundled, _)| bundled == name),
                "{name} is not bundled"
            );
        }
    }
}
