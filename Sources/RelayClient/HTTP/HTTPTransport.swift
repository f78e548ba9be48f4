import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RelayWire

/// Sends one request once.
struct HTTPTransport: Sendable {
    let endpoint: RelayEndpoint
    let client: HTTPClient
    let timeout: Duration
    /// Longer answers count as a broken connection.
    let maxReplyBytes: Int

    /// - Throws: `CancellationError` only.
    func send(_ call: HTTPCall, bearer: String?) async throws -> RequestOutcome {
        do {
            let reply =
                call.isUninterruptible
                ? try await self.runToEnd(call, bearer) : try await self.runCancellable(call, bearer)
            return .replied(reply)
        } catch {
            if Self.isCancellation(error) { throw CancellationError() }
            return self.outcome(of: await CertificateLook.explain(error, at: self.endpoint))
        }
    }

    private func runCancellable(_ call: HTTPCall, _ bearer: String?) async throws -> HTTPReply {
        let response = try await self.execute(call, bearer)
        let body = try await response.body.collect(upTo: self.maxReplyBytes)
        return Self.reply(response.status, response.headers, body)
    }

    func execute(_ call: HTTPCall, _ bearer: String?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: self.url(of: call))
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        request.headers = self.headers(of: call, bearer)
        if let body = Self.body(of: call) { request.body = .bytes(body) }
        let deadline = NIODeadline.now() + self.limit(of: call)
        return try await self.client.execute(request, deadline: deadline)
    }

    /// The future-based interface doesn't look at the task, which is what is wanted here.
    private func runToEnd(_ call: HTTPCall, _ bearer: String?) async throws -> HTTPReply {
        let request = try HTTPClient.Request(
            url: self.url(of: call),
            method: HTTPMethod(rawValue: call.method.rawValue),
            headers: self.headers(of: call, bearer),
            body: Self.body(of: call).map { .byteBuffer($0) }
        )
        let accumulator = ResponseAccumulator(request: request, maxBodySize: self.maxReplyBytes)
        let deadline = NIODeadline.now() + self.limit(of: call)
        let response = try await self.client.execute(request: request, delegate: accumulator, deadline: deadline).get()
        return Self.reply(response.status, response.headers, response.body ?? ByteBuffer())
    }
}

// MARK: - Building

extension HTTPTransport {
    private func url(of call: HTTPCall) -> String {
        "\(self.endpoint)\(call.target)"
    }

    private func limit(of call: HTTPCall) -> TimeAmount {
        TimeAmount(call.timeout ?? self.timeout)
    }

    private func headers(of call: HTTPCall, _ bearer: String?) -> HTTPHeaders {
        var headers = HTTPHeaders(call.headers)
        headers.add(name: "User-Agent", value: "pulsar-relay-swift/\(RelayVersion.current)")
        headers.add(name: "Accept", value: "application/json")
        switch call.body {
        case .none: break
        case .json: headers.add(name: "Content-Type", value: "application/json")
        case .form: headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        case .binary: headers.add(name: "Content-Type", value: "application/octet-stream")
        }
        if let bearer { headers.add(name: "Authorization", value: "Bearer \(bearer)") }
        return headers
    }

    private static func body(of call: HTTPCall) -> ByteBuffer? {
        switch call.body {
        case .none: nil
        case .json(let value): ByteBuffer(string: value.text)
        case .form(let pairs): ByteBuffer(string: FormText.encode(pairs))
        case .binary(let bytes): ByteBuffer(bytes: bytes)
        }
    }
}

// MARK: - Reading

extension HTTPTransport {
    static func reply(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer) -> HTTPReply {
        HTTPReply(
            status: Int(status.code),
            retryAfter: headers.first(name: "Retry-After").flatMap(RetryAfter.init)?.duration,
            body: Array(body.readableBytesView),
            nextCursor: headers.first(name: "X-Next-Cursor")
        )
    }

    static func isCancellation(_ error: any Error) -> Bool {
        error is CancellationError || (error as? HTTPClientError) == .cancelled
    }

    private func outcome(of error: any Error) -> RequestOutcome {
        if let fault = TLSFault(error) { return .impossible(fault.relayError) }
        if error is NIOConnectionError { return .notSent(error) }
        if (error as? IOError)?.errnoCode == ECONNREFUSED { return .notSent(ConnectionRefused()) }
        switch error as? HTTPClientError {
        case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout: return .notSent(error)
        case .deadlineExceeded, .readTimeout, .writeTimeout: return .timedOut(error)
        case .remoteConnectionClosed: return .broken(ClosedUnanswered(isEncrypted: self.endpoint.isSecure))
        default: return .broken(error)
        }
    }
}

/// Nothing listens at the relay's address.
struct ConnectionRefused: Error, CustomStringConvertible {
    var description: String { "connection refused" }
}

/// What answers at the relay's address has closed the connection in place of an answer, as a relay that speaks TLS does to a request without.
struct ClosedUnanswered: Error, CustomStringConvertible {
    /// Whether the connection was one of TLS.
    let isEncrypted: Bool

    var description: String { "it was closed without an answer" + (self.isEncrypted ? "" : ": is it https?") }
}
