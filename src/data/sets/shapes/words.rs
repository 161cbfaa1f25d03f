//! What is said of a scene: a small grammar in a few languages.
//!
//! Adjectives agree with the shape's gender: each has a form for masculine, feminine and neuter.

use super::attributes::Attributes;

/// A language of the shapes.
pub struct Language {
    /// ISO 639-1.
    pub code: &'static str,
    /// Ways to say it; the first makes the names.
    pub phrasings: &'static [&'static str],
    articles: Forms,
    colours: [Forms; 8],
    shapes: [(&'static str, Gender); 8],
    sizes: [Forms; 2],
    places: [&'static str; 5],
}

/// Masculine, feminine, neuter.
type Forms = [&'static str; 3];

#[derive(Clone, Copy)]
enum Gender {
    M,
    F,
    N,
}
use Gender::{F, M, N};

impl Language {
    /// The name of the class with these attributes; different for each.
    pub fn name(&self, attributes: Attributes) -> String {
        self.say(self.phrasings[0], attributes)
    }

    /// One of the phrasings, filled.
    pub fn say(&self, phrasing: &str, attributes: Attributes) -> String {
        let (shape, gender) = self.shapes[attributes.shape];
        phrasing
            .replace("{a}", self.articles[gender as usize])
            .replace("{size}", self.sizes[attributes.size][gender as usize])
            .replace("{colour}", self.colours[attributes.colour][gender as usize])
            .replace("{shape}", shape)
            .replace("{place}", self.places[attributes.place])
    }
}

/// The same for all genders.
const fn same(word: &'static str) -> Forms {
    [word; 3]
}

/// All languages of the shapes. Order of the words as in [`super::COLOURS`], [`super::SHAPES`],
/// [`super::SIZES`], [`super::PLACES`].
pub const LANGUAGES: [Language; 5] = [
    Language {
        code: "en",
        phrasings: &[
            "a {size} {colour} {shape} {place}",
            "{size} {colour} {shape}, {place}",
            "a picture of a {size} {colour} {shape} {place}",
            "there is a {size} {colour} {shape} {place}",
            "{place}, a {size} {colour} {shape}",
            "a {shape}, {size} and {colour}, {place}",
            "one {colour} {shape} {place}; it is {size}",
        ],
        articles: same("a"),
        colours: [
            same("red"),
            same("orange"),
            same("yellow"),
            same("green"),
            same("turquoise"),
            same("blue"),
            same("purple"),
            same("pink"),
        ],
        shapes: [
            ("circle", N),
            ("square", N),
            ("triangle", N),
            ("star", N),
            ("heart", N),
            ("cross", N),
            ("ring", N),
            ("diamond", N),
        ],
        sizes: [same("small"), same("large")],
        places: [
            "at the top",
            "at the bottom",
            "on the left",
            "on the right",
            "in the centre",
        ],
    },
    Language {
        code: "de",
        phrasings: &[
            "{a} {size} {colour} {shape} {place}",
            "{size} {colour} {shape}, {place}",
            "{place} ist {a} {size} {colour} {shape}",
            "ein Bild: {a} {size} {colour} {shape} {place}",
        ],
        articles: ["ein", "eine", "ein"],
        colours: [
            ["roter", "rote", "rotes"],
            ["oranger", "orange", "oranges"],
            ["gelber", "gelbe", "gelbes"],
            ["grüner", "grüne", "grünes"],
            ["türkiser", "türkise", "türkises"],
            ["blauer", "blaue", "blaues"],
            ["violetter", "violette", "violettes"],
            same("rosa"),
        ],
        shapes: [
            ("Kreis", M),
            ("Quadrat", N),
            ("Dreieck", N),
            ("Stern", M),
            ("Herz", N),
            ("Kreuz", N),
            ("Ring", M),
            ("Raute", F),
        ],
        sizes: [
            ["kleiner", "kleine", "kleines"],
            ["großer", "große", "großes"],
        ],
        places: ["oben", "unten", "links", "rechts", "in der Mitte"],
    },
    Language {
        code: "es",
        phrasings: &[
            "{a} {shape} {colour} {size} {place}",
            "{shape} {colour} {size}, {place}",
            "{place} hay {a} {shape} {colour} {size}",
            "una imagen de {a} {shape} {colour} {size} {place}",
        ],
        articles: ["un", "una", "un"],
        colours: [
            ["rojo", "roja", "rojo"],
            same("naranja"),
            ["amarillo", "amarilla", "amarillo"],
            same("verde"),
            same("turquesa"),
            same("azul"),
            ["morado", "morada", "morado"],
            same("rosa"),
        ],
        shapes: [
            ("círculo", M),
            ("cuadrado", M),
            ("triángulo", M),
            ("estrella", F),
            ("corazón", M),
            ("cruz", F),
            ("anillo", M),
            ("rombo", M),
        ],
        sizes: [["pequeño", "pequeña", "pequeño"], same("grande")],
        places: [
            "arriba",
            "abajo",
            "a la izquierda",
            "a la derecha",
            "en el centro",
        ],
    },
    Language {
        code: "fr",
        phrasings: &[
            "{a} {size} {shape} {colour} {place}",
            "{size} {shape} {colour}, {place}",
            "{place}, {a} {size} {shape} {colour}",
            "il y a {a} {size} {shape} {colour} {place}",
        ],
        articles: ["un", "une", "un"],
        colours: [
            same("rouge"),
            same("orange"),
            same("jaune"),
            ["vert", "verte", "vert"],
            same("turquoise"),
            ["bleu", "bleue", "bleu"],
            ["violet", "violette", "violet"],
            same("rose"),
        ],
        shapes: [
            ("cercle", M),
            ("carré", M),
            ("triangle", M),
            ("étoile", F),
            ("cœur", M),
            ("croix", F),
            ("anneau", M),
            ("losange", M),
        ],
        sizes: [["petit", "petite", "petit"], ["grand", "grande", "grand"]],
        places: ["en haut", "en bas", "à gauche", "à droite", "au centre"],
    },
    Language {
        code: "zh",
        phrasings: &[
            "{place}的{colour}{size}{shape}",
            "{place}有一个{size}的{colour}{shape}",
            "一个{colour}的{size}{shape}在{place}",
            "图中{place}是{colour}{size}{shape}",
        ],
        articles: same(""),
        colours: [
            same("红色"),
            same("橙色"),
            same("黄色"),
            same("绿色"),
            same("青色"),
            same("蓝色"),
            same("紫色"),
            same("粉色"),
        ],
        shapes: [
            ("圆形", N),
            ("正方形", N),
            ("三角形", N),
            ("星形", N),
            ("心形", N),
            ("十字形", N),
            ("圆环", N),
            ("菱形", N),
        ],
        sizes: [same("小"), same("大")],
        places: ["上方", "下方", "左侧", "右侧", "中央"],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::scenario::SHAPES_LANGUAGES;

    #[test]
    fn the_languages_are_those_that_a_scenario_may_name() {
        assert_eq!(
            LANGUAGES.each_ref().map(|language| language.code),
            SHAPES_LANGUAGES
        );
    }

    #[test]
    fn every_phrasing_says_everything_and_tells_all_classes_apart() {
        for language in &LANGUAGES {
            for phrasing in language.phrasings {
                let said: HashSet<String> = (0..Attributes::CLASSES)
                    .map(|class| language.say(phrasing, Attributes::of(class)))
                    .collect();
                assert_eq!(
                    said.len(),
                    Attributes::CLASSES,
                    "{} {phrasing}",
                    language.code
                );
                assert!(
                    said.iter().all(|text| !text.contains('{')),
                    "{} {phrasing}",
                    language.code
                );
            }
        }
    }

    #[test]
    fn adjectives_agree() {
        let diamond = Attributes {
            colour: 3,
            shape: 7,
            size: 1,
            place: 4,
        };
        let star = Attributes {
            colour: 0,
            shape: 3,
            size: 0,
            place: 0,
        };
        let [en, de, es, fr, zh] = &LANGUAGES;
        assert_eq!(en.name(star), "a small red star at the top");
        assert_eq!(de.name(star), "ein kleiner roter Stern oben");
        assert_eq!(de.name(diamond), "eine große grüne Raute in der Mitte");
        assert_eq!(es.name(star), "una estrella roja pequeña arriba");
        assert_eq!(fr.name(star), "une petite étoile rouge en haut");
        assert_eq!(fr.name(diamond), "un grand losange vert au centre");
        assert_eq!(zh.name(star), "上方的红色小星形");
    }
}
