# Como os registros se chamam.
common-kind-organization = { $count ->
    [one] organização
   *[other] organizações
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
    [one] formulário
   *[other] formulários
}
common-kind-contact = { $count ->
    [one] contato
   *[other] contatos
}
common-kind-conversation = { $count ->
    [one] conversa
   *[other] conversas
}
common-kind-message = { $count ->
    [one] mensagem
   *[other] mensagens
}
common-kind-attachment = { $count ->
    [one] anexo
   *[other] anexos
}
common-kind-rating = { $count ->
    [one] avaliação
   *[other] avaliações
}
common-kind-time_entry = { $count ->
    [one] apontamento de tempo
   *[other] apontamentos de tempo
}
common-kind-category = { $count ->
    [one] categoria
   *[other] categorias
}
common-kind-article = { $count ->
    [one] artigo
   *[other] artigos
}
common-kind-macro = { $count ->
    [one] macro
   *[other] macros
}
