import Foundation

/// nginx with nchan, set up to do what the relay is measured at and nothing else.
struct NginxConfiguration: Sendable {
    static let executable = URL(filePath: "/usr/sbin/nginx")

    let port: Int
    let workers: Int
    let module: URL
    /// Whether it speaks TLS 1.3 alone, with the certificate that is in its directory.
    var isEncrypted = false

    /// - Throws: ``LaunchError/notInstalled(_:)`` when Debian's libnginx-mod-nchan isn't installed.
    static func module() throws -> URL {
        let path = "/usr/lib/nginx/modules/ngx_nchan_module.so"
        guard FileManager.default.fileExists(atPath: path) else {
            throw LaunchError.notInstalled("nginx's nchan module")
        }
        return URL(filePath: path)
    }

    func arguments(in directory: URL) -> [String] {
        ["-p", directory.path(), "-c", Self.file(in: directory).path(), "-e", "stderr"]
    }

    func write(to directory: URL) throws {
        try self.text(in: directory).write(to: Self.file(in: directory), atomically: true, encoding: .utf8)
    }

    private static func file(in directory: URL) -> URL {
        directory.appending(path: "nginx.conf")
    }

    private func text(in directory: URL) -> String {
        """
        load_module \(self.module.path());
        daemon off;
        worker_processes \(self.workers);
        pid \(directory.path())/nginx.pid;
        error_log stderr error;
        events { worker_connections 20000; }
        http {
            access_log off;
            keepalive_requests 1000000000;
            keepalive_timeout 3600s;
            \(Self.temporaryPaths(in: directory))
            nchan_shared_memory_size 512M;
            nchan_message_buffer_length 100;
            server {
                listen 127.0.0.1:\(self.port) backlog=4096\(self.isEncrypted ? " ssl" : "");
                \(self.isEncrypted ? Self.certificate(in: directory) : "")
                location = /ready { return 200; }
                location = /publish { nchan_publisher; nchan_channel_id bench; }
                location = /ws { nchan_subscriber websocket; nchan_channel_id bench; }
                location = /topic { nchan_publisher; nchan_channel_id $arg_id; }
                location = /topic-ws { nchan_subscriber websocket; nchan_channel_id $arg_id; }
                location = /poll { nchan_subscriber longpoll; nchan_channel_id bench; nchan_subscriber_timeout 600s; }
            }
        }

        """
    }

    private static func certificate(in directory: URL) -> String {
        let path = directory.path() + "/"
        return "ssl_protocols TLSv1.3; ssl_certificate \(path)\(BenchCertificate.fileName); "
            + "ssl_certificate_key \(path)\(BenchCertificate.keyFileName);"
    }

    private static func temporaryPaths(in directory: URL) -> String {
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory.path())/\($0);" }
            .joined(separator: " ")
    }
}
