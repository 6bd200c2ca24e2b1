// Own replacement of Hive 3.1's serializer of ArrayList.subList, which reads fields of the JDK that Java 9 renamed. Put before hive-exec:
// so it has to come before them in the class path.
package org.apache.hadoop.hive.ql.exec;
import java.util.*;
import org.apache.hive.com.esotericsoftware.kryo.*;
import org.apache.hive.com.esotericsoftware.kryo.io.*;
class SerializationUtilities$ArrayListSubListSerializer extends Serializer<List<?>> {
    public SerializationUtilities$ArrayListSubListSerializer() {}
    @Override public List<?> read(Kryo k, Input in, Class<List<?>> c) {
        int n = in.readInt(true); List<Object> l = new ArrayList<>(n); k.reference(l);
        for (int i = 0; i < n; i++) l.add(k.readClassAndObject(in));
        return l;
    }
    @Override public void write(Kryo k, Output out, List<?> l) { out.writeInt(l.size(), true); for (Object o : l) k.writeClassAndObject(out, o); }
    @Override public List<?> copy(Kryo k, List<?> l) { List<Object> r = new ArrayList<>(); k.reference(r); for (Object o : l) r.add(k.copy(o)); return r; }
}
