//! Reading the inbox: one report, or a page of those that are asked for.

use ruma_common::{OwnedRoomId, OwnedUserId};
use store::{Direction, Prefix};
use vault::Owner;

use crate::error::ModerationError;
use crate::inbox::Moderation;
use crate::report::{Kind, Report, ReportNo, mark_of_person, mark_of_room};
use crate::tables::{CONTENTS, Mark, REASONS, REPORTS, ReportRow};

/// Rows read at a time.
const STEP: usize = 1000;

/// In which order reports are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Which reports are asked for. The default is all, none of which is given: say `limit`.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only by this person.
    pub reporter: Option<OwnedUserId>,
    /// Only of this room, or of what is in it.
    pub room: Option<OwnedRoomId>,
    /// In which order.
    pub order: Order,
    /// How many to leave out first.
    pub skip: usize,
    /// How many to give at most.
    pub limit: usize,
}

/// A page of reports.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The reports.
    pub reports: Vec<Report>,
    /// How many there are in all that were asked for.
    pub total: usize,
}

/// What a query asks of clear rows.
struct Wanted {
    kind: Option<Kind>,
    reporter: Option<Mark>,
    room: Option<Mark>,
}

impl Moderation {
    /// One report.
    pub async fn report(&self, no: ReportNo) -> Result<Option<Report>, ModerationError> {
        let (store, vault) = (&self.0.store, &self.0.vault);
        let content = CONTENTS.get(store, vault, &Owner::Server, &no).await?;
        let Some(content) = content else { return Ok(None) };
        let author = Owner::Person(content.reporter.clone());
        let reason = REASONS.get(store, vault, &author, &no).await?;
        let (reporter, subject, at) = (content.reporter, content.subject, content.at);
        Ok(Some(Report { no, reporter, subject, reason, at }))
    }

    /// A page of reports.
    pub async fn list(&self, query: &Query) -> Result<Listing, ModerationError> {
        let key = self.0.vault.key(&Owner::Server).await?;
        let person = |user| mark_of_person(&key, user);
        let wanted = Wanted {
            kind: query.kind,
            reporter: query.reporter.as_deref().map(person).transpose()?,
            room: query.room.as_deref().map(|room| mark_of_room(&key, room)).transpose()?,
        };
        let mut listing = Listing::default();
        let mut chosen = Vec::new();
        let mut part = Prefix::all();
        loop {
            let direction = match query.order {
                Order::NewestFirst => Direction::Backward,
                Order::OldestFirst => Direction::Forward,
            };
            let rows = REPORTS.scan(&self.0.store, &part, direction, STEP).await?;
            for (no, _) in rows.iter().filter(|(_, row)| wanted.admits(row)) {
                if listing.total >= query.skip && chosen.len() < query.limit {
                    chosen.push(*no);
                }
                listing.total += 1;
            }
            let Some((last, _)) = rows.last().filter(|_| rows.len() == STEP) else { break };
            part = match query.order {
                Order::NewestFirst => Prefix::all().before(last),
                Order::OldestFirst => Prefix::all().after(last),
            };
        }
        for no in chosen {
            listing.reports.extend(self.report(no).await?);
        }
        Ok(listing)
    }
}

impl Wanted {
    fn admits(&self, row: &ReportRow) -> bool {
        self.kind.is_none_or(|kind| kind == row.kind)
            && self.reporter.is_none_or(|reporter| reporter == row.reporter)
            && self.room.is_none_or(|room| row.room == Some(room))
    }
}
