import NIOHTTP1

/// What is said in sessions of WebTransport, in which the client opens a stream in both directions.
protocol SessionOpener: Sendable {
    /// Lets the client in who may come, and opens its session; or says why not.
    ///
    /// - Parameter headers: go with the answer that opens it.
    func openSession(_ exchange: Exchange, _ headers: HTTPHeaders)
}

/// `/wt`: opens sessions of WebTransport. The query says what is said in one.
final class SessionRoute: Route {
    static let path = "/wt"

    private let pulse: any SessionOpener
    private let json: any SessionOpener

    /// - Parameters:
    ///   - pulse: for clients that ask for nothing else, and by `frames=pulse`.
    ///   - json: by `frames=json`.
    init(pulse: any SessionOpener, json: any SessionOpener) {
        self.pulse = pulse
        self.json = json
    }

    let opensSessions = true

    func handle(_ exchange: Exchange) {
        guard exchange.connection.stream?.isSession == true else {
            return exchange.answer(Reply(.badRequest, detail: "This is for WebTransport, over HTTP/3"))
        }
        guard let opener = self.opener(QueryItems(exchange.query).first("frames")) else {
            return exchange.answer(Reply(.badRequest, detail: "frames is pulse or json"))
        }
        // By which clients of that draft know that it is spoken.
        opener.openSession(exchange, ["sec-webtransport-http3-draft": "draft02"])
    }

    private func opener(_ frames: String?) -> (any SessionOpener)? {
        switch frames {
        case nil, "pulse": self.pulse
        case "json": self.json
        default: nil
        }
    }
}
