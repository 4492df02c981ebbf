#!/bin/bash
# Copies the primary at the first start, and follows it from then on. The slot keeps what the standby has not had yet.
set -euo pipefail

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Beside its place, until it is complete: a copy that breaks off begins anew.
  copy="$PGDATA.copy"
  rm -rf "$copy" "$PGDATA"
  slot=$(psql --host postgres --username replicator --tuples-only --no-align \
    --command 'READ_REPLICATION_SLOT standby' 'dbname=postgres replication=true' | cut -d'|' -f1)
  create_slot=()
  [ -n "$slot" ] || create_slot=(--create-slot)
  pg_basebackup --host postgres --username replicator --pgdata "$copy" --wal-method stream --write-recovery-conf \
    "${create_slot[@]}" --slot standby --checkpoint fast
  mv "$copy" "$PGDATA"
fi
exec postgres
