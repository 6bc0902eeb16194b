import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.UUID;
import java.util.stream.Stream;

import org.apache.cassandra.config.DatabaseDescriptor;
import org.apache.cassandra.db.DecoratedKey;
import org.apache.cassandra.dht.Murmur3Partitioner;
import org.apache.cassandra.io.sstable.CQLSSTableWriter;
import org.apache.cassandra.io.sstable.Descriptor;
import org.apache.cassandra.io.sstable.format.FilterComponent;
import org.apache.cassandra.io.util.File;
import org.apache.cassandra.utils.ByteBufferUtil;
import org.apache.cassandra.utils.FilterFactory;
import org.apache.cassandra.utils.IFilter;

/**
 * Tables for the benches, through Cassandra's own writer, in the format that the configuration selects. A line of
 * standard input is a table: SHAPE ROWS FOLDER, where the folder (which has to exist) gets the components and schema.cql.
 * Each made table is answered with a line.
 *
 *   wide     1000 rows a partition: int, int, a text of 100 bytes, bigint
 *   narrow   one row a partition: uuid, and five columns
 *
 * Every value is a function of the row's number, and every write has the same time: the same line makes the same rows.
 */
public class MakeTables
{
    static final int WIDE = 1000;
    static final String WRITTEN = " USING TIMESTAMP 1700000000000000";

    static final byte[][] WORDS = words();

    /** A good mix of 64 bits (the finaliser of SplitMix64), as a source of values. */
    static long mix(long n)
    {
        n += 0x9e3779b97f4a7c15L;
        n = (n ^ (n >>> 30)) * 0xbf58476d1ce4e5b9L;
        n = (n ^ (n >>> 27)) * 0x94d049bb133111ebL;
        return n ^ (n >>> 31);
    }

    /** 128 words of two to four syllables: text that LZ4 halves, as it does real text. */
    static byte[][] words()
    {
        byte[][] words = new byte[128][];
        for (int i = 0; i < words.length; i++)
        {
            long r = mix(i);
            StringBuilder b = new StringBuilder();
            for (int n = 2 + (int) (r & 1) + (int) (r >>> 1 & 1); n > 0; n--)
            {
                r = mix(r);
                b.append("bdfghklmnprstvz".charAt((int) Long.remainderUnsigned(r, 15))).append("aeiou".charAt((int) Long.remainderUnsigned(r >>> 32, 5)));
            }
            words[i] = b.toString().getBytes();
        }
        return words;
    }

    static String text(long seed, int length)
    {
        byte[] b = new byte[length];
        for (int at = 0; at < length; at++)
        {
            seed = mix(seed);
            byte[] word = WORDS[(int) (seed & 127)];
            int n = Math.min(word.length, length - at);
            System.arraycopy(word, 0, b, at, n);
            at += n;
            if (at < length)
                b[at] = ' ';
        }
        return new String(b, 0, length);
    }

    static String word(long seed)
    {
        return new String(WORDS[(int) (mix(seed) & 127)]);
    }

    static UUID uuid(long n)
    {
        return new UUID(mix(2 * n) & ~0xf000L | 0x4000L, mix(2 * n + 1) & ~(3L << 62) | 2L << 62);
    }

    interface Rows
    {
        void of(CQLSSTableWriter writer, ByteBuffer key) throws Exception;
    }

    static void wide(CQLSSTableWriter writer, ByteBuffer key) throws Exception
    {
        int pk = ByteBufferUtil.toInt(key);
        for (int ck = 0; ck < WIDE; ck++)
        {
            long n = (long) pk * WIDE + ck;
            writer.addRow(pk, ck, text(n, 100), n);
        }
    }

    static void narrow(CQLSSTableWriter writer, ByteBuffer key) throws Exception
    {
        long n = mix(key.getLong(key.position()));
        String name = word(n) + " " + word(n + 1);
        writer.addRow(new UUID(key.getLong(key.position()), key.getLong(key.position() + 8)), name,
                      name.replace(' ', '.') + Long.remainderUnsigned(n, 1000) + "@example.org", 18 + (int) (n >>> 58),
                      Long.remainderUnsigned(mix(n), 100_000) / 100.0, new Date(1_600_000_000_000L + 1000 * (n >>> 38)));
    }

    static void make(String columns, String insert, int partitions, boolean wide, Path folder) throws Exception
    {
        String table = "CREATE TABLE bench." + (wide ? "wide" : "narrow") + " (" + columns + ") WITH compression = {'class': 'LZ4Compressor', 'chunk_length_in_kb': '16'}";
        DecoratedKey[] keys = new DecoratedKey[partitions];
        Rows rows = wide ? MakeTables::wide : MakeTables::narrow;

        for (int i = 0; i < partitions; i++)
        {
            UUID u = wide ? null : uuid(i);
            keys[i] = Murmur3Partitioner.instance.decorateKey(wide ? ByteBufferUtil.bytes(i) : ByteBufferUtil.bytes(u));
        }
        Arrays.sort(keys, Comparator.naturalOrder());      // by token: what .sorted() is promised
        Files.writeString(folder.resolve("schema.cql"),
            "CREATE KEYSPACE bench WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};\n" + table + ";\n");
        try (CQLSSTableWriter writer = CQLSSTableWriter.builder().inDirectory(folder.toString()).forTable(table)
                .using(insert + WRITTEN).withPartitioner(Murmur3Partitioner.instance).sorted().build())
        {
            for (DecoratedKey key : keys)
                rows.of(writer, key.getKey());
        }
        filter(keys, folder);
    }

    /** The writer does not know how many partitions will come, and makes a filter that says "maybe" to everything. A
     *  flush or a compaction knows: this is the filter that they would have written. */
    static void filter(DecoratedKey[] keys, Path folder) throws Exception
    {
        Path data;
        try (Stream<Path> files = Files.list(folder))
        {
            data = files.filter(f -> f.toString().endsWith("-Data.db")).findFirst().get();
        }
        try (IFilter filter = FilterFactory.getFilter(keys.length, 0.01))
        {
            for (DecoratedKey key : keys)
                filter.add(key);
            FilterComponent.save(filter, Descriptor.fromFile(new File(data)), true);
        }
    }

    public static void main(String[] none) throws Exception
    {
        // As a tool: a client's initialisation forgets storage_compatibility_mode, and could not write nb.
        DatabaseDescriptor.toolInitialization();
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
        for (String order = orders.readLine(); order != null; order = orders.readLine())
        {
            String[] words = order.split(" ", 3);
            int rows = Integer.parseInt(words[1]);
            if (words[0].equals("wide"))
                make("pk int, ck int, v text, n bigint, PRIMARY KEY (pk, ck)",
                     "INSERT INTO bench.wide (pk, ck, v, n) VALUES (?, ?, ?, ?)", rows / WIDE, true, Path.of(words[2]));
            else
                make("id uuid PRIMARY KEY, name text, email text, age int, score double, seen timestamp",
                     "INSERT INTO bench.narrow (id, name, email, age, score, seen) VALUES (?, ?, ?, ?, ?, ?)", rows, false, Path.of(words[2]));
            System.out.println("ok");
        }
        Runtime.getRuntime().halt(0);           // Cassandra leaves threads behind
    }
}
