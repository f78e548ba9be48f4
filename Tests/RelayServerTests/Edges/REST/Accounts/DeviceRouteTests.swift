import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Letting devices in")
struct DeviceRouteTests {
    private static let grantType = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"

    private struct Device {
        let code: String
        let userCode: String
    }

    private static func begin(_ relay: TestRelay, _ form: String = "client_hint=a+lamp") async throws -> Device {
        let reply = try await relay.send(form: form, to: "/auth/device/code")
        try #require(reply.status == 200, "\(reply)")
        return Device(
            code: try #require(reply.object["device_code"] as? String),
            userCode: try #require(reply.object["user_code"] as? String)
        )
    }

    private static func ask(_ relay: TestRelay, _ code: String) async throws -> TestReply {
        try await relay.send(form: "grant_type=\(self.grantType)&device_code=\(code)", to: "/auth/device/token")
    }

    private static func approve(
        _ relay: TestRelay,
        _ userCode: String,
        password: String = "correct+horse",
        headers: [(String, String)] = []
    ) async throws -> TestReply {
        let form = "user_code=\(userCode)&username=admin&password=\(password)"
        return try await relay.send(form: form, to: "/auth/device", headers: headers)
    }

    private static func expectPage(_ reply: TestReply, _ status: Int, _ text: String) {
        #expect(reply.status == status)
        #expect(reply.text.contains(text), "\(reply.text)")
        #expect(reply.header("content-type") == "text/html; charset=utf-8")
        #expect(reply.header("x-frame-options") == "DENY")
        #expect(reply.header("cache-control") == "no-store")
        let policy = reply.header("content-security-policy") ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!reply.text.contains("<script") && !reply.text.contains("<style") && !reply.text.contains("style="))
    }

    @Test("a device is let in by its user's password, and gets tokens that work, once")
    func approval() async throws {
        try await withRelay { relay in
            let begun = try await relay.send(form: "client_hint=a+lamp&scope=x", to: "/auth/device/code")
            let names: Set = [
                "device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval",
            ]
            #expect(Set(begun.object.keys) == names)
            #expect(begun.object["expires_in"] as? Int == 600 && begun.object["interval"] as? Int == 5)
            let userCode = try #require(begun.object["user_code"] as? String)
            let page = "http://127.0.0.1:\(relay.port)/auth/device"
            #expect(begun.object["verification_uri"] as? String == page)
            #expect(begun.object["verification_uri_complete"] as? String == "\(page)?user_code=\(userCode)")
            #expect(begun.header("cache-control") == "no-store")
            let code = try #require(begun.object["device_code"] as? String)

            let pending = try await Self.ask(relay, code)
            #expect(pending.status == 400 && pending.object["error"] as? String == "authorization_pending")
            let hasty = try await Self.ask(relay, code)
            #expect(hasty.status == 400 && hasty.object["error"] as? String == "slow_down")

            let shown = try await relay.send(.GET, "/auth/device?user_code=\(userCode.lowercased())")
            Self.expectPage(shown, 200, "a lamp")
            #expect(shown.text.contains(userCode) && shown.text.contains("127.0.0.1"))
            Self.expectPage(try await Self.approve(relay, userCode), 200, "The device is let in")
            Self.expectPage(try await Self.approve(relay, userCode), 404, "No device waits")

            let tokens = try await Self.ask(relay, code)
            #expect(tokens.status == 200 && tokens.header("cache-control") == "no-store")
            #expect(tokens.object["refresh_token_secondary"] is NSNull)
            let token = try #require(tokens.object["access_token"] as? String)
            let me = try await relay.send(.GET, "/auth/me", token: token)
            #expect(me.object["username"] as? String == "admin")
            #expect(try await Self.ask(relay, code).object["error"] as? String == "expired_token")
            let sessions = try await relay.send(.GET, "/auth/sessions", token: token)
            #expect(sessions.list.map { $0["client_hint"] as? String } == ["a lamp"])
        }
    }

    @Test("too many guesses, and too many looks, are told on the page")
    func limitPages() async throws {
        try await withRelay {
            $0.rateLimits.isEnabled = true
            $0.rateLimits.login = 2
            $0.rateLimits.devicePage = 6
        } _: { relay in
            let device = try await Self.begin(relay)
            for _ in 0..<2 {
                Self.expectPage(try await Self.approve(relay, device.userCode, password: "x"), 403, "is wrong")
            }
            let limited = try await Self.approve(relay, device.userCode)
            Self.expectPage(limited, 429, "tried too often")
            #expect(limited.text.contains(device.userCode) && limited.text.contains("name=\"password\""))
            #expect(limited.header("retry-after").flatMap { Int($0) } ?? 0 > 0)
            for _ in 0..<3 { _ = try await relay.send(.GET, "/auth/device") }
            Self.expectPage(try await relay.send(.GET, "/auth/device"), 429, "asked for too often")
        }
    }

    @Test("a pair of refresh tokens is two chains")
    func pair() async throws {
        try await withRelay { relay in
            let device = try await Self.begin(relay, "pair=true")
            _ = try await Self.approve(relay, device.userCode)
            let tokens = try await Self.ask(relay, device.code).object
            let first = try #require(tokens["refresh_token"] as? String)
            let second = try #require(tokens["refresh_token_secondary"] as? String)
            let revoked = try await relay.send(
                .POST,
                "/auth/token/revoke",
                json: ["refresh_token": first, "revoke_chain": true]
            )
            #expect(revoked.status == 204)
            #expect(try await relay.send(.POST, "/auth/token/refresh", json: ["refresh_token": second]).status == 200)
        }
    }

    @Test("a device that is sent away hears so")
    func denial() async throws {
        try await withRelay { relay in
            let device = try await Self.begin(relay)
            let denied = try await relay.send(form: "user_code=\(device.userCode)", to: "/auth/device/deny")
            #expect(denied.status == 200 && denied.object["status"] as? String == "denied")
            #expect(try await relay.send(form: "user_code=\(device.userCode)", to: "/auth/device/deny").status == 404)
            #expect(try await Self.ask(relay, device.code).object["error"] as? String == "access_denied")
            let other = try await Self.begin(relay)
            let page = try await relay.send(
                form: "user_code=\(other.userCode)",
                to: "/auth/device/deny",
                headers: [("accept", "text/html,*/*")]
            )
            Self.expectPage(page, 200, "sent away")
        }
    }

    @Test("what is no form of a device is refused as RFC 8628 and the contract have it")
    func badForms() async throws {
        try await withRelay { relay in
            #expect(
                try await relay.send(form: "", to: "/auth/device/token").issues == [
                    "body.grant_type", "body.device_code",
                ]
            )
            let grant = try await relay.send(form: "grant_type=password&device_code=x", to: "/auth/device/token")
            #expect(grant.status == 400 && grant.object["error"] as? String == "unsupported_grant_type")
            #expect(try await Self.ask(relay, "made-up").object["error"] as? String == "expired_token")
            let pair = try await relay.send(form: "pair=perhaps", to: "/auth/device/code")
            #expect(pair.status == 422 && pair.issues == ["body.pair"])
            #expect(try await relay.send(form: "", to: "/auth/device/deny").issues == ["body.user_code"])
            let large = try await relay.send(form: String(repeating: "a", count: 70_000), to: "/auth/device/code")
            #expect(large.status == 413)
        }
    }

    @Test("what a device calls itself is text on the page, whatever it is")
    func escaping() async throws {
        try await withRelay { relay in
            let device = try await Self.begin(
                relay,
                "client_hint=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22'%26%0A%E2%80%AE"
            )
            let page = try await relay.send(.GET, "/auth/device?user_code=\(device.userCode)")
            Self.expectPage(page, 200, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;")
            #expect(!page.text.contains("\u{202E}"))
            let echoed = try await relay.send(.GET, "/auth/device?user_code=%22%3E%3Cscript%3E")
            Self.expectPage(echoed, 404, "No device waits")
        }
    }

    @Test("without a code there is a form for one; a wrong password asks again, and lets nobody in")
    func pages() async throws {
        try await withRelay { relay in
            Self.expectPage(try await relay.send(.GET, "/auth/device"), 200, "Type in the code")
            Self.expectPage(try await relay.send(.GET, "/auth/device?user_code=BCDF-GHJK"), 404, "No device waits")
            let device = try await Self.begin(relay)
            let wrong = try await Self.approve(relay, device.userCode, password: "wrong")
            Self.expectPage(wrong, 403, "The username or the password is wrong")
            #expect(wrong.text.contains(device.userCode) && !wrong.text.contains("value=\"wrong\""))
            let empty = try await relay.send(form: "user_code=\(device.userCode)", to: "/auth/device")
            Self.expectPage(empty, 403, "Give your username")
            #expect(try await Self.ask(relay, device.code).object["error"] as? String == "authorization_pending")
            let style = try await relay.send(.GET, "/auth/style.css")
            #expect(style.status == 200 && style.header("content-type") == "text/css; charset=utf-8")
        }
    }

    @Test(
        "a form of another page does nothing",
        arguments: [
            [("sec-fetch-site", "cross-site")], [("sec-fetch-site", "same-site")], [("origin", "https://evil.example")],
            [("origin", "null")], [("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1")],
        ]
    )
    func foreign(headers: [(String, String)]) async throws {
        try await withRelay { relay in
            let device = try await Self.begin(relay)
            Self.expectPage(try await Self.approve(relay, device.userCode, headers: headers), 403, "another page")
            let denied = try await relay.send(
                form: "user_code=\(device.userCode)",
                to: "/auth/device/deny",
                headers: headers
            )
            Self.expectPage(denied, 403, "another page")
            #expect(try await Self.ask(relay, device.code).object["error"] as? String == "authorization_pending")
        }
    }

    @Test("a form of the relay's own page is taken, by the name of the request or the configured one")
    func own() async throws {
        let configured = try #require(PublicURL("https://Relay.example.org:443/"))
        try await withRelay {
            $0.signIn.publicURL = configured
        } _: { relay in
            let begun = try await relay.send(form: "", to: "/auth/device/code")
            #expect(begun.object["verification_uri"] as? String == "https://relay.example.org/auth/device")
            for headers in [
                [("origin", "http://127.0.0.1:\(relay.port)")], [("origin", "https://relay.example.org")],
                [("sec-fetch-site", "same-origin"), ("origin", "https://behind.example")],
            ] {
                let device = try await Self.begin(relay)
                Self.expectPage(try await Self.approve(relay, device.userCode, headers: headers), 200, "is let in")
            }
        }
    }

    @Test("where nobody can approve, no device waits")
    func unavailable() async throws {
        try await withRelay {
            $0.signIn.letsPasswordsApprove = false
        } _: { relay in
            let refused = try await relay.send(form: "", to: "/auth/device/code")
            #expect(refused.status == 400)
            #expect(refused.object["error"] as? String == "device_authorization_unavailable")
            Self.expectPage(try await relay.send(.GET, "/auth/device"), 503, "No device can be let in")
            Self.expectPage(try await Self.approve(relay, "BCDF-GHJK"), 503, "No device can be let in")
        }
    }

    @Test("codes, questions and pages are limited by address, and passwords at the page as at a log-in")
    func limits() async throws {
        try await withRelay {
            $0.rateLimits.isEnabled = true
            $0.rateLimits.login = 1
            $0.rateLimits.deviceCode = 2
            $0.rateLimits.deviceToken = 3
            $0.rateLimits.devicePage = 4
        } _: { relay in
            let device = try await Self.begin(relay)
            _ = try await Self.begin(relay)
            #expect(try await relay.send(form: "", to: "/auth/device/code").status == 429)
            for _ in 0..<3 { #expect(try await Self.ask(relay, "x").status == 400) }
            #expect(try await Self.ask(relay, device.code).status == 429)
            #expect(try await Self.approve(relay, device.userCode, password: "wrong").status == 403)
            #expect(try await Self.approve(relay, device.userCode).status == 429)
            for _ in 0..<2 { #expect(try await relay.send(.GET, "/auth/device").status == 200) }
            #expect(try await relay.send(.GET, "/auth/device?user_code=\(device.userCode)").status == 429)
            #expect(try await relay.send(form: "user_code=x", to: "/auth/device/deny").status == 429)
        }
    }

    @Test("a device that asks one relay is let in at another")
    func severalRelays() async throws {
        try await withTwoRelays { first, second in
            let device = try await Self.begin(first)
            Self.expectPage(try await second.send(.GET, "/auth/device?user_code=\(device.userCode)"), 200, "a lamp")
            _ = try await Self.approve(second, device.userCode)
            let codes = try await withThrowingTaskGroup(of: Int.self) { group in
                for relay in [first, second, first, second] {
                    group.addTask { try await Self.ask(relay, device.code).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.sorted() == [200, 400, 400, 400])
        }
    }
}
