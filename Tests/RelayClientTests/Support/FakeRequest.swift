import NIOHTTP1
import RelayClient

/// What arrived at the fake relay.
struct FakeRequest: Sendable {
    let method: String
    let uri: String
    let headers: HTTPHeaders
    let body: String

    var bearer: String? {
        self.headers.first(name: "Authorization").map { String($0.dropFirst("Bearer ".count)) }
    }

    /// The body as JSON; null where it is none.
    var json: JSONDocument { (try? JSONDocument(parsing: self.body)) ?? .null }
}

enum FakeReply: Sendable {
    case json(Int, JSONDocument, headers: [(String, String)] = [])
    /// Close the connection without a word.
    case hangUp

    static func tokens(_ access: String, refresh: String? = nil, expiresIn: Int = 3600) -> FakeReply {
        .json(
            200,
            [
                "access_token": .string(access), "token_type": "bearer", "expires_in": .number(JSONNumber(expiresIn)),
                "refresh_token": refresh.map(JSONDocument.string) ?? .null,
            ]
        )
    }

    static func detail(_ status: Int, _ text: String) -> FakeReply {
        .json(status, ["detail": .string(text)])
    }
}
