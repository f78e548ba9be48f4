import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Answers what no route is asked about (unknown paths, wrong methods, a slash too many), and passes on the rest.
struct RESTResponder: HTTPResponder {
    let table: RouteTable
    let router: RouterResponder<RelayRequestContext>
    let services: RESTServices

    /// - Returns: nil where no route takes such a request.
    func admission(of method: HTTPMethod, _ path: Substring) -> Admission? {
        guard let method = HTTPRequest.Method(method.rawValue) else { return nil }
        return self.table.match(path)?.admission(method)
    }

    /// A request was refused at its head since its address had asked too often.
    func limited(_ method: HTTPMethod, _ path: Substring) {
        guard let method = HTTPRequest.Method(method.rawValue), let way = self.table.match(path)?.signIns[method]
        else { return }
        self.services.signIns.count(way, .limited)
    }

    func respond(to request: Request, context: RelayRequestContext) async throws -> Response {
        let path = request.uri.path
        guard let entry = self.table.match(path) else {
            return try self.answer(to: request, path, context).response(from: request, context: context)
        }
        context.coreContext.endpointPath.value = entry.template
        guard entry.admission(request.method) != nil else {
            return try Self.wrongMethod(entry).response(from: request, context: context)
        }
        return try await self.router.respond(to: Self.withoutHead(request), context: context)
    }

    /// To a path that is none: where only slashes at its end are too many, the way to the path that is meant.
    private func answer(to request: Request, _ path: String, _ context: RelayRequestContext) -> Reply {
        let stripped = path[..<(path.lastIndex { $0 != "/" }.map(path.index(after:)) ?? path.startIndex)]
        guard path.hasSuffix("/"), let entry = self.table.match(stripped) else {
            return Reply(.notFound, detail: "Not Found")
        }
        context.coreContext.endpointPath.value = entry.template
        let query = request.uri.query.map { "?\($0)" } ?? ""
        return Reply(.temporaryRedirect, headers: ["location": "\(stripped)\(query)"], body: ByteBuffer())
    }

    private static func wrongMethod(_ entry: RouteTable.Entry) -> Reply {
        var reply = Reply(.methodNotAllowed, detail: "Method Not Allowed")
        reply.headers.add(name: "allow", value: entry.allow)
        return reply
    }

    /// HEAD is GET to a route: the connection leaves out the body.
    private static func withoutHead(_ request: Request) -> Request {
        guard request.method == .head else { return request }
        var head = request.head
        head.method = .get
        return Request(head: head, body: request.body)
    }
}

extension Reply: ResponseGenerator {
    func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(
            status: HTTPResponse.Status(code: Int(self.status.code), reasonPhrase: self.status.reasonPhrase),
            headers: HTTPFields(self.headers, splitCookie: false),
            body: BodyCollector.body(of: self)
        )
    }
}
