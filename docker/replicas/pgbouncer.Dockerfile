# Debian 13 has PgBouncer 1.24: named prepared statements need 1.21 or later.
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends pgbouncer && rm -rf /var/lib/apt/lists/*
COPY pgbouncer.ini pgbouncer.sh /etc/hookline/
USER nobody
EXPOSE 6432
# SIGINT waits for transactions to end; SIGTERM would wait for clients to leave, which they do not.
STOPSIGNAL SIGINT
CMD ["sh", "/etc/hookline/pgbouncer.sh"]
