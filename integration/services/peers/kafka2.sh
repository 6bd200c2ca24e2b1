# Kafka 2.4.1 with its ZooKeeper: the oldest broker that Hive shops still run.

fetch() { maven_jars "$services/kafka/pom2.xml" "$CACHE/kafka-2.4.1"; }

start() {
  local zookeeper java
  zookeeper="$(free_port)"
  cat > "$HERE_RUN/zoo.properties" << P
dataDir=$HERE_RUN/zookeeper
clientPortAddress=127.0.0.1
clientPort=$zookeeper
admin.enableServer=false
P
  cat > "$HERE_RUN/server.properties" << P
broker.id=1
zookeeper.connect=127.0.0.1:$zookeeper
zookeeper.connection.timeout.ms=60000
listeners=PLAINTEXT://127.0.0.1:$1
log.dirs=$HERE_RUN/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
P
  java="java -Xmx256m -Dlog4j2.configurationFile=$services/kafka/log4j2.xml -cp '$CACHE/kafka-2.4.1/*'"
  cat > "$HERE_RUN/both" << S
#!/usr/bin/env bash
$java org.apache.zookeeper.server.quorum.QuorumPeerMain "$HERE_RUN/zoo.properties" >> "$HERE_RUN/log" 2>&1 &
zookeeper=\$!
trap 'kill \$broker \$zookeeper 2> /dev/null; wait' TERM EXIT
$java kafka.Kafka "$HERE_RUN/server.properties" >> "$HERE_RUN/log" 2>&1 &
broker=\$!
wait \$broker
S
  chmod +x "$HERE_RUN/both"
  "$HERE_RUN/both" >> "$HERE_RUN/log" 2>&1 &
  PID=$!
}

ready() { grep -q 'started (kafka.server.KafkaServer)' "$HERE_RUN/log" && port_open "$1"; }
