# Kinds of records, as the heads of tables and the lines of progress have them.
common-kind-organization = organizations
common-kind-group = groups
common-kind-agent = agents
common-kind-brand = brands
common-kind-field = fields
common-kind-form = forms
common-kind-contact = contacts
common-kind-conversation = conversations
common-kind-message = messages
common-kind-attachment = attachments
common-kind-rating = ratings
common-kind-time_entry = time entries
common-kind-category = categories
common-kind-article = articles
common-kind-macro = macros
