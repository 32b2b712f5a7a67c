# What records are called.
common-kind-organization = { $count ->
    [one] organization
   *[other] organizations
}
common-kind-group = { $count ->
    [one] group
   *[other] groups
}
common-kind-agent = { $count ->
    [one] agent
   *[other] agents
}
common-kind-brand = { $count ->
    [one] brand
   *[other] brands
}
common-kind-field = { $count ->
    [one] field
   *[other] fields
}
common-kind-form = { $count ->
    [one] form
   *[other] forms
}
common-kind-contact = { $count ->
    [one] contact
   *[other] contacts
}
common-kind-conversation = { $count ->
    [one] conversation
   *[other] conversations
}
common-kind-message = { $count ->
    [one] message
   *[other] messages
}
common-kind-attachment = { $count ->
    [one] attachment
   *[other] attachments
}
common-kind-rating = { $count ->
    [one] rating
   *[other] ratings
}
common-kind-time_entry = { $count ->
    [one] time entry
   *[other] time entries
}
common-kind-category = { $count ->
    [one] category
   *[other] categories
}
common-kind-article = { $count ->
    [one] article
   *[other] articles
}
common-kind-macro = { $count ->
    [one] macro
   *[other] macros
}
