# What a loss says in detail. Ledgers hold these names with the values of their places: a text
# that comes to mean something else, or gets another place, gets another name.

# Values.
loss-becomes = `{ $old }` becomes `{ $new }`
loss-rule = { $field }: { $why } ({ $place })
loss-drop-if = `{ $value }` is in drop_if
loss-no-choice = `{ $value }` is no choice of field `{ $field }`
loss-in-the-archive = kept in the archive only: { $names }
loss-redacted = { $what } replaced, as [privacy] says
loss-redacted-out = { $what } left out, as [privacy] says

# People.
loss-one-with-it = `{ $value }` of contact { $contact }, which is one with it
loss-blocked = blocked
loss-not-blocked = not blocked
loss-shared-address = { $address }: contact { $contact } has the same address; `deskferry people` lets you decide whether they are one

# Messages and files.
loss-call = a phone call: its details and transcript stand in the text
loss-history =
    { $count ->
        [one] { $count } change of fields is kept in an internal note
       *[other] { $count } changes of fields are kept in an internal note
    }
loss-side-conversation = part of the side conversation { $thread }, as its first line says
loss-newer-date = the date of the last change is the target's own
loss-file-in-parts = { $name }: { $size } bytes, the target takes { $limit }: in parts, and the text says so
loss-file-says-so = { $name }: { $why }; a line in the text says so
loss-file-too-large = { $size } bytes, and the target takes { $limit }
loss-file-refused-type = the target takes no files of this type
loss-file-archived = kept in the archive, as the configuration says
loss-file-skipped = left out, as the configuration says

# Links and markup.
loss-new-address = the address is a new one; `deskferry links` makes redirects
loss-link-back = leads to the old desk still, there is no such page here: { $first }
loss-links-back = { $count } links lead to the old desk still, the first is { $first }
loss-links-as-said = links to pages of the old desk stay as they were said; `deskferry links` makes redirects
loss-tags-linked = { $platform } removes { $tags }; a link stands where something was shown
loss-tags-removed = { $platform } removes { $tags }; the text stays

# What several platforms have in common.
loss-word-becomes = { $old } becomes { $new }
loss-own-becomes = `{ $old }` becomes { $new }
loss-status-assigned = { $old } becomes { $new }: the ticket has an assignee
loss-no-account = { $who } has no account here
loss-followers = { $count } without an account here
loss-members =
    { $count ->
        [one] { $count } member has no account here
       *[other] { $count } members have no account here
    }
loss-not-here =
    { $kind ->
        [organization] organization { $which } is not here
        [brand] brand { $which } is not here
        [form] form { $which } is not here
        [group] group { $which } is not here
       *[field] field { $which } is not here
    }
loss-default-one =
    { $kind ->
        [brand] brand { $which } is not here: the default one
       *[form] form { $which } is not here: the default one
    }
loss-own-group = its group { $which } is not here
loss-in-a-note = { $what } kept in an internal note
loss-field = field { $field }: { $what }
loss-value-no-choice = { $value } is no choice of `{ $field }`
loss-value-no-date = { $value } is no date
loss-value-no-whole-number = { $value } is no whole number
loss-value-no-number = { $value } is no number
loss-value-no-match = { $value } does not match { $pattern }
loss-value-no-bool = { $value } is neither yes nor no
loss-day-only = the day without its time
loss-one-text = several values become one text
loss-value = { $value }
loss-number = { $old } becomes a new number
loss-external-id = external_id gives way to the migration's own
loss-recipient = the address of the desk that it was sent to
loss-spam-or-deleted = marked as spam or deleted on the source, an ordinary ticket here
loss-file = { $name }: { $why }
loss-nameless = without a name: { $name }
loss-picture = job title and picture
loss-locale-disabled = { $locale } is not enabled here
loss-votes = votes cannot be written
loss-importing-author = the author has no account here: the account that imports
loss-slug = the address of { $locale } is made anew from its title
loss-seo = title and description of { $locale } for search engines
loss-field-optional = it is optional, so that old tickets without a value are taken

# Zendesk: tickets.
loss-no-subject = without a subject: (no subject)
loss-closed-assignee = a closed ticket needs an assignee: the account that imports
loss-not-a-member = the assignee is not a member of this group here
loss-channel-tag = everything imported came by api; kept as tag { $tag }
loss-open-again = the ticket is open again
loss-only-tasks = only tasks have a due date
loss-metrics-imported = imported tickets have no service level figures
loss-later-date = changed after the move: the target's own date
loss-without-messages = a ticket without messages gets one that says so
loss-rating-in-a-note = only the customer can rate: kept in an internal note
loss-time-in-a-note = { $platform } has no time entries: kept in an internal note

# Zendesk: messages.
loss-message = message { $message }: { $what }
loss-empty-text = an empty text becomes { $text }
loss-file-account-limit = { $size } bytes, and the account takes { $limit }
loss-nearest-date = a date before 1970 or in the future is moved to the nearest possible one
loss-author-in-the-text = { $line } stands in the text
loss-further-comments =
    { $count ->
        [one] longer than 64 kB: goes on in { $count } further comment
       *[other] longer than 64 kB: goes on in { $count } further comments
    }
loss-channel-as-the-tag = { $channel }, as the ticket's tag says
loss-mail-headers = subject, Message-ID or In-Reply-To of the mail
loss-mail-addresses = addresses of the mail
loss-values-on-a-comment = values without a place on a comment
loss-edited-as-note = edited later: what it became is an internal note, the message stays as it was
loss-seen-as-before = changed later: the message stays as it was
loss-added-dated = added after the move: the date is in the first line
loss-added-author = added after the move: the author is in the first line
loss-added-internal = added after the move as an internal note, since a public one is mailed; the first line says so

# Zendesk: people.
loss-own-organization-dates = { $platform } sets the dates of organizations itself
loss-own-user-dates = { $platform } sets the dates of users itself
loss-suspended = suspended: the tickets of suspended users are refused
loss-deleted-user = deleted on the source, an ordinary user here
loss-address-numbered = { $sort } (address { $number })
loss-no-such-address = { $address }: Zendesk takes no such address
loss-address-refused = { $sort } { $address }: { $why }
loss-time-zone = time zone { $zone }: Zendesk has no name of its own for it
loss-tags-lower = in lower case, with underscores for blanks
loss-organization-refused = organization { $organization }: { $why }
loss-agent-refused = agent { $agent }: { $why }
loss-macro-actions =
    { $count ->
        [one] { $count } action besides its text
       *[other] { $count } actions besides its text
    }

# Zendesk: articles.
loss-section-below-section = sections below sections need Guide Enterprise: otherwise it stands beside the one that it was in
loss-guide-dates = Guide sets dates itself
loss-guarded-articles = only articles are guarded, not their sections
loss-general-section = stands in a section `{ $section }` of its category
loss-guide-file-limit = larger than the 20 MB that Guide takes
loss-frames = frames of anything but videos stay in the text, and are shown only where the help center displays unsafe content
loss-archived-draft = an archived text becomes a draft
loss-text-in-the-way = { $locale }: another text stands there in { $known }
loss-default-locale = { $locale } is not enabled here: written as the default language
loss-files-not-tied = { $count } files could not be tied to the article: { $why }
loss-no-segment = for the staff alone: there is no segment `{ $segment }` here
loss-no-signed-in-segment = for the staff alone: there is no segment of signed-in users here
loss-chosen-audience = a chosen audience

# Freshdesk: tickets.
loss-number-moved = Freshdesk gives a number of its own; the old one goes to the legacy id field, where the account has it
loss-no-metrics = service level figures cannot be written
loss-tags-cut = no commas, 32 characters: { $tags }
loss-tags-shape = no commas, 32 characters
loss-relations-told = relations are told in an internal note
loss-spam = spam cannot be created: it becomes an ordinary ticket
loss-deleted-ticket = deleted tickets cannot be created: it becomes an ordinary ticket
loss-no-id-field = the owner's own id has no field
loss-booked-for-owner = booked for the key's owner: the agent has no account on the target
loss-seconds-become = { $seconds } seconds become { $time }
loss-legacy-date = to the legacy date field and the first line of the first message
loss-date-of-the-move = becomes the date of the migration
loss-dates-of-the-move = become the date of the migration
loss-counts-from-now = Freshdesk counts from the migration on
loss-own-service-levels = the target's own service levels apply
loss-subject-shape = empty or longer than 255 characters
loss-status-code = `{ $old }` becomes { $new } ({ $code })
loss-no-priority = without a priority it becomes low
loss-own-name = the desk's own name `{ $name }`
loss-no-such-type = `{ $type }`: the target has no such type
loss-channel-portal = { $channel } cannot be created and becomes portal
loss-empty-description = a ticket without messages gets an empty description
loss-note-first = customers read descriptions: the description says that an internal note came first, and the note follows
loss-description-author = the description is the requester's; the first line names { $author }
loss-no-survey = the account has no active satisfaction survey: told in an internal note
loss-rating-dated = dated on the day of the migration, and the assignee's at that time
loss-rating-scale = its value is on no scale that Freshdesk has: told in an internal note
loss-copies-later = people in copy cannot be changed later
loss-nobody-known = nobody is known by account or address: it becomes the key's owner
loss-no-such-group = the target has no such group
loss-agent-not-a-member = the agent is not a member of the group on the target
loss-agent-no-account = the agent has no account on the target
loss-no-company = the company is not on the target
loss-no-product = the target has no such product
loss-no-form = a form cannot be chosen over the API
loss-copies-beyond = { $count } in copy have no address or are beyond { $limit }
loss-copy-twice = an address that is in copy twice is there once
loss-watchers = watchers would be mailed
loss-refused = the target refused it
loss-refused-value = { $name }: the target refused it
loss-refused-or-taken = { $name }: the target refused it or another contact has it
loss-refused-or-companys = { $name }: the target refused it or it belongs to another company
loss-refused-channel = the target refused the channel; it becomes portal

# Freshdesk: fields, groups and macros.
loss-no-such-field = { $field }: the target has no such field
loss-named-field = { $field }: { $what }
loss-not-whole = `{ $value }` is not a whole number
loss-not-number = `{ $value }` is not a number
loss-not-bool = `{ $value }` is not yes or no
loss-not-date = `{ $value }` is not a date
loss-not-choice = `{ $value }` is not one of the choices
loss-not-choices = `{ $value }` is not a selection of the choices
loss-too-long = longer than 255 characters
loss-day-kept = a date field keeps the day only
loss-members-target =
    { $count ->
        [one] { $count } member has no account on the target
       *[other] { $count } members have no account on the target
    }
loss-was-deleted = it was deleted and is in use again
loss-group-dates = dates of groups cannot be written
loss-type-instead = { $old } cannot be created: { $new } takes its place
loss-actions-by-hand = only the text is kept; actions must be made by hand
loss-in-use-again = it is in use again
loss-folder-imported = it goes into the folder "{ $folder }"

# Freshdesk: messages and files.
loss-note-visibility = who may read a note cannot be changed later
loss-first-line = to the first line of the text
loss-channel-of-notes = { $old } becomes { $new }: descriptions have the ticket's channel, all other messages are notes
loss-note-headers = notes have no mail headers and no subject
loss-note-recipients = notes have no recipients
loss-edits = edits are not marked
loss-empty-message = an empty message becomes `{ $text }`
loss-author-first-line = no account on the target: named in the first line
loss-former-agent = a former agent is a contact on the target
loss-author-refused = Freshdesk refused the author; the first line names it
loss-files-of-owner = files are the key owner's
loss-dated-today = { $date } is in the first line; Freshdesk dates it on the day of the migration
loss-undated-today = no date is in the first line; Freshdesk dates it on the day of the migration
loss-file-in-archive = { $name } is kept in the archive only: { $why }
loss-file-megabytes = { $size } MB, { $platform } takes { $limit }
loss-further-notes = more than 20 MB: further notes carry the rest
loss-images-beside = images of the text become attachments beside it

# Freshdesk: companies and contacts.
loss-names-limit = names have 255 characters
loss-company-tags = companies have no tags
loss-company-extras = sharing, group and the owner's own id have no field
loss-name-mandatory = a name is mandatory and has 255 characters
loss-active-again = blocked and deleted contacts become active ones
loss-address = { $sort } { $address }
loss-unverified = addresses are unverified until their owner signs in
loss-a-company = a company is not on the target
loss-no-language = the target does not have this language
loss-own-zones = Freshdesk has its own names for time zones
loss-pictures = pictures are kept in the archive only

# Freshdesk: articles.
loss-order = the order follows the order of writing
loss-category-audience = categories have no audience, folders have
loss-staff-until-set = for the staff alone until the chosen audience is set by hand
loss-levels = the top is a category, everything below is a folder
loss-main-language = { $locale }: every article starts in the portal's main language, so this text stands there
loss-images-listed = images of the text are listed as attachments beside it, too
loss-names-large-files = a line in the text names the files that are too large
loss-folders-only = articles stand in folders only: it goes into one of its category
loss-owner-author = no account on the target: it becomes the key's owner
loss-folder-decides = the folder decides who reads an article
loss-portal-comments = whether readers may comment is set for the whole portal
loss-archived-drafts = archived articles become drafts
loss-draft-until-guarded = not everybody may read it: it stays a draft until it stands in a folder with the right audience
loss-empty-placeholder = an empty text gets a placeholder
loss-titles-limit = titles have 255 characters
loss-title-placeholder = an empty title gets a placeholder
loss-players = where the account removes players of videos, a link stands in their place
loss-language-missing = the target does not have { $locale }
loss-no-depth = the account has no folders at this depth; the name says where it stood
loss-translation-refused = { $locale }: { $why }

# Request Tracker: tickets.
loss-booked-after = booked after the move: it stays in the archive
loss-booked-as-one = all booked time becomes one entry of whole minutes of the user who imports
loss-rt-ratings = RT has no ratings
loss-rt-priority = RT's priorities are numbers: { $old } becomes { $new }
loss-rt-priority-set = RT's priorities are numbers: no priority becomes { $new }
loss-rt-type = tickets have no type
loss-rt-channel = tickets have no channel; the messages' first lines name theirs
loss-rt-subject = subjects are one line of at most { $limit } characters
loss-rt-updated = RT dates the last change now
loss-rt-closed = RT has one date for solved and closed
loss-rt-solved = only resolved tickets show the date
loss-rt-metrics = RT computes its own figures
loss-rt-nobody = nobody is known by login or address
loss-rt-unknown =
    { $count ->
        [one] { $count } is not known by login or address
       *[other] { $count } are not known by login or address
    }
loss-rt-copy-twice = somebody who is in copy twice is there once
loss-rt-owner = RT would mail the new owner; the name is kept in the custom field `deskferry owner` (agent_tokens keeps the owner)
loss-rt-queue = there is no such queue: it goes into the default one
loss-rt-organization = the organization stands with the requestor
loss-rt-no-equal = field { $field } has no equal in RT
loss-rt-number = RT numbers tickets anew; the old number is in the custom field `deskferry id`
loss-rt-tags = tickets have no tags; map them to a custom field to keep them
loss-rt-links = merged and follow-up tickets refer to the other one, incidents are depended on by their problem
loss-rt-brands = RT has no brands
loss-rt-forms = RT has no ticket forms
loss-rt-spam = marked as spam on the source, an ordinary ticket here
loss-rt-not-set = RT's API does not set it
loss-rt-owner-left = { $login } was the owner; without a token nobody can be made the owner silently
loss-rt-status-kept = RT kept the status `{ $kept }` instead of `{ $wanted }`
loss-rt-people-taken = RT took { $taken } of { $wanted } for { $role }

# Request Tracker: messages.
loss-rt-sent-at = RT dates messages now; the date is in the first line
loss-rt-author = RT takes the user who imports for the author; the real one is in the first line
loss-rt-channel-line = the channel is in the first line
loss-rt-message-id = RT makes a Message-ID of its own
loss-rt-recipients = RT would mail recipients of a message
loss-rt-file = `{ $name }`: { $why }
loss-rt-empty-file = `{ $name }` is empty, which RT does not accept
loss-rt-inline = RT's API cannot tie an image to its place in the text: it is attached
loss-rt-edited = edited later: what it became is a comment, the message stays as it was

# Request Tracker: queues, fields and people.
loss-rt-members = a queue has rights instead of members; RT's API cannot grant rights
loss-rt-field-optional = the field is not required and has no pattern
loss-rt-organization-text = RT knows an organization only as text of its users: its name is kept
loss-rt-no-organizations = RT has no organizations of their own
loss-rt-one-organization = a user has one organization: not { $which }
loss-rt-absent = { $which } is not here
loss-rt-user-tags = users have no tags
loss-rt-user-fields = RT's API cannot make custom fields of users
loss-rt-enabled = a disabled user could not be a requestor: the user is enabled
loss-rt-user-dates = RT dates users now
loss-rt-user-columns = users have no column for it
loss-rt-address = { $sort } { $address }: a user has one address, four numbers and nothing else
loss-rt-verified = whether an address was verified

# Request Tracker: classes and articles.
loss-rt-levels = classes have no levels
loss-rt-class-language = classes have one language: not { $locale }
loss-rt-class-position = classes have no place in the API
loss-rt-staff = articles are for staff
loss-rt-article-language = articles have one language: not { $locale }
loss-rt-article-author = the author is the user who imports
loss-rt-article-dates = RT dates articles now
loss-rt-article-position = articles have no place in the API
loss-rt-labels = articles have no labels in the API
loss-rt-votes = articles have no votes
loss-rt-address-new = the address is a new one
loss-rt-comments = articles have no comments and no title for search engines
loss-rt-article-file = `{ $name }`: articles have no files in the API
loss-rt-read-as = articles have no language: { $locale } is read back as { $known }
loss-rt-drafts = RT has no drafts
loss-rt-titles = titles are as short as subjects
loss-rt-no-markup = the text loses its markup: the field `Content` takes none
loss-rt-maybe-markup = unless the class has an HTML field `Content`, the text loses its markup
