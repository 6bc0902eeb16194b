import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import org.apache.cassandra.cql3.QueryProcessor;
import org.apache.cassandra.cql3.UntypedResultSet;
import org.apache.cassandra.db.ConsistencyLevel;
import org.apache.cassandra.db.lifecycle.LifecycleTransaction;
import org.apache.cassandra.service.CassandraDaemon;
import org.apache.cassandra.service.StorageService;

/**
 * A Cassandra node that takes its orders from standard input, so that no driver and no JMX is needed. An order is a line
 * of words separated by tabs; answers are lines, the last of them "ok" or "error" and a message.
 *
 *     cql STATEMENT          each row of SELECT JSON is a line beginning with "row"
 *     flush KEYSPACE TABLE
 *     compact KEYSPACE TABLE
 *     stop                   drains and ends
 *
 * A backslash before n, t or a backslash stands for a new line, a tab, a backslash.
 */
public class Node
{
    static PrintStream answers;

    static String plain(String word)
    {
        StringBuilder b = new StringBuilder(word.length());
        for (int i = 0; i < word.length(); i++)
        {
            char c = word.charAt(i);
            if (c == '\\' && ++i < word.length())
                c = word.charAt(i) == 'n' ? '\n' : word.charAt(i) == 't' ? '\t' : word.charAt(i);
            b.append(c);
        }
        return b.toString();
    }

    static String line(String text)
    {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    static void cql(String statement) throws Exception
    {
        UntypedResultSet rows = QueryProcessor.process(statement, ConsistencyLevel.ONE);
        if (rows == null)
            return;
        for (UntypedResultSet.Row row : rows)
            if (row.has("[json]"))
                answers.println("row\t" + line(row.getString("[json]")));
    }

    static void obey(String[] order) throws Exception
    {
        switch (order[0])
        {
            case "cql":
                cql(plain(order[1]));
                break;
            case "flush":
                StorageService.instance.forceKeyspaceFlush(plain(order[1]), plain(order[2]));
                break;
            case "compact":
                StorageService.instance.forceKeyspaceCompaction(false, plain(order[1]), plain(order[2]));
                LifecycleTransaction.waitForDeletions();
                break;
            case "stop":
                StorageService.instance.drain();
                answers.println("ok");
                answers.flush();
                Runtime.getRuntime().halt(0);
                break;
            default:
                throw new IllegalArgumentException("unknown order " + order[0]);
        }
    }

    public static void main(String[] args) throws Exception
    {
        answers = new PrintStream(System.out, false, "UTF-8");
        System.setOut(System.err);
        new CassandraDaemon(true).activate();
        StorageService.instance.setRpcReady(true);      // nobody listens, but counters need a leader that is up
        answers.println("ok");
        answers.flush();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String text = in.readLine(); text != null; text = in.readLine())
        {
            try
            {
                obey(text.split("\t", -1));
                answers.println("ok");
            }
            catch (Throwable t)
            {
                answers.println("error\t" + line(t.getClass().getSimpleName() + ": " + t.getMessage()));
            }
            answers.flush();
        }
        Runtime.getRuntime().halt(0);       // whoever gave orders is gone
    }
}
