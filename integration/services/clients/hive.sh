#!/usr/bin/env bash
# hive.sh VERSION URI FOLDER ARGUMENT...: Hive's own shell (VERSION 23, 31 or 4) on the metastore URI; jobs run in its process.
#
# FOLDER holds its configuration and scratch files. Its jars are those of the peers hms2, hms3, hms4: fetched by `up`.
set -euo pipefail
clients="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
CACHE="${SKEP_SERVICES_CACHE:-${CI_CACHE:-$HOME/.cache/skep}/services}"
# shellcheck source=../common.sh
source "$clients/../common.sh"
version="$1" uri="$2" run="$3"
shift 3
mkdir -p "$run"/{conf,tmp,bin}
mkdir -p -m 733 "$run/scratch"
# Hive asks a command of Hadoop for its version, and lives without.
printf '#!/bin/sh\nexit 1\n' > "$run/bin/hadoop"
chmod +x "$run/bin/hadoop"
sed "s#@URI@#$uri#; s#@RUN@#$run#g" "$clients/hive-site.xml" > "$run/conf/hive-site.xml"
for name in log4j2 hive-log4j2 hive-exec-log4j2; do
  cp "$clients/../hms/log4j2.properties" "$run/conf/$name.properties"
done
# Parquet of Hive 2.3 logs into the output unless it finds a handler.
printf 'org.apache.parquet.handlers=java.util.logging.ConsoleHandler\njava.util.logging.ConsoleHandler.level=SEVERE\n' > "$run/conf/logging.properties"
capabilities=""
if [ "$version" = 4 ]; then
  capabilities="-Dhms.capabilities=HIVEFULLACIDWRITE,HIVEFULLACIDREAD,HIVECACHEINVALIDATE,HIVEMANAGESTATS,HIVEMANAGEDINSERTWRITE,HIVEMANAGEDINSERTREAD,CONNECTORWRITE,CONNECTORREAD,HIVEBUCKET2,EXTWRITE,EXTREAD"
fi
cd "$run"
# shellcheck disable=SC2046,SC2086
HADOOP_USER_NAME=hive HADOOP_HOME="$run" HIVE_HOME="$run" HIVE_CONF_DIR="$run/conf" TZ=UTC LD_PRELOAD="$CACHE/loopback.so" \
  exec java -Xmx1g $(java_opens) $capabilities "-Djava.util.logging.config.file=$run/conf/logging.properties" "-Djava.io.tmpdir=$run/tmp" -Duser.timezone=UTC \
  "-Dlog4j2.configurationFile=$run/conf/log4j2.properties" "-Dlog4j.configurationFile=$run/conf/log4j2.properties" \
  "$clients/../hms/Launch.java" "$run/conf:$CACHE/patch$version:$CACHE/hive$version/*" org.apache.hadoop.hive.cli.CliDriver "$@"
