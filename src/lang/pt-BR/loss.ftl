# Os detalhes de cada perda. Os registros locais guardam estes nomes com os valores dos lugares:
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
