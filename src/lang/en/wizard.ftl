# What can be typed, and how questions look.
wizard-welcome = This sets up your migration, one question at a time, up to a first pilot. Nothing is written to the new desk before you say so.
wizard-resumed = You were here before: your answers are kept, we go on where you stopped. (`deskferry init --restart` begins anew.)
wizard-keys = At any question: Enter takes what stands in [ ], b goes back, ? explains, q stops and keeps your answers.
wizard-kept = Your answers are kept. `deskferry init` goes on here.
wizard-first = This is the first question.
wizard-part = Part { $part } of { $parts }: { $title }
wizard-part-1 = the old desk
wizard-part-2 = the new desk
wizard-part-3 = what to move
wizard-part-4 = files and reading
wizard-part-5 = what values become
wizard-part-6 = people
wizard-part-7 = estimate and pilot
wizard-part-8 = everything
wizard-yes = Yes
wizard-no = No
wizard-quit = Stop here and go on later
wizard-everything = all
wizard-none = none
wizard-accept = fine
wizard-more = { $shown } of { $count } are shown; m shows more.
wizard-pause = Enter shows more.
wizard-needs-answer = This needs an answer.
wizard-no-such-choice = `{ $answer }` is none of the choices. Type a number from 1 to { $count }, or a part of the name.
wizard-several-choices = `{ $answer }` may be: { $choices }. Type more of the name, or the number.
wizard-no-such-row = Type the number of a row, from 1 to { $count }, or Enter if all is fine.

# Both desks.
wizard-source-ask = Which desk do you want to move away from?
wizard-source-help = It is only read; nothing changes there. Type the number or the name. If you want to try first, `deskferry sandbox` simulates a desk.
wizard-target-ask = Which desk do you want to move to?
wizard-target-help = `Files` writes open files into a folder: an archive, or a first look without any account.
wizard-place-account = What is the address of your { $name }? (acme, or https://acme{ $suffix })
wizard-place-account-help = Copy it from the browser while you are signed in to { $name }: what stands before { $suffix } is enough. A sandbox or a proxy is given with its whole address, such as http://127.0.0.1:8080.
wizard-place-address = What is the address of your { $name }? (https://rt.example.com)
wizard-place-address-help = The address of the start page, as the browser shows it.
wizard-place-folder = Which folder?
wizard-place-folder-help = Relative to the folder that you are in. A target's folder is made if it is not there.
wizard-sign-in-ask = How do you sign in to { $name }?
wizard-rights-source = It must belong to an administrator: others do not see everything, and what is not seen cannot be moved.
wizard-rights-target = It must belong to an administrator: others may not create everything.
wizard-option-ask = { $option }:
wizard-zendesk-oauth-title = OAuth client (recommended)
wizard-zendesk-oauth = In Zendesk: Admin Center > Apps and integrations > APIs > OAuth clients > Add OAuth client, type Confidential. You need its identifier (client_id) and its secret (client_secret). Scopes: read for the old desk, read and write for the new one.
wizard-zendesk-token-title = API token (until 30 April 2027)
wizard-zendesk-token = In Zendesk: Admin Center > Apps and integrations > APIs > API tokens. You need an administrator's email address and the token.
wizard-freshdesk-key-title = API key
wizard-freshdesk-key = In Freshdesk: your picture at the top right > Profile settings > View API key. It acts with the rights of the person it belongs to.
wizard-freshdesk-create-fields = Create the custom fields that Freshdesk does not have yet? (Also one that keeps a ticket from being written twice.)
wizard-rt-token-title = Auth token (recommended)
wizard-rt-token = In Request Tracker: Logged in as > Settings > Auth Tokens > Create. The user needs the rights to see (or write) everything.
wizard-rt-password-title = Name and password
wizard-rt-password = The name and password of a user of Request Tracker who may see (or write) everything.

# Secrets.
wizard-secret-ask = Where shall { $option } be kept? It never stands in deskferry.toml.
wizard-secret-help = A file is simplest on your own computer. An environment variable suits CI servers. deskferry.toml only says where the secret is, so you can share that file. You may also type env:NAME, file:PATH or keyring:NAME.
wizard-secret-file = In a file that only you can read: { $name }
wizard-secret-env = In the environment variable { $name }, which you set
wizard-secret-keyring = In the system's keyring, as { $name }
wizard-secret-known = Where it is now: { $name }
wizard-secret-there = (it is there)
wizard-secret-no-place = This is no place for a secret. Type one of the numbers, or env:NAME, file:PATH or keyring:NAME.
wizard-secret-enter = Paste { $option } and press Enter. It is not shown.
wizard-secret-enter-help = It goes to the place that you chose, and nowhere else: not into logs, reports or the ledger.
wizard-env-missing = The environment variable { $name } is not set. Stop here, set it (export { $name }=…) and start `deskferry init` again; or go back with b and choose another place.
wizard-env-ask = What do you want to do?

# Work and its failures.
wizard-doing-check = Signing in and looking around …
wizard-doing-write = Writing the project's files …
wizard-doing-read = Reading the old desk into a file on this computer. You may stop with Ctrl-C: it goes on there …
wizard-doing-survey = Comparing what both desks have …
wizard-doing-preview = Working out what will be written and what would be lost …
wizard-doing-pilot = Writing the pilot and reading it back …
wizard-doing-undo = Taking the pilot back …
wizard-doing-run = Moving everything. You may stop with Ctrl-C and go on with `deskferry migrate` …
wizard-failed-ask = That did not work. What now?
wizard-failed-help = The lines above say what happened and what helps. Messages of this kind are in English, so that they can be searched for.
wizard-failed-again = Try again
wizard-failed-desk = Answer the questions about this desk again
wizard-failed-mapping = Look at the mapping again

# What was found, and what would mail customers.
wizard-found = { $name }: signed in.
wizard-level-ok = good
wizard-level-warning = note
wizard-level-failure = problem
wizard-inventory = It holds: { $counts }.
wizard-mail-about = These could send mail to your customers while old tickets come in:
wizard-mail-ask = Are they off?
wizard-mail-help = deskferry writes nothing until this is settled. Some of it cannot be seen over the API; then your word counts.
wizard-mail-again = I turned them off: look again
wizard-mail-allow = They are off, or may be sent: go on (allow_mail = true)

# What to move.
wizard-records-ask = What do you want to move? Several numbers with commas, or * for all.
wizard-records-help = What these need comes along: people with their conversations, groups and fields with what uses them.
wizard-since-ask = Only conversations that changed since a date? (2019-01-01)
wizard-since-help = Year-month-day. Enter alone moves all of them, however old.
wizard-since-wrong = This is no date. Write it as 2019-01-01.
wizard-files-ask = What about files and images?
wizard-files-help = An archive keeps the files on this computer, beside the ledger; texts say which files there are.
wizard-files-move = Move them
wizard-files-archive = Fetch them, but keep them on this computer
wizard-files-skip = Leave them behind
wizard-share-ask = How much of the desks' rate limits may be used?
wizard-share-help = Your team's own apps share these limits. 0.5 leaves half to them and takes twice as long.
wizard-share-most = 80 %, the rest for your team
wizard-share-half = Half
wizard-share-all = All of it
wizard-hours-ask = Only at certain hours? (20:00-06:00)
wizard-hours-help = Local time. Outside of these hours a run waits, also this one. Enter alone: at any time.
wizard-hours-wrong = Write two times of day: 20:00-06:00.

# Files and reading.
wizard-write-about = There is a project here already ({ $files }). Its values were proposed to you. Its comments, and settings that were not asked for, stay.
wizard-write-ask = Change these files?
wizard-write-help = If you keep them under version control, you see afterwards what changed.
wizard-write-update = Yes, with my answers
wizard-read-about = { $file } and mapping.toml are written. They hold no secrets: you can edit and share them.
wizard-read-ask = Read the old desk now? The mapping and the pilot need it.
wizard-read-help = Everything goes into one local file, deskferry.ledger, that only you can read. A big desk takes hours; you can stop and go on at any time.
wizard-read-now = Yes, now
wizard-read-later = No, only show me the commands

# What values become.
wizard-filter-ask = Move all conversations, or only some of them?
wizard-filter-help = Those that are left out stay in the ledger. Tags, channels and dates can be given in mapping.toml under [filters].
wizard-filter-all = All
wizard-filter-some = Only some, by status and group
wizard-filter-status = Which statuses? Several numbers with commas, or * for all.
wizard-filter-groups = Which groups? Several numbers with commas, or * for all.
wizard-map-status = Statuses of your conversations (how many have it) and what they become:
wizard-map-priority = Priorities and what they become:
wizard-map-type = Types and what they become:
wizard-map-groups = Groups (conversations of each) and what they become:
wizard-map-agents = Agents (conversations assigned to each) and who they are in the new desk. New agents are never created, because each costs a seat:
wizard-map-fields = Custom fields (conversations that use them) and where their values go; the number of a field with choices leads to its values as well:
wizard-rows-ask = All fine? Enter accepts; a number changes that row.
wizard-rows-help = What needs a look comes first. Change as many rows as you like, one after the other; Enter when you are done.
wizard-sure = sure
wizard-likely = likely
wizard-unsure = please check
wizard-sure-chosen = your choice
wizard-nobody = nobody (named in the text)
wizard-made-new = the same, made new there
wizard-same = the same
wizard-agents-default = Everybody else who has no account there
wizard-nothing = nothing
wizard-by-itself = As it goes by itself: { $what }
wizard-row-ask = What does { $name } become?
wizard-row-help = Type the number, or a part of the name.
wizard-own-rule = mapping.toml has a rule of your own for this; it stays as it is, change it there
wizard-row-example = For example: { $example }

# People.
wizard-people-ask = One person often has several contacts. Which are joined without asking you?
wizard-people-help = Weaker evidence (same name, same phone) is only suggested: `deskferry people` lists it and takes your decisions.
wizard-people-strong = Those with the same verified email address or external id
wizard-people-decided = None: I decide about each
wizard-country-ask = Country of phone numbers that do not say it? (BR, MX, DE …)
wizard-country-help = Two letters. With BR, (11) 91234-5678 is +55 11 91234-5678.
wizard-country-wrong = Write two letters, such as BR.

# Estimate, pilot, run.
wizard-plan-create = Will be created: { $counts }.
wizard-plan-match = Is there already: { $counts }.
wizard-plan-blocked = Cannot be written: { $counts }. `deskferry preview` says why.
wizard-plan-calls = Calls to the new desk: { $calls }; about { $time } at its limits.
wizard-plan-disk = Disk on this computer: { $disk }, of which files of the old desk: { $files }.
wizard-plan-problems = { $count ->
    [one] One record has a problem; `deskferry status` says which.
   *[other] { $count } records have problems; `deskferry status` lists them.
}
wizard-plan-losses = What the new desk cannot keep as it was:
wizard-plan-more = … and { $count } more; `deskferry preview` shows all.
wizard-pilot-ask = Write a pilot now: about 20 of the hardest conversations, to look at?
wizard-pilot-help = Those with the most messages and files, notes, merges, former agents, foreign scripts. They are written to the new desk and read back, and you can take them back afterwards.
wizard-pilot-record = { $id }, { $why }: { $messages ->
    [one] { $messages } message
   *[other] { $messages } messages
}, { $files ->
    [one] { $files } file
   *[other] { $files } files
}
wizard-why-messages = many messages
wizard-why-attachments = many files
wizard-why-merged = merged or linked
wizard-why-former = an agent without an account there
wizard-why-notes = internal notes
wizard-why-encoding = foreign scripts or emoji
wizard-why-unified = a customer with several contacts
wizard-why-deleted = deleted or spam
wizard-why-ordinary = an ordinary one
wizard-pilot-missing = not written; the reason is below or in `deskferry status`
wizard-pilot-clean = Verified: { $count } records were read back, and all are as they should be.
wizard-pilot-differs = { $count } records are as they should be, { $wrong } are not. `deskferry verify` says in detail what differs.
wizard-pilot-keep-ask = Open the addresses above and compare. Does it look right?
wizard-pilot-keep-help = What is kept is not written again by the migration. What is taken back is deleted there, unless somebody changed it since.
wizard-pilot-keep = Yes, keep it
wizard-pilot-undo = No, take it back
wizard-undone = The pilot was taken back: { $deleted } records deleted, { $kept } stay (groups and fields always do; `deskferry rollback` says more).
wizard-run-ask = Move everything now?
wizard-run-help = It can be stopped and run again as often as you like; each record arrives once. Otherwise the commands are shown, for a quiet evening.
wizard-run-now = Yes, now
wizard-run-later = No, show me the commands
wizard-ci-ask = Shall it run every night on a server? Then an example is shown.
wizard-ci-help = `deskferry sync` carries over what is new or changed until you close the old desk.
wizard-ci-none = No
wizard-ci-file = For your CI server:
wizard-ci-more = Give it the variables that your deskferry.toml names. docs/ci.md says more.
wizard-ended-well = Everything is moved and verified.
wizard-ended-open = It is moved; what is open is said above. `deskferry status` lists it, `deskferry retry` tries it again.
wizard-next = What you can do next:
wizard-next-preview = what would happen, without writing
wizard-next-migrate = moves everything; run it again as often as you like
wizard-next-verify = compares both desks
wizard-next-status = where it stands, and what has problems
wizard-next-report = everything in one page, to show
wizard-next-sync = carries over what changed since
wizard-next-rollback = what could be taken back

# Comments in the files that it writes.
wizard-file-config = Made by `deskferry init`, which can be run again. Secrets are not in here.
wizard-file-mapping = What values of the old desk become in the new one. Made by `deskferry init`; edit it as you like.
wizard-file-share = Part of the rate limit that may be used.
wizard-file-hours = When it may be used, in local time.
wizard-file-mail = Somebody said: what could mail customers is off, or may be sent.
wizard-file-records = Only these; what they need comes along.
wizard-file-since = Only conversations that changed since then.
wizard-file-attachments = Files: move, archive (keep beside the ledger) or skip.
wizard-file-country = Country of phone numbers that do not say it.
wizard-file-merge = strong joins contacts with the same verified address; decided joins none by itself.
wizard-file-by-itself = These go by themselves (conversations that have them):
wizard-file-row = { $count ->
    [one] { $count } conversation
   *[other] { $count } conversations
}

wizard-order-ask = Which conversations come first?
wizard-order-help = The team can begin to work on the new desk while older ones still come. What a conversation refers to comes before it in any case. With an order of your own, writing begins when everything was read, and the new numbers follow that order.
wizard-order-source = as the source gives them (fastest)
wizard-order-newest = those that changed last
wizard-order-open = those that are not solved, the newest of them first
wizard-file-order = Which conversations are written first: source, newest or open.

wizard-map-brands = Brands (conversations of each) and which they become; one without a counterpart is left out and declared:
wizard-map-forms = Forms (conversations of each) and which they become; one without a counterpart is left out and declared, its fields are moved all the same:

wizard-lock-zendesk-automation = automation "{ $name }" sends notifications, also about imported tickets that are not closed
wizard-lock-zendesk-automation-hint = deactivate it in Admin Center > Objects and rules > Business rules > Automations until the migration is done
wizard-lock-freshdesk-email-notifications = requesters, people in copy and agents may be mailed about new tickets and public notes: the API does not show whether these notifications are off
wizard-lock-freshdesk-email-notifications-hint = Admin > Email Notifications: turn off every notification to requesters, agents and CC; also satisfaction surveys (Admin > Customer Satisfaction) and SLA reminders
wizard-lock-freshdesk-rules = rules of type "{ $name }" cannot be read with this key; they may mail customers
wizard-lock-freshdesk-rules-hint = Admin > Automations: turn the rules off, or use an administrator's key
wizard-lock-freshdesk-rule = rule "{ $name }" ({ $type }) { $deed ->
    [requester] mails the requester
    [agent] mails an agent
    [group] mails a group
    [forward] forwards the ticket
    [webhook] calls a webhook
    [mail] sends mail
    [service] calls another service
    [survey] sends a survey
    [agents] notifies agents
   *[other] sends something to the outside
}
wizard-lock-freshdesk-rule-hint = Admin > Automations > { $type }: turn the rule off while the migration runs
wizard-lock-request-tracker-queue-watchers = queue "{ $name }" is watched by { $watchers }, whom RT mails about every message
wizard-lock-request-tracker-queue-watchers-hint = take them off under Admin, Queues, { $name }, Watchers, and put them back afterwards
wizard-lock-request-tracker-assign-mail = RT mails every agent once for each ticket that becomes theirs
wizard-lock-request-tracker-assign-mail-hint = leave `assign` out, or give the agents' tokens under agent_tokens
wizard-inventory-sizes = How much that is in files is known after reading.

wizard-map-values = Values of { $name } (conversations that have each) and what they become in { $target }:
wizard-values-open = { $count ->
    [one] One that is used has no counterpart: it would be left out, and declared as lost.
   *[other] { $count } that are used have no counterpart: they would be left out, and declared as lost.
}
wizard-values-placed = { $count ->
    [one] { $placed } of { $count } value
   *[other] { $placed } of { $count } values
}
wizard-values-skip = Nothing: left out, and declared as lost
wizard-values-help = A value goes by itself to the one that is stored alike, else to the one with the same label. What needs a look comes first. Enter goes back to the fields.
