#!/bin/bash
# Properties from the environment, a formatted folder, then Kafka in place of this shell.
set -eu
at=${KAFKA_CONFIG_FOLDER:-/tmp}
java="java -cp /opt/kafka/libs/* -Dlog4j2.configurationFile=$at/log4j2.yaml"
cat > "$at/log4j2.yaml" <<'L'
Configuration: {status: error, Appenders: {Console: {name: O, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}}, Loggers: {Root: {level: warn, AppenderRef: {ref: O}}}}
L
env | grep '^KAFKA_' | grep -vE '^KAFKA_(HEAP_OPTS|OPTS|CONFIG_FOLDER|LOG4J|JVM|GC)' | while IFS='=' read -r name value; do
    key=$(printf %s "${name#KAFKA_}" | tr 'A-Z' 'a-z' | sed 's/___/-/g; s/__/\x01/g; s/_/./g; s/\x01/_/g')
    printf '%s=%s\n' "$key" "$value"
done > "$at/server.properties"
set -f
$java -Xmx128m kafka.tools.StorageTool format --ignore-formatted -t "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" -c "$at/server.properties" >/dev/null
# shellcheck disable=SC2086
exec $java ${KAFKA_HEAP_OPTS:--Xms512m -Xmx512m} -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError kafka.Kafka "$at/server.properties"
