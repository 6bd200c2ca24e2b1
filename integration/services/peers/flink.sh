# Flink 1.20.0 with its Hive and Kafka connectors: a JobManager and a TaskManager, as their start scripts would run them.
#
# The port is that of the REST interface. SKEP_FLINK_SLOTS is the number of slots (1). Files in its folder: `sql SCRIPT CONF` runs a
# script with the hive-site.xml of a folder; `jobmanager` and `taskmanager` have the process ids.

slots="${SKEP_FLINK_SLOTS:-1}"

fetch() { maven_jars "$services/flink/pom.xml" "$CACHE/flink-1.20"; }

start() {
  local options="" class=org.apache.flink package manager task
  mkdir -p "$HERE_RUN"/{conf,tmp,checkpoints}
  sed "s#@RUN@#$HERE_RUN#g; s#@SLOTS@#$slots#; s#@REST@#$1#; s#@RPC@#$(free_port)#; s#@BLOB@#$(free_port)#; s#@TASKS@#$(free_port)#; s#@DATA@#$(free_port)#" \
    "$services/flink/config.yaml" > "$HERE_RUN/conf/config.yaml"
  cp "$services/flink/log4j2.properties" "$HERE_RUN/conf/"
  for package in lang net io nio lang.reflect text time util util.concurrent util.concurrent.atomic util.concurrent.locks; do
    options="$options --add-opens=java.base/java.$package=ALL-UNNAMED"
  done
  options="$options --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-exports=java.base/sun.net.util=ALL-UNNAMED"
  options="$options --add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED --add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED"
  options="$options -Djava.io.tmpdir=$HERE_RUN/tmp -Dlog4j2.configurationFile=$HERE_RUN/conf/log4j2.properties"
  manager="-Xms512m -Xmx512m $options -cp $HERE_RUN/conf:$CACHE/flink-1.20/* $class.runtime.entrypoint.StandaloneSessionClusterEntrypoint
    --configDir $HERE_RUN/conf --executionMode cluster
    -D jobmanager.memory.off-heap.size=134217728b -D jobmanager.memory.jvm-metaspace.size=268435456b"
  # 4 GB in all: 2.6 GB of heap; hashmap state needs no managed memory.
  task="-XX:+UseG1GC -Xms2688m -Xmx2688m -XX:MaxDirectMemorySize=536870912 -XX:MaxMetaspaceSize=268435456 $options
    -cp $HERE_RUN/conf:$CACHE/flink-1.20/* $class.runtime.taskexecutor.TaskManagerRunner --configDir $HERE_RUN/conf
    -D taskmanager.memory.network.min=268435456b -D taskmanager.memory.network.max=268435456b
    -D taskmanager.memory.framework.heap.size=134217728b -D taskmanager.memory.framework.off-heap.size=134217728b
    -D taskmanager.memory.managed.size=134217728b -D taskmanager.cpu.cores=$slots.0
    -D taskmanager.memory.task.heap.size=2684354560b -D taskmanager.memory.task.off-heap.size=0b
    -D taskmanager.memory.jvm-metaspace.size=268435456b -D taskmanager.memory.jvm-overhead.min=429496736b
    -D taskmanager.memory.jvm-overhead.max=429496736b -D taskmanager.numberOfTaskSlots=$slots -D taskmanager.resource-id=tasks"
  cat > "$HERE_RUN/both" << S
#!/usr/bin/env bash
set -f
export FLINK_CONF_DIR=$HERE_RUN/conf HADOOP_CONF_DIR=$HERE_RUN/conf
java ${manager//$'\n'/ } >> $HERE_RUN/log 2>&1 &
echo \$! > $HERE_RUN/jobmanager
java ${task//$'\n'/ } >> $HERE_RUN/tasks.log 2>&1 &
echo \$! > $HERE_RUN/taskmanager
trap 'kill \$(cat $HERE_RUN/jobmanager $HERE_RUN/taskmanager) 2> /dev/null; wait' TERM EXIT
wait
S
  cat > "$HERE_RUN/sql" << S
#!/usr/bin/env bash
set -f
export FLINK_CONF_DIR=$HERE_RUN/conf HADOOP_CONF_DIR=\$2
exec java -Xmx512m $options -cp $HERE_RUN/conf:$CACHE/flink-1.20/* $class.table.client.SqlClient embedded -f "\$1"
S
  chmod +x "$HERE_RUN/both" "$HERE_RUN/sql"
  "$HERE_RUN/both" >> "$HERE_RUN/log" 2>&1 &
  PID=$!
}

ready() {
  python3 -c "import json, urllib.request
assert json.load(urllib.request.urlopen('http://127.0.0.1:$1/overview', timeout=5))['slots-available'] == $slots"
}
