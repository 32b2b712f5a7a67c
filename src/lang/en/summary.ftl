# What was planned, written, compared and is still open.
summary-create = create
summary-update = update
summary-match = match
summary-done = done
summary-skip = skip
summary-blocked = blocked
summary-created = created
summary-updated = updated
summary-matched = matched
summary-deleted = deleted
summary-legend-match = match: it is there and stays as it is
summary-legend-done = done: moved by an earlier run
summary-legend-skip = skip: left out, for the reason below
summary-legend-blocked = blocked: cannot be written, for the reason below
summary-previewed = nothing was written; next: `deskferry migrate`
summary-saved = saved; `deskferry apply { $path }` does exactly this
summary-changes = changes
summary-field = field
summary-there-now = there now
summary-will-be = will be
summary-a-minute = { $count } a minute
summary-requests = requests to the target: { $calls }
summary-time = time at the target's limits: about { $time }
summary-disk = disk in use: ledger { $ledger }, attachments { $files }
summary-moved-before = { $count } moved by an earlier run
summary-left-out = { $count } left out on purpose
summary-besides = besides: { $others }
summary-lost = lost
summary-how = how
summary-records = records
summary-example = for example
summary-becomes = what becomes of it
summary-not-read = not read from the source, and so not moved:
summary-unmapped = values without a counterpart; mapping.toml can give them one:
summary-not-written = not written
summary-why = why
summary-such-as = { $records }, such as { $example }
summary-more = and { $count } more; --json shows all
summary-differ = differ
summary-missing = missing
summary-extra = extra
summary-not-compared = not compared
summary-left-out-head = left out
summary-there-before = there before
summary-compared = { $matched } match, { $differs } differ, { $missing } missing, { $extra } extra, { $errors } not compared
summary-compared-at = compared { $time }: { $result }
summary-nothing-to-do = nothing to do
summary-would-be-done = this is what would be done; nothing was written
summary-gone = { $records } of { $of } { $kind } are gone on the source; they stay on the target ([sync] deleted = "keep")
summary-nothing-ours = nothing on the target is ours: nothing to take back
summary-to-delete = to delete
summary-stay = stay
summary-stays = stays
summary-on-target = on the target
summary-gone-already = { $count } records were gone on the target already
summary-not-touched = { $count } records were there before us and are not touched
summary-changes-stay = { $count } records were changed by this run; the changes stay
summary-written-again = a later `deskferry migrate` writes it again
summary-nothing-deleted = nothing was deleted; `--yes` does it
summary-no-such-problem = no record has such a problem: nothing to do
summary-tried-again = tried again:
summary-no-problem-left = no problem is left
summary-still-open = still open:
summary-mend = mend the cause and retry; `deskferry status` says which records and what to do
summary-stage = stage
summary-problem = problem
summary-problems-head = problems
summary-record = record
summary-what-to-do = what to do
summary-next = next:
summary-from-to = from { $source } to { $target }
summary-in-ledger = in the ledger
summary-run = run
summary-begun = begun
summary-took = took
summary-requests-head = requests
summary-outcome = outcome
summary-goes-on = goes on, or was cut off
summary-cut-off = was cut off
summary-nothing = nothing to do: { $there } records are on the target, { $skipped } are left out on purpose{ $blocked ->
    [0] { "" }
   *[other] , { $blocked } cannot be written
}
summary-times = { $count ->
    [one] { $count } time
   *[other] { $count } times
}
summary-problems = { $count ->
    [one] { $count } problem is
   *[other] { $count } problems are
} open; `deskferry status` lists them, the same command tries them again
summary-older-problems = { $count ->
    [one] { $count } problem of earlier runs is
   *[other] { $count } problems of earlier runs are
} still open; `deskferry status` lists them
summary-open-writes = { $count ->
    [one] { $count } write is open; the next run finds out what became of it
   *[other] { $count } writes are open; the next run finds out what became of them
}
summary-earlier-runs = { $count ->
    [one] and { $count } earlier run
   *[other] and { $count } earlier runs
}
summary-rules-made = { $count ->
    [one] { $count } redirect rule was made on the target
   *[other] { $count } redirect rules were made on the target
}
summary-rules-to-make = { $count ->
    [one] { $count } redirect rule would be made on the target
   *[other] { $count } redirect rules would be made on the target
}
summary-rules-there = { $count ->
    [one] { $count } is there already
   *[other] { $count } are there already
}
summary-rules-taken = { $count ->
    [one] { $count } old path leads elsewhere, and is left as it is
   *[other] { $count } old paths lead elsewhere, and are left as they are
}
summary-rules-over = { $count ->
    [one] { $count } is more than the help center takes
   *[other] { $count } are more than the help center takes
}
summary-rules-refused = { $count ->
    [one] { $count } was refused
   *[other] { $count } were refused
}
summary-rules-left-out = { $count ->
    [one] { $count } old address can have no rule (tickets, files, addresses with a query); `deskferry links -o` has it
   *[other] { $count } old addresses can have no rule (tickets, files, addresses with a query); `deskferry links -o` has them
}
summary-rules-could = old pages of the help center can lead to the new ones: `deskferry links --create` makes the redirect rules
summary-rules-act = they act where the old domain leads to the new help center, and only for pages that it does not have
summary-rules-deleted = { $count ->
    [one] { $count } redirect rule was deleted
   *[other] { $count } redirect rules were deleted
}
summary-rules-to-delete = { $count ->
    [one] { $count } redirect rule would be deleted
   *[other] { $count } redirect rules would be deleted
}
summary-rules-gone = { $count ->
    [one] { $count } redirect rule was gone already
   *[other] { $count } redirect rules were gone already
}
summary-rules-stay = { $count ->
    [one] { $count } redirect rule stays
   *[other] { $count } redirect rules stay
}

summary-privacy = What [privacy] does not reach:
summary-privacy-files =
    { $count ->
        [one] one file is moved as it is; nobody looks into it ([attachments] policy leaves files out)
       *[other] { $count } files are moved as they are; nobody looks into them ([attachments] policy leaves files out)
    }
summary-privacy-names = names inside of texts; only names that a record gives as such are replaced
summary-privacy-articles = articles and macros, which are texts of your own (articles = true looks into them)
summary-privacy-written = records that are on the target already: the rules were changed since the first one was written, and verify names what differs

summary-effect-dropped = dropped
summary-effect-moved = moved
summary-effect-changed = changed
summary-effect-truncated = truncated
summary-effect-flattened = flattened

summary-check-ok = ok
summary-check-warning = warning
summary-check-failure = failure
summary-check-mail = mail
summary-check-hint = hint:
summary-check-next = next: `deskferry preview` says what would be written
summary-check-allowed = allow_mail is set: customers may get mail
summary-check-locked = nothing is written before what may mail customers is off, or allow_mail = true stands in [target]
