# Tipos de registro, como aparecen en las tablas y en el progreso.
common-kind-organization = organizaciones
common-kind-group = grupos
common-kind-agent = agentes
common-kind-brand = marcas
common-kind-field = campos
common-kind-form = formularios
common-kind-contact = contactos
common-kind-conversation = conversaciones
common-kind-message = mensajes
common-kind-attachment = adjuntos
common-kind-rating = valoraciones
common-kind-time_entry = registros de tiempo
common-kind-category = categorías
common-kind-article = artículos
common-kind-macro = macros
