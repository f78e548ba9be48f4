import HTTPTypes
import Hummingbird
import NIOHTTP1
import RelayAccess

/// What a browser keeps between two steps of a sign-in. Scripts don't see it, and other sites send it only by a link that their reader follows.
struct SignInCookie {
    /// The cookie's path over http, so that no other route gets it. Over https the cookie's name demands `/`.
    static let path = "/auth/oidc"
    static let approvalPath = "\(Self.path)/approve"

    private let step: SignInStep

    init(_ step: SignInStep) {
        self.step = step
    }

    /// It lives as long as a step may take at most; the store has its own and shorter time.
    func add(to reply: inout Reply, _ call: RESTCall) {
        let life = call.services.access.signIns.settings.lifeSeconds
        let name = Self.name(self.step.cookieName, call)
        let value = "\(name)=\(self.step.secret.text); Max-Age=\(life)\(Self.attributes(call))"
        reply.headers.add(name: "set-cookie", value: value)
    }

    static func remove(of ticket: String, from reply: inout Reply, _ call: RESTCall) {
        reply.headers.add(
            name: "set-cookie",
            value: "\(Self.name(SignInStep.cookieName(of: ticket), call))=; Max-Age=0\(Self.attributes(call))"
        )
    }

    /// Over https no other host of the relay's domain can set a cookie of such a name, and have somebody signed in as somebody else with it
    /// (RFC 6265bis, 4.1.3.2). It is for the whole host then.
    private static func name(_ name: String, _ call: RESTCall) -> String {
        call.isReachedSecurely ? "__Host-\(name)" : name
    }

    private static func attributes(_ call: RESTCall) -> String {
        let place = call.isReachedSecurely ? "; Path=/; Secure" : "; Path=\(Self.path)"
        return "\(place); HttpOnly; SameSite=Lax"
    }

    /// What came with a request, by the names that steps have for it.
    static func values(_ call: RESTCall) -> (String) -> String? {
        { call.cookie(Self.name($0, call)) }
    }
}

extension RESTCall {
    fileprivate var isReachedSecurely: Bool { self.publicOrigin.hasPrefix("https:") }

    /// The value of a cookie that came with the request.
    fileprivate func cookie(_ name: String) -> String? {
        for field in self.request.headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                if parts.count == 2, parts[0] == name { return String(parts[1]) }
            }
        }
        return nil
    }
}
