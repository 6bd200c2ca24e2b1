# Hive Metastore 2.3.9.
VERSION=23
source "$services/hms/hms.sh"
fetch() { fetch_hive; }
start() { configure true; start_hms "$1"; }
ready() { port_open "$1"; }
