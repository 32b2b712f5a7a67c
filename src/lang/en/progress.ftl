progress-source = source
progress-target = target
progress-reading = reading { $what }
progress-writing = writing { $what }
progress-comparing = comparing { $what }
progress-left = { $time } left
progress-calls = { $desk }: { $calls } calls a minute
progress-waits = { $desk } waits until { $time }
progress-files = { $size } of files
progress-problems = { $count ->
    [one] { $count } problem
   *[other] { $count } problems
}
progress-keys = p pauses, s stops
progress-held = paused: p goes on, s stops
progress-set-aside = { $record } set aside: { $reason }
progress-more-set-aside = more records are set aside; `deskferry status` lists them all
progress-phase-pull = reading the source
progress-phase-settle = finding out what the last run left open
progress-phase-plan = deciding what to write
progress-phase-push = writing the target
progress-phase-verify = comparing source and target
progress-stopping = stopping: what was begun is finished; Ctrl-C again ends it at once
progress-hours-wait = waiting for the configured hours: { $time }
progress-hours-over = the configured hours are over; run the same command again to go on
progress-lost-since = receipts since { $time } may be missing: each record is looked for on the target before it is created
