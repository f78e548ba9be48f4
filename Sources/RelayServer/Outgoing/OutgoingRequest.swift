import NIOCore
import NIOHTTP1
import RelayCore

/// One request of the relay's to another server.
struct OutgoingRequest: Sendable {
    var url: OutgoingURL
    var method = HTTPMethod.GET
    /// Without `host`, `content-length` and `user-agent`, which the relay adds.
    var headers = HTTPHeaders()
    var body: ByteBuffer?
    /// Bytes of the answer's body that are taken. Of a longer one nothing is kept.
    var maxAnswerBytes = 16 << 10
    /// For all of it: the host's address, the connection, the request, and the answer to its end.
    var patience = TimeAmount.seconds(5)
    var reach = OutgoingReach.publicAddresses
    /// The user for whom it is sent, who has a share of all that is under way: ``OutgoingShares``. Nil for the relay itself.
    var owner: UserID?

    init(_ url: OutgoingURL) {
        self.url = url
    }
}

/// What another server has said. A redirect is an answer like any other: none is followed.
struct OutgoingAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    /// Nil where it is longer than ``OutgoingRequest/maxAnswerBytes``.
    let body: ByteBuffer?

    var isSuccess: Bool { (200..<300).contains(self.status) }
}

/// Why there is no answer.
enum OutgoingError: Error, Hashable, CustomStringConvertible {
    /// The host has no address, or its name can't be looked up.
    case unknownHost(String)
    /// All of the host's addresses are such as ``OutgoingReach`` refuses. Nothing was sent.
    case refusedAddress(String)
    /// As many requests are under way as may be, or as may be for its user. Nothing was sent.
    case overloaded
    case closed
    case timeout
    /// The host's certificate is not to be believed. Nothing was sent.
    case untrusted(String)
    /// No connection, or it broke. The server may have had the request.
    case failed(String)

    var description: String {
        switch self {
        case .unknownHost(let host): "no address is known for \(host)"
        case .refusedAddress(let host): "\(host) is at a private or reserved address, or at this machine's own"
        case .overloaded: "too many requests to other servers are under way"
        case .closed: "the relay stops"
        case .timeout: "no answer in time"
        case .untrusted(let host):
            "the certificate of \(host) is of no authority that is believed, has expired, or is for another name"
        case .failed(let reason): reason
        }
    }
}
