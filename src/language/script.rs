//! What scripts say: a page hands it to its script in the attribute `data-texts`, as JSON by name. No sentence stands in a script.

use super::t;

/// What `pages.js` says.
pub fn pages() -> String {
    json(&[("copied", "script-copied"), ("copy-by-hand", "script-copy-by-hand")])
}

/// What `passkey.js` says.
pub fn passkey() -> String {
    json(PASSKEY)
}

const PASSKEY: &[(&str, &str)] = &[
    ("unreachable", "script-unreachable"),
    ("busy", "script-busy"),
    ("our-fault", "script-our-fault"),
    ("took-too-long", "script-took-too-long"),
    ("none-made", "script-none-made"),
    ("none-of-yours", "script-none-of-yours"),
    ("none-here", "script-none-here"),
    ("closed", "script-closed"),
    ("aborted", "script-aborted"),
    ("other-prompt", "script-other-prompt"),
    ("already-here", "script-already-here"),
    ("cannot-keep", "script-cannot-keep"),
    ("not-at-this-address", "script-not-at-this-address"),
    ("cannot-use", "script-cannot-use"),
    ("help-code", "script-help-code"),
    ("wrong-address", "script-wrong-address"),
    ("insecure", "script-insecure"),
    ("in-app", "script-in-app"),
    ("no-passkeys", "script-no-passkeys"),
    ("signing-in", "script-signing-in"),
    ("browser-asks", "script-browser-asks"),
    ("keeping", "script-keeping"),
    ("going-on", "script-going-on"),
];

fn json(texts: &[(&str, &'static str)]) -> String {
    // What is filled in later keeps its name.
    let filled = |id: &'static str| if id == "script-wrong-address" { t(id).with("address", "{address}") } else { t(id) };
    let texts: serde_json::Map<String, serde_json::Value> =
        texts.iter().map(|(name, id)| ((*name).to_owned(), String::from(filled(id)).into())).collect();
    serde_json::Value::Object(texts).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_say_what_they_are_given_and_are_given_what_they_say() {
        for (script, texts) in [(include_str!("../../static/pages.js"), pages()), (include_str!("../../static/passkey.js"), passkey())] {
            let texts: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&texts).unwrap();
            // Two scripts of a page share their names, so theirs differ.
            let said: Vec<&str> =
                ["texts[\"", "words[\""].iter().flat_map(|of| script.split(of).skip(1)).filter_map(|rest| rest.split('"').next()).collect();
            for name in &said {
                assert!(texts.contains_key(*name), "nobody gives {name}");
            }
            for name in texts.keys() {
                assert!(said.contains(&name.as_str()), "nobody says {name}");
            }
        }
    }
}
