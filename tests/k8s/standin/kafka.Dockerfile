# Stands in for apache/kafka where that image cannot be pulled: the same Kafka from its jars, the same variables
# (KAFKA_X_Y -> x.y, CLUSTER_ID, KAFKA_HEAP_OPTS), the same user id and data folder. For tests only.
ARG BASE=debian:trixie-slim
FROM ${BASE}
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-21-jre-headless >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && useradd --uid 1000 --no-create-home --home-dir /nonexistent appuser \
 && install -d -o 1000 -g 1000 /var/lib/kafka/data /opt/kafka/config
COPY libs /opt/kafka/libs
COPY kafka-run.sh /etc/kafka/docker/run
RUN install -d /opt/kafka/bin \
 && printf '#!/bin/sh\nexec java -Xmx128m -cp "/opt/kafka/libs/*" org.apache.kafka.tools.ConsoleProducer "$@"\n' > /opt/kafka/bin/kafka-console-producer.sh \
 && chmod 755 /opt/kafka/bin/kafka-console-producer.sh
USER 1000
VOLUME /var/lib/kafka/data
EXPOSE 9092
CMD ["bash", "/etc/kafka/docker/run"]
