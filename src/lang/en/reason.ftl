# Why a record is left out, kept or refused. Ledgers hold these names with the values of their places: a text
# that comes to mean something else, or gets another place, gets another name.

# Left out.
reason-scope = its kind is not in [scope] records
reason-before = last changed before { $since }
reason-filter-since = last changed { $changed }, before [filters] since
reason-filter-until = created { $created }, not before [filters] until
reason-filter-ids = not in [filters] ids
reason-filter-status = status { $status } is not in [filters] status
reason-filter-channel = channel { $channel } is not in [filters] channels
reason-filter-group = its group is not in [filters] groups
reason-filter-tags = it has none of the [filters] tags
reason-rule = a rule of the mapping says where its values go
reason-system-field = it belongs to every desk of its platform
reason-contact-stands = the target has no agent with this address; a contact stands for this agent
reason-written-with = is written with what it belongs to
reason-agents-by-hand = an agent takes a paid seat: create it by hand, it is then matched by its address
reason-brands-by-hand = brands are created by hand, and then matched by name
reason-forms-by-hand = forms are created by hand, and then matched by name
reason-every-account = a part of every account
reason-zendesk-fields = Zendesk has fields on tickets, users and organizations
reason-macro-empty = a macro without a text does nothing that can be carried over
reason-create-fields-off = create_fields is off, and the target has no such field
reason-field-by-hand = fields of type { $type } must be created by hand
reason-agents-cost = agents cost seats and are never created
reason-no-products = products cannot be created over the API
reason-forms-not-created = forms are not created; their fields are
reason-rt-brands = RT has no brands
reason-rt-forms = RT has no ticket forms
reason-rt-macros = RT has no macros in its API
reason-rt-fields = RT's API can apply custom fields to the tickets of queues only

# On the target already.
reason-marked = carries this record's mark already
reason-decided-agent = agent of the target, as was decided
reason-of-the-target =
    { $kind ->
        [agent] agent of the target
        [group] group of the target
        [field] field of the target
        [brand] brand of the target
       *[form] form of the target
    }
reason-same-name = same name; kept as it is on the target
reason-same-email = same email address; kept as it is on the target
reason-one-person = one person with another contact: { $rule }
reason-written-once = it changed on the source after it was moved; { $kinds } are written once

# Deleted on the source.
reason-deleted = it was deleted on the source after it was moved
reason-deleted-one = it was deleted on the source; others were written as one with it
reason-deleted-both = it was deleted on the source, and is gone on the target, too
reason-deleted-untaggable = it was deleted on the source; it cannot be tagged on the target
reason-deleted-no-tags = it was deleted on the source; the target has no tags for it
reason-deleted-tagged = it was deleted on the source after it was moved; tagged { $tag }
reason-deleted-unknown = it was deleted on the source; the target did not tell what it is there
reason-deleted-edited = it was deleted on the source after it was moved; { $edited }
reason-deleted-there = it was deleted on the source after it was moved; deleted on the target

# Cannot be written.
reason-hint = { $reason } ({ $hint })
reason-unsettled = what became of its last write could not be found out yet
reason-not-as-planned = it would be written otherwise than planned; make a new plan
reason-one-waits = it is one person with contact { $contact }, which is not on the target
reason-no-id = it has no id
reason-no-id-hint = records of a folder are told apart by their ids
reason-no-requester = the ticket has no requester, and Zendesk imports none without
reason-no-requester-hint = give it one on the source, or with a mapping rule for `requester_id`
reason-requester-absent = the requester is not on the target and has no address
reason-requester-absent-hint = write the contact first (`deskferry retry`), or give it an address
reason-too-many-comments = { $count } comments, and Zendesk takes { $limit } a ticket
reason-too-many-comments-hint = archive this ticket instead (`deskferry archive`), or split it on the source
reason-level-absent = the level above ({ $level }) is not on the target
reason-level-absent-hint = write it first: `deskferry retry`
reason-run-again = run again once its own problem is solved
reason-no-section = the article stands in no section
reason-no-section-hint = put it into one on the source
reason-section-absent = its section ({ $section }) is not on the target
reason-section-absent-hint = write the section first: `deskferry retry`
reason-no-text = it has no text in any language
reason-no-text-hint = give it a title on the source
reason-no-text-complete = complete it on the source or leave it out
reason-help-center-off = the help center has no language for this text, or is switched off
reason-help-center-off-hint = enable the help center and its languages on the target
reason-label-taken = the target has a field `{ $field }` that takes other values
reason-label-taken-hint = give one of the two another label, or map the values to a field that is there
reason-demanded = the target demands { $fields }, and nothing fills it
reason-demanded-hint = map a field or a constant to it in mapping.toml, or make it optional while the migration runs
reason-category-absent = the article's category is not on the target
reason-category-absent-hint = Freshdesk keeps articles in folders only; move the categories along

# Not read.
reason-history-off = who changed which field of a ticket when; `history = "notes"` in [source] keeps it in internal notes
reason-suspended = mails that wait for a decision and that Zendesk deletes after 14 days; decide on the desk, or set `suspended = "tickets"` in [source]
