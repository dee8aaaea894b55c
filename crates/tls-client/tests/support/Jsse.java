// A server of Java's own TLS, which still has what was made for export: one port for each version and suite it is given.
//
//   java Jsse.java STORE.p12 PASSWORD VERSION:SUITE...
//
// prints the ports in that order, then echoes whatever comes, and ends with its standard input.

import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

public class Jsse {
    public static void main(String[] arguments) throws Exception {
        for (String list : new String[] {"disabledAlgorithms", "legacyAlgorithms"}) {
            Security.setProperty("jdk.tls." + list, "");
        }
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
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
                .createServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
            listener.setEnabledProtocols(new String[] {parts[0]});
            listener.setEnabledCipherSuites(new String[] {parts[1]});
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
                byte[] buffer = new byte[65_536];
                int count;
                while ((count = socket.getInputStream().read(buffer)) > 0) {
                    socket.getOutputStream().write(buffer, 0, count);
                }
            } catch (IOException error) {
                System.err.println(error);
            }
        }
    }
}
