progress-source = origem
progress-target = destino
progress-reading = lendo { $what }
progress-writing = gravando { $what }
progress-comparing = comparando { $what }
progress-left = faltam { $time }
progress-calls = { $desk }: { $calls } chamadas por minuto
progress-waits = { $desk }: em espera até { $time }
progress-files = { $size } de arquivos
progress-problems = { $count ->
    [one] { $count } problema
   *[other] { $count } problemas
}
progress-keys = p pausa, s para
progress-held = em pausa: p continua, s para
progress-set-aside = { $record } ficou de lado: { $reason }
progress-more-set-aside = há mais registros que ficaram de lado; `deskferry status` mostra todos
progress-phase-pull = lendo a origem
progress-phase-settle = conferindo o que a última execução deixou em aberto
progress-phase-plan = decidindo o que gravar
progress-phase-push = gravando no destino
progress-phase-verify = comparando origem e destino
progress-stopping = parando: o que já começou será concluído; Ctrl-C de novo encerra na hora
progress-hours-wait = aguardando o horário configurado: { $time }
progress-hours-over = o horário configurado acabou; execute o mesmo comando de novo para continuar
progress-lost-since = podem faltar recibos desde { $time }: cada registro é procurado no destino antes de ser criado
