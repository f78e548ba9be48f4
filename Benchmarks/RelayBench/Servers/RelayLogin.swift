import Foundation
import NIOCore

/// Signs in to the relay as its first administrator.
struct RelayLogin: Sendable {
    private struct Answer: Decodable {
        var accessToken: String

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
        }
    }

    let client: LoadClient
    let port: Int
    let password: String

    /// - Returns: an access token, valid for longer than a benchmark takes.
    func token() async throws -> String {
        let connection = try await self.client.open(port: self.port)
        let body = try await connection.once(self.request).get().lastBody
        await connection.close()
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView)) else {
            throw LaunchError.noToken("\(body.readableBytes) bytes of something else")
        }
        return answer.accessToken
    }

    private var request: ByteBuffer {
        let form = "grant_type=password&username=admin&password=\(self.password)"
        let head = """
            POST /auth/login HTTP/1.1\r
            Host: 127.0.0.1\r
            Content-Type: application/x-www-form-urlencoded\r
            Content-Length: \(form.utf8.count)\r
            \r

            """
        return ByteBuffer(string: head + form)
    }
}
