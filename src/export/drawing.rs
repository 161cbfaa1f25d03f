//! Pictures of shapes and text: [`Drawing`], written as SVG or as PNG, and [`Film`], an SVG that moves.

mod film;
mod raster;
mod shapes;
mod svg;

pub use film::{Film, Scene};
pub use shapes::{CELL, Drawing, Rgb, Shape};

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Drawing {
        let mut drawing = Drawing::new(60.0, 40.0, [255, 255, 255]);
        drawing.rect([10.0, 10.0, 10.0, 10.0], [255, 0, 0]);
        drawing.line(vec![(0.0, 35.0), (59.0, 35.0)], 2.0, [0, 0, 255]);
        drawing.text((30.0, 5.0), "<M>", [0, 0, 0]);
        drawing
    }

    #[test]
    fn svg_is_well_formed_and_says_all() {
        let svg = sample().svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("&lt;M&gt;") && !svg.contains("<M>"));
        assert!(svg.contains("fill=\"#ff0000\"") && svg.contains("stroke=\"#0000ff\""));
        let mut control = sample();
        control.text((0.0, 0.0), "a\u{1b}[1m\0b", [0, 0, 0]);
        assert!(control.svg().contains(">a[1mb<"));
    }

    #[test]
    fn png_shows_the_same() {
        let bytes = sample().png().unwrap();
        let image = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (60, 40));
        assert_eq!(image.get_pixel(15, 15).0, [255, 0, 0]);
        assert_eq!(image.get_pixel(5, 5).0, [255, 255, 255]);
        assert_eq!(image.get_pixel(30, 35).0, [0, 0, 255]);
        let ink = (30..60)
            .flat_map(|x| (5..25).map(move |y| (x, y)))
            .filter(|&(x, y)| image.get_pixel(x, y).0[0] < 100)
            .count();
        assert!(ink > 20, "the letters are there: {ink}");
        assert!(Drawing::new(0.0, 10.0, [0; 3]).png().is_err());
    }
}
