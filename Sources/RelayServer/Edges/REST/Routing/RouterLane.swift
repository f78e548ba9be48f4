import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import RelayAccess

/// The slow lane: requests that are answered by the router, in a task of their own.
///
/// Their bodies are complete and within bounds by now, and their responses are short, or come in parts.
final class RouterLane: Route {
    let responder: RESTResponder
    private let access: RequestAccess
    private let logger: Logger

    init(responder: RESTResponder, access: RequestAccess, logger: Logger) {
        self.responder = responder
        self.access = access
        self.logger = logger
    }

    /// Settles at the head what can be: the route, who asks, how often. What comes after it is what the route does with the body.
    func admit(_ exchange: Exchange) {
        switch self.responder.admission(of: exchange.head.method, exchange.path) {
        // No body changes the answer.
        case nil: self.handle(exchange)
        case .open(let maxBodyBytes):
            exchange.maxBodyBytes = maxBodyBytes
            exchange.connection.admit(exchange)
        case .caller(let permission, let maxBodyBytes):
            if let maxBodyBytes { exchange.maxBodyBytes = maxBodyBytes }
            self.access.admitBody(exchange, requiring: permission)
        case .counted(let rule, let maxBodyBytes):
            exchange.maxBodyBytes = maxBodyBytes
            self.count(exchange, rule)
        }
    }

    private func count(_ exchange: Exchange, _ rule: RateLimitRule) {
        let peer = exchange.connection.context?.channel.remoteAddress?.ipAddress ?? "unknown"
        let forwarded = exchange.head.headers["x-forwarded-for"]
        let services = self.responder.services
        exchange.suspend { () -> AccessError? in
            do throws(AccessError) {
                try await services.count(rule, peer: peer, forwardedFor: forwarded)
                return nil
            } catch {
                return error
            }
        } then: { (error: AccessError?) in
            if let error {
                if case .rateLimited = error.code { self.responder.limited(exchange.head.method, exchange.path) }
                return exchange.answer(DeviceRoutes.refusal(error, of: exchange.path) ?? Reply(error))
            }
            exchange.isCounted = true
            exchange.connection.admit(exchange)
        }
    }

    func handle(_ exchange: Exchange) {
        guard let channel = exchange.connection.context?.channel else { return }
        let head: HTTPRequest
        do {
            head = try HTTPRequest(exchange.head, secure: exchange.connection.isEncrypted, splitCookie: false)
        } catch {
            return exchange.answer(Reply(.badRequest, detail: "Bad Request"))
        }
        let request = Request(head: head, body: RequestBody(buffer: exchange.lendBody()))
        let responder = self.responder
        let logger = self.logger
        let isCounted = exchange.isCounted
        let (requestID, trace) = (exchange.requestID, exchange.trace)
        let presence = ClientPresence()
        exchange.presence = presence
        if exchange.connection.isInputClosed { exchange.inputClosed() }
        let (method, path, proven) = (exchange.head.method.rawValue, String(exchange.path), exchange.admission?.session)
        exchange.suspend {
            var context = RelayRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            context.isCounted = isCounted
            context.requestID = requestID
            context.trace = trace
            context.presence = presence
            (context.method, context.path, context.proven) = (method, path, proven)
            let reply = await Self.reply(to: request, context, responder, logger)
            return (reply, context.endpointPath)
        } then: { (result: (reply: Reply, route: String?)) in
            if let route = result.route { exchange.route = route }
            exchange.answer(result.reply)
        }
    }

    private static func reply(
        to request: Request,
        _ context: RelayRequestContext,
        _ responder: RESTResponder,
        _ logger: Logger
    ) async -> Reply {
        do {
            let response = try await responder.respond(to: request, context: context)
            let body = BodyCollector()
            try await response.body.write(body.writer)
            return try await Self.reply(response.head, body, isHead: request.method == .head)
        } catch let error as any HTTPResponseError {
            return await self.reply(to: error, request, context, logger)
        } catch {
            return self.fault(error, context, logger)
        }
    }

    private static func reply(
        to error: any HTTPResponseError,
        _ request: Request,
        _ context: RelayRequestContext,
        _ logger: Logger
    ) async -> Reply {
        do {
            let response = try error.response(from: request, context: context)
            let body = BodyCollector()
            try await response.body.write(body.writer)
            return try await Self.reply(response.head, body, isHead: request.method == .head)
        } catch {
            return self.fault(error, context, logger)
        }
    }

    /// HEAD wants the length alone, which only the parts know: they are made and dropped one by one.
    private static func reply(_ head: HTTPResponse, _ body: BodyCollector, isHead: Bool) async throws -> Reply {
        var reply = Reply(head, body: body.bytes)
        guard isHead else {
            reply.rest = body.rest
            return reply
        }
        var length = reply.body.readableBytes
        var rest = body.rest
        while let current = rest {
            let (part, next) = try await current.next()
            length += part.readableBytes
            rest = next
        }
        reply.lengthOfHead = length
        return reply
    }

    private static func fault(_ error: any Error, _ context: RelayRequestContext, _ logger: Logger) -> Reply {
        let metadata: Logger.Metadata = ["error": "\(error)"]
        logger.error("a route failed", metadata: metadata.merging(context.names) { _, name in name })
        return Reply(.internalServerError, json: ErrorBody.internalError)
    }
}

extension Reply {
    /// A router's response. Its length is counted anew: whoever sends a reply sets it.
    fileprivate init(_ head: HTTPResponse, body: ByteBuffer) {
        let head = HTTPResponseHead(head)
        self.init(head.status, headers: head.headers, body: body)
        self.headers.remove(name: "content-length")
    }
}
