//! The language of a person: one tag out of what `preferredLanguage` holds (RFC 2798 section 2.7: the syntax of `Accept-Language`).

/// The longest tag kept, in bytes (RFC 5646 section 4.4.1).
const MAX_LENGTH: usize = 35;

/// The best of the languages a text lists, as an IETF tag in its usual case (`de`, `pt-BR`, `zh-Hant-TW`). `de_DE.UTF-8` is read as `de-DE`.
pub(super) fn best_tag(text: &str) -> Option<String> {
    let mut best: Option<(u16, String)> = None;
    for item in text.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let Some(tag) = parts.next().and_then(tag) else { continue };
        let Some(weight) = weight(parts.next()) else { continue };
        if weight > 0 && best.as_ref().is_none_or(|(other, _)| weight > *other) {
            best = Some((weight, tag));
        }
    }
    best.map(|(_, tag)| tag)
}

/// `q=0.5` in thousandths; all of them when nothing is said.
fn weight(parameter: Option<&str>) -> Option<u16> {
    let Some(text) = parameter.filter(|text| !text.is_empty()) else { return Some(1000) };
    let (name, number) = text.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let number = number.trim();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let weight = whole.parse::<u16>().ok()?.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    (weight <= 1000).then_some(weight)
}

/// A tag of RFC 5646 section 2.1, by its shape, in the case of section 2.1.1.
fn tag(text: &str) -> Option<String> {
    let text = text.split_once(['.', '@']).map_or(text, |(tag, _)| tag);
    if text.len() > MAX_LENGTH {
        return None;
    }
    let mut tag = String::with_capacity(text.len());
    for (place, part) in text.split(['-', '_']).enumerate() {
        let is_word = (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_language = (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !is_word || (place == 0 && !is_language) {
            return None;
        }
        let is_alphabetic = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let lower = part.to_ascii_lowercase();
        if place > 0 {
            tag.push('-');
        }
        match (place, part.len(), is_alphabetic) {
            (1.., 2, true) => tag.push_str(&lower.to_ascii_uppercase()),
            (1.., 4, true) => {
                tag.push_str(&lower[..1].to_ascii_uppercase());
                tag.push_str(&lower[1..]);
            }
            _ => tag.push_str(&lower),
        }
    }
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::best_tag;

    #[test]
    fn the_language_with_the_most_weight_counts() {
        for (text, tag) in [
            ("de", Some("de")),
            ("DE-at", Some("de-AT")),
            ("zh-hant-tw", Some("zh-Hant-TW")),
            ("de_DE.UTF-8", Some("de-DE")),
            ("de, en;q=0.5", Some("de")),
            ("en;q=0.5, de", Some("de")),
            ("en;q=0.5 , fr; q=0.75, *;q=1", Some("fr")),
            ("en;q=0, de;q=0.001", Some("de")),
            ("es-419", Some("es-419")),
            ("", None),
            ("*", None),
            ("de--de, en", Some("en")),
            ("d", None),
            ("12", None),
            ("de;q=x", None),
            ("de;q=2", None),
            ("no such language", None),
            ("<script>", None),
            (&"a-".repeat(40), None),
        ] {
            assert_eq!(best_tag(text).as_deref(), tag, "{text}");
        }
    }
}
