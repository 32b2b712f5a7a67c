# Lo que se planeó, se escribió, se comparó y sigue abierto.
summary-create = crear
summary-update = actualizar
summary-match = iguales
summary-done = listo
summary-skip = omitir
summary-blocked = bloqueado
summary-created = creados
summary-updated = actualizados
summary-matched = encontrados
summary-deleted = eliminados
summary-legend-match = iguales: ya existen y quedan como están
summary-legend-done = listo: migrado en una ejecución anterior
summary-legend-skip = omitir: queda fuera, por el motivo de abajo
summary-legend-blocked = bloqueado: no se puede escribir, por el motivo de abajo
summary-previewed = no se escribió nada; siguiente paso: `deskferry migrate`
summary-saved = guardado; `deskferry apply { $path }` hace exactamente esto
summary-changes = cambios
summary-field = campo
summary-there-now = ahora
summary-will-be = después
summary-a-minute = { $count } por minuto
summary-requests = llamadas al destino: { $calls }
summary-time = tiempo con los límites del destino: unos { $time }
summary-disk = disco en uso: ledger { $ledger }, adjuntos { $files }
summary-moved-before = { $count } migrados en una ejecución anterior
summary-left-out = { $count } omitidos a propósito
summary-besides = además: { $others }
summary-lost = perdido
summary-how = cómo
summary-records = registros
summary-example = por ejemplo
summary-becomes = qué pasa con ello
summary-not-read = no se lee del origen y por eso no se traslada:
summary-unmapped = valores sin correspondencia; mapping.toml puede darles una:
summary-not-written = no escrito
summary-why = motivo
summary-such-as = { $records }, como { $example }
summary-more = y { $count } más; --json muestra todo
summary-differ = difieren
summary-missing = faltan
summary-extra = de más
summary-not-compared = sin comparar
summary-left-out-head = omitidos
summary-there-before = ya existía
summary-compared = { $matched } iguales, { $differs } difieren, { $missing } faltan, { $extra } de más, { $errors } sin comparar
summary-compared-at = comparado el { $time }: { $result }
summary-nothing-to-do = nada que hacer
summary-would-be-done = esto es lo que se haría; no se escribió nada
summary-gone = { $records } de { $of } { $kind } ya no existen en el origen; quedan en el destino ([sync] deleted = "keep")
summary-nothing-ours = nada en el destino es nuestro: no hay nada que deshacer
summary-to-delete = a eliminar
summary-stay = quedan
summary-stays = queda
summary-on-target = en el destino
summary-gone-already = { $count } registros ya no existían en el destino
summary-not-touched = { $count } registros ya existían antes y no se tocan
summary-changes-stay = { $count } registros fueron cambiados por esta ejecución; los cambios quedan
summary-written-again = un `deskferry migrate` posterior lo escribe de nuevo
summary-nothing-deleted = no se eliminó nada; `--yes` lo hace
summary-no-such-problem = ningún registro tiene ese problema: nada que hacer
summary-tried-again = intentado de nuevo:
summary-no-problem-left = no queda ningún problema
summary-still-open = aún abiertos:
summary-mend = corrija la causa y reintente; `deskferry status` dice qué registros y qué hacer
summary-stage = etapa
summary-problem = problema
summary-problems-head = problemas
summary-record = registro
summary-what-to-do = qué hacer
summary-next = siguiente paso:
summary-from-to = de { $source } a { $target }
summary-in-ledger = en el ledger
summary-run = ejecución
summary-begun = inicio
summary-took = duración
summary-requests-head = llamadas
summary-outcome = resultado
summary-goes-on = en curso, o fue interrumpida
summary-cut-off = fue interrumpida
summary-nothing = nada que hacer: { $there } registros están en el destino, { $skipped } se omiten a propósito{ $blocked ->
    [0] { "" }
   *[other] , { $blocked } no se pueden escribir
}
summary-times = { $count ->
    [one] { $count } vez
   *[other] { $count } veces
}
summary-problems = { $count ->
    [one] { $count } problema abierto
   *[other] { $count } problemas abiertos
}; `deskferry status` los lista, la misma orden los intenta de nuevo
summary-older-problems = { $count ->
    [one] { $count } problema de ejecuciones anteriores sigue abierto
   *[other] { $count } problemas de ejecuciones anteriores siguen abiertos
}; `deskferry status` los lista
summary-open-writes = { $count ->
    [one] { $count } escritura está abierta; la próxima ejecución averigua qué pasó
   *[other] { $count } escrituras están abiertas; la próxima ejecución averigua qué pasó
}
summary-earlier-runs = { $count ->
    [one] y { $count } ejecución anterior
   *[other] y { $count } ejecuciones anteriores
}
summary-rules-made = { $count ->
    [one] { $count } regla de redirección se creó en el destino
   *[other] { $count } reglas de redirección se crearon en el destino
}
summary-rules-to-make = { $count ->
    [one] { $count } regla de redirección se crearía en el destino
   *[other] { $count } reglas de redirección se crearían en el destino
}
summary-rules-there = { $count ->
    [one] { $count } ya existe
   *[other] { $count } ya existen
}
summary-rules-taken = { $count ->
    [one] { $count } ruta antigua lleva a otro lugar y queda como está
   *[other] { $count } rutas antiguas llevan a otro lugar y quedan como están
}
summary-rules-over = { $count ->
    [one] { $count } es más de lo que admite el centro de ayuda
   *[other] { $count } son más de las que admite el centro de ayuda
}
summary-rules-refused = { $count ->
    [one] { $count } fue rechazada
   *[other] { $count } fueron rechazadas
}
summary-rules-left-out = { $count ->
    [one] { $count } dirección antigua no puede tener regla (tickets, archivos, direcciones con consulta); `deskferry links -o` la tiene
   *[other] { $count } direcciones antiguas no pueden tener regla (tickets, archivos, direcciones con consulta); `deskferry links -o` las tiene todas
}
summary-rules-could = las páginas antiguas del centro de ayuda pueden llevar a las nuevas: `deskferry links --create` crea las reglas de redirección
summary-rules-act = valen donde el dominio antiguo lleva al nuevo centro de ayuda, y solo para páginas que este no tiene
summary-rules-deleted = { $count ->
    [one] { $count } regla de redirección fue eliminada
   *[other] { $count } reglas de redirección fueron eliminadas
}
summary-rules-to-delete = { $count ->
    [one] { $count } regla de redirección sería eliminada
   *[other] { $count } reglas de redirección serían eliminadas
}
summary-rules-gone = { $count ->
    [one] { $count } regla de redirección ya no existía
   *[other] { $count } reglas de redirección ya no existían
}
summary-rules-stay = { $count ->
    [one] { $count } regla de redirección queda
   *[other] { $count } reglas de redirección quedan
}

summary-privacy = Lo que [privacy] no alcanza:
summary-privacy-files =
    { $count ->
        [one] un archivo se mueve tal como está; nadie mira dentro ([attachments] policy deja archivos fuera)
       *[other] { $count } archivos se mueven tal como están; nadie mira dentro ([attachments] policy deja archivos fuera)
    }
summary-privacy-names = nombres dentro de textos; solo se cambian los nombres que un registro da como tales
summary-privacy-articles = artículos y macros, que son textos propios (con articles = true también se examinan)
summary-privacy-written = registros que ya están en el destino: las reglas cambiaron desde que se escribió el primero, y verify dice qué difiere

summary-effect-dropped = no migrado
summary-effect-moved = guardado en otro lugar
summary-effect-changed = cambiado
summary-effect-truncated = recortado
summary-effect-flattened = niveles unificados

summary-check-ok = bien
summary-check-warning = atención
summary-check-failure = fallo
summary-check-mail = correo
summary-check-hint = consejo:
summary-check-next = a continuación: `deskferry preview` dice qué se escribiría
summary-check-allowed = allow_mail está activado: los clientes pueden recibir correos
summary-check-locked = no se escribe nada antes de que esté apagado lo que puede enviar correos a los clientes, o de que allow_mail = true esté en [target]
