# Trino 476 with one catalog, `hive`, on the metastore that METASTORE names (thrift://HOST:PORT). Needs a JDK 24 or 25: JAVA25, or found.

version=476
server="$CACHE/trino-server-core-$version"

# trino_copy GROUP:ARTIFACT:VERSION:TYPE FOLDER
trino_copy() { mvn -B -q "$maven:copy" "-Dartifact=$1" "-DoutputDirectory=$2"; }

fetch() {
  [ -f "$server/.done" ] && return 0
  rm -rf "$server"
  local packed
  packed="$(mktemp -d "$CACHE/.packed.XXXXXX")"
  trino_copy "io.trino:trino-server-core:$version:tar.gz" "$packed"
  trino_copy "io.trino:trino-hive:$version:zip" "$packed"
  # Tables at file: are read by Hadoop's file system; its plugin has no release of its own for each of Trino's.
  trino_copy io.trino:trino-hdfs:474:zip "$packed"
  tar xzf "$packed"/trino-server-core-*.tar.gz -C "$CACHE"
  python3 -c 'import sys, zipfile; [zipfile.ZipFile(f).extractall(sys.argv[-1]) for f in sys.argv[1:-1]]' "$packed"/trino-hive-*.zip "$server/plugin"
  mv "$server/plugin/trino-hive-$version" "$server/plugin/hive"
  python3 -c 'import sys, zipfile; [zipfile.ZipFile(f).extractall(sys.argv[-1]) for f in sys.argv[1:-1]]' "$packed"/trino-hdfs-*.zip "$server/plugin/hive"
  rm -rf "$packed"
  touch "$server/.done"
}

start() {
  local java="${JAVA25-}" found
  for found in /usr/lib/jvm/*25*; do
    [ -n "$java" ] || ! [ -x "$found/bin/java" ] || java="$found"
  done
  [ -n "$java" ] || { echo "trino needs a JDK 25: name it by JAVA25" >&2; return 1; }
  [ -n "${METASTORE-}" ] || { echo "trino needs METASTORE" >&2; return 1; }
  mkdir -p "$HERE_RUN"/etc/catalog "$HERE_RUN/data"
  cat > "$HERE_RUN/etc/node.properties" << P
node.environment=test
node.id=one
node.data-dir=$HERE_RUN/data
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
P
  printf '%s\n' -server -Xmx1G -XX:+ExitOnOutOfMemoryError -XX:ReservedCodeCacheSize=256M -Djdk.attach.allowAttachSelf=true -Duser.timezone=UTC \
    > "$HERE_RUN/etc/jvm.config"
  echo 'io.trino=WARN' > "$HERE_RUN/etc/log.properties"
  cat > "$HERE_RUN/etc/config.properties" << P
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port=$1
discovery.uri=http://127.0.0.1:$1
query.max-memory=300MB
query.max-memory-per-node=300MB
memory.heap-headroom-per-node=200MB
P
  cat > "$HERE_RUN/etc/catalog/hive.properties" << P
connector.name=hive
hive.metastore.uri=$METASTORE
fs.hadoop.enabled=true
hive.parquet.time-zone=UTC
hive.orc.time-zone=UTC
hive.orc.bloom-filters.enabled=true
hive.non-managed-table-writes-enabled=true
P
  JAVA_HOME="$java" PATH="$java/bin:$PATH" setsid "$server/bin/launcher" run --etc-dir "$HERE_RUN/etc" > "$HERE_RUN/log" 2>&1 9>&- &
  PID=$!
}

ready() {
  python3 - "$1" << 'P'
import json, sys, urllib.request
ask = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/v1/info", headers={"X-Trino-User": "test"})
sys.exit(json.load(urllib.request.urlopen(ask, timeout=5))["starting"])
P
}
