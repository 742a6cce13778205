# One image for each service, from one build.
#
#   docker build --target detector -t causeway/detector:0.1.0 .
#   docker compose build                                        all of them
#   docker build --target tested .                              the unit tests, with the libraries of the image
#
# BASE is any Debian from 12 on, from any registry; its own apt sources are used. Needs BuildKit.

ARG BASE=debian:trixie-slim

# ---- build ------------------------------------------------------------------
FROM ${BASE} AS build
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      gcc g++ cmake ninja-build pkg-config ccache \
      librdkafka-dev libavro-dev libpq-dev libjansson-dev libxxhash-dev libyaml-dev libmicrohttpd-dev \
      libcurl4-openssl-dev libprotobuf-c-dev protobuf-c-compiler libsimdjson-dev zlib1g-dev libzstd-dev libssl-dev libcmocka-dev >/dev/null
ENV CCACHE_DIR=/ccache
WORKDIR /source
COPY . .
# Paths of the build do not reach the programs.
RUN --mount=type=cache,target=/ccache \
    cmake --preset release -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
      -DCMAKE_C_FLAGS=-ffile-prefix-map=/source=. -DCMAKE_CXX_FLAGS=-ffile-prefix-map=/source=. >/dev/null \
 && ninja -C build/release -t targets all | sed -n 's/^\(causeway-[a-z]*\|cwctl\): phony$/\1/p' > /targets \
 && xargs ninja -C build/release < /targets \
 && mkdir -p /out/bin \
 && for program in $(cat /targets); do strip --strip-unneeded -o /out/bin/$program build/release/bin/$program || exit 1; done
# The packages of the libraries the programs name, whatever this Debian calls them.
RUN ldd /out/bin/* | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u | xargs -n 1 readlink -f | sort -u \
  | while read -r library; do dpkg-query -S "$library" 2>/dev/null || dpkg-query -S "${library#/usr}"; done \
  | cut -d: -f1 | sort -u > /out/packages && test -s /out/packages && cat /out/packages

# ---- the tests, on the libraries that ship ------------------------------------
FROM build AS tested
RUN --mount=type=cache,target=/ccache ninja -C build/release \
 && ctest --test-dir build/release -L unit -j 2 --output-on-failure

# ---- what every service needs at run time --------------------------------------
FROM ${BASE} AS runtime
COPY --from=build /out/packages /usr/share/causeway/packages
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive xargs apt-get install -y -qq --no-install-recommends ca-certificates tzdata \
      < /usr/share/causeway/packages >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin causeway \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/causeway
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Causeway" \
      org.opencontainers.image.description="AIOps engine on Kafka: finds, folds, explains, repairs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Causeway" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A port one can know, reachable from outside the container; the health check asks it.
ENV CAUSEWAY_ADMIN_ADDRESS=0.0.0.0 CAUSEWAY_ADMIN_PORT=9600
USER 10001:10001
WORKDIR /
EXPOSE 9600
STOPSIGNAL SIGTERM

# ---- the services: the program and nothing else --------------------------------
FROM runtime AS normalizer
COPY --from=build /out/bin/causeway-normalizer /usr/bin/
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-normalizer", "--probe"]
ENTRYPOINT ["causeway-normalizer"]

FROM runtime AS detector
COPY --from=build /out/bin/causeway-detector /usr/bin/
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-detector", "--probe"]
ENTRYPOINT ["causeway-detector"]

FROM runtime AS logcluster
COPY --from=build /out/bin/causeway-logcluster /usr/bin/
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-logcluster", "--probe"]
ENTRYPOINT ["causeway-logcluster"]

FROM runtime AS correlator
COPY --from=build /out/bin/causeway-correlator /usr/bin/
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-correlator", "--probe"]
ENTRYPOINT ["causeway-correlator"]

FROM runtime AS ranker
COPY --from=build /out/bin/causeway-ranker /usr/bin/
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-ranker", "--probe"]
ENTRYPOINT ["causeway-ranker"]

# Commands of its policies must be in the image: FROM causeway/remediator, then add yours.
FROM runtime AS remediator
COPY --from=build /out/bin/causeway-remediator /usr/bin/
VOLUME /var/lib/causeway
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-remediator", "--probe"]
ENTRYPOINT ["causeway-remediator"]

FROM runtime AS recorder
COPY --from=build /out/bin/causeway-recorder /usr/bin/
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-recorder", "--probe"]
ENTRYPOINT ["causeway-recorder"]

FROM runtime AS notifier
COPY --from=build /out/bin/causeway-notifier /usr/bin/
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-notifier", "--probe"]
ENTRYPOINT ["causeway-notifier"]

FROM runtime AS console
COPY --from=build /out/bin/causeway-console /usr/bin/
ENV CAUSEWAY_CONSOLE_ADDRESS=0.0.0.0
EXPOSE 8480
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=6 CMD ["causeway-console", "--probe"]
ENTRYPOINT ["causeway-console"]

FROM runtime AS cwctl
COPY --from=build /out/bin/cwctl /usr/bin/
HEALTHCHECK NONE
ENTRYPOINT ["cwctl"]

# ---- to try it with; not a part of Causeway (tests/lab/compose.yml) -------------
# The lab's shop: nginx, three programs with the OpenTelemetry SDK, PostgreSQL, redis, collectd, rsyslog; and the story `demo` tells of it.
FROM ${BASE} AS shop
COPY tests/lab/packages.txt tests/lab/requirements.txt /usr/share/causeway/tests/lab/
# collectd's redis plugin only recommends libhiredis, whose name has its version in it.
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      python3 python3-venv postgresql procps '^libhiredis[0-9.]*$' $(cat /usr/share/causeway/tests/lab/packages.txt) >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
RUN python3 -m venv /usr/share/causeway/venv \
 && /usr/share/causeway/venv/bin/pip -q install --no-cache-dir --disable-pip-version-check -r /usr/share/causeway/tests/lab/requirements.txt \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin causeway \
 && install -d -o 10001 -g 10001 -m 0755 /var/lib/shop
COPY schemas/avro /usr/share/causeway/schemas/avro
COPY tests/integration/records_golden.py /usr/share/causeway/tests/integration/
COPY tests/lab /usr/share/causeway/tests/lab
COPY --chmod=755 tests/lab/demo_here.sh /usr/bin/demo
ENV PATH=/usr/share/causeway/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
HEALTHCHECK --interval=3s --timeout=4s --start-period=120s --retries=20 CMD ["test", "-f", "/var/lib/shop/lab/ready"]
ENTRYPOINT ["python3", "/usr/share/causeway/tests/lab/lab.py", "run", "/var/lib/shop", "--supervisor", "0.0.0.0:7070"]

# How runbooks get into the remediator: its image, and yours on top.
FROM remediator AS shop-remediator
COPY --chmod=755 tests/lab/repair.sh /usr/share/causeway/repair.sh
COPY tests/lab/policies.yaml /tmp/policies.yaml
USER 0:0
RUN sed -e 's|@SCRIPT@|/usr/share/causeway/repair.sh|' -e 's|@SUPERVISOR@|shop:7070|' /tmp/policies.yaml > /usr/share/causeway/policies.yaml && rm /tmp/policies.yaml
USER 10001:10001
