//! Who may read an article, and who may edit it.

use super::ZendeskSink;
use crate::connector::{Detail, Error, Result, Value, detail};
use crate::connectors::zendesk::limits;
use crate::connectors::zendesk::wire;
use crate::schema::{Article, Visibility};

/// What articles need of the account: who may edit and who may read.
pub struct Guide {
    permission_group: Option<String>,
    pub(super) segments: Vec<wire::UserSegment>,
}

impl ZendeskSink {
    pub(super) async fn guide(&self) -> Result<&Guide> {
        self.guide
            .get_or_try_init(|| async {
                let groups: Vec<wire::PermissionGroup> = self
                    .optional("/api/v2/guide/permission_groups", limits::HELP_CENTER)
                    .await?;
                Ok(Guide {
                    permission_group: groups
                        .iter()
                        .find(|group| group.built_in == Some(true))
                        .or(groups.first())
                        .map(|group| group.id.0.clone()),
                    segments: self
                        .optional("/api/v2/help_center/user_segments", limits::HELP_CENTER)
                        .await?,
                })
            })
            .await
    }
}

impl Guide {
    /// Segments by sort and name, and the group that may edit.
    #[cfg(test)]
    pub fn of(segments: &[(&str, &str)], permission_group: Option<&str>) -> Guide {
        let segment = |(sort, name): &(&str, &str)| {
            let json = serde_json::json!({"id": 1, "user_type": sort, "name": name});
            serde_json::from_value(json).unwrap_or_else(|error| panic!("{error}"))
        };
        Guide {
            permission_group: permission_group.map(str::to_owned),
            segments: segments.iter().map(segment).collect(),
        }
    }

    fn built_in(&self, sort: &str) -> Option<&wire::UserSegment> {
        let of_sort = |segment: &&wire::UserSegment| segment.user_type.as_deref() == Some(sort);
        let mut all = self.segments.iter().filter(of_sort);
        all.clone()
            .find(|segment| segment.built_in == Some(true))
            .or_else(|| all.next())
    }

    fn named(&self, article: &Article) -> Option<&wire::UserSegment> {
        let name = article.audience.as_deref()?;
        // What the staff alone may read is for no customer, whatever a segment is called.
        let staff = article.visibility == Some(Visibility::Agents);
        self.segments
            .iter()
            .filter(|segment| !staff || segment.user_type.as_deref() == Some("staff"))
            .find(|segment| segment.name.as_deref() == Some(name))
    }

    /// The segment that may read an article, `None` for everybody. Never a
    /// wider one than on the source.
    pub(super) fn readers(&self, article: &Article) -> Option<Result<&wire::UserSegment>> {
        let built_in = match article.visibility {
            None | Some(Visibility::Public) => return None,
            Some(Visibility::SignedIn) => "signed_in_users",
            Some(Visibility::Agents | Visibility::Segment) => "staff",
        };
        let found = self
            .named(article)
            .or_else(|| self.built_in(built_in))
            .or_else(|| self.built_in("staff"));
        Some(found.ok_or_else(|| {
            Error::rejected(
                "user_segment_id",
                "the help center has no user segment for the article's readers",
            )
            .hint("create the segment in Guide admin > Permissions > User segments")
        }))
    }

    pub(super) fn permission_group(&self) -> Result<&str> {
        self.permission_group.as_deref().ok_or_else(|| {
            Error::rejected(
                "permission_group_id",
                "the help center has no permission group",
            )
            .hint("create one in Guide admin > Permissions > Management permissions")
        })
    }

    /// What becomes of an article's readers, where they are fewer than on the source.
    pub fn narrowed(&self, article: &Article) -> Option<Detail> {
        if self.named(article).is_some() {
            return None;
        }
        match article.visibility? {
            Visibility::Segment => {
                let segment = match article.audience.as_deref() {
                    Some(audience) => Value::from(audience),
                    None => detail!("loss-chosen-audience").into(),
                };
                Some(detail!("loss-no-segment", segment = segment))
            }
            Visibility::SignedIn if self.built_in("signed_in_users").is_none() => {
                Some(detail!("loss-no-signed-in-segment"))
            }
            _ => None,
        }
    }

    /// Why no article, or not this one, can be written, and what to do.
    pub fn closed(&self, article: &Article) -> Option<(Detail, Detail)> {
        let readers = self.readers(article).transpose().err();
        let refused = self.permission_group().err().or(readers)?;
        let hint = refused.hint.unwrap_or_default();
        Some((Detail::Plain(refused.message), Detail::Plain(hint)))
    }
}
