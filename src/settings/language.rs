//! The language where nobody chose one.

use super::{Choice, Input, SettingValue};
use crate::language::Language;

impl SettingValue for Language {
    const INPUT: Input = Input::Choice(
        &const {
            let mut choices = [Choice { value: "", label: "" }; Self::OFFERED.len()];
            let mut position = 0;
            while position < choices.len() {
                choices[position] = Choice { value: Self::OFFERED[position].tag(), label: Self::OFFERED[position].own_name() };
                position += 1;
            }
            choices
        },
    );
    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::OFFERED.into_iter().find(|language| language.tag() == text.trim());
        found.ok_or_else(|| Self::OFFERED.map(Self::tag).join(", "))
    }
    fn show(&self) -> String {
        self.tag().to_owned()
    }
}
