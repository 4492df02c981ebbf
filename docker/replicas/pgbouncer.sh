#!/bin/sh
# The password is in the environment and not in the image; PgBouncer reads it from a file in memory.
set -eu

umask 077
printf '"hookline" "%s"\n' "$POSTGRES_PASSWORD" > /tmp/users.txt
exec pgbouncer /etc/hookline/pgbouncer.ini
