import Foundation
import RelayClient
import RelayWire
import Synchronization
import Testing

@testable import RelayCommands

@Suite("Files", .timeLimit(.minutes(1)))
struct FilesTests {
    private static let url = "https://relay.example.org"
    private static let tokens = Tokens(
        accessToken: "access",
        expiresAt: Timestamp(microseconds: 1_800_000_000_000_000),
        refreshToken: "refresh"
    )

    /// How many are at it. Owner of the count: its lock.
    private final class Running: Sendable {
        private let count = Mutex(0)

        @discardableResult
        func change(by difference: Int) -> Int {
            self.count.withLock { count in
                count += difference
                return count
            }
        }
    }

    private static func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("Credentials live where XDG says")
    func location() {
        func path(_ environment: [String: String]) -> String {
            CredentialsFile(environment: environment, home: "/home/a").path
        }
        #expect(path([:]) == "/home/a/.config/pulsar-relay/credentials.json")
        #expect(path(["XDG_CONFIG_HOME": "/x"]) == "/x/pulsar-relay/credentials.json")
        #expect(path(["XDG_CONFIG_HOME": "x"]) == "/home/a/.config/pulsar-relay/credentials.json")
    }

    @Test("Logins come back as stored, in a file that only its owner can read")
    func credentials() async throws {
        try await withTemporaryFolder { folder in
            let file = CredentialsFile(path: folder + "/made/credentials.json")
            #expect(try file.read() == LoginBook())
            let store = FileTokenStore(file: file, url: Self.url, username: "alice")
            _ = try await store.renew { stored in
                #expect(stored == nil)
                return Self.tokens
            }
            let book = try file.read()
            #expect(book.defaultURL == Self.url)
            #expect(book[Self.url] == StoredLogin(username: "alice", tokens: Self.tokens))
            #expect(try Self.mode(file.path) == 0o600)
            #expect(try Self.mode(folder + "/made") == 0o700)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder + "/made").sorted()
                    == ["credentials.json", "credentials.json.lock"]
            )
        }
    }

    @Test("A login keeps by whom the relay is trusted, until it is given another authority")
    func authority() async throws {
        try await withTemporaryFolder { folder in
            let file = CredentialsFile(path: folder + "/credentials.json")
            func logIn(_ authority: String?) async throws -> String? {
                let store = FileTokenStore(file: file, url: Self.url, username: "alice", authority: authority)
                _ = try await store.renew { _ in Self.tokens }
                return try file.read()[Self.url]?.authority
            }
            #expect(try await logIn(nil) == nil)
            #expect(try await logIn("/a.crt") == "/a.crt")
            #expect(try await logIn(nil) == "/a.crt")
            #expect(try await logIn("/b.crt") == "/b.crt")
            _ = try await FileTokenStore(file: file, url: Self.url).renew { _ in Self.tokens }
            #expect(try file.read()[Self.url]?.authority == "/b.crt")
        }
    }

    @Test("A renewal keeps the name, the default and the other logins")
    func renewal() async throws {
        try await withTemporaryFolder { folder in
            let file = CredentialsFile(path: folder + "/credentials.json")
            for url in ["https://other.example.org", Self.url] {
                _ = try await FileTokenStore(file: file, url: url, username: "alice").renew { _ in Self.tokens }
            }
            let next = Tokens(accessToken: "next", expiresAt: Self.tokens.expiresAt)
            let store = FileTokenStore(file: file, url: "https://other.example.org")
            _ = try await store.renew { stored in
                #expect(stored == Self.tokens)
                return next
            }
            let book = try file.read()
            #expect(book.defaultURL == Self.url)
            #expect(book["https://other.example.org"] == StoredLogin(username: "alice", tokens: next))
            #expect(book[Self.url]?.tokens == Self.tokens)
            #expect(try await store.load() == next)
        }
    }

    @Test("Two holders of one file never exchange at the same time, and each sees the other's tokens")
    func exclusion() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/credentials.json"
            let running = Running()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        let store = FileTokenStore(file: CredentialsFile(path: path), url: Self.url, username: "a")
                        _ = try await store.renew { stored in
                            #expect(running.change(by: 1) == 1)
                            await Task.yield()
                            running.change(by: -1)
                            let number = stored.flatMap { Int($0.accessToken) } ?? 0
                            return Tokens(accessToken: "\(number + 1)", expiresAt: Timestamp(microseconds: 0))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try CredentialsFile(path: path).read()[Self.url]?.tokens.accessToken == "5")
        }
    }

    @Test("An exchange that fails leaves the file as it was")
    func failedExchange() async throws {
        struct Fault: Error {}
        try await withTemporaryFolder { folder in
            let file = CredentialsFile(path: folder + "/credentials.json")
            let store = FileTokenStore(file: file, url: Self.url, username: "alice")
            _ = try await store.renew { _ in Self.tokens }
            let before = try file.read()
            await #expect(throws: Fault.self) { try await store.renew { _ in throw Fault() } }
            #expect(try file.read() == before)
        }
    }

    @Test("A cursor file is the Python client's: an object, topic to id; it is made, kept up, and read again")
    func cursors() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/cursor.json"
            var keeper = try CursorKeeper(path: path)
            #expect(keeper.table.cursors.isEmpty)
            try keeper.started(at: ["b": "1-0"])
            let message = RelayMessage(topic: "a", messageID: "2-0", payload: [:], timestamp: "T")
            try keeper.printed(message)
            let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
            #expect(text == #"{"a":"2-0","b":"1-0"}"# + "\n")
            #expect(try CursorKeeper(path: path).table == keeper.table)
            try Data(#"{"x": "msg_0123456789ab", "y" : "5-0"}"#.utf8).write(to: URL(fileURLWithPath: path))
            #expect(try CursorKeeper(path: path).table.cursors == ["x": "msg_0123456789ab", "y": "5-0"])
        }
    }

    @Test("A file that holds something else is not taken for a cursor file", arguments: ["", "[]", #"{"a":1}"#, "x"])
    func notCursors(text: String) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/cursor.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: FileError.self) { try CursorKeeper(path: path) }
        }
    }

    @Test("The relay is that of the option, the environment, or the last login, in this order")
    func address() throws {
        var book = LoginBook()
        let error = #expect(throws: NoRelayNamed.self) {
            try RelayAddress.endpoint(option: nil, environment: [:], book: book)
        }
        #expect(error.map { CommandStatus(for: $0) } == .authentication)
        book.set(StoredLogin(username: "a", tokens: Self.tokens), for: "https://c.org", becomesDefault: true)
        let environment = ["PULSAR_RELAY_URL": "https://b.org"]
        func url(_ option: String?, _ environment: [String: String]) throws -> String {
            try RelayAddress.endpoint(option: option, environment: environment, book: book).description
        }
        #expect(try url("https://a.org", environment) == "https://a.org")
        #expect(try url(nil, environment) == "https://b.org")
        #expect(try url(nil, [:]) == "https://c.org")
        #expect(throws: RelayError.self) { try url("http://a.org", [:]) }
        #expect(try url("http://a.org", ["PULSAR_RELAY_ALLOW_INSECURE": "1"]) == "http://a.org")
    }
}
