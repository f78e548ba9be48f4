import HTTPTypes
import NIOCore
import NIOHTTP1

/// A page on which people sign in, or say what a device may. It runs no scripts, and is shown in no other page.
enum SignInPage {
    static let stylePath = "/auth/style.css"

    /// - Parameter title: of the page, and its heading.
    static func reply(_ status: HTTPResponseStatus, _ title: String, _ content: HTMLText) -> Reply {
        let page: HTMLText = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title) - Pulsar Relay</title>
            <link rel="stylesheet" href="\(Self.stylePath)">
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            \(content)
            </main>
            </body>
            </html>

            """
        return Reply(status, headers: Self.headers, body: ByteBuffer(string: page.markup))
    }

    static func addStyle(to routes: inout RESTRoutes) {
        routes.on(.get, Self.stylePath, asking: .open(maxBodyBytes: 1_024)) { _ in
            let headers: HTTPHeaders = [
                "content-type": "text/css; charset=utf-8", "cache-control": "max-age=3600",
                "x-content-type-options": "nosniff",
            ]
            return Reply(.ok, headers: headers, body: ByteBuffer(bytes: PackageResources.sign_in_css))
        }
    }

    /// With `no-referrer` browsers would send `Origin: null` with the page's own forms: see ``SameSite``.
    private static let headers: HTTPHeaders = [
        "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff",
        "x-frame-options": "DENY", "referrer-policy": "same-origin",
        "content-security-policy": """
        default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """,
    ]
}
