import Foundation
import RelayClient
import Testing

@testable import RelayCommands

@Suite("Conversations about rooms that are brought over")
struct RoomTalkTests {
    private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

    @Test("y-websocket's servers are spoken to at once, and may say several things in a frame")
    func plain() throws {
        var talk = RoomTalk()
        #expect(talk.isReady)
        #expect(talk.opening.isEmpty)
        #expect(talk.frame(.vector([0])) == [0, 0, 1, 0])
        #expect(
            talk.frame(.update([0, 0], isAnswer: false)) == [0, 1, 2, 0, 0],
            "as an answer, to which nobody answers"
        )
        #expect(talk.frame(.awareness([0])) == [1, 1, 0])
        let said: [UInt8] =
            [0, 0, 1, 0] + [0, 1, 2, 0, 0] + [0, 2, 3, 7, 8, 9] + [1, 1, 0] + [2, 0] + Self.text("no") + [3] + [9, 9]
        #expect(
            try talk.take(said) == [
                .word(.vector([0])), .word(.update([0, 0], isAnswer: true)),
                .word(.update([7, 8, 9], isAnswer: false)),
                .word(.awareness([0])), .denied("no"),
            ]
        )
        for length in 1..<6 where length != 4 {
            #expect(throws: RelayError.self, "cut at \(length)") { try talk.understood(Array(said.prefix(length))) }
        }
    }

    @Test("Hocuspocus' servers are told who comes, and spoken to once they let it in")
    func addressed() throws {
        let room = Self.text("r")
        var talk = RoomTalk(about: "r", token: "secret")
        #expect(!talk.isReady)
        #expect(talk.opening == [room + [2, 0] + Self.text("secret") + Self.text("4.5.0")])
        #expect(talk.frame(.vector([0])) == room + [0, 0, 1, 0])
        #expect(talk.signOfLife == room + [3])
        // About another room, and words that ask for nothing.
        for said in [Self.text("s") + [0, 0, 1, 0], room + [8, 1], room + [5] + Self.text("hello"), [10]] {
            #expect(try talk.take(said).isEmpty, "\(said)")
        }
        #expect(try talk.take([9]) == [.answer([10])])
        #expect(try talk.take(room + [2, 0]) == [.answer(talk.opening[0])], "the token once more")
        #expect(try talk.take(room + [2, 2] + Self.text("read-write")) == [.ready])
        #expect(talk.isReady)
        #expect(try talk.take(room + [2, 2] + Self.text("readonly")).isEmpty)
        #expect(try talk.take(room + [0, 1, 2, 0, 0]) == [.word(.update([0, 0], isAnswer: true))])
        #expect(try talk.take(room + [4, 0, 1, 0]) == [.word(.vector([0]))], "between servers")
        #expect(try talk.take(room + [1, 1, 0]) == [.word(.awareness([0]))])
        #expect(try talk.take(room + [2, 1] + Self.text("no")) == [.ended("no")])
        #expect(try talk.take(room + [7] + Self.text("bye")) == [.ended("bye")])
        for said in [[], [5], room, room + [0], room + [0, 1, 3, 0], room + [2], room + [2, 1, 9]] as [[UInt8]] {
            #expect(throws: RelayError.self, "\(said)") { try talk.understood(said) }
        }
    }

    @Test("What says nothing is known")
    func nothing() {
        #expect(RoomTalk.Word.update([0, 0], isAnswer: true).isNothing)
        #expect(RoomTalk.Word.awareness([0]).isNothing)
        #expect(!RoomTalk.Word.vector([0]).isNothing)
        #expect(!RoomTalk.Word.update([0, 1], isAnswer: false).isNothing)
    }

    @Test("Rooms are asked for where their clients find them, with what these say of themselves")
    func addresses() throws {
        func target(_ base: String, _ room: String, _ dialect: DocumentSource.Dialect = .yWebsocket) throws -> String {
            let source = try DocumentSource(base, dialect, token: "a b", parameters: ["k=v&w", "e="])
            return try #require("\(source.address(of: room))".split(separator: " ").first.map(String.init))
        }
        #expect(try target("ws://old:1234", "r") == "ws://old:1234/r")
        #expect(try target("ws://old:1234/", "a/b") == "ws://old:1234/a/b")
        #expect(try target("wss://old/base//", "a b%20é?#") == "wss://old/base/a%20b%20%C3%A9%3F%23")
        #expect(try target("ws://old/collab?x=1", "r", .hocuspocus) == "ws://old/collab")
        for bad in ["http://old", "ws://", "old:1234", "ws://u:p@old", "ws://old/#f", "ws://old:0"] {
            #expect(throws: RelayError.self, "\(bad)") {
                try DocumentSource(bad, .yWebsocket, token: nil, parameters: [])
            }
        }
        #expect(throws: UsageError.self) { try DocumentSource("ws://old", .yWebsocket, token: nil, parameters: ["x"]) }
    }

    @Test("Names come from the command line and from a file, each once")
    func names() async throws {
        try await withTemporaryFolder { folder in
            let file = folder + "/rooms"
            try "a\n\n b c \r\nd/e\na\n".write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try RoomNames.all(named: ["x", "a", "x"], file: file) == ["x", "a", " b c ", "d/e"])
            #expect(throws: UsageError.self) { try RoomNames.all(named: [], file: nil) }
            #expect(throws: UsageError.self) { try RoomNames.all(named: ["a"], file: file + ".none") }
        }
    }

    @Test("A line says what became of a room")
    func lines() {
        let reports = [
            RoomReport(room: "a", outcome: .imported(bytes: 7)), RoomReport(room: "b", outcome: .unchanged),
            RoomReport(room: "c", outcome: .empty), RoomReport(room: "d", outcome: .failed("no")),
        ]
        let lines = ["a: 7 bytes", "b: the relay has it all", "c: nothing there", "d: no"]
        #expect(reports.map { OutputFormat.human.line($0) } == lines)
        #expect(OutputFormat.json.line(reports[0]) == #"{"room":"a","status":"imported","bytes":7,"error":null}"#)
        #expect(OutputFormat.json.line(reports[3]) == #"{"room":"d","status":"failed","bytes":null,"error":"no"}"#)
    }
}
