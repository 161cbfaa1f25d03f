//! The dialect of RON that scenarios, keys and settings are written in.

use ron::extensions::Extensions;

/// How scenarios are read and written: `bias: -10` for an optional value, `Emoji(train: [...])`
/// for a variant that holds a record.
pub fn options() -> ron::Options {
    ron::Options::default().with_default_extension(
        Extensions::IMPLICIT_SOME
            | Extensions::UNWRAP_NEWTYPES
            | Extensions::UNWRAP_VARIANT_NEWTYPES,
    )
}
