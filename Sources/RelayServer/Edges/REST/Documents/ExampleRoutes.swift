import HTTPTypes
import NIOCore
import NIOHTTP1

/// The example page: a text that two windows edit at once. Its files are part of the program, and anybody gets them: what a document holds is
/// asked for by the page, with the visitor's own token.
enum ExampleRoutes {
    static let path = "/example"

    static func add(to routes: inout RESTRoutes) {
        for (path, file) in Self.files {
            routes.on(.get, path, asking: .open(maxBodyBytes: 1_024)) { _ in
                Reply(.ok, headers: Self.headers(file.type), body: file.body)
            }
        }
    }

    private struct File {
        let type: String
        let body: ByteBuffer

        init(_ type: String, _ bytes: [UInt8]) {
            self.type = "\(type); charset=utf-8"
            self.body = ByteBuffer(bytes: bytes)
        }

        static func script(_ bytes: [UInt8]) -> File { File("text/javascript", bytes) }
    }

    private static let files: [(path: String, file: File)] = [
        (Self.path, File("text/html", PackageResources.page_html)),
        ("\(Self.path)/page.css", File("text/css", PackageResources.page_css)),
        ("\(Self.path)/page.mjs", .script(PackageResources.page_mjs)),
        ("\(Self.path)/area.mjs", .script(PackageResources.area_mjs)),
        ("\(Self.path)/bytes.mjs", .script(PackageResources.bytes_mjs)),
        ("\(Self.path)/connection.mjs", .script(PackageResources.connection_mjs)),
        ("\(Self.path)/document.mjs", .script(PackageResources.document_mjs)),
        ("\(Self.path)/presence.mjs", .script(PackageResources.presence_mjs)),
        ("\(Self.path)/session.mjs", .script(PackageResources.session_mjs)),
        ("\(Self.path)/structs.mjs", .script(PackageResources.structs_mjs)),
    ]

    /// The page runs its own scripts and nothing else, talks to this relay alone, and is shown in no other page.
    private static func headers(_ type: String) -> HTTPHeaders {
        [
            "content-type": type, "cache-control": "no-cache", "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "content-security-policy": """
            default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
            form-action 'none'; frame-ancestors 'none'
            """,
        ]
    }
}
