//! QR codes (ISO/IEC 18004) as SVG to put into a page. Black on white in every theme: cameras expect it.

use askama::filters::HtmlSafe;
use qrcode::{Color, EcLevel, QrCode};

use crate::language::t;

/// An SVG element, safe to put into a page as it is: nothing of the text is in it but the pattern.
#[derive(Clone, Debug)]
pub struct Svg(String);

impl std::fmt::Display for Svg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Svg {}

/// The QR code of a text, with the margin of four modules a reader needs. `None` when the text is longer than a code holds (2,331 bytes).
pub fn svg(text: &str) -> Option<Svg> {
    const MARGIN: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (row, line) in modules.chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let dark = line[column..].iter().take_while(|module| **module == Color::Dark).count();
            if dark > 0 {
                path.push_str(&format!("M{} {}h{dark}v1h-{dark}z", column + MARGIN, row + MARGIN));
            }
            column += dark.max(1);
        }
    }
    let size = width + 2 * MARGIN;
    let label = t("qr-code");
    Some(Svg(format!(
        r##"<svg class="qr" role="img" aria-label="{label}" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"><rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{path}"/></svg>"##
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_has_its_three_corners_and_says_nothing_in_clear() {
        let Svg(svg) = svg("https://id.example.org/lc/secret").expect("short enough");
        assert!(svg.contains("M4 4h7v1h-7z"), "the upper left corner is missing: {svg}");
        assert!(!svg.contains("secret") && !svg.contains("style="));
        let size: usize =
            svg.split("viewBox=\"0 0 ").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|size| size.parse().ok()).expect("a size");
        assert!(svg.contains(&format!("M{} 4h7v1h-7z", size - 11)), "the upper right corner is missing");
    }

    #[test]
    fn what_no_code_holds_is_none() {
        assert!(svg(&"x".repeat(3_000)).is_none());
    }
}
