import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.security.Permission;
import java.util.Arrays;

/**
 * Runs the SSTable tools in one JVM, since a JVM for each costs seconds. A line of standard input is the file for the
 * tool's standard output, the tool's class and its arguments, separated by tabs and written as Node's orders are; the
 * answer is its exit status, a tab, and the first line that it wrote to standard error (with tabs as spaces).
 */
public class Tools
{
    /** What System.exit throws here. */
    static class Ended extends SecurityException
    {
        final int status;

        Ended(int status)
        {
            this.status = status;
        }
    }

    static int run(String tool, String[] args)
    {
        try
        {
            Class.forName("org.apache.cassandra.tools." + tool).getMethod("main", String[].class).invoke(null, (Object) args);
            return 0;
        }
        catch (Throwable e)
        {
            for (Throwable t = e; t != null; t = t.getCause())
                if (t instanceof Ended)
                    return ((Ended) t).status;
            (e instanceof InvocationTargetException ? e.getCause() : e).printStackTrace();
            return 1;
        }
    }

    @SuppressWarnings({ "removal", "deprecation" })
    public static void main(String[] none) throws Exception
    {
        PrintStream answers = System.out, log = System.err;
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        SecurityManager watch = new SecurityManager()
        {
            @Override
            public void checkExit(int status)
            {
                throw new Ended(status);
            }

            @Override
            public void checkPermission(Permission p)
            {
            }

            @Override
            public void checkPermission(Permission p, Object context)
            {
            }
        };
        for (String order = orders.readLine(); order != null; order = orders.readLine())
        {
            String[] words = order.split("\t", -1);
            Arrays.setAll(words, i -> Node.plain(words[i]));
            ByteArrayOutputStream complaints = new ByteArrayOutputStream();
            int status;
            try (PrintStream out = new PrintStream(new FileOutputStream(words[0]), false, "UTF-8");
                 PrintStream err = new PrintStream(complaints, true, "UTF-8"))
            {
                System.setOut(out);
                System.setErr(err);
                System.setSecurityManager(watch);
                status = run(words[1], Arrays.copyOfRange(words, 2, words.length));
                System.setSecurityManager(null);
                System.out.flush();
            }
            System.setErr(log);
            String said = complaints.toString("UTF-8");
            log.print(said);
            answers.println(status + "\t" + said.split("\n", 2)[0].replace('\t', ' '));
            answers.flush();
        }
        Runtime.getRuntime().halt(0);
    }
}
