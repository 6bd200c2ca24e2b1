# Hive Metastore 3.1.3.
VERSION=31
source "$services/hms/hms.sh"
fetch() { fetch_hive; }
start() { configure true; start_hms "$1"; }
ready() { port_open "$1"; }
