import HTTPTypes
import Hummingbird
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// The routes while they are being put together.
struct RESTRoutes {
    typealias Handler = @Sendable (RESTCall) async throws -> Reply

    private let services: RESTServices
    private let router = Router(context: RelayRequestContext.self)
    private var table = RouteTable()

    init(_ services: RESTServices) {
        self.services = services
    }

    /// - Parameters:
    ///   - admission: what is asked before the body is taken.
    ///   - audited: how its requests are recorded in the audit log; nil: see ``AuditedRoute/implied(_:_:_:)``.
    ///   - way: by what its requests sign somebody in, if they do.
    ///   - isList: whether its answer takes long to make, so that few are made at a time: see ``Turns``.
    ///   - handler: what it throws is answered by the tables of errors; what they don't know is a 500.
    mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        asking admission: Admission = .caller([]),
        audited: AuditedRoute? = nil,
        signsIn way: SignInWay? = nil,
        isList: Bool = false,
        _ handler: @escaping Handler
    ) {
        let services = self.services
        let audited = audited ?? AuditedRoute.implied(method, path, admission)
        self.table.add(method, path, admission, isAudited: audited != nil || way?.isRecorded == true, signsIn: way)
        if method == .get { self.table.add(.head, path, admission) }
        self.router.on(RouterPath(path), method: method) { request, context in
            let call = RESTCall(
                request: request,
                context: context,
                services: services,
                admission: admission,
                note: audited == nil && way == nil ? nil : AuditNote()
            )
            do {
                let reply = try await Self.answer(call, isList, handler)
                if let way { await call.signedIn(way, reply, isRecorded: audited == nil) }
                if let audited { await call.record(audited, reply) }
                return reply
            } catch {
                if let audited { await call.record(audited, Reply(.internalServerError, detail: "")) }
                throw error
            }
        }
    }

    private static func answer(_ call: RESTCall, _ isList: Bool, _ handler: Handler) async throws -> Reply {
        do {
            guard isList else { return try await handler(call) }
            return try await call.services.lists.list { try await handler(call) }
        } catch let error as AccessError {
            return Reply(error)
        } catch let error as BrokerError {
            return Reply(error)
        } catch let error as RequestError {
            return Reply(error)
        } catch let refusal as RESTRefusal {
            return refusal.reply
        }
    }

    /// A path that is answered elsewhere: here only other methods, and the path with a slash too many, arrive.
    mutating func reserve(_ method: HTTPMethod, _ path: String) {
        guard let method = HTTPRequest.Method(method.rawValue) else { return }
        self.table.add(method, path)
    }

    consuming func responder() -> RESTResponder {
        RESTResponder(table: self.table, router: self.router.buildResponder(), services: self.services)
    }
}

/// An answer that ends a route early.
struct RESTRefusal: Error {
    let reply: Reply

    init(_ reply: Reply) {
        self.reply = reply
    }
}
