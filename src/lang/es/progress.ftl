progress-source = origen
progress-target = destino
progress-reading = leyendo { $what }
progress-writing = escribiendo { $what }
progress-comparing = comparando { $what }
progress-left = faltan { $time }
progress-calls = { $desk }: { $calls } llamadas por minuto
progress-waits = { $desk }: en espera hasta { $time }
progress-files = { $size } de archivos
progress-problems = { $count ->
    [one] { $count } problema
   *[other] { $count } problemas
}
progress-keys = p pausa, s detiene
progress-held = en pausa: p continúa, s detiene
progress-set-aside = { $record } quedó aparte: { $reason }
progress-more-set-aside = hay más registros que quedaron aparte; `deskferry status` los muestra todos
progress-phase-pull = leyendo el origen
progress-phase-settle = comprobando lo que dejó abierto la última ejecución
progress-phase-plan = decidiendo qué escribir
progress-phase-push = escribiendo en el destino
progress-phase-verify = comparando origen y destino
progress-stopping = deteniendo: lo que ya empezó se termina; Ctrl-C otra vez lo corta de inmediato
progress-hours-wait = esperando el horario configurado: { $time }
progress-hours-over = el horario configurado terminó; ejecute la misma orden otra vez para continuar
progress-lost-since = pueden faltar recibos desde { $time }: cada registro se busca en el destino antes de crearlo
