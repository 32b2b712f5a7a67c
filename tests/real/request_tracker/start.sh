#!/bin/bash
# A real Request Tracker 5 on loopback: Debian packages, SQLite, Starman; no Apache, no daemon started by apt.
#
#   start.sh [port] [state dir]
#
# Everything the instance writes is below the state dir: the database, its
# log, every mail it would have sent (*.mbox), the pid (rt.pid) and an API
# token of root (token). Nothing leaves the machine.
set -euo pipefail
port=${1:-8080}
state=$(realpath -m "${2:-rt-state}")
here=$(cd "$(dirname "$0")" && pwd)
export DEBIAN_FRONTEND=noninteractive
if ! dpkg -s rt5-standalone >/dev/null 2>&1; then
  # Without this, apt would start daemons outside of anybody's control.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
  fi
  apt-get update -qq
  # msmtp-mta is a mail transport agent without a daemon, which RT's packages demand.
  apt-get install -y -qq --no-install-recommends \
    request-tracker5 rt5-db-sqlite rt5-standalone starman msmtp-mta dbconfig-no-thanks curl sqlite3 >&2
fi
mkdir -p "$state/conf.d" "$state/session"
cat >"$state/RT_SiteConfig.pm" <<C
use utf8;
# Mails go to "VarPath/<start>.mbox": one place an instance, so that they can be counted.
\$RT::VarPath = '$state';
Set(\$rtname, 'rt.test');
Set(\$Organization, 'rt.test');
Set(\$Timezone, 'UTC');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $port);
Set(\$WebBaseURL, 'http://127.0.0.1:$port');
Set(\$WebPath, '');
Set(\$CorrespondAddress, 'support\@rt.test');
Set(\$CommentAddress, 'support-comment\@rt.test');
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '$state/rt5.sqlite');
Set(\$MailCommand, 'mbox');
Set(\$LogToSyslog, undef);
Set(\$LogToSTDERR, 'warning');
Set(\$WebSessionClass, 'Apache::Session::File');
Set(\$MaxAttachmentSize, 50*1024*1024);
Set(\$ShowUnreadMessageNotifications, 0);
# Tokens and passwords are checked on every request: 270 ms at the default cost, 10 ms at 4.
Set(\$BcryptCost, 4);
1;
C
export RT_SITE_CONFIG="$state/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$state/conf.d"
if [ ! -s "$state/rt5.sqlite" ]; then
  echo -n rootpass1 >"$state/rootpw"
  # A database that nobody used yet costs 20 s to make and nothing to copy.
  cache=${TMPDIR:-/tmp}/deskferry-rt5-fresh.$(dpkg-query -W -f '${Version}' request-tracker5 | tr -c 'A-Za-z0-9.\n' _).sqlite
  if [ ! -s "$cache" ]; then
    /usr/sbin/rt-setup-database-5 --action init --skip-create --root-password-file "$state/rootpw" >&2
    /usr/sbin/rt-setup-database-5 --action insert --skip-create --datafile "$here/rights.initialdata" >&2
    cp "$state/rt5.sqlite" "$cache.$$"
    mv "$cache.$$" "$cache"
  else
    cp "$cache" "$state/rt5.sqlite"
  fi
fi
[ -s "$state/token" ] || perl "$here/token.pl" root >"$state/token"
setsid nohup /usr/share/request-tracker5/libexec/rt-server --server Starman --host 127.0.0.1 --port "$port" --workers 2 \
  >"$state/rt.log" 2>&1 </dev/null &
echo $! >"$state/rt.pid"
for _ in $(seq 1 240); do
  if curl -fsS -u root:rootpass1 "http://127.0.0.1:$port/REST/2.0/rt" >/dev/null 2>&1; then
    echo "http://127.0.0.1:$port"
    exit 0
  fi
  kill -0 "$(cat "$state/rt.pid")" 2>/dev/null || { tail "$state/rt.log" >&2; exit 1; }
  sleep 0.5
done
tail "$state/rt.log" >&2
exit 1
