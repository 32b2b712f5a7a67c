# Los detalles de cada pérdida. El ledger guarda estos nombres con los valores de sus
# lugares: un texto que pasa a decir otra cosa, o gana otro lugar, recibe otro nombre.

# Values.
loss-becomes = `{ $old }` pasa a ser `{ $new }`
loss-rule = { $field }: { $why } ({ $place })
loss-drop-if = `{ $value }` está en drop_if
loss-no-choice = `{ $value }` no es una opción del campo `{ $field }`
loss-in-the-archive = queda solo en el archivo local: { $names }
loss-redacted = { $what }: sustituido, según [privacy]
loss-redacted-out = { $what }: omitido, según [privacy]

# People.
loss-one-with-it = `{ $value }` del contacto { $contact }, que se unió a este
loss-blocked = bloqueado
loss-not-blocked = no bloqueado
loss-shared-address = { $address }: el contacto { $contact } tiene la misma dirección; con `deskferry people` decides si son la misma persona

# Messages and files.
loss-call = una llamada telefónica: sus datos y la transcripción están en el texto
loss-history =
    { $count ->
        [one] { $count } cambio de campos queda en una nota interna
       *[other] { $count } cambios de campos quedan en una nota interna
    }
loss-side-conversation = parte de la conversación paralela { $thread }, como dice la primera línea
loss-newer-date = la fecha del último cambio es la del propio destino
loss-file-in-parts = { $name }: { $size } bytes, y el destino acepta { $limit }: va en partes, y el texto lo dice
loss-file-says-so = { $name }: { $why }; una línea en el texto lo dice
loss-file-too-large = { $size } bytes, y el destino acepta { $limit }
loss-file-refused-type = el destino no acepta archivos de este tipo
loss-file-archived = queda en el archivo local, según la configuración
loss-file-skipped = omitido, según la configuración

# Links and markup.
loss-new-address = la dirección es nueva; `deskferry links` crea redirecciones
loss-link-back = todavía lleva a la mesa antigua, pues esa página no existe aquí: { $first }
loss-links-back = { $count } enlaces todavía llevan a la mesa antigua, el primero es { $first }
loss-links-as-said = los enlaces a páginas de la mesa antigua quedan como se escribieron; `deskferry links` crea redirecciones
loss-tags-linked = { $platform } elimina { $tags }; un enlace queda donde se mostraba algo
loss-tags-removed = { $platform } elimina { $tags }; el texto queda

# What several platforms have in common.
loss-word-becomes = { $old } pasa a ser { $new }
loss-own-becomes = `{ $old }` pasa a ser { $new }
loss-status-assigned = { $old } pasa a ser { $new }: el ticket tiene un asignado
loss-no-account = { $who } no tiene cuenta aquí
loss-followers = { $count } sin cuenta aquí
loss-members =
    { $count ->
        [one] { $count } miembro no tiene cuenta aquí
       *[other] { $count } miembros no tienen cuenta aquí
    }
loss-not-here =
    { $kind ->
        [organization] la organización { $which } no existe aquí
        [brand] la marca { $which } no existe aquí
        [form] el formulario { $which } no existe aquí
        [group] el grupo { $which } no existe aquí
       *[field] el campo { $which } no existe aquí
    }
loss-default-one =
    { $kind ->
        [brand] la marca { $which } no existe aquí: queda la predeterminada
       *[form] el formulario { $which } no existe aquí: queda el predeterminado
    }
loss-own-group = su grupo { $which } no existe aquí
loss-in-a-note = { $what }: en una nota interna
loss-field = campo { $field }: { $what }
loss-value-no-choice = { $value } no es una opción de `{ $field }`
loss-value-no-date = { $value } no es una fecha
loss-value-no-whole-number = { $value } no es un número entero
loss-value-no-number = { $value } no es un número
loss-value-no-match = { $value } no coincide con { $pattern }
loss-value-no-bool = { $value } no es ni sí ni no
loss-day-only = el día, sin la hora
loss-one-text = varios valores pasan a ser un solo texto
loss-value = { $value }
loss-number = { $old } pasa a tener un número nuevo
loss-external-id = el external_id cede su lugar al de la propia migración
loss-recipient = la dirección de la mesa a la que se envió
loss-spam-or-deleted = marcado como spam o eliminado en el origen, un ticket normal aquí
loss-file = { $name }: { $why }
loss-nameless = sin nombre: { $name }
loss-picture = cargo y foto
loss-locale-disabled = { $locale } no está habilitado aquí
loss-votes = los votos no se pueden escribir
loss-importing-author = el autor no tiene cuenta aquí: queda la cuenta que importa
loss-slug = la dirección de { $locale } se rehace a partir del título
loss-seo = título y descripción de { $locale } para buscadores
loss-field-optional = queda opcional, para que se acepten los tickets antiguos sin valor

# Zendesk: tickets.
loss-no-subject = sin asunto: (no subject)
loss-closed-assignee = un ticket cerrado necesita un asignado: la cuenta que importa
loss-not-a-member = el asignado no es miembro de este grupo aquí
loss-channel-tag = todo lo importado llega por api; queda como etiqueta { $tag }
loss-open-again = el ticket está abierto de nuevo
loss-only-tasks = solo las tareas tienen vencimiento
loss-metrics-imported = los tickets importados no tienen métricas de servicio
loss-later-date = cambiado después de la migración: la fecha del propio destino
loss-without-messages = un ticket sin mensajes recibe uno que lo dice
loss-rating-in-a-note = solo el cliente puede valorar: queda en una nota interna
loss-time-in-a-note = { $platform } no tiene registros de tiempo: queda en una nota interna

# Zendesk: messages.
loss-message = mensaje { $message }: { $what }
loss-empty-text = un texto vacío pasa a ser { $text }
loss-file-account-limit = { $size } bytes, y la cuenta acepta { $limit }
loss-nearest-date = una fecha anterior a 1970 o futura pasa a la más cercana posible
loss-author-in-the-text = { $line } está en el texto
loss-further-comments =
    { $count ->
        [one] más de 64 kB: sigue en { $count } comentario más
       *[other] más de 64 kB: sigue en { $count } comentarios más
    }
loss-channel-as-the-tag = { $channel }, como dice la etiqueta del ticket
loss-mail-headers = asunto, Message-ID o In-Reply-To del correo
loss-mail-addresses = direcciones del correo
loss-values-on-a-comment = valores que no tienen lugar en un comentario
loss-edited-as-note = editado después: la nueva versión es una nota interna, el mensaje queda como era
loss-seen-as-before = cambiado después: el mensaje queda como era
loss-added-dated = añadido después de la migración: la fecha está en la primera línea
loss-added-author = añadido después de la migración: el autor está en la primera línea
loss-added-internal = añadido después de la migración como nota interna, pues una pública se enviaría por correo; la primera línea lo dice

# Zendesk: people.
loss-own-organization-dates = el propio { $platform } pone las fechas de las organizaciones
loss-own-user-dates = el propio { $platform } pone las fechas de los usuarios
loss-suspended = suspendido: los tickets de usuarios suspendidos se rechazan
loss-deleted-user = eliminado en el origen, un usuario normal aquí
loss-address-numbered = { $sort } (dirección { $number })
loss-no-such-address = { $address }: Zendesk no acepta una dirección así
loss-address-refused = { $sort } { $address }: { $why }
loss-time-zone = zona horaria { $zone }: Zendesk no tiene un nombre propio para ella
loss-tags-lower = en minúsculas, con guiones bajos en lugar de espacios
loss-organization-refused = organización { $organization }: { $why }
loss-agent-refused = agente { $agent }: { $why }
loss-macro-actions =
    { $count ->
        [one] { $count } acción además del texto
       *[other] { $count } acciones además del texto
    }

# Zendesk: articles.
loss-section-below-section = las secciones dentro de secciones requieren Guide Enterprise: si no, queda junto a aquella en la que estaba
loss-guide-dates = el propio Guide pone las fechas
loss-guarded-articles = solo se restringen los artículos, no sus secciones
loss-general-section = queda en una sección `{ $section }` de su categoría
loss-guide-file-limit = mayor que los 20 MB que acepta Guide
loss-frames = los marcos que no son videos quedan en el texto, y solo se ven si el centro de ayuda muestra contenido no seguro
loss-archived-draft = un texto archivado pasa a ser un borrador
loss-text-in-the-way = { $locale }: ya hay otro texto allí en { $known }
loss-default-locale = { $locale } no está habilitado aquí: se escribe como el idioma predeterminado
loss-files-not-tied = { $count } archivos no se pudieron vincular al artículo: { $why }
loss-no-segment = solo para el equipo: no hay un segmento `{ $segment }` aquí
loss-no-signed-in-segment = solo para el equipo: no hay aquí un segmento de usuarios conectados
loss-chosen-audience = un público elegido

# Freshdesk: tickets.
loss-number-moved = Freshdesk da un número propio; el antiguo va al campo de id antiguo, si la cuenta lo tiene
loss-no-metrics = las métricas de servicio no se pueden escribir
loss-tags-cut = sin comas, 32 caracteres: { $tags }
loss-tags-shape = sin comas, 32 caracteres
loss-relations-told = las relaciones se describen en una nota interna
loss-spam = no se puede crear spam: pasa a ser un ticket normal
loss-deleted-ticket = no se pueden crear tickets eliminados: pasa a ser un ticket normal
loss-no-id-field = el id propio del dueño no tiene campo
loss-booked-for-owner = registrado a nombre del dueño de la clave: el agente no tiene cuenta en el destino
loss-seconds-become = { $seconds } segundos pasan a ser { $time }
loss-legacy-date = va al campo de fecha antigua y a la primera línea del primer mensaje
loss-date-of-the-move = pasa a ser la fecha de la migración
loss-dates-of-the-move = pasan a ser la fecha de la migración
loss-counts-from-now = Freshdesk cuenta a partir de la migración
loss-own-service-levels = rigen los niveles de servicio del propio destino
loss-subject-shape = vacío o de más de 255 caracteres
loss-status-code = `{ $old }` pasa a ser { $new } ({ $code })
loss-no-priority = sin prioridad, pasa a ser low
loss-own-name = el nombre propio de la mesa, `{ $name }`
loss-no-such-type = `{ $type }`: el destino no tiene ese tipo
loss-channel-portal = { $channel } no se puede crear y pasa a ser portal
loss-empty-description = un ticket sin mensajes recibe una descripción vacía
loss-note-first = los clientes leen las descripciones: la descripción dice que primero hubo una nota interna, y la nota va después
loss-description-author = la descripción es del solicitante; la primera línea nombra a { $author }
loss-no-survey = la cuenta no tiene una encuesta de satisfacción activa: queda en una nota interna
loss-rating-dated = con la fecha de la migración, y del asignado en ese momento
loss-rating-scale = su valor no está en ninguna escala de Freshdesk: queda en una nota interna
loss-copies-later = las personas en copia no se pueden cambiar después
loss-nobody-known = no se conoce a nadie por cuenta o dirección: pasa a ser el dueño de la clave
loss-no-such-group = el destino no tiene ese grupo
loss-agent-not-a-member = el agente no es miembro del grupo en el destino
loss-agent-no-account = el agente no tiene cuenta en el destino
loss-no-company = la empresa no está en el destino
loss-no-product = el destino no tiene ese producto
loss-no-form = un formulario no se puede elegir por la API
loss-copies-beyond = { $count } en copia no tienen dirección o pasan de { $limit }
loss-copy-twice = una dirección que está en copia dos veces queda una vez
loss-watchers = los observadores recibirían correos
loss-refused = el destino lo rechazó
loss-refused-value = { $name }: el destino lo rechazó
loss-refused-or-taken = { $name }: el destino lo rechazó o ya es de otro contacto
loss-refused-or-companys = { $name }: el destino lo rechazó o ya es de otra empresa
loss-refused-channel = el destino rechazó el canal; pasa a ser portal

# Freshdesk: fields, groups and macros.
loss-no-such-field = { $field }: el destino no tiene ese campo
loss-named-field = { $field }: { $what }
loss-not-whole = `{ $value }` no es un número entero
loss-not-number = `{ $value }` no es un número
loss-not-bool = `{ $value }` no es ni sí ni no
loss-not-date = `{ $value }` no es una fecha
loss-not-choice = `{ $value }` no es una de las opciones
loss-not-choices = `{ $value }` no es una selección de las opciones
loss-too-long = de más de 255 caracteres
loss-day-kept = un campo de fecha guarda solo el día
loss-members-target =
    { $count ->
        [one] { $count } miembro no tiene cuenta en el destino
       *[other] { $count } miembros no tienen cuenta en el destino
    }
loss-was-deleted = estaba eliminado y vuelve a usarse
loss-group-dates = las fechas de los grupos no se pueden escribir
loss-type-instead = { $old } no se puede crear: { $new } ocupa su lugar
loss-actions-by-hand = solo se conserva el texto; las acciones hay que hacerlas a mano
loss-in-use-again = vuelve a usarse
loss-folder-imported = va a la carpeta "{ $folder }"

# Freshdesk: messages and files.
loss-note-visibility = quién puede leer una nota no se puede cambiar después
loss-first-line = va a la primera línea del texto
loss-channel-of-notes = { $old } pasa a ser { $new }: las descripciones tienen el canal del ticket, todos los demás mensajes son notas
loss-note-headers = las notas no tienen cabeceras de correo ni asunto
loss-note-recipients = las notas no tienen destinatarios
loss-edits = las ediciones no se marcan
loss-empty-message = un mensaje vacío pasa a ser `{ $text }`
loss-author-first-line = sin cuenta en el destino: nombrado en la primera línea
loss-former-agent = un antiguo agente es un contacto en el destino
loss-author-refused = Freshdesk rechazó al autor; la primera línea lo nombra
loss-files-of-owner = los archivos son del dueño de la clave
loss-dated-today = { $date } está en la primera línea; Freshdesk usa el día de la migración
loss-undated-today = ninguna fecha está en la primera línea; Freshdesk usa el día de la migración
loss-file-in-archive = { $name } queda solo en el archivo local: { $why }
loss-file-megabytes = { $size } MB, { $platform } acepta { $limit }
loss-further-notes = más de 20 MB: otras notas llevan el resto
loss-images-beside = las imágenes del texto pasan a ser adjuntos junto a él

# Freshdesk: companies and contacts.
loss-names-limit = los nombres tienen 255 caracteres
loss-company-tags = las empresas no tienen etiquetas
loss-company-extras = compartición, grupo y el id propio del dueño no tienen campo
loss-name-mandatory = el nombre es obligatorio y tiene 255 caracteres
loss-active-again = los contactos bloqueados y eliminados pasan a ser activos
loss-address = { $sort } { $address }
loss-unverified = las direcciones no están verificadas hasta que su dueño entra
loss-a-company = una empresa no está en el destino
loss-no-language = el destino no tiene este idioma
loss-own-zones = Freshdesk tiene nombres propios para las zonas horarias
loss-pictures = las fotos quedan solo en el archivo local

# Freshdesk: articles.
loss-order = el orden sigue el orden de escritura
loss-category-audience = las categorías no tienen público, las carpetas sí
loss-staff-until-set = solo para el equipo hasta que el público elegido se configure a mano
loss-levels = lo de arriba es una categoría, todo lo de abajo es una carpeta
loss-main-language = { $locale }: todo artículo empieza en el idioma principal del portal, por eso este texto queda ahí
loss-images-listed = las imágenes del texto también se listan como adjuntos junto a él
loss-names-large-files = una línea en el texto nombra los archivos demasiado grandes
loss-folders-only = los artículos están solo en carpetas: va a una de su categoría
loss-owner-author = sin cuenta en el destino: pasa a ser el dueño de la clave
loss-folder-decides = la carpeta decide quién lee un artículo
loss-portal-comments = si los lectores pueden comentar se define para todo el portal
loss-archived-drafts = los artículos archivados pasan a ser borradores
loss-draft-until-guarded = no todos pueden leerlo: queda como borrador hasta estar en una carpeta con el público correcto
loss-empty-placeholder = un texto vacío recibe un texto provisional
loss-titles-limit = los títulos tienen 255 caracteres
loss-title-placeholder = un título vacío recibe un título provisional
loss-players = si la cuenta elimina los reproductores de video, un enlace queda en su lugar
loss-language-missing = el destino no tiene { $locale }
loss-no-depth = la cuenta no tiene carpetas a esta profundidad; el nombre dice dónde estaba
loss-translation-refused = { $locale }: { $why }

# Request Tracker: tickets.
loss-booked-after = registrado después de la migración: queda en el archivo local
loss-booked-as-one = todo el tiempo registrado pasa a ser un solo registro, en minutos enteros, del usuario que importa
loss-rt-ratings = RT no tiene valoraciones
loss-rt-priority = las prioridades de RT son números: { $old } pasa a ser { $new }
loss-rt-priority-set = las prioridades de RT son números: sin prioridad pasa a ser { $new }
loss-rt-type = los tickets no tienen tipo
loss-rt-channel = los tickets no tienen canal; la primera línea de los mensajes nombra el suyo
loss-rt-subject = los asuntos son una línea de { $limit } caracteres como máximo
loss-rt-updated = RT usa la fecha actual para el último cambio
loss-rt-closed = RT tiene una sola fecha para resuelto y cerrado
loss-rt-solved = solo los tickets resueltos muestran la fecha
loss-rt-metrics = RT calcula sus propias métricas
loss-rt-nobody = no se conoce a nadie por su usuario o dirección
loss-rt-unknown =
    { $count ->
        [one] a { $count } persona no se la conoce por su usuario o dirección
       *[other] a { $count } personas no se las conoce por su usuario o dirección
    }
loss-rt-copy-twice = quien está en copia dos veces queda una vez
loss-rt-owner = RT enviaría un correo al nuevo asignado; el nombre queda en el campo personalizado `deskferry owner` (agent_tokens conserva al asignado)
loss-rt-queue = esa cola no existe: va a la predeterminada
loss-rt-organization = la organización queda con el solicitante
loss-rt-no-equal = el campo { $field } no tiene equivalente en RT
loss-rt-number = RT renumera los tickets; el número antiguo está en el campo personalizado `deskferry id`
loss-rt-tags = los tickets no tienen etiquetas; asócialas a un campo personalizado para conservarlas
loss-rt-links = los tickets unidos y de seguimiento remiten al otro; el problema depende de sus incidentes
loss-rt-brands = RT no tiene marcas
loss-rt-forms = RT no tiene formularios de ticket
loss-rt-spam = marcado como spam en el origen, un ticket normal aquí
loss-rt-not-set = la API de RT no lo escribe
loss-rt-owner-left = { $login } era el asignado; sin un token no se puede asignar a nadie sin enviar un correo
loss-rt-status-kept = RT mantuvo el estado `{ $kept }` en lugar de `{ $wanted }`
loss-rt-people-taken = RT aceptó { $taken } de { $wanted } en { $role }

# Request Tracker: messages.
loss-rt-sent-at = RT usa la fecha actual en los mensajes; la fecha está en la primera línea
loss-rt-author = RT toma por autor al usuario que importa; el verdadero está en la primera línea
loss-rt-channel-line = el canal está en la primera línea
loss-rt-message-id = RT crea un Message-ID propio
loss-rt-recipients = RT enviaría correos a los destinatarios de un mensaje
loss-rt-file = `{ $name }`: { $why }
loss-rt-empty-file = `{ $name }` está vacío, y RT no lo acepta
loss-rt-inline = la API de RT no vincula una imagen a su lugar en el texto: va como adjunto
loss-rt-edited = editado después: la nueva versión es un comentario, el mensaje queda como era

# Request Tracker: queues, fields and people.
loss-rt-members = una cola tiene permisos en lugar de miembros; la API de RT no concede permisos
loss-rt-field-optional = el campo no es obligatorio y no tiene un patrón de formato
loss-rt-organization-text = RT conoce una organización solo como texto de sus usuarios: se conserva el nombre
loss-rt-no-organizations = RT no tiene organizaciones propias
loss-rt-one-organization = un usuario tiene una sola organización: no { $which }
loss-rt-absent = { $which } no existe aquí
loss-rt-user-tags = los usuarios no tienen etiquetas
loss-rt-user-fields = la API de RT no crea campos personalizados de usuarios
loss-rt-enabled = un usuario desactivado no podría ser solicitante: el usuario queda activo
loss-rt-user-dates = RT usa la fecha actual en los usuarios
loss-rt-user-columns = los usuarios no tienen columna para ello
loss-rt-address = { $sort } { $address }: un usuario tiene una dirección, cuatro números y nada más
loss-rt-verified = si una dirección estaba verificada

# Request Tracker: classes and articles.
loss-rt-levels = las clases no tienen niveles
loss-rt-class-language = las clases tienen un solo idioma: no { $locale }
loss-rt-class-position = las clases no tienen posición en la API
loss-rt-staff = los artículos son para el equipo
loss-rt-article-language = los artículos tienen un solo idioma: no { $locale }
loss-rt-article-author = el autor es el usuario que importa
loss-rt-article-dates = RT usa la fecha actual en los artículos
loss-rt-article-position = los artículos no tienen posición en la API
loss-rt-labels = los artículos no tienen etiquetas en la API
loss-rt-votes = los artículos no tienen votos
loss-rt-address-new = la dirección es nueva
loss-rt-comments = los artículos no tienen comentarios ni título para buscadores
loss-rt-article-file = `{ $name }`: los artículos no tienen archivos en la API
loss-rt-read-as = los artículos no tienen idioma: { $locale } se vuelve a leer como { $known }
loss-rt-drafts = RT no tiene borradores
loss-rt-titles = los títulos son tan cortos como los asuntos
loss-rt-no-markup = el texto pierde su formato: el campo `Content` no lo acepta
loss-rt-maybe-markup = si la clase no tiene un campo HTML `Content`, el texto pierde su formato
