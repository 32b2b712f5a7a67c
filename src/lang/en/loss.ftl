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
