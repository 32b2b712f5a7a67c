# Tipos de registro, como aparecem nas tabelas e no progresso.
common-kind-organization = organizações
common-kind-group = grupos
common-kind-agent = agentes
common-kind-brand = marcas
common-kind-field = campos
common-kind-form = formulários
common-kind-contact = contatos
common-kind-conversation = conversas
common-kind-message = mensagens
common-kind-attachment = anexos
common-kind-rating = avaliações
common-kind-time_entry = apontamentos de tempo
common-kind-category = categorias
common-kind-article = artigos
common-kind-macro = macros
