import HTTPTypes
import NIOCore
import NIOHTTP1

/// What the relay says of itself, for programs that make clients and for people with an editor: `/openapi.json` has every route,
/// `/asyncapi.json` what is said over WebSockets and event streams. Open to everyone: nothing in them is about this relay's users or topics.
///
/// Both are made by `scripts/make-descriptions` from `docs/descriptions`, and are part of the program.
enum DescriptionRoutes {
    static let openAPI = ByteBuffer(bytes: PackageResources.openapi_json)
    static let asyncAPI = ByteBuffer(bytes: PackageResources.asyncapi_json)

    static func add(to routes: inout RESTRoutes) {
        for (path, body) in [("/openapi.json", Self.openAPI), ("/asyncapi.json", Self.asyncAPI)] {
            routes.on(.get, path, asking: .open(maxBodyBytes: 1_024)) { _ in
                var reply = Reply(.ok, json: body)
                reply.headers.add(name: "cache-control", value: "no-cache")
                return reply
            }
        }
    }
}
