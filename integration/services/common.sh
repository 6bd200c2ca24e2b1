# What all peers may use; sourced by `up`.

# Prints a port of 127.0.0.1 that nobody listens on.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# port_open PORT: succeeds if somebody listens there.
port_open() { (exec 3<> "/dev/tcp/127.0.0.1/$1"); }

maven=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

# maven_jars POM FOLDER: puts the runtime jars of a pom into a folder, once.
maven_jars() {
  [ -f "$2/.done" ] && return 0
  rm -rf "$2"
  mvn -B -q -f "$1" "$maven:copy-dependencies" -DincludeScope=runtime "-DoutputDirectory=$2" && touch "$2/.done"
}

# maven_package GROUP:ARTIFACT:VERSION:tar.gz:bin FOLDER: unpacks a package of Maven beside it, so that FOLDER is there.
maven_package() {
  [ -d "$2" ] && return 0
  local packed
  packed="$(mktemp -d "$CACHE/.packed.XXXXXX")"
  mvn -B -q "$maven:copy" "-Dartifact=$1" "-DoutputDirectory=$packed"
  tar xzf "$packed"/*.tar.gz -C "$(dirname "$2")"
  rm -rf "$packed"
}

# What Java 17 must open for Hadoop and Hive.
java_opens() {
  local all=""
  for package in lang lang.reflect util util.concurrent util.concurrent.atomic util.regex net nio io time math text; do
    all="$all --add-opens=java.base/java.$package=ALL-UNNAMED"
  done
  echo "$all --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.sql/java.sql=ALL-UNNAMED"
}
