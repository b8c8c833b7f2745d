#!/bin/sh
# Starts a MariaDB with the data of the sample in a folder, and stays until it is ended:
#
#   sh database.sh FOLDER
#
# It can be reached at FOLDER/mysql.sock alone. "ready" is printed when it is there.
set -eu
folder=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin
user=$(id -un)
if [ ! -d "$folder/data" ]; then
    mariadb-install-db --no-defaults --auth-root-authentication-method=normal --user="$user" \
        --datadir="$folder/data" --skip-test-db >"$folder/install.log" 2>&1 || { cat "$folder/install.log" >&2; exit 1; }
fi
mariadbd --no-defaults --user="$user" --datadir="$folder/data" --socket="$folder/mysql.sock" --skip-networking \
    --pid-file="$folder/mysql.pid" --innodb-buffer-pool-size=16M --innodb-log-file-size=8M >"$folder/mariadb.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server' EXIT
trap 'exit 0' TERM INT
tries=0
until mariadb --no-defaults --socket="$folder/mysql.sock" --user=root <"$here/database.sql" 2>"$folder/load.log"; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ] || ! kill -0 $server 2>/dev/null; then
        cat "$folder/load.log" "$folder/mariadb.log" >&2
        exit 1
    fi
    sleep 0.1
done
echo ready
wait $server
