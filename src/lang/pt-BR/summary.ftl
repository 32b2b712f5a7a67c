# O que foi planejado, gravado, comparado e ainda está em aberto.
summary-create = criar
summary-update = atualizar
summary-match = iguais
summary-done = pronto
summary-skip = pular
summary-blocked = bloqueado
summary-created = criados
summary-updated = atualizados
summary-matched = encontrados
summary-deleted = excluídos
summary-legend-match = iguais: já existem e ficam como estão
summary-legend-done = pronto: migrado em uma execução anterior
summary-legend-skip = pular: fica de fora, pelo motivo abaixo
summary-legend-blocked = bloqueado: não pode ser gravado, pelo motivo abaixo
summary-previewed = nada foi gravado; próximo passo: `deskferry migrate`
summary-saved = salvo; `deskferry apply { $path }` faz exatamente isto
summary-changes = alterações
summary-field = campo
summary-there-now = agora
summary-will-be = depois
summary-a-minute = { $count } por minuto
summary-requests = chamadas ao destino: { $calls }
summary-time = tempo nos limites do destino: cerca de { $time }
summary-disk = disco em uso: ledger { $ledger }, anexos { $files }
summary-moved-before = { $count } migrados em uma execução anterior
summary-left-out = { $count } deixados de fora de propósito
summary-besides = além disso: { $others }
summary-lost = perdido
summary-how = como
summary-records = registros
summary-example = por exemplo
summary-becomes = o que acontece
summary-not-read = não é lido da origem e, por isso, não é movido:
summary-unmapped = valores sem correspondência; mapping.toml pode definir uma:
summary-not-written = não gravado
summary-why = motivo
summary-such-as = { $records }, como { $example }
summary-more = e mais { $count }; --json mostra tudo
summary-differ = diferem
summary-missing = faltam
summary-extra = a mais
summary-not-compared = não comparado
summary-left-out-head = de fora
summary-there-before = já existia
summary-compared = { $matched } iguais, { $differs } diferem, { $missing } faltam, { $extra } a mais, { $errors } não comparados
summary-compared-at = comparado em { $time }: { $result }
summary-nothing-to-do = nada a fazer
summary-would-be-done = isto é o que seria feito; nada foi gravado
summary-gone = { $records } de { $of } { $kind } não existem mais na origem; ficam no destino ([sync] deleted = "keep")
summary-nothing-ours = nada no destino é nosso: não há o que desfazer
summary-to-delete = a excluir
summary-stay = ficam
summary-stays = fica
summary-on-target = no destino
summary-gone-already = { $count } registros já não existiam no destino
summary-not-touched = { $count } registros já existiam antes e não são tocados
summary-changes-stay = { $count } registros foram alterados por esta execução; as alterações ficam
summary-written-again = um `deskferry migrate` posterior grava de novo
summary-nothing-deleted = nada foi excluído; `--yes` exclui
summary-no-such-problem = nenhum registro tem esse problema: nada a fazer
summary-tried-again = tentado de novo:
summary-no-problem-left = não resta nenhum problema
summary-still-open = ainda em aberto:
summary-mend = corrija a causa e tente de novo; `deskferry status` diz quais registros e o que fazer
summary-stage = etapa
summary-problem = problema
summary-problems-head = problemas
summary-record = registro
summary-what-to-do = o que fazer
summary-next = próximo passo:
summary-from-to = de { $source } para { $target }
summary-in-ledger = no ledger
summary-run = execução
summary-begun = início
summary-took = duração
summary-requests-head = chamadas
summary-outcome = resultado
summary-goes-on = em andamento, ou foi interrompida
summary-cut-off = foi interrompida
summary-nothing = nada a fazer: { $there } registros estão no destino, { $skipped } ficam de fora de propósito{ $blocked ->
    [0] { "" }
   *[other] , { $blocked } não podem ser gravados
}
summary-times = { $count ->
    [one] { $count } vez
   *[other] { $count } vezes
}
summary-problems = { $count ->
    [one] { $count } problema em aberto
   *[other] { $count } problemas em aberto
}; `deskferry status` lista todos, o mesmo comando tenta de novo
summary-older-problems = { $count ->
    [one] { $count } problema de execuções anteriores continua em aberto
   *[other] { $count } problemas de execuções anteriores continuam em aberto
}; `deskferry status` lista todos
summary-open-writes = { $count ->
    [one] { $count } gravação está em aberto; a próxima execução descobre o que aconteceu
   *[other] { $count } gravações estão em aberto; a próxima execução descobre o que aconteceu
}
summary-earlier-runs = { $count ->
    [one] e mais { $count } execução anterior
   *[other] e mais { $count } execuções anteriores
}
summary-rules-made = { $count ->
    [one] { $count } regra de redirecionamento foi criada no destino
   *[other] { $count } regras de redirecionamento foram criadas no destino
}
summary-rules-to-make = { $count ->
    [one] { $count } regra de redirecionamento seria criada no destino
   *[other] { $count } regras de redirecionamento seriam criadas no destino
}
summary-rules-there = { $count ->
    [one] { $count } já existe
   *[other] { $count } já existem
}
summary-rules-taken = { $count ->
    [one] { $count } caminho antigo leva a outro lugar e fica como está
   *[other] { $count } caminhos antigos levam a outro lugar e ficam como estão
}
summary-rules-over = { $count ->
    [one] { $count } passa do que a central de ajuda aceita
   *[other] { $count } passam do que a central de ajuda aceita
}
summary-rules-refused = { $count ->
    [one] { $count } foi recusada
   *[other] { $count } foram recusadas
}
summary-rules-left-out = { $count ->
    [one] { $count } endereço antigo não pode ter regra (tickets, arquivos, endereços com consulta); `deskferry links -o` o tem
   *[other] { $count } endereços antigos não podem ter regra (tickets, arquivos, endereços com consulta); `deskferry links -o` tem todos
}
summary-rules-could = as páginas antigas da central de ajuda podem levar às novas: `deskferry links --create` cria as regras de redirecionamento
summary-rules-act = elas valem onde o domínio antigo leva à nova central de ajuda, e só para páginas que ela não tem
summary-rules-deleted = { $count ->
    [one] { $count } regra de redirecionamento foi excluída
   *[other] { $count } regras de redirecionamento foram excluídas
}
summary-rules-to-delete = { $count ->
    [one] { $count } regra de redirecionamento seria excluída
   *[other] { $count } regras de redirecionamento seriam excluídas
}
summary-rules-gone = { $count ->
    [one] { $count } regra de redirecionamento já não existia
   *[other] { $count } regras de redirecionamento já não existiam
}
summary-rules-stay = { $count ->
    [one] { $count } regra de redirecionamento fica
   *[other] { $count } regras de redirecionamento ficam
}

summary-privacy = O que [privacy] não alcança:
summary-privacy-files =
    { $count ->
        [one] um arquivo é movido como está; ninguém olha dentro dele ([attachments] policy deixa arquivos de fora)
       *[other] { $count } arquivos são movidos como estão; ninguém olha dentro deles ([attachments] policy deixa arquivos de fora)
    }
summary-privacy-names = nomes dentro de textos; só são trocados os nomes que um registro dá como tais
summary-privacy-articles = artigos e macros, que são textos seus (com articles = true também são examinados)
summary-privacy-written = registros que já estão no destino: as regras mudaram desde que o primeiro foi escrito, e verify diz o que difere

summary-effect-dropped = não migrado
summary-effect-moved = guardado em outro lugar
summary-effect-changed = alterado
summary-effect-truncated = cortado
summary-effect-flattened = níveis unificados

summary-check-ok = certo
summary-check-warning = atenção
summary-check-failure = falha
summary-check-mail = e-mail
summary-check-hint = dica:
summary-check-next = a seguir: `deskferry preview` diz o que seria escrito
summary-check-allowed = allow_mail está ligado: os clientes podem receber e-mails
summary-check-locked = nada é escrito antes que esteja desligado o que pode enviar e-mails aos clientes, ou que allow_mail = true esteja em [target]
