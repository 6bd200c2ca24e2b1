# Hive Metastore 4.0.1; its schema is made from the scripts of the binary package.
VERSION=4
source "$services/hms/hms.sh"
package=apache-hive-metastore-4.0.1-bin
fetch() {
  fetch_hive
  maven_package org.apache.hive:hive-standalone-metastore-server:4.0.1:tar.gz:bin "$CACHE/$package"
}
start() {
  configure false
  # shellcheck disable=SC2046
  METASTORE_HOME="$CACHE/$package" METASTORE_CONF_DIR="$HERE_RUN/conf" java $(java_opens) "-Dderby.system.home=$HERE_RUN" \
    -cp "$HERE_RUN/conf:$CACHE/hive4/*" org.apache.hadoop.hive.metastore.tools.schematool.MetastoreSchemaTool -initSchema -dbType derby \
    > "$HERE_RUN/schema.log" 2>&1
  start_hms "$1"
}
ready() { port_open "$1"; }
