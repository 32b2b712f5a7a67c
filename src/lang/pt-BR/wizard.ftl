# What can be typed, and how questions look.
wizard-welcome = Vamos preparar sua migração, uma pergunta de cada vez, até um primeiro piloto. Nada é gravado na nova central antes da sua confirmação.
wizard-resumed = Você já esteve aqui: suas respostas foram guardadas e continuamos de onde você parou. (`deskferry init --restart` recomeça do zero.)
wizard-keys = Em qualquer pergunta: Enter aceita o que está entre [ ], b volta, ? explica, q para e guarda suas respostas.
wizard-kept = Suas respostas estão guardadas. `deskferry init` continua daqui.
wizard-first = Esta é a primeira pergunta.
wizard-part = Parte { $part } de { $parts }: { $title }
wizard-part-1 = a central antiga
wizard-part-2 = a nova central
wizard-part-3 = o que migrar
wizard-part-4 = arquivos e leitura
wizard-part-5 = a correspondência dos valores
wizard-part-6 = pessoas
wizard-part-7 = estimativa e piloto
wizard-part-8 = a migração completa
wizard-yes = Sim
wizard-no = Não
wizard-quit = Parar aqui e continuar depois
wizard-everything = tudo
wizard-none = nenhum
wizard-accept = aceitar
wizard-more = Mostrando { $shown } de { $count }; m mostra mais.
wizard-pause = Enter mostra mais.
wizard-needs-answer = Esta pergunta precisa de uma resposta.
wizard-no-such-choice = `{ $answer }` não é uma das opções. Digite um número de 1 a { $count } ou parte do nome.
wizard-several-choices = `{ $answer }` pode ser: { $choices }. Digite mais do nome, ou o número.
wizard-no-such-row = Digite o número de uma linha, de 1 a { $count }, ou Enter se estiver tudo certo.

# Both desks.
wizard-source-ask = De qual central de atendimento você quer sair?
wizard-source-help = Ela só é lida; nada muda por lá. Digite o número ou o nome. Se quiser testar antes, `deskferry sandbox` simula uma central.
wizard-target-ask = Para qual central você quer ir?
wizard-target-help = `Files` grava arquivos abertos em uma pasta: um arquivo morto, ou um primeiro teste sem precisar de conta.
wizard-place-account = Qual é o endereço do seu { $name }? (acme ou https://acme{ $suffix })
wizard-place-account-help = Copie do navegador enquanto estiver conectado ao { $name }: basta o que vem antes de { $suffix }. Para um sandbox ou proxy, informe o endereço completo, como http://127.0.0.1:8080.
wizard-place-address = Qual é o endereço do seu { $name }? (https://rt.example.com)
wizard-place-address-help = O endereço da página inicial, como aparece no navegador.
wizard-place-folder = Qual pasta?
wizard-place-folder-help = Relativa à pasta em que você está. A pasta de destino é criada se não existir.
wizard-sign-in-ask = Como você acessa o { $name }?
wizard-rights-source = Precisa ser de um administrador: os demais não veem tudo, e o que não é visto não pode ser migrado.
wizard-rights-target = Precisa ser de um administrador: os demais não podem criar tudo.
wizard-option-ask = { $option }:
wizard-zendesk-oauth-title = Cliente OAuth (recomendado)
wizard-zendesk-oauth = No Zendesk: Central de administração > Aplicativos e integrações > APIs > Clientes OAuth > Adicionar cliente OAuth, tipo Confidencial. Você precisa do identificador (client_id) e do segredo (client_secret). Escopos: read para a central antiga, read e write para a nova.
wizard-zendesk-token-title = Token de API (até 30 de abril de 2027)
wizard-zendesk-token = No Zendesk: Central de administração > Aplicativos e integrações > APIs > Tokens de API. Você precisa do e-mail de um administrador e do token.
wizard-freshdesk-key-title = Chave de API
wizard-freshdesk-key = No Freshdesk: sua foto no canto superior direito > Configurações do perfil > Ver chave de API. A chave tem os mesmos direitos do dono dela.
wizard-freshdesk-create-fields = Criar os campos personalizados que o Freshdesk ainda não tem? (Inclui um que evita que um tíquete seja gravado duas vezes.)
wizard-rt-token-title = Token de autenticação (recomendado)
wizard-rt-token = No Request Tracker: Logado como > Configurações > Auth Tokens > Criar. O usuário precisa de direitos para ver (ou gravar) tudo.
wizard-rt-password-title = Nome e senha
wizard-rt-password = O nome e a senha de um usuário do Request Tracker que possa ver (ou gravar) tudo.

# Secrets.
wizard-secret-ask = Onde guardar { $option }? Ele nunca fica em deskferry.toml.
wizard-secret-help = Um arquivo é o mais simples no seu computador. Uma variável de ambiente serve para servidores de CI. O deskferry.toml só diz onde o segredo está, por isso pode ser compartilhado. Você também pode digitar env:NOME, file:CAMINHO ou keyring:NOME.
wizard-secret-file = Em um arquivo que só você pode ler: { $name }
wizard-secret-env = Na variável de ambiente { $name }, que você define
wizard-secret-keyring = No chaveiro do sistema, como { $name }
wizard-secret-known = Onde está agora: { $name }
wizard-secret-there = (já existe)
wizard-secret-no-place = Isto não é um lugar para um segredo. Digite um dos números, ou env:NOME, file:CAMINHO ou keyring:NOME.
wizard-secret-enter = Cole { $option } e pressione Enter. Ele não aparece na tela.
wizard-secret-enter-help = Vai para o lugar que você escolheu e para nenhum outro: nem para logs, relatórios ou o ledger.
wizard-env-missing = A variável de ambiente { $name } não está definida. Pare aqui, defina-a (export { $name }=…) e execute `deskferry init` de novo; ou volte com b e escolha outro lugar.
wizard-env-ask = O que você quer fazer?

# Work and its failures.
wizard-doing-check = Conectando e verificando …
wizard-doing-write = Gravando os arquivos do projeto …
wizard-doing-read = Lendo a central antiga para um arquivo neste computador. Você pode parar com Ctrl-C: depois continua dali …
wizard-doing-survey = Comparando o que as duas centrais têm …
wizard-doing-preview = Calculando o que será gravado e o que se perderia …
wizard-doing-pilot = Gravando o piloto e conferindo o resultado …
wizard-doing-undo = Desfazendo o piloto …
wizard-doing-run = Migrando tudo. Você pode parar com Ctrl-C e continuar com `deskferry migrate` …
wizard-failed-ask = Não funcionou. E agora?
wizard-failed-help = As linhas acima dizem o que aconteceu e o que fazer. Mensagens desse tipo são em inglês, para que possam ser pesquisadas.
wizard-failed-again = Tentar de novo
wizard-failed-desk = Responder de novo às perguntas sobre esta central
wizard-failed-mapping = Rever a correspondência

# What was found, and what would mail customers.
wizard-found = { $name }: conectado.
wizard-level-ok = certo
wizard-level-warning = atenção
wizard-level-failure = problema
wizard-inventory = Contém: { $counts }.
wizard-mail-about = Isto poderia enviar e-mails aos seus clientes enquanto os tíquetes antigos entram:
wizard-mail-ask = Estão desligados?
wizard-mail-help = O deskferry não grava nada até isso estar resolvido. Parte disso não pode ser vista pela API; nesse caso vale a sua palavra.
wizard-mail-again = Desliguei: verificar de novo
wizard-mail-allow = Estão desligados, ou podem ser enviados: continuar (allow_mail = true)

# What to move.
wizard-records-ask = O que você quer migrar? Vários números separados por vírgulas, ou * para tudo.
wizard-records-help = O que for necessário vem junto: pessoas com suas conversas, grupos e campos com quem os usa.
wizard-since-ask = Somente conversas alteradas a partir de uma data? (2019-01-01)
wizard-since-help = Ano-mês-dia. Só Enter migra todas, por mais antigas que sejam.
wizard-since-wrong = Isto não é uma data. Escreva como 2019-01-01.
wizard-files-ask = E os arquivos e as imagens?
wizard-files-help = O arquivamento mantém os arquivos neste computador, junto ao ledger; os textos dizem quais arquivos existem.
wizard-files-move = Migrar
wizard-files-archive = Baixar, mas manter neste computador
wizard-files-skip = Deixar para trás
wizard-share-ask = Quanto do limite de requisições das centrais pode ser usado?
wizard-share-help = Os aplicativos da sua equipe usam os mesmos limites. 0.5 deixa metade para eles e leva o dobro do tempo.
wizard-share-most = 80 %, o resto para a sua equipe
wizard-share-half = Metade
wizard-share-all = Tudo
wizard-hours-ask = Somente em certos horários? (20:00-06:00)
wizard-hours-help = Hora local. Fora desse horário a execução espera, inclusive esta. Só Enter: a qualquer hora.
wizard-hours-wrong = Escreva dois horários: 20:00-06:00.

# Files and reading.
wizard-write-about = Já existe um projeto aqui ({ $files }). Os valores dele foram propostos a você. Comentários e ajustes não perguntados permanecem.
wizard-write-ask = Alterar esses arquivos?
wizard-write-help = Se estiverem em controle de versão, você verá depois o que mudou.
wizard-write-update = Sim, com as minhas respostas
wizard-read-about = { $file } e mapping.toml foram gravados. Não contêm segredos: você pode editar e compartilhar.
wizard-read-ask = Ler a central antiga agora? A correspondência e o piloto precisam disso.
wizard-read-help = Tudo vai para um arquivo local, deskferry.ledger, que só você pode ler. Uma central grande leva horas; você pode parar e continuar quando quiser.
wizard-read-now = Sim, agora
wizard-read-later = Não, só mostrar os comandos

# What values become.
wizard-filter-ask = Migrar todas as conversas ou só algumas?
wizard-filter-help = As que ficarem de fora continuam no ledger. Etiquetas, canais e datas podem ser indicados em mapping.toml, em [filters].
wizard-filter-all = Todas
wizard-filter-some = Só algumas, por status e grupo
wizard-filter-status = Quais status? Vários números separados por vírgulas, ou * para todos.
wizard-filter-groups = Quais grupos? Vários números separados por vírgulas, ou * para todos.
wizard-map-status = Status das suas conversas (quantas o têm) e o que passam a ser:
wizard-map-priority = Prioridades e o que passam a ser:
wizard-map-type = Tipos e o que passam a ser:
wizard-map-groups = Grupos (conversas de cada um) e o que passam a ser:
wizard-map-agents = Agentes (conversas atribuídas a cada um) e quem são na nova central. Agentes novos nunca são criados, porque cada um ocupa uma licença paga:
wizard-map-fields = Campos personalizados (conversas que os usam) e para onde vão os valores; o número de um campo com opções leva também aos valores:
wizard-rows-ask = Tudo certo? Enter aceita; um número muda aquela linha.
wizard-rows-help = O que precisa de atenção vem primeiro. Mude quantas linhas quiser, uma de cada vez; Enter quando terminar.
wizard-sure = certeza
wizard-likely = provável
wizard-unsure = verifique
wizard-sure-chosen = sua escolha
wizard-nobody = ninguém (citado no texto)
wizard-made-new = o mesmo, criado lá
wizard-same = o mesmo
wizard-agents-default = Todos os demais sem conta lá
wizard-nothing = nada
wizard-by-itself = O automático: { $what }
wizard-row-ask = O que { $name } passa a ser?
wizard-row-help = Digite o número ou parte do nome.
wizard-own-rule = mapping.toml tem uma regra sua para isto; ela fica como está, altere-a ali
wizard-row-example = Por exemplo: { $example }

# People.
wizard-people-ask = Uma pessoa muitas vezes tem vários contatos. Quais são unidos sem perguntar a você?
wizard-people-help = Indícios mais fracos (mesmo nome, mesmo telefone) são apenas sugeridos: `deskferry people` os lista e recebe suas decisões.
wizard-people-strong = Os que têm o mesmo e-mail verificado ou o mesmo ID externo
wizard-people-decided = Nenhum: eu decido caso a caso
wizard-country-ask = País dos telefones que não o indicam? (BR, MX, DE …)
wizard-country-help = Duas letras. Com BR, (11) 91234-5678 é +55 11 91234-5678.
wizard-country-wrong = Escreva duas letras, como BR.

# Estimate, pilot, run.
wizard-plan-create = Será criado: { $counts }.
wizard-plan-match = Já existe: { $counts }.
wizard-plan-blocked = Não pode ser gravado: { $counts }. `deskferry preview` diz por quê.
wizard-plan-calls = Chamadas à nova central: { $calls }; cerca de { $time } dentro dos limites dela.
wizard-plan-disk = Disco neste computador: { $disk }, dos quais arquivos da central antiga: { $files }.
wizard-plan-problems = { $count ->
    [one] Um registro tem um problema; `deskferry status` diz qual.
   *[other] { $count } registros têm problemas; `deskferry status` os lista.
}
wizard-plan-losses = O que a nova central não consegue manter como era:
wizard-plan-more = … e mais { $count }; `deskferry preview` mostra tudo.
wizard-pilot-ask = Gravar um piloto agora: cerca de 20 das conversas mais difíceis, para você conferir?
wizard-pilot-help = As que têm mais mensagens e arquivos, notas, mesclagens, ex-agentes, outros alfabetos. São gravadas na nova central e conferidas, e você pode desfazer depois.
wizard-pilot-record = { $id }, { $why }: { $messages ->
    [one] { $messages } mensagem
   *[other] { $messages } mensagens
}, { $files ->
    [one] { $files } arquivo
   *[other] { $files } arquivos
}
wizard-why-messages = muitas mensagens
wizard-why-attachments = muitos arquivos
wizard-why-merged = mesclada ou vinculada
wizard-why-former = um agente sem conta na nova central
wizard-why-notes = notas internas
wizard-why-encoding = outros alfabetos ou emojis
wizard-why-unified = um cliente com vários contatos
wizard-why-deleted = excluída ou spam
wizard-why-ordinary = uma comum
wizard-pilot-missing = não gravada; o motivo está abaixo ou em `deskferry status`
wizard-pilot-clean = Verificado: { $count } registros foram relidos e todos estão como deveriam.
wizard-pilot-differs = { $count } registros estão como deveriam, { $wrong } não. `deskferry verify` mostra em detalhe o que difere.
wizard-pilot-keep-ask = Abra os endereços acima e compare. Está tudo certo?
wizard-pilot-keep-help = O que fica não é gravado de novo pela migração. O que é desfeito é excluído lá, a menos que alguém o tenha alterado.
wizard-pilot-keep = Sim, manter
wizard-pilot-undo = Não, desfazer
wizard-undone = O piloto foi desfeito: { $deleted } registros excluídos, { $kept } permanecem (grupos e campos sempre ficam; `deskferry rollback` diz mais).
wizard-run-ask = Migrar tudo agora?
wizard-run-help = Pode ser interrompida e executada de novo quantas vezes quiser; cada registro chega uma só vez. Se não, os comandos são mostrados, para uma noite tranquila.
wizard-run-now = Sim, agora
wizard-run-later = Não, mostrar os comandos
wizard-ci-ask = Deve rodar toda noite em um servidor? Então um exemplo é mostrado.
wizard-ci-help = `deskferry sync` leva o que for novo ou alterado até você encerrar a central antiga.
wizard-ci-none = Não
wizard-ci-file = Para o seu servidor de CI:
wizard-ci-more = Informe as variáveis citadas no seu deskferry.toml. Mais em docs/ci.md.
wizard-ended-well = Tudo foi migrado e verificado.
wizard-ended-open = Está migrado; o que ficou pendente está acima. `deskferry status` lista, `deskferry retry` tenta de novo.
wizard-next = O que você pode fazer agora:
wizard-next-preview = o que aconteceria, sem gravar
wizard-next-migrate = migra tudo; execute quantas vezes quiser
wizard-next-verify = compara as duas centrais
wizard-next-status = a situação e o que tem problemas
wizard-next-report = tudo em uma página, para mostrar
wizard-next-sync = leva o que mudou desde então
wizard-next-rollback = o que poderia ser desfeito

# Comments in the files that it writes.
wizard-file-config = Criado por `deskferry init`, que pode ser executado de novo. Não há segredos aqui.
wizard-file-mapping = O que os valores da central antiga passam a ser na nova. Criado por `deskferry init`; edite à vontade.
wizard-file-share = Parte do limite de requisições que pode ser usada.
wizard-file-hours = Quando pode ser usado, em hora local.
wizard-file-mail = Alguém afirmou: o que poderia enviar e-mails aos clientes está desligado ou é permitido.
wizard-file-records = Somente estes; o que for necessário vem junto.
wizard-file-since = Somente conversas alteradas desde então.
wizard-file-attachments = Arquivos: move (migrar), archive (manter junto ao ledger) ou skip (ignorar).
wizard-file-country = País dos telefones que não o indicam.
wizard-file-merge = strong une contatos com o mesmo endereço verificado; decided não une nenhum sozinho.
wizard-file-by-itself = Estes são automáticos (conversas que os têm):
wizard-file-row = { $count ->
    [one] { $count } conversa
   *[other] { $count } conversas
}

wizard-order-ask = Quais conversas vêm primeiro?
wizard-order-help = A equipe pode começar a trabalhar no novo sistema enquanto as mais antigas ainda chegam. Aquilo a que uma conversa se refere vem antes dela em todo caso. Com uma ordem própria, a escrita começa quando tudo foi lido, e os novos números seguem essa ordem.
wizard-order-source = como a origem as entrega (mais rápido)
wizard-order-newest = as que mudaram por último
wizard-order-open = as que não estão resolvidas, das mais novas às mais antigas
wizard-file-order = Quais conversas são escritas primeiro: source, newest ou open.

wizard-map-brands = Marcas (conversas de cada uma) e o que elas se tornam; uma sem correspondente fica de fora e é declarada:
wizard-map-forms = Formulários (conversas de cada um) e o que eles se tornam; um sem correspondente fica de fora e é declarado, e os campos dele são movidos mesmo assim:

wizard-lock-zendesk-automation = a automação "{ $name }" envia notificações, também sobre tickets importados que não estão fechados
wizard-lock-zendesk-automation-hint = desative-a em Admin Center > Objetos e regras > Regras de negócio > Automações até o fim da migração
wizard-lock-freshdesk-email-notifications = solicitantes, pessoas em cópia e agentes podem receber e-mails sobre novos tickets e notas públicas: a API não mostra se essas notificações estão desligadas
wizard-lock-freshdesk-email-notifications-hint = Admin > Email Notifications: desligue todas as notificações a solicitantes, agentes e CC; também as pesquisas de satisfação (Admin > Customer Satisfaction) e os lembretes de SLA
wizard-lock-freshdesk-rules = as regras do tipo "{ $name }" não podem ser lidas com esta chave; elas podem enviar e-mails a clientes
wizard-lock-freshdesk-rules-hint = Admin > Automations: desligue as regras ou use a chave de um administrador
wizard-lock-freshdesk-rule = a regra "{ $name }" ({ $type }) { $deed ->
    [requester] envia e-mail ao solicitante
    [agent] envia e-mail a um agente
    [group] envia e-mail a um grupo
    [forward] encaminha o ticket
    [webhook] chama um webhook
    [mail] envia e-mails
    [service] chama outro serviço
    [survey] envia uma pesquisa
    [agents] notifica agentes
   *[other] envia algo para fora
}
wizard-lock-freshdesk-rule-hint = Admin > Automations > { $type }: desligue a regra enquanto a migração acontece
wizard-lock-request-tracker-queue-watchers = a fila "{ $name }" é observada por { $watchers }, a quem o RT envia um e-mail sobre cada mensagem
wizard-lock-request-tracker-queue-watchers-hint = retire-as em Admin, Queues, { $name }, Watchers e recoloque-as depois
wizard-lock-request-tracker-assign-mail = o RT envia um e-mail a cada agente para cada ticket que passa a ser dele
wizard-lock-request-tracker-assign-mail-hint = deixe `assign` de fora ou informe os tokens dos agentes em agent_tokens
wizard-inventory-sizes = Quanto isso ocupa em arquivos se sabe depois da leitura.

wizard-map-values = Valores de { $name } (conversas que têm cada um) e o que passam a ser em { $target }:
wizard-values-open = { $count ->
    [one] Um valor em uso não tem correspondente: ficaria de fora, declarado como perda.
   *[other] { $count } valores em uso não têm correspondente: ficariam de fora, declarados como perda.
}
wizard-values-placed = { $count ->
    [one] { $placed } de { $count } valor
   *[other] { $placed } de { $count } valores
}
wizard-values-skip = Nada: fica de fora, declarado como perda
wizard-values-help = Um valor vai automaticamente para o que é guardado igual ou, se não houver, para o que tem o mesmo rótulo. O que precisa de atenção vem primeiro. Enter volta aos campos.
