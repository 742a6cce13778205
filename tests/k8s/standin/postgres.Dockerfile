# Stands in for postgres:17 where that image cannot be pulled: Debian's server, the same variables
# (POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, PGDATA), the same user and folder. For tests only.
ARG BASE=debian:trixie-slim
FROM ${BASE}
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/lib/postgresql/*/main \
 && usermod --uid 999 postgres && groupmod --gid 999 postgres \
 && install -d -o 999 -g 999 -m 1777 /var/lib/postgresql/data && chown -R 999:999 /var/lib/postgresql \
 && install -d -o 999 -g 999 -m 3777 /var/run/postgresql \
 && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/
COPY postgres-run.sh /usr/local/bin/docker-entrypoint.sh
ENV PGDATA=/var/lib/postgresql/data
USER 999
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["bash", "/usr/local/bin/docker-entrypoint.sh"]
