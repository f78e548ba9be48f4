import Foundation
import NIOCore
import NIOHTTP1

extension RawConnection {
    /// Sends a whole request, its body with its length.
    func request(_ method: String, _ target: String, token: String?, headers: [String] = [], body: String? = nil) {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"]
        if let token { lines.append("Authorization: Bearer \(token)") }
        lines += headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        self.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    }

    /// The next response with its body, of which its head must tell the length.
    ///
    /// - Returns: nil where the relay closes instead.
    func reply(toHead: Bool = false) async -> TestReply? {
        guard let head = await self.head() else { return nil }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard let body = await self.take(toHead ? 0 : length) else { return nil }
        return TestReply(status: head.status, headers: head.headers, body: body)
    }

    /// The head of the next response.
    func head() async -> (status: Int, headers: HTTPHeaders)? {
        guard let first = await self.line() else { return nil }
        let parts = first.split(separator: " ", maxSplits: 2)
        guard parts.count > 1, let status = Int(parts[1]) else { return nil }
        var headers = HTTPHeaders()
        while let line = await self.line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers.add(
                name: String(line[..<colon]),
                value: line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            )
        }
        return (status, headers)
    }
}
