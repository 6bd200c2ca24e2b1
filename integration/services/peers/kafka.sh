# Kafka 4.3.1: one broker that is its own controller.
#
# Files in its folder: `again` starts it once more after a kill; `listeners` has the address of each listener: PLAIN, SASL
# (PLAIN and SCRAM; user `reader`, password `secret`), TLS; `ca.pem` is the certificate of the last one.

fetch() { maven_jars "$services/kafka/pom.xml" "$CACHE/kafka-4.3.1"; }

start() {
  local sasl tls controller java
  sasl="$(free_port)" tls="$(free_port)" controller="$(free_port)"
  printf 'PLAIN 127.0.0.1:%s\nSASL 127.0.0.1:%s\nTLS 127.0.0.1:%s\n' "$1" "$sasl" "$tls" > "$HERE_RUN/listeners"
  keytool -genkeypair -alias broker -keyalg EC -dname CN=broker -ext SAN=ip:127.0.0.1,dns:localhost \
    -validity 3650 -storetype PKCS12 -keystore "$HERE_RUN/broker.p12" -storepass secret 2>> "$HERE_RUN/log"
  keytool -exportcert -rfc -alias broker -keystore "$HERE_RUN/broker.p12" -storepass secret > "$HERE_RUN/ca.pem" 2>> "$HERE_RUN/log"
  cat > "$HERE_RUN/server.properties" << P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$controller,SASL://127.0.0.1:$sasl,TLS://127.0.0.1:$tls
advertised.listeners=PLAINTEXT://127.0.0.1:$1,SASL://127.0.0.1:$sasl,TLS://127.0.0.1:$tls
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="secret";
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.tls.ssl.keystore.type=PKCS12
listener.name.tls.ssl.keystore.location=$HERE_RUN/broker.p12
listener.name.tls.ssl.keystore.password=secret
log.dirs=$HERE_RUN/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
log.segment.bytes=268435456
P
  java=(java "-Dlog4j2.configurationFile=$services/kafka/log4j2.xml" -cp "$CACHE/kafka-4.3.1/*")
  "${java[@]}" kafka.tools.StorageTool format -t "$("${java[@]}" kafka.tools.StorageTool random-uuid)" -c "$HERE_RUN/server.properties" \
    --add-scram 'SCRAM-SHA-256=[name=reader,password=secret]' --add-scram 'SCRAM-SHA-512=[name=reader,password=secret]' >> "$HERE_RUN/log" 2>&1
  cat > "$HERE_RUN/again" << S
#!/usr/bin/env bash
echo \$\$ > "$HERE_RUN/pid"
exec java -Xms\${KAFKA_HEAP:-512m} -Xmx\${KAFKA_HEAP:-512m} -XX:+UseG1GC -Dlog4j2.configurationFile=$services/kafka/log4j2.xml \\
  -cp "$CACHE/kafka-4.3.1/*" kafka.Kafka "$HERE_RUN/server.properties" >> "$HERE_RUN/log" 2>&1
S
  chmod +x "$HERE_RUN/again"
  "$HERE_RUN/again" &
  PID=$!
}

ready() { grep -q 'Kafka Server started' "$HERE_RUN/log" && port_open "$1"; }
