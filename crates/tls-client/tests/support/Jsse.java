// A server of Java's own TLS, which still has what was made for export: one port for each version and suite it is given.
//
//   java Jsse.java STORE.p12 PASSWORD VERSION:SUITE...
//
// prints the ports in that order, then echoes whatever comes, and ends with its standard input. VERSION and SUITE may be
// `all`. What it knows of each connection it prints too.
//
//   java Jsse.java list
//
// prints every suite it has. Of system properties it reads `ask` (for the client's certificate), `alpn`, and `quiet` (not to tell of
// connections that succeed).

import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

public class Jsse {
    private static final String[] VERSIONS = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

    public static void main(String[] arguments) throws Exception {
        for (String list : new String[] {"disabledAlgorithms", "legacyAlgorithms"}) {
            Security.setProperty("jdk.tls." + list, "");
        }
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        if (arguments[0].equals("list")) {
            for (String suite : SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites()) {
                System.out.println(suite);
            }
            return;
        }
        char[] password = arguments[1].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(arguments[0])) {
            store.load(file, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        for (int i = 2; i < arguments.length; i++) {
            String[] parts = arguments[i].split(":");
            SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(Integer.getInteger("port", 0), 5, InetAddress.getByName("127.0.0.1"));
            boolean all = parts[0].equals("all");
            listener.setEnabledProtocols(all ? VERSIONS : new String[] {parts[0]});
            listener.setEnabledCipherSuites(all ? listener.getSupportedCipherSuites() : new String[] {parts[1]});
            SSLParameters parameters = listener.getSSLParameters();
            parameters.setWantClientAuth(Boolean.getBoolean("ask"));
            parameters.setApplicationProtocols(System.getProperty("alpn", "").isEmpty()
                ? new String[0] : new String[] {System.getProperty("alpn")});
            listener.setSSLParameters(parameters);
            System.out.println(listener.getLocalPort());
            Thread thread = new Thread(() -> serve(listener));
            thread.setDaemon(true);
            thread.start();
        }
        System.out.flush();
        while (System.in.read() >= 0) {}
    }

    private static void serve(SSLServerSocket listener) {
        while (true) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.setSoTimeout(10_000);
                socket.setTcpNoDelay(true);
                socket.startHandshake();
                SSLSession session = socket.getSession();
                if (!Boolean.getBoolean("quiet")) System.err.printf("CONNECTION version=%s suite=%s alpn=%s .%n",
                    session.getProtocol(), session.getCipherSuite(), socket.getApplicationProtocol());
                byte[] buffer = new byte[65_536];
                int count;
                while ((count = socket.getInputStream().read(buffer)) > 0) {
                    socket.getOutputStream().write(buffer, 0, count);
                }
            } catch (IOException error) {
                System.err.printf("FAILED: %s .%n", error.getMessage());
            }
        }
    }
}
