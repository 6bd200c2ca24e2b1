-- Commands of Hive's shell.
SET; SET -v; SET hivevar:ds=2024-01-01; RESET; RESET -d hive.x hive.y;
ADD JAR /lib/a.jar ivy://org.x:y:1.0?transitive=false; ADD FILES map.py reduce.py;
ADD ARCHIVE hdfs:///b.zip; LIST JARS; LIST FILE map.py; DELETE JAR; DELETE ARCHIVE b.zip;
dfs -mkdir -p '/data/x;y' ; dfs;
!hadoop fs -ls /tmp/a\;b ;
source ${env:HOME}/common.hql;
COMPILE `import x.y \;
class \`A\\b\` { }` AS groovy NAMED A.groovy;
CRYPTO CREATE_ZONE --keyName k --path /z; ERASURE setPolicy --path /z --policy RS;
LLAP CLUSTER -info; LLAP CACHE -purge; RELOAD; EXIT; QUIT;
