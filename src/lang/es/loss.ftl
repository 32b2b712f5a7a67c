# Los detalles de cada pérdida. Los registros locales guardan estos nombres con los valores de sus
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
