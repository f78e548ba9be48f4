import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RelayTelemetry
import RelayWire

/// Sends the relay's own requests to other servers: receivers of events, identity providers.
///
/// The addresses of a host are looked up for each request and judged; the connection goes to one that was judged, whatever the name means a
/// moment later, with the host's name in TLS and in `Host`. Answers are bounded in bytes and in time, and no redirect is followed.
final class OutgoingHTTP: Sendable {
    /// A host's addresses that are tried, at most.
    private static let maxAttempts = 4

    private let group: any EventLoopGroup
    private let clients: OutgoingClients
    private let lookup: HostLookup

    /// - Parameters:
    ///   - group: the loops that requests run on.
    ///   - authorities: a PEM file of those whose certificates are believed; nil for the machine's.
    ///   - lookup: finds addresses.
    init(on group: any EventLoopGroup, authorities: String? = nil, lookup: HostLookup = HostLookup()) {
        self.group = group
        self.clients = OutgoingClients(on: group, authorities: authorities)
        self.lookup = lookup
    }

    /// - Throws: an ``OutgoingError``, or `CancellationError` where the task is cancelled.
    func send(_ request: OutgoingRequest) async throws -> OutgoingAnswer {
        let deadline = NIODeadline.now() + request.patience
        let addresses = try await self.permitted(request, by: deadline)
        var failure = OutgoingError.unknownHost(request.url.host)
        for address in addresses.prefix(Self.maxAttempts) {
            let place = OutgoingClients.Place(host: request.url.host, address: address.text)
            do {
                return try await self.clients.withClient(of: place, for: request.owner) { client in
                    try await Self.answer(to: request, from: client, by: deadline)
                }
            } catch let error where Self.isNeverConnected(error) {
                failure = .failed("no connection to \(request.url.host): \(NetworkTrouble.text(of: error))")
            } catch let error as OutgoingError {
                throw error
            } catch {
                if Task.isCancelled { throw CancellationError() }
                throw Self.failure(error, host: request.url.host)
            }
        }
        throw failure
    }

    /// Ends all requests. To be called once nobody sends any.
    func close() async {
        await self.clients.close()
    }

    private func permitted(_ request: OutgoingRequest, by deadline: NIODeadline) async throws -> [IPAddress] {
        let host = request.url.host
        let found = try await self.lookup.addresses(
            of: host,
            for: request.owner,
            by: deadline,
            on: self.group.any()
        )
        let permitted = found.filter { request.reach.allows($0, own: OutgoingReach.machineAddresses) }
        guard !permitted.isEmpty else { throw OutgoingError.refusedAddress(host) }
        return permitted
    }

    private static func answer(
        to request: OutgoingRequest,
        from client: HTTPClient,
        by deadline: NIODeadline
    ) async throws -> OutgoingAnswer {
        var outgoing = HTTPClientRequest(url: request.url.description)
        outgoing.method = request.method
        outgoing.headers = request.headers
        outgoing.headers.replaceOrAdd(name: "user-agent", value: "pulsar-relay/\(RelayVersion.current)")
        if let body = request.body { outgoing.body = .bytes(body) }
        let (limit, prepared) = (request.maxAnswerBytes, outgoing)
        // The client's own deadline ends with the answer's head; a body may come for ever.
        return try await withThrowingTaskGroup(of: OutgoingAnswer.self) { group in
            group.addTask {
                let response = try await client.execute(prepared, deadline: deadline)
                return OutgoingAnswer(
                    status: Int(response.status.code),
                    headers: response.headers,
                    body: try await Self.body(of: response, upTo: limit)
                )
            }
            group.addTask {
                try await Task.sleep(for: Duration(max(.zero, deadline - .now())))
                throw OutgoingError.timeout
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private static func body(of response: HTTPClientResponse, upTo limit: Int) async throws -> ByteBuffer? {
        do {
            return try await response.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            return nil
        }
    }

    private static func failure(_ error: any Error, host: String) -> OutgoingError {
        if (error as? HTTPClientError) == .deadlineExceeded { return .timeout }
        if (error as? NIOSSLExtraError) == .failedToValidateHostname { return .untrusted(host) }
        let text = NetworkTrouble.text(of: error)
        // BoringSSL tells no more of it.
        return text.contains("CERTIFICATE_VERIFY_FAILED") ? .untrusted(host) : .failed(text)
    }

    /// Whether the server has had nothing of the request.
    private static func isNeverConnected(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .connectTimeout }
        guard let error = error as? IOError else { return error is NIOConnectionError }
        return [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode)
    }
}
