//! Forms of Markdown that the pages share.

/// The head of a page, and a remark for who would edit it.
pub fn head(title: &str, lead: &str) -> String {
    format!(
        "<!-- Written by `clip-lab man --book docs/reference`: change the program's tables, not this file. \
         -->\n\n\
         # {title}\n\n\
         {lead}\n"
    )
}

/// A cell of a table.
pub fn cell(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

/// A key, or another text, as code.
pub fn code(text: &str) -> String {
    let text = cell(text);
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_reads_as_its_own_stays_text() {
        assert_eq!(code("|"), "`\\|`");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(cell("a | b\n\nc"), "a \\| b c");
    }
}
