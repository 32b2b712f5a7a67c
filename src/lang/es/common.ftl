# Cómo se llaman los registros.
common-kind-organization = { $count ->
    [one] organización
   *[other] organizaciones
}
common-kind-group = { $count ->
    [one] grupo
   *[other] grupos
}
common-kind-agent = { $count ->
    [one] agente
   *[other] agentes
}
common-kind-brand = { $count ->
    [one] marca
   *[other] marcas
}
common-kind-field = { $count ->
    [one] campo
   *[other] campos
}
common-kind-form = { $count ->
    [one] formulario
   *[other] formularios
}
common-kind-contact = { $count ->
    [one] contacto
   *[other] contactos
}
common-kind-conversation = { $count ->
    [one] conversación
   *[other] conversaciones
}
common-kind-message = { $count ->
    [one] mensaje
   *[other] mensajes
}
common-kind-attachment = { $count ->
    [one] adjunto
   *[other] adjuntos
}
common-kind-rating = { $count ->
    [one] valoración
   *[other] valoraciones
}
common-kind-time_entry = { $count ->
    [one] registro de tiempo
   *[other] registros de tiempo
}
common-kind-category = { $count ->
    [one] categoría
   *[other] categorías
}
common-kind-article = { $count ->
    [one] artículo
   *[other] artículos
}
common-kind-macro = { $count ->
    [one] macro
   *[other] macros
}
