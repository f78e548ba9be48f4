import HTTPTypes
import Hummingbird
import NIOHTTP1

/// Files of the program that are served under one path, to anybody: they hold nothing of any user. Each has a tag, so that a browser that has a
/// file is told so and gets it once.
struct EmbeddedFolder: Sendable {
    /// Who may do what with the files.
    enum Audience: Sendable {
        /// Pages of the relay's own. They run their own scripts and nothing else, make no markup of texts, talk to this relay
        /// alone, and are shown in no other page.
        case ownPages
        /// Modules, which the pages of every origin may import.
        case everyOrigin
    }

    /// Without a slash at its end, `/example`.
    let path: String
    let audience: Audience
    /// The page at the path itself; nil where there is none.
    var index: EmbeddedFile?
    let files: [EmbeddedFile]

    /// The page has a route, and all files together have one: so metrics count them, and a description of the routes names them, as one.
    func add(to routes: inout RESTRoutes) {
        let rules = self.audience.headers
        let admission = Admission.open(maxBodyBytes: 1_024)
        if let index {
            routes.on(.get, self.path, asking: admission) { call in
                index.reply(to: call.request.headers, rules: rules)
            }
        }
        let files = Dictionary(uniqueKeysWithValues: self.files.map { ($0.name, $0) })
        routes.on(.get, "\(self.path)/{file_name}", asking: admission) { call in
            guard let file = files[call.parameter("file_name")] else { return Reply(.notFound, detail: "Not Found") }
            return file.reply(to: call.request.headers, rules: rules)
        }
    }
}

extension EmbeddedFolder.Audience {
    /// A browser asks each time whether its copy is still good: a relay may be replaced by another version at any time.
    fileprivate var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["cache-control": "no-cache", "x-content-type-options": "nosniff"]
        switch self {
        case .ownPages:
            headers.add(name: "referrer-policy", value: "no-referrer")
            headers.add(
                name: "content-security-policy",
                value: """
                    default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                    require-trusted-types-for 'script'; trusted-types 'none'
                    """
            )
        case .everyOrigin: headers.add(name: "access-control-allow-origin", value: "*")
        }
        return headers
    }
}
