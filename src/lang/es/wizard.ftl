# What can be typed, and how questions look.
wizard-welcome = Vamos a preparar tu migración, una pregunta a la vez, hasta un primer piloto. No se escribe nada en la nueva mesa de ayuda antes de que lo confirmes.
wizard-resumed = Ya estuviste aquí: guardamos tus respuestas y seguimos donde lo dejaste. (`deskferry init --restart` empieza de nuevo.)
wizard-keys = En cualquier pregunta: Enter acepta lo que está entre [ ], b vuelve atrás, ? explica, q sale y guarda tus respuestas.
wizard-kept = Tus respuestas están guardadas. `deskferry init` sigue desde aquí.
wizard-first = Esta es la primera pregunta.
wizard-part = Parte { $part } de { $parts }: { $title }
wizard-part-1 = la mesa de ayuda antigua
wizard-part-2 = la mesa de ayuda nueva
wizard-part-3 = qué migrar
wizard-part-4 = archivos y lectura
wizard-part-5 = la correspondencia de valores
wizard-part-6 = personas
wizard-part-7 = estimación y piloto
wizard-part-8 = la migración completa
wizard-yes = Sí
wizard-no = No
wizard-quit = Parar aquí y seguir después
wizard-everything = todo
wizard-none = ninguno
wizard-accept = aceptar
wizard-more = Se muestran { $shown } de { $count }; m muestra más.
wizard-pause = Enter muestra más.
wizard-needs-answer = Esta pregunta necesita una respuesta.
wizard-no-such-choice = `{ $answer }` no es una de las opciones. Escribe un número del 1 al { $count } o parte del nombre.
wizard-several-choices = `{ $answer }` puede ser: { $choices }. Escribe más del nombre, o el número.
wizard-no-such-row = Escribe el número de una fila, del 1 al { $count }, o Enter si todo está bien.

# Both desks.
wizard-source-ask = ¿De qué mesa de ayuda te quieres ir?
wizard-source-help = Solo se lee; allí no cambia nada. Escribe el número o el nombre. Si antes quieres probar, `deskferry sandbox` simula una mesa de ayuda.
wizard-target-ask = ¿A qué mesa de ayuda te quieres mudar?
wizard-target-help = `Files` escribe archivos abiertos en una carpeta: un archivo histórico, o una primera prueba sin ninguna cuenta.
wizard-place-account = ¿Cuál es la dirección de tu { $name }? (acme o https://acme{ $suffix })
wizard-place-account-help = Cópiala del navegador con la sesión de { $name } abierta: basta lo que está antes de { $suffix }. Para un sandbox o un proxy, escribe la dirección completa, como http://127.0.0.1:8080.
wizard-place-address = ¿Cuál es la dirección de tu { $name }? (https://rt.example.com)
wizard-place-address-help = La dirección de la página de inicio, como aparece en el navegador.
wizard-place-folder = ¿Qué carpeta?
wizard-place-folder-help = Relativa a la carpeta en la que estás. La carpeta de destino se crea si no existe.
wizard-sign-in-ask = ¿Cómo accedes a { $name }?
wizard-rights-source = Tiene que ser de un administrador: los demás no ven todo, y lo que no se ve no se puede migrar.
wizard-rights-target = Tiene que ser de un administrador: los demás no pueden crear todo.
wizard-option-ask = { $option }:
wizard-zendesk-oauth-title = Cliente OAuth (recomendado)
wizard-zendesk-oauth = En Zendesk: Centro de administración > Aplicaciones e integraciones > API > Clientes OAuth > Agregar cliente OAuth, tipo Confidencial. Necesitas su identificador (client_id) y su secreto (client_secret). Ámbitos: read para la mesa antigua, read y write para la nueva.
wizard-zendesk-token-title = Token de API (hasta el 30 de abril de 2027)
wizard-zendesk-token = En Zendesk: Centro de administración > Aplicaciones e integraciones > API > Tokens de API. Necesitas el correo de un administrador y el token.
wizard-freshdesk-key-title = Clave de API
wizard-freshdesk-key = En Freshdesk: tu foto arriba a la derecha > Configuración del perfil > Ver clave de API. La clave tiene los mismos permisos que su dueño.
wizard-freshdesk-create-fields = ¿Crear los campos personalizados que Freshdesk todavía no tiene? (Incluye uno que evita que un ticket se escriba dos veces.)
wizard-rt-token-title = Token de autenticación (recomendado)
wizard-rt-token = En Request Tracker: Sesión iniciada como > Configuración > Auth Tokens > Crear. El usuario necesita permisos para ver (o escribir) todo.
wizard-rt-password-title = Nombre y contraseña
wizard-rt-password = El nombre y la contraseña de un usuario de Request Tracker que pueda ver (o escribir) todo.

# Secrets.
wizard-secret-ask = ¿Dónde se guarda { $option }? Nunca queda en deskferry.toml.
wizard-secret-help = Un archivo es lo más simple en tu computadora. Una variable de entorno sirve para servidores de CI. deskferry.toml solo dice dónde está el secreto, así que puedes compartirlo. También puedes escribir env:NOMBRE, file:RUTA o keyring:NOMBRE.
wizard-secret-file = En un archivo que solo tú puedes leer: { $name }
wizard-secret-env = En la variable de entorno { $name }, que defines tú
wizard-secret-keyring = En el llavero del sistema, como { $name }
wizard-secret-known = Donde está ahora: { $name }
wizard-secret-there = (ya existe)
wizard-secret-no-place = Esto no es un lugar para un secreto. Escribe uno de los números, o env:NOMBRE, file:RUTA o keyring:NOMBRE.
wizard-secret-enter = Pega { $option } y pulsa Enter. No se muestra en pantalla.
wizard-secret-enter-help = Va al lugar que elegiste y a ningún otro: ni a registros, ni a informes, ni al ledger.
wizard-env-missing = La variable de entorno { $name } no está definida. Para aquí, defínela (export { $name }=…) y ejecuta `deskferry init` otra vez; o vuelve con b y elige otro lugar.
wizard-env-ask = ¿Qué quieres hacer?

# Work and its failures.
wizard-doing-check = Conectando y revisando …
wizard-doing-write = Escribiendo los archivos del proyecto …
wizard-doing-read = Leyendo la mesa antigua en un archivo de esta computadora. Puedes parar con Ctrl-C: luego sigue desde ahí …
wizard-doing-survey = Comparando lo que tienen las dos mesas …
wizard-doing-preview = Calculando qué se escribirá y qué se perdería …
wizard-doing-pilot = Escribiendo el piloto y comprobando el resultado …
wizard-doing-undo = Deshaciendo el piloto …
wizard-doing-run = Migrando todo. Puedes parar con Ctrl-C y seguir con `deskferry migrate` …
wizard-failed-ask = No funcionó. ¿Y ahora?
wizard-failed-help = Las líneas de arriba dicen qué pasó y qué ayuda. Los mensajes de este tipo están en inglés para poder buscarlos.
wizard-failed-again = Intentar de nuevo
wizard-failed-desk = Responder otra vez las preguntas sobre esta mesa
wizard-failed-mapping = Revisar la correspondencia

# What was found, and what would mail customers.
wizard-found = { $name }: conexión correcta.
wizard-level-ok = bien
wizard-level-warning = atención
wizard-level-failure = problema
wizard-inventory = Contiene: { $counts }.
wizard-mail-about = Esto podría enviar correos a tus clientes mientras entran los tickets antiguos:
wizard-mail-ask = ¿Están apagados?
wizard-mail-help = deskferry no escribe nada hasta que esto esté resuelto. Una parte no se puede ver por la API; en ese caso vale tu palabra.
wizard-mail-again = Los apagué: revisar otra vez
wizard-mail-allow = Están apagados, o se pueden enviar: seguir (allow_mail = true)

# What to move.
wizard-records-ask = ¿Qué quieres migrar? Varios números separados por comas, o * para todo.
wizard-records-help = Lo que hace falta viene con ello: personas con sus conversaciones, grupos y campos con lo que los usa.
wizard-since-ask = ¿Solo conversaciones modificadas desde una fecha? (2019-01-01)
wizard-since-help = Año-mes-día. Solo Enter las migra todas, por antiguas que sean.
wizard-since-wrong = Esto no es una fecha. Escríbela como 2019-01-01.
wizard-files-ask = ¿Y los archivos y las imágenes?
wizard-files-help = El archivado deja los archivos en esta computadora, junto al ledger; los textos dicen qué archivos hay.
wizard-files-move = Migrarlos
wizard-files-archive = Descargarlos, pero dejarlos en esta computadora
wizard-files-skip = Dejarlos atrás
wizard-share-ask = ¿Cuánto del límite de solicitudes de las mesas se puede usar?
wizard-share-help = Las aplicaciones de tu equipo comparten estos límites. 0.5 les deja la mitad y tarda el doble.
wizard-share-most = 80 %, el resto para tu equipo
wizard-share-half = La mitad
wizard-share-all = Todo
wizard-hours-ask = ¿Solo a ciertas horas? (20:00-06:00)
wizard-hours-help = Hora local. Fuera de ese horario la ejecución espera, también esta. Solo Enter: a cualquier hora.
wizard-hours-wrong = Escribe dos horas: 20:00-06:00.

# Files and reading.
wizard-write-about = Ya hay un proyecto aquí ({ $files }). Sus valores se te propusieron. Los comentarios y los ajustes no preguntados se conservan.
wizard-write-ask = ¿Cambiar esos archivos?
wizard-write-help = Si están bajo control de versiones, luego verás qué cambió.
wizard-write-update = Sí, con mis respuestas
wizard-read-about = { $file } y mapping.toml están escritos. No contienen secretos: puedes editarlos y compartirlos.
wizard-read-ask = ¿Leer la mesa antigua ahora? La correspondencia y el piloto lo necesitan.
wizard-read-help = Todo va a un archivo local, deskferry.ledger, que solo tú puedes leer. Una mesa grande tarda horas; puedes parar y seguir cuando quieras.
wizard-read-now = Sí, ahora
wizard-read-later = No, solo mostrar los comandos

# What values become.
wizard-filter-ask = ¿Migrar todas las conversaciones o solo algunas?
wizard-filter-help = Las que queden fuera siguen en el ledger. Etiquetas, canales y fechas se pueden indicar en mapping.toml, en [filters].
wizard-filter-all = Todas
wizard-filter-some = Solo algunas, por estado y grupo
wizard-filter-status = ¿Qué estados? Varios números separados por comas, o * para todos.
wizard-filter-groups = ¿Qué grupos? Varios números separados por comas, o * para todos.
wizard-map-status = Estados de tus conversaciones (cuántas lo tienen) y en qué se convierten:
wizard-map-priority = Prioridades y en qué se convierten:
wizard-map-type = Tipos y en qué se convierten:
wizard-map-groups = Grupos (conversaciones de cada uno) y en qué se convierten:
wizard-map-agents = Agentes (conversaciones asignadas a cada uno) y quiénes son en la mesa nueva. Nunca se crean agentes nuevos, porque cada uno ocupa una licencia de pago:
wizard-map-fields = Campos personalizados (conversaciones que los usan) y adónde van sus valores; el número de un campo con opciones lleva también a sus valores:
wizard-rows-ask = ¿Todo bien? Enter acepta; un número cambia esa fila.
wizard-rows-help = Lo que necesita revisión va primero. Cambia las filas que quieras, una tras otra; Enter al terminar.
wizard-sure = seguro
wizard-likely = probable
wizard-unsure = revísalo
wizard-sure-chosen = tu elección
wizard-nobody = nadie (se nombra en el texto)
wizard-made-new = lo mismo, creado allí
wizard-same = lo mismo
wizard-agents-default = Todos los demás sin cuenta allí
wizard-nothing = nada
wizard-by-itself = Lo automático: { $what }
wizard-row-ask = ¿En qué se convierte { $name }?
wizard-row-help = Escribe el número o parte del nombre.
wizard-own-rule = mapping.toml tiene una regla tuya para esto; queda como está, cámbiala allí
wizard-row-example = Por ejemplo: { $example }

# People.
wizard-people-ask = Una persona suele tener varios contactos. ¿Cuáles se unen sin preguntarte?
wizard-people-help = Los indicios más débiles (mismo nombre, mismo teléfono) solo se sugieren: `deskferry people` los lista y recibe tus decisiones.
wizard-people-strong = Los que tienen el mismo correo verificado o el mismo ID externo
wizard-people-decided = Ninguno: decido yo en cada caso
wizard-country-ask = ¿País de los teléfonos que no lo indican? (BR, MX, DE …)
wizard-country-help = Dos letras. Con BR, (11) 91234-5678 es +55 11 91234-5678.
wizard-country-wrong = Escribe dos letras, como BR.

# Estimate, pilot, run.
wizard-plan-create = Se creará: { $counts }.
wizard-plan-match = Ya existe: { $counts }.
wizard-plan-blocked = No se puede escribir: { $counts }. `deskferry preview` dice por qué.
wizard-plan-calls = Llamadas a la mesa nueva: { $calls }; alrededor de { $time } con sus límites.
wizard-plan-disk = Disco en esta computadora: { $disk }, de ellos archivos de la mesa antigua: { $files }.
wizard-plan-problems = { $count ->
    [one] Un registro tiene un problema; `deskferry status` dice cuál.
   *[other] { $count } registros tienen problemas; `deskferry status` los lista.
}
wizard-plan-losses = Lo que la mesa nueva no puede conservar como estaba:
wizard-plan-more = … y { $count } más; `deskferry preview` muestra todo.
wizard-pilot-ask = ¿Escribir un piloto ahora: unas 20 de las conversaciones más difíciles, para revisarlas?
wizard-pilot-help = Las que tienen más mensajes y archivos, notas, fusiones, antiguos agentes, otros alfabetos. Se escriben en la mesa nueva y se comprueban, y después puedes deshacerlas.
wizard-pilot-record = { $id }, { $why }: { $messages ->
    [one] { $messages } mensaje
   *[other] { $messages } mensajes
}, { $files ->
    [one] { $files } archivo
   *[other] { $files } archivos
}
wizard-why-messages = muchos mensajes
wizard-why-attachments = muchos archivos
wizard-why-merged = fusionada o vinculada
wizard-why-former = un agente sin cuenta allí
wizard-why-notes = notas internas
wizard-why-encoding = otros alfabetos o emojis
wizard-why-unified = un cliente con varios contactos
wizard-why-deleted = eliminada o spam
wizard-why-ordinary = una común
wizard-pilot-missing = no se escribió; el motivo está abajo o en `deskferry status`
wizard-pilot-clean = Verificado: se releyeron { $count } registros y todos están como deben.
wizard-pilot-differs = { $count } registros están como deben, { $wrong } no. `deskferry verify` muestra en detalle qué difiere.
wizard-pilot-keep-ask = Abre las direcciones de arriba y compara. ¿Se ve bien?
wizard-pilot-keep-help = Lo que se queda no se vuelve a escribir en la migración. Lo que se deshace se elimina allí, salvo que alguien lo haya cambiado.
wizard-pilot-keep = Sí, conservarlo
wizard-pilot-undo = No, deshacerlo
wizard-undone = El piloto se deshizo: { $deleted } registros eliminados, { $kept } se quedan (grupos y campos siempre; `deskferry rollback` dice más).
wizard-run-ask = ¿Migrar todo ahora?
wizard-run-help = Se puede parar y ejecutar otra vez cuantas veces quieras; cada registro llega una sola vez. Si no, se muestran los comandos, para una noche tranquila.
wizard-run-now = Sí, ahora
wizard-run-later = No, mostrar los comandos
wizard-ci-ask = ¿Debe correr cada noche en un servidor? Entonces se muestra un ejemplo.
wizard-ci-help = `deskferry sync` lleva lo nuevo o cambiado hasta que cierres la mesa antigua.
wizard-ci-none = No
wizard-ci-file = Para tu servidor de CI:
wizard-ci-more = Dale las variables que nombra tu deskferry.toml. Más en docs/ci.md.
wizard-ended-well = Todo está migrado y verificado.
wizard-ended-open = Está migrado; lo pendiente está arriba. `deskferry status` lo lista, `deskferry retry` lo intenta de nuevo.
wizard-next = Lo que puedes hacer ahora:
wizard-next-preview = qué pasaría, sin escribir
wizard-next-migrate = migra todo; ejecútalo cuantas veces quieras
wizard-next-verify = compara las dos mesas
wizard-next-status = el estado y qué tiene problemas
wizard-next-report = todo en una página, para mostrar
wizard-next-sync = lleva lo que cambió desde entonces
wizard-next-rollback = qué se podría deshacer

# Comments in the files that it writes.
wizard-file-config = Creado por `deskferry init`, que se puede ejecutar otra vez. Aquí no hay secretos.
wizard-file-mapping = En qué se convierten los valores de la mesa antigua en la nueva. Creado por `deskferry init`; edítalo como quieras.
wizard-file-share = Parte del límite de solicitudes que se puede usar.
wizard-file-hours = Cuándo se puede usar, en hora local.
wizard-file-mail = Alguien afirmó: lo que podría enviar correos a los clientes está apagado o permitido.
wizard-file-records = Solo estos; lo que hace falta viene con ellos.
wizard-file-since = Solo conversaciones modificadas desde entonces.
wizard-file-attachments = Archivos: move (migrar), archive (dejar junto al ledger) o skip (omitir).
wizard-file-country = País de los teléfonos que no lo indican.
wizard-file-merge = strong une contactos con la misma dirección verificada; decided no une ninguno por sí solo.
wizard-file-by-itself = Estos son automáticos (conversaciones que los tienen):
wizard-file-row = { $count ->
    [one] { $count } conversación
   *[other] { $count } conversaciones
}

wizard-order-ask = ¿Qué conversaciones van primero?
wizard-order-help = El equipo puede empezar a trabajar en el nuevo sistema mientras llegan las más antiguas. Aquello a lo que se refiere una conversación va antes que ella en todo caso. Con un orden propio, se empieza a escribir cuando todo está leído, y los números nuevos siguen ese orden.
wizard-order-source = como las entrega el origen (lo más rápido)
wizard-order-newest = las que cambiaron por último
wizard-order-open = las que no están resueltas, primero las más nuevas
wizard-file-order = Qué conversaciones se escriben primero: source, newest u open.

wizard-map-brands = Marcas (conversaciones de cada una) y en qué se convierten; una sin equivalente queda fuera y se declara:
wizard-map-forms = Formularios (conversaciones de cada uno) y en qué se convierten; uno sin equivalente queda fuera y se declara, y sus campos se mueven de todos modos:

wizard-lock-zendesk-automation = la automatización "{ $name }" envía notificaciones, también sobre tickets importados que no están cerrados
wizard-lock-zendesk-automation-hint = desactívala en Centro de administración > Objetos y reglas > Reglas de negocio > Automatizaciones hasta que acabe la migración
wizard-lock-freshdesk-email-notifications = los solicitantes, las personas en copia y los agentes pueden recibir correos sobre tickets nuevos y notas públicas: la API no muestra si esas notificaciones están apagadas
wizard-lock-freshdesk-email-notifications-hint = Admin > Email Notifications: apaga todas las notificaciones a solicitantes, agentes y CC; también las encuestas de satisfacción (Admin > Customer Satisfaction) y los recordatorios de SLA
wizard-lock-freshdesk-rules = las reglas del tipo "{ $name }" no se pueden leer con esta clave; pueden enviar correos a clientes
wizard-lock-freshdesk-rules-hint = Admin > Automations: apaga las reglas o usa la clave de un administrador
wizard-lock-freshdesk-rule = la regla "{ $name }" ({ $type }) { $deed ->
    [requester] envía un correo al solicitante
    [agent] envía un correo a un agente
    [group] envía un correo a un grupo
    [forward] reenvía el ticket
    [webhook] llama a un webhook
    [mail] envía correos
    [service] llama a otro servicio
    [survey] envía una encuesta
    [agents] notifica a agentes
   *[other] envía algo al exterior
}
wizard-lock-freshdesk-rule-hint = Admin > Automations > { $type }: apaga la regla mientras dura la migración
wizard-lock-request-tracker-queue-watchers = la cola "{ $name }" es observada por { $watchers }, a quienes RT envía un correo sobre cada mensaje
wizard-lock-request-tracker-queue-watchers-hint = quítalas en Admin, Queues, { $name }, Watchers y vuelve a ponerlas después
wizard-lock-request-tracker-assign-mail = RT envía un correo a cada agente por cada ticket que pasa a ser suyo
wizard-lock-request-tracker-assign-mail-hint = deja `assign` fuera o indica los tokens de los agentes en agent_tokens
wizard-inventory-sizes = Cuánto ocupan los archivos se sabe después de la lectura.

wizard-map-values = Valores de { $name } (conversaciones que tienen cada uno) y en qué se convierten en { $target }:
wizard-values-open = { $count ->
    [one] Un valor en uso no tiene equivalente: quedaría fuera, declarado como pérdida.
   *[other] { $count } valores en uso no tienen equivalente: quedarían fuera, declarados como pérdida.
}
wizard-values-placed = { $count ->
    [one] { $placed } de { $count } valor
   *[other] { $placed } de { $count } valores
}
wizard-values-skip = Nada: queda fuera, declarado como pérdida
wizard-values-help = Un valor va automáticamente al que se guarda igual o, si no lo hay, al que tiene la misma etiqueta. Lo que necesita revisión va primero. Enter vuelve a los campos.
