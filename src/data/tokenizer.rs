//! [`Tokenizer`]: captions to token ids; trained on the captions, or brought by a published checkpoint.

mod clean;
mod clip_bpe;
mod encode;
mod published;
mod sentencepiece;
mod train;

pub use clean::Clean;
pub use encode::Tokenizer;
pub use published::Family;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::VocabSize;

    const CORPUS: [&str; 6] = [
        "a red apple",
        "a green apple",
        "A Red Car",
        "ein rotes Auto",
        "红苹果",
        "लाल सेब",
    ];

    fn trained(corpus: &[&str]) -> Tokenizer {
        Tokenizer::train(corpus, VocabSize::new(300).unwrap(), 8).unwrap()
    }

    #[test]
    fn a_caption_becomes_start_words_end() {
        let tokenizer = trained(&CORPUS);
        let (start, end) = (1, tokenizer.vocab_size() - 1);
        let ids = tokenizer.ids("a red apple").unwrap();
        assert_eq!((ids[0], ids[ids.len() - 1]), (start, end));
        assert_eq!(tokenizer.ids("").unwrap(), [start, end]);
        assert_eq!(tokenizer.ids(" \t\n").unwrap(), [start, end]);
        assert!(
            ids[1..ids.len() - 1]
                .iter()
                .all(|&id| id > start && id < end)
        );
    }

    #[test]
    fn a_long_caption_is_cut_before_its_end_token() {
        let tokenizer = trained(&CORPUS);
        let ids = tokenizer.ids(&"zebra ".repeat(500)).unwrap();
        assert_eq!((ids.len(), ids[7]), (8, tokenizer.vocab_size() - 1));
    }

    #[test]
    fn case_quotes_width_and_control_characters_make_no_difference() {
        let tokenizer = trained(&CORPUS);
        for (a, b) in [
            ("A RED Apple", "a  red\tapple"),
            ("dog’s", "dog's"),
            ("ｒｅｄ", "red"),
            ("e\u{301}", "É"),
            ("re\u{7}d", "red"),
        ] {
            assert_eq!(
                tokenizer.ids(a).unwrap(),
                tokenizer.ids(b).unwrap(),
                "{a:?} {b:?}"
            );
        }
        assert_ne!(
            tokenizer.ids("red apple").unwrap(),
            tokenizer.ids("redapple").unwrap()
        );
    }

    #[test]
    fn neither_order_nor_repetition_of_the_captions_matters() {
        let mut shuffled = CORPUS.to_vec();
        shuffled.reverse();
        shuffled.push(CORPUS[0]);
        assert_eq!(trained(&CORPUS).files(), trained(&shuffled).files());
    }

    #[test]
    fn a_batch_is_padded_with_zeros_to_the_context_or_to_its_longest() {
        let tokenizer = trained(&CORPUS);
        let captions = ["a", "a red apple"];
        let full = tokenizer.encode(&captions).unwrap();
        assert_eq!(full.size(), [2, 8]);
        let tight = tokenizer.encode_tight(&captions).unwrap();
        let length = tokenizer.ids(captions[1]).unwrap().len() as i64;
        assert!(length < 8 && tight.size() == [2, length]);
        assert_eq!(tight, full.narrow(1, 0, length));
        assert_eq!(full.int64_value(&[0, 7]), 0);
    }

    #[test]
    fn few_captions_give_fewer_entries_than_asked_for() {
        // 256 bytes, three special tokens and the one pair in "ab" and in " ab".
        assert_eq!(trained(&["ab"]).vocab_size(), 256 + 3 + 2);
        assert_eq!(trained(&[]).vocab_size(), 256 + 3);
        assert_eq!(trained(&CORPUS).vocab_size(), 300);
    }

    #[test]
    fn what_is_saved_is_what_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let tokenizer = trained(&CORPUS);
        for (name, bytes) in tokenizer.files() {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        let loaded = Tokenizer::load(dir.path(), 8).unwrap();
        assert_eq!(loaded.files(), tokenizer.files());
        let caption = "a GREEN auto 苹果 🍎";
        assert_eq!(
            loaded.ids(caption).unwrap(),
            tokenizer.ids(caption).unwrap()
        );
        std::fs::write(dir.path().join("tokenizer.json"), "{}").unwrap();
        assert_eq!(Tokenizer::load(dir.path(), 8).unwrap_err().exit_code(), 2);
    }
}
