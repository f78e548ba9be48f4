import NIOHTTP1

/// How far the HTTP decoder has got, for the scanner in front of it.
struct DecoderProgress {
    /// Whether the decoder has given a request's end, and may read another request after it.
    var hasEndedRequest = false
    /// Whether the decoder has found what is no HTTP. It reads nothing after that.
    private(set) var hasFailed = false
    /// Whether what the decoder is giving is the connection's last request.
    private var isLast = false

    /// The decoder has given a part.
    mutating func gave(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            self.isLast = !head.keepsConnection(asksForUpgrade: head.headers.contains(name: "upgrade"))
        case .body: break
        case .end: self.hasEndedRequest = !self.isLast
        }
    }

    mutating func failed() { self.hasFailed = true }
}

extension HTTPRequestHead {
    /// Whether the connection may carry another request after this one. The decoder stops at a request that asks for another protocol, so a
    /// connection on which none is granted is over.
    func keepsConnection(asksForUpgrade: Bool) -> Bool {
        self.isKeepAlive && self.method != .CONNECT && !asksForUpgrade
    }
}

extension HTTPConnection {
    var hasDecodedRequest: Bool {
        get { self.progress.hasEndedRequest }
        set { self.progress.hasEndedRequest = newValue }
    }

    var hasDecoderFailed: Bool { self.progress.hasFailed }
}
