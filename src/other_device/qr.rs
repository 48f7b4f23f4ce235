//! A QR code as a picture in the page: vectors, no script, no style, no other server.

use qrcode::{Color, EcLevel, QrCode};

/// The quiet zone around a code that cameras need (ISO/IEC 18004, section 6.3.8).
const MARGIN: usize = 4;

/// The code of a text as SVG, dark on light whatever colours the page has; `None` when it is too long for one.
pub(super) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let side = width + 2 * MARGIN;
    let mut path = String::new();
    for (position, _) in code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark) {
        let (x, y) = (position % width + MARGIN, position / width + MARGIN);
        path.push_str(&format!("M{x} {y}h1v1h-1z"));
    }
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR code of the address below\" shape-rendering=\"crispEdges\"><path fill=\"currentColor\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_square_with_a_margin() {
        let svg = svg("https://id.example.org/account/approve?code=BCDF-GHJK").unwrap();
        assert!(svg.starts_with("<svg class=\"qr\" viewBox=\"0 0 ") && svg.ends_with("</svg>"));
        // The corner of the first finder pattern, and nothing nearer to the edge.
        assert!(svg.contains("M4 4h1v1h-1z") && !svg.contains("M3 ") && !svg.contains("style"));
        assert!(super::svg(&"x".repeat(5_000)).is_none());
    }
}
