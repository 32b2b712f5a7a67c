# Os detalhes de cada perda. O ledger guarda estes nomes com os valores dos lugares:
# um texto que passa a dizer outra coisa, ou ganha outro lugar, recebe outro nome.

# Values.
loss-becomes = `{ $old }` passa a ser `{ $new }`
loss-rule = { $field }: { $why } ({ $place })
loss-drop-if = `{ $value }` está em drop_if
loss-no-choice = `{ $value }` não é uma opção do campo `{ $field }`
loss-in-the-archive = fica apenas no arquivo local: { $names }
loss-redacted = { $what }: substituído, conforme [privacy]
loss-redacted-out = { $what }: deixado de fora, conforme [privacy]

# People.
loss-one-with-it = `{ $value }` do contato { $contact }, que foi unido a este
loss-blocked = bloqueado
loss-not-blocked = não bloqueado
loss-shared-address = { $address }: o contato { $contact } tem o mesmo endereço; com `deskferry people` você decide se são a mesma pessoa

# Messages and files.
loss-call = uma chamada telefônica: seus dados e a transcrição estão no texto
loss-history =
    { $count ->
        [one] { $count } mudança de campos fica em uma nota interna
       *[other] { $count } mudanças de campos ficam em uma nota interna
    }
loss-side-conversation = parte da conversa paralela { $thread }, como diz a primeira linha
loss-newer-date = a data da última mudança é a do próprio destino
loss-file-in-parts = { $name }: { $size } bytes, e o destino aceita { $limit }: vai em partes, e o texto diz isso
loss-file-says-so = { $name }: { $why }; uma linha no texto diz isso
loss-file-too-large = { $size } bytes, e o destino aceita { $limit }
loss-file-refused-type = o destino não aceita arquivos deste tipo
loss-file-archived = fica no arquivo local, conforme a configuração
loss-file-skipped = deixado de fora, conforme a configuração

# Links and markup.
loss-new-address = o endereço é novo; `deskferry links` cria redirecionamentos
loss-link-back = ainda leva à central antiga, pois essa página não existe aqui: { $first }
loss-links-back = { $count } links ainda levam à central antiga, o primeiro é { $first }
loss-links-as-said = links para páginas da central antiga ficam como foram escritos; `deskferry links` cria redirecionamentos
loss-tags-linked = o { $platform } remove { $tags }; um link fica onde algo era mostrado
loss-tags-removed = o { $platform } remove { $tags }; o texto fica

# What several platforms have in common.
loss-word-becomes = { $old } passa a ser { $new }
loss-own-becomes = `{ $old }` passa a ser { $new }
loss-status-assigned = { $old } passa a ser { $new }: o ticket tem um responsável
loss-no-account = { $who } não tem conta aqui
loss-followers = { $count } sem conta aqui
loss-members =
    { $count ->
        [one] { $count } membro não tem conta aqui
       *[other] { $count } membros não têm conta aqui
    }
loss-not-here =
    { $kind ->
        [organization] a organização { $which } não existe aqui
        [brand] a marca { $which } não existe aqui
        [form] o formulário { $which } não existe aqui
        [group] o grupo { $which } não existe aqui
       *[field] o campo { $which } não existe aqui
    }
loss-default-one =
    { $kind ->
        [brand] a marca { $which } não existe aqui: fica a padrão
       *[form] o formulário { $which } não existe aqui: fica o padrão
    }
loss-own-group = seu grupo { $which } não existe aqui
loss-in-a-note = { $what }: em uma nota interna
loss-field = campo { $field }: { $what }
loss-value-no-choice = { $value } não é uma opção de `{ $field }`
loss-value-no-date = { $value } não é uma data
loss-value-no-whole-number = { $value } não é um número inteiro
loss-value-no-number = { $value } não é um número
loss-value-no-match = { $value } não corresponde a { $pattern }
loss-value-no-bool = { $value } não é sim nem não
loss-day-only = o dia, sem a hora
loss-one-text = vários valores passam a ser um só texto
loss-value = { $value }
loss-number = { $old } passa a ter um novo número
loss-external-id = o external_id dá lugar ao da própria migração
loss-recipient = o endereço da central para o qual foi enviado
loss-spam-or-deleted = marcado como spam ou excluído na origem, um ticket comum aqui
loss-file = { $name }: { $why }
loss-nameless = sem nome: { $name }
loss-picture = cargo e foto
loss-locale-disabled = { $locale } não está habilitado aqui
loss-votes = votos não podem ser gravados
loss-importing-author = o autor não tem conta aqui: fica a conta que importa
loss-slug = o endereço de { $locale } é refeito a partir do título
loss-seo = título e descrição de { $locale } para mecanismos de busca
loss-field-optional = fica opcional, para que tickets antigos sem valor sejam aceitos

# Zendesk: tickets.
loss-no-subject = sem assunto: (no subject)
loss-closed-assignee = um ticket fechado precisa de um responsável: a conta que importa
loss-not-a-member = o responsável não é membro deste grupo aqui
loss-channel-tag = tudo o que é importado chega por api; fica como etiqueta { $tag }
loss-open-again = o ticket está aberto de novo
loss-only-tasks = só tarefas têm prazo
loss-metrics-imported = tickets importados não têm métricas de atendimento
loss-later-date = alterado depois da migração: a data do próprio destino
loss-without-messages = um ticket sem mensagens recebe uma que diz isso
loss-rating-in-a-note = só o cliente pode avaliar: fica em uma nota interna
loss-time-in-a-note = o { $platform } não tem apontamentos de tempo: fica em uma nota interna

# Zendesk: messages.
loss-message = mensagem { $message }: { $what }
loss-empty-text = um texto vazio passa a ser { $text }
loss-file-account-limit = { $size } bytes, e a conta aceita { $limit }
loss-nearest-date = uma data anterior a 1970 ou futura passa para a mais próxima possível
loss-author-in-the-text = { $line } está no texto
loss-further-comments =
    { $count ->
        [one] mais de 64 kB: continua em mais { $count } comentário
       *[other] mais de 64 kB: continua em mais { $count } comentários
    }
loss-channel-as-the-tag = { $channel }, como diz a etiqueta do ticket
loss-mail-headers = assunto, Message-ID ou In-Reply-To do e-mail
loss-mail-addresses = endereços do e-mail
loss-values-on-a-comment = valores que não têm lugar em um comentário
loss-edited-as-note = editada depois: a nova versão é uma nota interna, a mensagem fica como era
loss-seen-as-before = alterada depois: a mensagem fica como era
loss-added-dated = acrescentada depois da migração: a data está na primeira linha
loss-added-author = acrescentada depois da migração: o autor está na primeira linha
loss-added-internal = acrescentada depois da migração como nota interna, pois uma pública seria enviada por e-mail; a primeira linha diz isso

# Zendesk: people.
loss-own-organization-dates = o próprio { $platform } define as datas das organizações
loss-own-user-dates = o próprio { $platform } define as datas dos usuários
loss-suspended = suspenso: os tickets de usuários suspensos são recusados
loss-deleted-user = excluído na origem, um usuário comum aqui
loss-address-numbered = { $sort } (endereço { $number })
loss-no-such-address = { $address }: o Zendesk não aceita um endereço assim
loss-address-refused = { $sort } { $address }: { $why }
loss-time-zone = fuso horário { $zone }: o Zendesk não tem um nome próprio para ele
loss-tags-lower = em minúsculas, com sublinhados no lugar de espaços
loss-organization-refused = organização { $organization }: { $why }
loss-agent-refused = agente { $agent }: { $why }
loss-macro-actions =
    { $count ->
        [one] { $count } ação além do texto
       *[other] { $count } ações além do texto
    }

# Zendesk: articles.
loss-section-below-section = seções dentro de seções exigem o Guide Enterprise: senão ela fica ao lado daquela em que estava
loss-guide-dates = o próprio Guide define as datas
loss-guarded-articles = só os artigos são restritos, não as suas seções
loss-general-section = fica em uma seção `{ $section }` da sua categoria
loss-guide-file-limit = maior que os 20 MB que o Guide aceita
loss-frames = quadros que não são vídeos ficam no texto, e só aparecem se a central de ajuda exibir conteúdo não seguro
loss-archived-draft = um texto arquivado passa a ser um rascunho
loss-text-in-the-way = { $locale }: já há outro texto ali em { $known }
loss-default-locale = { $locale } não está habilitado aqui: gravado como o idioma padrão
loss-files-not-tied = { $count } arquivos não puderam ser ligados ao artigo: { $why }
loss-no-segment = só para a equipe: não há um segmento `{ $segment }` aqui
loss-no-signed-in-segment = só para a equipe: não há aqui um segmento de usuários conectados
loss-chosen-audience = um público escolhido

# Freshdesk: tickets.
loss-number-moved = o Freshdesk dá um número próprio; o antigo vai para o campo de id antigo, se a conta tiver esse campo
loss-no-metrics = métricas de atendimento não podem ser gravadas
loss-tags-cut = sem vírgulas, 32 caracteres: { $tags }
loss-tags-shape = sem vírgulas, 32 caracteres
loss-relations-told = as relações são descritas em uma nota interna
loss-spam = spam não pode ser criado: passa a ser um ticket comum
loss-deleted-ticket = tickets excluídos não podem ser criados: passa a ser um ticket comum
loss-no-id-field = o id próprio do dono não tem campo
loss-booked-for-owner = registrado em nome do dono da chave: o agente não tem conta no destino
loss-seconds-become = { $seconds } segundos passam a ser { $time }
loss-legacy-date = vai para o campo de data antiga e a primeira linha da primeira mensagem
loss-date-of-the-move = passa a ser a data da migração
loss-dates-of-the-move = passam a ser a data da migração
loss-counts-from-now = o Freshdesk conta a partir da migração
loss-own-service-levels = valem os níveis de serviço do próprio destino
loss-subject-shape = vazio ou com mais de 255 caracteres
loss-status-code = `{ $old }` passa a ser { $new } ({ $code })
loss-no-priority = sem prioridade, passa a ser low
loss-own-name = o nome próprio da central, `{ $name }`
loss-no-such-type = `{ $type }`: o destino não tem esse tipo
loss-channel-portal = { $channel } não pode ser criado e passa a ser portal
loss-empty-description = um ticket sem mensagens recebe uma descrição vazia
loss-note-first = os clientes leem as descrições: a descrição diz que uma nota interna veio primeiro, e a nota vem em seguida
loss-description-author = a descrição é do solicitante; a primeira linha cita { $author }
loss-no-survey = a conta não tem pesquisa de satisfação ativa: fica em uma nota interna
loss-rating-dated = com a data da migração, e atribuída ao responsável nesse momento
loss-rating-scale = o valor não está em nenhuma escala do Freshdesk: fica em uma nota interna
loss-copies-later = as pessoas em cópia não podem ser alteradas depois
loss-nobody-known = ninguém é conhecido por conta ou endereço: passa a ser o dono da chave
loss-no-such-group = o destino não tem esse grupo
loss-agent-not-a-member = o agente não é membro do grupo no destino
loss-agent-no-account = o agente não tem conta no destino
loss-no-company = a empresa não está no destino
loss-no-product = o destino não tem esse produto
loss-no-form = um formulário não pode ser escolhido pela API
loss-copies-beyond = { $count } em cópia não têm endereço ou passam de { $limit }
loss-copy-twice = um endereço que está em cópia duas vezes fica uma vez
loss-watchers = os observadores receberiam e-mails
loss-refused = o destino recusou
loss-refused-value = { $name }: o destino recusou
loss-refused-or-taken = { $name }: o destino recusou ou outro contato já usa
loss-refused-or-companys = { $name }: o destino recusou ou já é de outra empresa
loss-refused-channel = o destino recusou o canal; passa a ser portal

# Freshdesk: fields, groups and macros.
loss-no-such-field = { $field }: o destino não tem esse campo
loss-named-field = { $field }: { $what }
loss-not-whole = `{ $value }` não é um número inteiro
loss-not-number = `{ $value }` não é um número
loss-not-bool = `{ $value }` não é sim nem não
loss-not-date = `{ $value }` não é uma data
loss-not-choice = `{ $value }` não é uma das opções
loss-not-choices = `{ $value }` não é uma seleção das opções
loss-too-long = com mais de 255 caracteres
loss-day-kept = um campo de data guarda só o dia
loss-members-target =
    { $count ->
        [one] { $count } membro não tem conta no destino
       *[other] { $count } membros não têm conta no destino
    }
loss-was-deleted = estava excluído e volta a ser usado
loss-group-dates = datas de grupos não podem ser gravadas
loss-type-instead = { $old } não pode ser criado: { $new } fica no lugar
loss-actions-by-hand = só o texto é mantido; as ações precisam ser feitas à mão
loss-in-use-again = volta a ser usada
loss-folder-imported = vai para a pasta "{ $folder }"

# Freshdesk: messages and files.
loss-note-visibility = quem pode ler uma nota não pode ser alterado depois
loss-first-line = vai para a primeira linha do texto
loss-channel-of-notes = { $old } passa a ser { $new }: descrições têm o canal do ticket, todas as outras mensagens são notas
loss-note-headers = notas não têm cabeçalhos de e-mail nem assunto
loss-note-recipients = notas não têm destinatários
loss-edits = edições não são marcadas
loss-empty-message = uma mensagem vazia passa a ser `{ $text }`
loss-author-first-line = sem conta no destino: citado na primeira linha
loss-former-agent = um antigo agente é um contato no destino
loss-author-refused = o Freshdesk recusou o autor; a primeira linha o cita
loss-files-of-owner = os arquivos são do dono da chave
loss-dated-today = { $date } está na primeira linha; o Freshdesk usa o dia da migração
loss-undated-today = nenhuma data está na primeira linha; o Freshdesk usa o dia da migração
loss-file-in-archive = { $name } fica apenas no arquivo local: { $why }
loss-file-megabytes = { $size } MB, o { $platform } aceita { $limit }
loss-further-notes = mais de 20 MB: outras notas levam o resto
loss-images-beside = imagens do texto passam a ser anexos ao lado dele

# Freshdesk: companies and contacts.
loss-names-limit = nomes têm 255 caracteres
loss-company-tags = empresas não têm etiquetas
loss-company-extras = compartilhamento, grupo e o id próprio do dono não têm campo
loss-name-mandatory = o nome é obrigatório e tem 255 caracteres
loss-active-again = contatos bloqueados e excluídos passam a ser ativos
loss-address = { $sort } { $address }
loss-unverified = os endereços não estão verificados até que o dono entre
loss-a-company = uma empresa não está no destino
loss-no-language = o destino não tem este idioma
loss-own-zones = o Freshdesk tem nomes próprios para os fusos horários
loss-pictures = fotos ficam apenas no arquivo local

# Freshdesk: articles.
loss-order = a ordem segue a ordem da gravação
loss-category-audience = categorias não têm público, pastas têm
loss-staff-until-set = só para a equipe até que o público escolhido seja definido à mão
loss-levels = o topo é uma categoria, tudo abaixo é uma pasta
loss-main-language = { $locale }: todo artigo começa no idioma principal do portal, por isso este texto fica ali
loss-images-listed = imagens do texto também são listadas como anexos ao lado dele
loss-names-large-files = uma linha no texto cita os arquivos grandes demais
loss-folders-only = artigos ficam só em pastas: vai para uma da sua categoria
loss-owner-author = sem conta no destino: passa a ser o dono da chave
loss-folder-decides = a pasta decide quem lê um artigo
loss-portal-comments = se os leitores podem comentar é definido para todo o portal
loss-archived-drafts = artigos arquivados passam a ser rascunhos
loss-draft-until-guarded = nem todos podem ler: fica como rascunho até estar em uma pasta com o público certo
loss-empty-placeholder = um texto vazio recebe um texto provisório
loss-titles-limit = títulos têm 255 caracteres
loss-title-placeholder = um título vazio recebe um título provisório
loss-players = se a conta remove os players de vídeo, um link fica no lugar deles
loss-language-missing = o destino não tem { $locale }
loss-no-depth = a conta não tem pastas nessa profundidade; o nome diz onde estava
loss-translation-refused = { $locale }: { $why }

# Request Tracker: tickets.
loss-booked-after = registrado depois da migração: fica no arquivo local
loss-booked-as-one = todo o tempo registrado passa a ser um só apontamento, em minutos inteiros, do usuário que importa
loss-rt-ratings = o RT não tem avaliações
loss-rt-priority = as prioridades do RT são números: { $old } passa a ser { $new }
loss-rt-priority-set = as prioridades do RT são números: sem prioridade passa a ser { $new }
loss-rt-type = tickets não têm tipo
loss-rt-channel = tickets não têm canal; a primeira linha das mensagens cita o delas
loss-rt-subject = assuntos são uma linha de no máximo { $limit } caracteres
loss-rt-updated = o RT usa a data atual para a última mudança
loss-rt-closed = o RT tem uma só data para resolvido e fechado
loss-rt-solved = só tickets resolvidos mostram a data
loss-rt-metrics = o RT calcula suas próprias métricas
loss-rt-nobody = ninguém é conhecido pelo login ou endereço
loss-rt-unknown =
    { $count ->
        [one] { $count } pessoa não é conhecida pelo login ou endereço
       *[other] { $count } pessoas não são conhecidas pelo login ou endereço
    }
loss-rt-copy-twice = quem está em cópia duas vezes fica uma vez
loss-rt-owner = o RT enviaria um e-mail ao novo responsável; o nome fica no campo personalizado `deskferry owner` (agent_tokens mantém o responsável)
loss-rt-queue = essa fila não existe: vai para a padrão
loss-rt-organization = a organização fica com o solicitante
loss-rt-no-equal = o campo { $field } não tem equivalente no RT
loss-rt-number = o RT renumera os tickets; o número antigo está no campo personalizado `deskferry id`
loss-rt-tags = tickets não têm etiquetas; associe-as a um campo personalizado para mantê-las
loss-rt-links = tickets unidos e de continuação referem-se ao outro; o problema depende dos seus incidentes
loss-rt-brands = o RT não tem marcas
loss-rt-forms = o RT não tem formulários de ticket
loss-rt-spam = marcado como spam na origem, um ticket comum aqui
loss-rt-not-set = a API do RT não grava isso
loss-rt-owner-left = { $login } era o responsável; sem um token ninguém pode ser definido como responsável sem um e-mail
loss-rt-status-kept = o RT manteve o status `{ $kept }` em vez de `{ $wanted }`
loss-rt-people-taken = o RT aceitou { $taken } de { $wanted } em { $role }

# Request Tracker: messages.
loss-rt-sent-at = o RT usa a data atual nas mensagens; a data está na primeira linha
loss-rt-author = o RT toma como autor o usuário que importa; o verdadeiro está na primeira linha
loss-rt-channel-line = o canal está na primeira linha
loss-rt-message-id = o RT cria um Message-ID próprio
loss-rt-recipients = o RT enviaria e-mails aos destinatários de uma mensagem
loss-rt-file = `{ $name }`: { $why }
loss-rt-empty-file = `{ $name }` está vazio, o que o RT não aceita
loss-rt-inline = a API do RT não liga uma imagem ao seu lugar no texto: ela vai como anexo
loss-rt-edited = editada depois: a nova versão é um comentário, a mensagem fica como era

# Request Tracker: queues, fields and people.
loss-rt-members = uma fila tem direitos em vez de membros; a API do RT não concede direitos
loss-rt-field-optional = o campo não é obrigatório e não tem padrão de formato
loss-rt-organization-text = o RT conhece uma organização só como texto dos seus usuários: o nome é mantido
loss-rt-no-organizations = o RT não tem organizações próprias
loss-rt-one-organization = um usuário tem uma só organização: não { $which }
loss-rt-absent = { $which } não existe aqui
loss-rt-user-tags = usuários não têm etiquetas
loss-rt-user-fields = a API do RT não cria campos personalizados de usuários
loss-rt-enabled = um usuário desativado não poderia ser solicitante: o usuário fica ativo
loss-rt-user-dates = o RT usa a data atual nos usuários
loss-rt-user-columns = usuários não têm coluna para isso
loss-rt-address = { $sort } { $address }: um usuário tem um endereço, quatro números e nada mais
loss-rt-verified = se um endereço foi verificado

# Request Tracker: classes and articles.
loss-rt-levels = classes não têm níveis
loss-rt-class-language = classes têm um só idioma: não { $locale }
loss-rt-class-position = classes não têm posição na API
loss-rt-staff = artigos são para a equipe
loss-rt-article-language = artigos têm um só idioma: não { $locale }
loss-rt-article-author = o autor é o usuário que importa
loss-rt-article-dates = o RT usa a data atual nos artigos
loss-rt-article-position = artigos não têm posição na API
loss-rt-labels = artigos não têm marcadores na API
loss-rt-votes = artigos não têm votos
loss-rt-address-new = o endereço é novo
loss-rt-comments = artigos não têm comentários nem título para mecanismos de busca
loss-rt-article-file = `{ $name }`: artigos não têm arquivos na API
loss-rt-read-as = artigos não têm idioma: { $locale } é lido de volta como { $known }
loss-rt-drafts = o RT não tem rascunhos
loss-rt-titles = títulos são tão curtos quanto assuntos
loss-rt-no-markup = o texto perde a formatação: o campo `Content` não a aceita
loss-rt-maybe-markup = se a classe não tiver um campo HTML `Content`, o texto perde a formatação
