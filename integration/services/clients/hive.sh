#!/usr/bin/env bash
# hive.sh VERSION URI FOLDER ARGUMENT...: Hive's own shell (VERSION 23, 31 or 4) on the metastore URI; jobs run in its process.
#
# FOLDER holds its configuration and scratch files. Warnings and the counters of its tasks go to stderr. Its jars come from Maven, once.
set -euo pipefail
services="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export CACHE="${SKEP_SERVICES_CACHE:-${CI_CACHE:-$HOME/.cache/skep}/services}"
# shellcheck source=../common.sh
source "$services/common.sh"
VERSION="$1" uri="$2" run="$(mkdir -p "$3" && cd "$3" && pwd)"
shift 3
# shellcheck source=../hms/hms.sh
source "$services/hms/hms.sh"
fetch_hive >&2
mkdir -p "$run"/{conf,tmp,bin}
mkdir -p -m 733 "$run/scratch"
# Hive asks a command of Hadoop for its version, and lives without.
printf '#!/bin/sh\nexit 1\n' > "$run/bin/hadoop"
chmod +x "$run/bin/hadoop"
sed "s#@URI@#$uri#; s#@RUN@#$run#g" "$services/clients/hive-site.xml" > "$run/conf/hive-site.xml"
for name in log4j2 hive-log4j2 hive-exec-log4j2; do
  cat "$hms/log4j2.properties" - > "$run/conf/$name.properties" << 'LIST'
logger.task.name = org.apache.hadoop.mapred.Task
logger.task.level = INFO
LIST
done
# Parquet of Hive 2.3 logs into the output unless it finds a handler.
printf 'org.apache.parquet.handlers=java.util.logging.ConsoleHandler\njava.util.logging.ConsoleHandler.level=SEVERE\n' > "$run/conf/logging.properties"
capabilities=""
if [ "$VERSION" = 4 ]; then
  capabilities="-Dhms.capabilities=HIVEFULLACIDWRITE,HIVEFULLACIDREAD,HIVECACHEINVALIDATE,HIVEMANAGESTATS,HIVEMANAGEDINSERTWRITE,HIVEMANAGEDINSERTREAD,CONNECTORWRITE,CONNECTORREAD,HIVEBUCKET2,EXTWRITE,EXTREAD"
fi
cd "$run"
# shellcheck disable=SC2046,SC2086
HADOOP_USER_NAME=hive HADOOP_HOME="$run" HIVE_HOME="$run" HIVE_CONF_DIR="$run/conf" TZ=UTC LD_PRELOAD="$CACHE/loopback.so" \
  exec java -Xmx1g $(java_opens) $capabilities "-Djava.util.logging.config.file=$run/conf/logging.properties" "-Djava.io.tmpdir=$run/tmp" -Duser.timezone=UTC \
  "-Dlog4j2.configurationFile=$run/conf/log4j2.properties" "-Dlog4j.configurationFile=$run/conf/log4j2.properties" \
  "$hms/Launch.java" "$run/conf:$CACHE/patch$VERSION:$CACHE/hive$VERSION/*" org.apache.hadoop.hive.cli.CliDriver "$@"
