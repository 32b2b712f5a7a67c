//! The two desks of the demo, in the program itself, so that an installed
//! deskferry can show them too.

use std::path::Path;

use crate::connector::{Error, Result};

macro_rules! file {
    ($path:literal) => {
        (
            $path,
            include_bytes!(concat!("../../../fixtures/", $path)).as_slice(),
        )
    };
}

/// Files of `fixtures/`. The target's automation rules are left out: somebody
/// who prepares a migration switches them off, and without that the run would
/// refuse to start.
const FILES: &[(&str, &[u8])] = &[
    file!("freshdesk-target/agents.jsonl"),
    file!("freshdesk-target/companies.jsonl"),
    file!("freshdesk-target/company_fields.jsonl"),
    file!("freshdesk-target/contact_fields.jsonl"),
    file!("freshdesk-target/contacts.jsonl"),
    file!("freshdesk-target/desk.json"),
    file!("freshdesk-target/groups.jsonl"),
    file!("freshdesk-target/products.jsonl"),
    file!("freshdesk-target/ticket_fields.jsonl"),
    file!("zendesk/article_attachments.jsonl"),
    file!("zendesk/articles.jsonl"),
    file!("zendesk/audits.jsonl"),
    file!("zendesk/automations.jsonl"),
    file!("zendesk/brands.jsonl"),
    file!("zendesk/categories.jsonl"),
    file!("zendesk/comments.jsonl"),
    file!("zendesk/conversation_log.jsonl"),
    file!("zendesk/custom_statuses.jsonl"),
    file!("zendesk/desk.json"),
    file!("zendesk/files/avatar.png"),
    file!("zendesk/files/call.wav"),
    file!("zendesk/files/diagram-pt.png"),
    file!("zendesk/files/diagram.png"),
    file!("zendesk/files/invoice.pdf"),
    file!("zendesk/files/lamp.png"),
    file!("zendesk/files/log.txt"),
    file!("zendesk/files/orders.csv"),
    file!("zendesk/files/redacted.txt"),
    file!("zendesk/files/signature.png"),
    file!("zendesk/files/socket.png"),
    file!("zendesk/files/voice-note.ogg"),
    file!("zendesk/group_memberships.jsonl"),
    file!("zendesk/groups.jsonl"),
    file!("zendesk/identities.jsonl"),
    file!("zendesk/macros.jsonl"),
    file!("zendesk/organization_fields.jsonl"),
    file!("zendesk/organization_memberships.jsonl"),
    file!("zendesk/organizations.jsonl"),
    file!("zendesk/permission_groups.jsonl"),
    file!("zendesk/satisfaction_ratings.jsonl"),
    file!("zendesk/sections.jsonl"),
    file!("zendesk/survey_responses.jsonl"),
    file!("zendesk/suspended_tickets.jsonl"),
    file!("zendesk/ticket_fields.jsonl"),
    file!("zendesk/ticket_forms.jsonl"),
    file!("zendesk/ticket_metrics.jsonl"),
    file!("zendesk/tickets.jsonl"),
    file!("zendesk/translations.jsonl"),
    file!("zendesk/triggers.jsonl"),
    file!("zendesk/user_fields.jsonl"),
    file!("zendesk/user_segments.jsonl"),
    file!("zendesk/users.jsonl"),
];

/// Writes the desks to a folder.
pub fn unpack(folder: &Path) -> Result<()> {
    for (path, bytes) in FILES {
        let path = folder.join(path);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, bytes));
        written.map_err(|cause| {
            Error::local(format!("{} cannot be written: {cause}", path.display())).caused_by(cause)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_fixtures_is_in_the_program() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut folders = vec!["zendesk".to_owned(), "freshdesk-target".to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fixtures.join(&folder).read_dir().unwrap() {
                let entry = entry.unwrap();
                let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(path);
                } else if path != "freshdesk-target/automation_rules.jsonl" {
                    assert!(FILES.iter().any(|(known, _)| *known == path), "{path}");
                }
            }
        }
    }
}
