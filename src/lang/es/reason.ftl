# Por qué un registro se omite, se conserva o se rechaza. El ledger guarda estos nombres con los valores de sus
# lugares: un texto que pasa a decir otra cosa, o gana otro lugar, recibe otro nombre.

# Left out.
reason-scope = su tipo no está en [scope] records
reason-before = último cambio antes de { $since }
reason-filter-since = último cambio el { $changed }, antes de [filters] since
reason-filter-until = creada el { $created }, no antes de [filters] until
reason-filter-ids = no está en [filters] ids
reason-filter-status = el estado { $status } no está en [filters] status
reason-filter-channel = el canal { $channel } no está en [filters] channels
reason-filter-group = su grupo no está en [filters] groups
reason-filter-tags = no tiene ninguna de las etiquetas de [filters] tags
reason-rule = una regla de mapping.toml dice adónde van sus valores
reason-system-field = pertenece a toda mesa de esa plataforma
reason-contact-stands = el destino no tiene un agente con esta dirección; un contacto lo representa
reason-written-with = se escribe con aquello a lo que pertenece
reason-agents-by-hand = un agente ocupa un puesto de pago: créalo a mano y se lo reconocerá por su dirección
reason-brands-by-hand = las marcas se crean a mano, y luego se reconocen por su nombre
reason-forms-by-hand = los formularios se crean a mano, y luego se reconocen por su nombre
reason-every-account = es parte de toda cuenta
reason-zendesk-fields = Zendesk tiene campos en tickets, usuarios y organizaciones
reason-macro-empty = una macro sin texto no hace nada que se pueda migrar
reason-create-fields-off = create_fields está apagado, y el destino no tiene ese campo
reason-field-by-hand = los campos de tipo { $type } hay que crearlos a mano
reason-agents-cost = los agentes ocupan puestos de pago y nunca se crean
reason-no-products = los productos no se pueden crear por la API
reason-forms-not-created = los formularios no se crean; sus campos, sí
reason-rt-brands = RT no tiene marcas
reason-rt-forms = RT no tiene formularios de ticket
reason-rt-macros = RT no tiene macros en su API
reason-rt-fields = la API de RT solo aplica campos personalizados a los tickets de las colas

# On the target already.
reason-marked = ya tiene la marca de este registro
reason-decided-agent = agente del destino, como se decidió
reason-of-the-target =
    { $kind ->
        [agent] agente del destino
        [group] grupo del destino
        [field] campo del destino
        [brand] marca del destino
       *[form] formulario del destino
    }
reason-same-name = mismo nombre; queda como está en el destino
reason-same-email = misma dirección de correo; queda como está en el destino
reason-one-person = la misma persona que otro contacto: { $rule }
reason-written-once = cambió en el origen después de la migración; los registros de este tipo ({ $kinds }) se escriben una sola vez

# Deleted on the source.
reason-deleted = se eliminó en el origen después de la migración
reason-deleted-one = se eliminó en el origen; otros se escribieron unidos a él
reason-deleted-both = se eliminó en el origen, y tampoco está ya en el destino
reason-deleted-untaggable = se eliminó en el origen; no se puede etiquetar en el destino
reason-deleted-no-tags = se eliminó en el origen; el destino no tiene etiquetas para él
reason-deleted-tagged = se eliminó en el origen después de la migración; con la etiqueta { $tag }
reason-deleted-unknown = se eliminó en el origen; el destino no informó qué es allí
reason-deleted-edited = se eliminó en el origen después de la migración; { $edited }
reason-deleted-there = se eliminó en el origen después de la migración; eliminado en el destino

# Cannot be written.
reason-hint = { $reason } ({ $hint })
reason-unsettled = todavía no se pudo saber qué pasó con la última escritura
reason-not-as-planned = se escribiría de otro modo que lo planeado; haz un nuevo plan
reason-one-waits = es la misma persona que el contacto { $contact }, que no está en el destino
reason-no-id = no tiene id
reason-no-id-hint = los registros de una carpeta se distinguen por sus ids
reason-no-requester = el ticket no tiene solicitante, y Zendesk no importa ninguno sin él
reason-no-requester-hint = asigna uno en el origen, o con una regla de mapping.toml para `requester_id`
reason-requester-absent = el solicitante no está en el destino y no tiene dirección
reason-requester-absent-hint = escribe primero el contacto (`deskferry retry`), o dale una dirección
reason-too-many-comments = { $count } comentarios, y Zendesk acepta { $limit } por ticket
reason-too-many-comments-hint = archiva este ticket (`deskferry archive`), o divídelo en el origen
reason-level-absent = el nivel superior ({ $level }) no está en el destino
reason-level-absent-hint = escríbelo primero: `deskferry retry`
reason-run-again = ejecuta de nuevo cuando su propio problema esté resuelto
reason-no-section = el artículo no está en ninguna sección
reason-no-section-hint = ponlo en una en el origen
reason-section-absent = su sección ({ $section }) no está en el destino
reason-section-absent-hint = escribe primero la sección: `deskferry retry`
reason-no-text = no tiene texto en ningún idioma
reason-no-text-hint = dale un título en el origen
reason-no-text-complete = complétalo en el origen u omítelo
reason-help-center-off = el centro de ayuda no tiene idioma para este texto, o está apagado
reason-help-center-off-hint = habilita el centro de ayuda y sus idiomas en el destino
reason-label-taken = el destino tiene un campo `{ $field }` que acepta otros valores
reason-label-taken-hint = dale otro nombre a uno de los dos, o asocia los valores a un campo que ya existe
reason-demanded = el destino exige { $fields }, y nada lo rellena
reason-demanded-hint = asocia un campo o una constante en mapping.toml, o hazlo opcional mientras dura la migración
reason-category-absent = la categoría del artículo no está en el destino
reason-category-absent-hint = Freshdesk guarda los artículos solo en carpetas; migra también las categorías

# Not read.
reason-history-off = quién cambió qué campo de un ticket y cuándo; `history = "notes"` en [source] lo guarda en notas internas
reason-suspended = correos que esperan una decisión y que Zendesk elimina a los 14 días; decide en la mesa, o define `suspended = "tickets"` en [source]
