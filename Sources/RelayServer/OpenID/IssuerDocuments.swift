import Foundation
import NIOCore
import NIOHTTP1
import RelayAccess

/// Fetches what an issuer publishes of itself, and asks it what only it knows: bounded, and from nowhere but where it may be.
struct IssuerDocuments: Sendable {
    /// Certificates in key sets make them long. None that serves people is longer.
    static let maximumBytes = 256 << 10
    static let patience = TimeAmount.seconds(5)

    private let http: OutgoingHTTP
    private let allowsPrivateAddresses: Bool
    /// Hosts of this machine that the operator has named.
    private let localHosts: Set<String>

    /// - Parameters:
    ///   - named: the addresses that the operator has given. One on this machine (`localhost`) is reached there, and by http.
    ///   - allowsPrivateAddresses: whether all of them may be anywhere.
    init(_ http: OutgoingHTTP, named: [OutgoingURL], allowsPrivateAddresses: Bool) {
        self.http = http
        self.allowsPrivateAddresses = allowsPrivateAddresses
        self.localHosts = Set(named.filter(\.isLocal).map(\.host))
    }

    /// - Returns: nil for an address to which no secret may be sent: it has to be of https, unless it is on this machine or in a network that
    ///   the operator trusts.
    func permitted(_ text: String) -> OutgoingURL? {
        guard let url = OutgoingURL(text), self.permits(url) else { return nil }
        return url
    }

    func permits(_ url: OutgoingURL) -> Bool {
        url.isSecure || self.allowsPrivateAddresses || self.localHosts.contains(url.host)
    }

    struct Document: Sendable {
        let data: Data
        /// From `Cache-Control`, in seconds.
        let maxAge: Int64?
    }

    func get(_ url: OutgoingURL, bearer: String? = nil) async throws(IssuerTrouble) -> Document {
        var request = OutgoingRequest(url)
        request.headers = ["accept": "application/json"]
        if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
        let answer = try await self.send(request)
        guard answer.status == 200 else { throw .unreachable("\(url) answers \(answer.status)") }
        return try self.document(answer, url)
    }

    /// Sends a form, and takes an answer that is a document whatever its status is.
    func post(_ url: OutgoingURL, form: String, headers: HTTPHeaders) async throws(IssuerTrouble) -> (Int, Document) {
        var request = OutgoingRequest(url)
        request.method = .POST
        request.headers = headers
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        request.body = ByteBuffer(string: form)
        let answer = try await self.send(request)
        return (answer.status, try self.document(answer, url))
    }

    private func send(_ request: OutgoingRequest) async throws(IssuerTrouble) -> OutgoingAnswer {
        guard self.permits(request.url) else { throw .refused("\(request.url) is not of https") }
        var request = request
        request.maxAnswerBytes = Self.maximumBytes
        request.patience = Self.patience
        let isLocal = self.localHosts.contains(request.url.host)
        request.reach = self.allowsPrivateAddresses || isLocal ? .everywhere : .publicAddresses
        do {
            return try await self.http.send(request)
        } catch {
            throw .unreachable("\(request.url): \(error)")
        }
    }

    private func document(_ answer: OutgoingAnswer, _ url: OutgoingURL) throws(IssuerTrouble) -> Document {
        guard let body = answer.body else { throw .refused("\(url) answers with more than \(Self.maximumBytes) bytes") }
        return Document(data: Data(body.readableBytesView), maxAge: Self.maxAge(answer.headers))
    }

    private static func maxAge(_ headers: HTTPHeaders) -> Int64? {
        headers[canonicalForm: "cache-control"].lazy.compactMap { item -> Int64? in
            let parts = item.lowercased().split(separator: "=", maxSplits: 1)
            guard parts.first == "max-age", parts.count == 2 else { return nil }
            return Int64(parts[1])
        }.first
    }
}

extension OutgoingURL {
    /// Whether the host is this machine by its very name.
    var isLocal: Bool { PublicURL.isLocal(self.host) }
}
