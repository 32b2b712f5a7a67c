//! Losses being collected while an item is assessed.

use super::text::Tamed;
use super::{Detail, Effect, Loss, detail, field};
use crate::schema::Extra;

/// What an item loses, in the order in which it was found out.
#[derive(Debug, Default)]
pub struct Losses {
    all: Vec<Loss>,
    part: Option<String>,
}

impl Losses {
    /// A value that is lost.
    pub fn add(&mut self, field: &str, effect: Effect, detail: impl Into<Detail>) {
        self.push(Loss::new(field, effect, detail));
    }

    /// The same, where it is so.
    pub fn when(&mut self, lost: bool, field: &str, effect: Effect, detail: impl Into<Detail>) {
        if lost {
            self.add(field, effect, detail);
        }
    }

    /// The address of a page, which is always a new one: what its text links
    /// to is compared all the same.
    pub fn address(&mut self, had_one: bool) {
        if had_one {
            let detail = detail!("loss-new-address");
            self.push(Loss::new(field::ARTICLE_LINKS, Effect::Changed, detail).compared());
        }
    }

    /// What it costs to take out of a text what the platform would remove.
    pub fn tamed(&mut self, platform: &str, name: &'static str, tamed: &Tamed) {
        if tamed.tags.is_empty() {
            return;
        }
        let detail = Self::removed(platform, tamed);
        let loss = Loss::new(name, Effect::Changed, detail);
        // Articles are compared with a link for whatever is shown.
        self.push(match tamed.linked && name != field::ARTICLE {
            true => loss,
            false => loss.compared(),
        });
    }

    /// What the platform would remove of a text, in words.
    pub fn removed(platform: &str, tamed: &Tamed) -> Detail {
        let tags = format!("<{}>", tamed.tags.join(">, <"));
        match tamed.linked {
            true => detail!("loss-tags-linked", platform = platform, tags = tags),
            false => detail!("loss-tags-removed", platform = platform, tags = tags),
        }
    }

    /// A loss that was made elsewhere.
    pub fn push(&mut self, mut loss: Loss) {
        if loss.part.is_none() {
            loss.part.clone_from(&self.part);
        }
        self.all.push(loss);
    }

    /// Collects what one part of the record loses, see [`Loss::part`].
    pub fn within(&mut self, part: &str, collect: impl FnOnce(&mut Self)) {
        let outer = self.part.replace(part.to_owned());
        collect(self);
        self.part = outer;
    }

    /// Values that have no home in the schema have none on any target.
    pub fn extra(&mut self, extra: &Extra) {
        if !extra.is_empty() {
            let names: Vec<&str> = extra.keys().map(String::as_str).collect();
            self.add(
                field::EXTRA,
                Effect::Dropped,
                detail!("loss-in-the-archive", names = names.join(", ")),
            );
        }
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<Loss> {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_hides_its_own_part_and_nothing_else() {
        let mut losses = Losses::default();
        losses.add(field::TAGS, Effect::Changed, "lower case");
        losses.within("7", |losses| {
            losses.add(field::MESSAGE_BODY, Effect::Changed, "empty");
        });
        losses.push(Loss::new(field::STATUS, Effect::Changed, "renamed").compared());
        let all = losses.into_vec();
        let hides = |field, part| all.iter().any(|loss| loss.hides(field, part));
        assert!(hides(field::TAGS, "") && hides(field::TAGS, "7"));
        assert!(hides(field::MESSAGE_BODY, "7"));
        assert!(!hides(field::MESSAGE_BODY, "8") && !hides(field::MESSAGE_BODY, ""));
        assert!(!hides(field::STATUS, ""));
    }
}
