# Hive Metastores from Hive's own jars, so that they read partition expressions. Derby in the process, 127.0.0.1 only.
# Sourced by peers/hms*.sh and clients/hive.sh, which set VERSION (23, 31, 4).

hms="$services/hms"

# Fetches what VERSION needs, once; whoever comes meanwhile waits.
fetch_hive() (
  mkdir -p "$CACHE"
  exec 8> "$CACHE/.lock-hive$VERSION"
  flock 8
  maven_jars "$hms/hive$VERSION.xml" "$CACHE/hive$VERSION" || return 1
  # Hive 3.1 looks into Java's lists in a way that ended with Java 8.
  if [ "$VERSION" = 31 ] && ! [ -d "$CACHE/patch31" ]; then
    javac -nowarn -cp "$CACHE/hive31/*" -d "$CACHE/patch31" "$hms/SubListSerializer.java" || return 1
  fi
  [ -f "$CACHE/loopback.so" ] || cc -shared -fPIC -O1 -o "$CACHE/loopback.so" "$hms/loopback.c" -ldl
)

# configure AUTOCREATE: writes the configuration of one metastore; with COMPACTORS=N it compacts transactional tables.
configure() {
  local compactors="${COMPACTORS:-0}"
  mkdir -p "$HERE_RUN"/{conf,tmp,warehouse,warehouse_ext}
  for name in metastore-site hive-site; do
    sed "s#@RUN@#$HERE_RUN#g; s#@AUTOCREATE@#$1#g; s#@LISTENERS@#${LISTENERS-}#; \
      s#@COMPACTORS@#$compactors#; s#@COMPACTS@#$([ "$compactors" -gt 0 ] && echo true || echo false)#" "$hms/metastore-site.xml" > "$HERE_RUN/conf/$name.xml"
  done
  for name in log4j2 metastore-log4j2 hive-log4j2 hive-exec-log4j2; do
    cp "$hms/log4j2.properties" "$HERE_RUN/conf/$name.properties"
  done
}

# start_hms PORT: starts it; its answer to the port says that its store is ready. The file `again` starts it once more after a kill.
start_hms() {
  cat > "$HERE_RUN/again" << S
#!/usr/bin/env bash
echo \$\$ > "$HERE_RUN/pid"
export METASTORE_HOME="$HERE_RUN" METASTORE_CONF_DIR="$HERE_RUN/conf" HIVE_CONF_DIR="$HERE_RUN/conf" HADOOP_HOME="$HERE_RUN" HIVE_HOME="$HERE_RUN"
export HADOOP_USER_NAME=hive LD_PRELOAD="$CACHE/loopback.so" TZ=UTC
exec setsid java -Xmx512m $(java_opens) "-Dderby.system.home=$HERE_RUN" "-Dderby.stream.error.file=$HERE_RUN/derby.log" \
  "-Djava.io.tmpdir=$HERE_RUN/tmp" "-Dlog4j2.configurationFile=$HERE_RUN/conf/log4j2.properties" "-Dlog4j.configurationFile=$HERE_RUN/conf/log4j2.properties" \
  "$hms/Launch.java" "$HERE_RUN/conf:$CACHE/patch$VERSION:$CACHE/hive$VERSION/*" org.apache.hadoop.hive.metastore.HiveMetaStore -p "$1" \
  >> "$HERE_RUN/log" 2>&1 9>&-
S
  chmod +x "$HERE_RUN/again"
  "$HERE_RUN/again" &
  PID=$!
}
