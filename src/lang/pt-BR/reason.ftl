# Por que um registro fica de fora, é mantido ou recusado. O ledger guarda estes nomes com os valores dos lugares:
# um texto que passa a dizer outra coisa, ou ganha outro lugar, recebe outro nome.

# Left out.
reason-scope = o tipo não está em [scope] records
reason-before = última mudança antes de { $since }
reason-filter-since = última mudança em { $changed }, antes de [filters] since
reason-filter-until = criada em { $created }, não antes de [filters] until
reason-filter-ids = não está em [filters] ids
reason-filter-status = o status { $status } não está em [filters] status
reason-filter-channel = o canal { $channel } não está em [filters] channels
reason-filter-group = seu grupo não está em [filters] groups
reason-filter-tags = não tem nenhuma das etiquetas de [filters] tags
reason-rule = uma regra de mapping.toml diz para onde vão os valores
reason-system-field = pertence a toda central dessa plataforma
reason-contact-stands = o destino não tem um agente com este endereço; um contato o representa
reason-written-with = é gravado com aquilo a que pertence
reason-agents-by-hand = um agente ocupa um lugar pago: crie-o à mão, e ele será reconhecido pelo endereço
reason-brands-by-hand = marcas são criadas à mão, e depois reconhecidas pelo nome
reason-forms-by-hand = formulários são criados à mão, e depois reconhecidos pelo nome
reason-every-account = faz parte de toda conta
reason-zendesk-fields = o Zendesk tem campos em tickets, usuários e organizações
reason-macro-empty = uma macro sem texto não faz nada que possa ser migrado
reason-create-fields-off = create_fields está desligado, e o destino não tem esse campo
reason-field-by-hand = campos do tipo { $type } precisam ser criados à mão
reason-agents-cost = agentes ocupam lugares pagos e nunca são criados
reason-no-products = produtos não podem ser criados pela API
reason-forms-not-created = formulários não são criados; seus campos, sim
reason-rt-brands = o RT não tem marcas
reason-rt-forms = o RT não tem formulários de ticket
reason-rt-macros = o RT não tem macros na API
reason-rt-fields = a API do RT só aplica campos personalizados aos tickets das filas

# On the target already.
reason-marked = já tem a marca deste registro
reason-decided-agent = agente do destino, como foi decidido
reason-of-the-target =
    { $kind ->
        [agent] agente do destino
        [group] grupo do destino
        [field] campo do destino
        [brand] marca do destino
       *[form] formulário do destino
    }
reason-same-name = mesmo nome; fica como está no destino
reason-same-email = mesmo endereço de e-mail; fica como está no destino
reason-one-person = a mesma pessoa que outro contato: { $rule }
reason-written-once = mudou na origem depois da migração; registros deste tipo ({ $kinds }) são gravados uma só vez

# Deleted on the source.
reason-deleted = foi excluído na origem depois da migração
reason-deleted-one = foi excluído na origem; outros foram gravados unidos a ele
reason-deleted-both = foi excluído na origem, e também não está mais no destino
reason-deleted-untaggable = foi excluído na origem; não pode receber uma etiqueta no destino
reason-deleted-no-tags = foi excluído na origem; o destino não tem etiquetas para ele
reason-deleted-tagged = foi excluído na origem depois da migração; com a etiqueta { $tag }
reason-deleted-unknown = foi excluído na origem; o destino não informou o que ele é ali
reason-deleted-edited = foi excluído na origem depois da migração; { $edited }
reason-deleted-there = foi excluído na origem depois da migração; excluído no destino

# Cannot be written.
reason-hint = { $reason } ({ $hint })
reason-unsettled = ainda não foi possível saber o que houve com a última gravação
reason-not-as-planned = seria gravado de outro modo que o planejado; faça um novo plano
reason-one-waits = é a mesma pessoa que o contato { $contact }, que não está no destino
reason-no-id = não tem id
reason-no-id-hint = os registros de uma pasta se distinguem pelos ids
reason-no-requester = o ticket não tem solicitante, e o Zendesk não importa nenhum sem um
reason-no-requester-hint = defina um na origem, ou com uma regra de mapping.toml para `requester_id`
reason-requester-absent = o solicitante não está no destino e não tem endereço
reason-requester-absent-hint = grave primeiro o contato (`deskferry retry`), ou dê a ele um endereço
reason-too-many-comments = { $count } comentários, e o Zendesk aceita { $limit } por ticket
reason-too-many-comments-hint = arquive este ticket (`deskferry archive`), ou divida-o na origem
reason-level-absent = o nível acima ({ $level }) não está no destino
reason-level-absent-hint = grave-o primeiro: `deskferry retry`
reason-run-again = execute de novo quando o problema dele estiver resolvido
reason-no-section = o artigo não está em nenhuma seção
reason-no-section-hint = coloque-o em uma na origem
reason-section-absent = sua seção ({ $section }) não está no destino
reason-section-absent-hint = grave primeiro a seção: `deskferry retry`
reason-no-text = não tem texto em nenhum idioma
reason-no-text-hint = dê a ele um título na origem
reason-no-text-complete = complete-o na origem ou deixe-o de fora
reason-help-center-off = a central de ajuda não tem idioma para este texto, ou está desligada
reason-help-center-off-hint = habilite a central de ajuda e seus idiomas no destino
reason-label-taken = o destino tem um campo `{ $field }` que aceita outros valores
reason-label-taken-hint = dê outro nome a um dos dois, ou associe os valores a um campo que já existe
reason-demanded = o destino exige { $fields }, e nada preenche isso
reason-demanded-hint = associe um campo ou uma constante em mapping.toml, ou torne-o opcional durante a migração
reason-category-absent = a categoria do artigo não está no destino
reason-category-absent-hint = o Freshdesk guarda artigos só em pastas; migre também as categorias

# Not read.
reason-history-off = quem mudou qual campo de um ticket e quando; `history = "notes"` em [source] guarda isso em notas internas
reason-suspended = e-mails que esperam uma decisão e que o Zendesk exclui depois de 14 dias; decida na central, ou defina `suspended = "tickets"` em [source]
