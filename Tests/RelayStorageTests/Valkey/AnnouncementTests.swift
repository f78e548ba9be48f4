import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayStorage

@Suite("What a stream's channel tells")
struct AnnouncementTests {
    private static let head = "00000000000000ab 0-0 5-0 5-2 4-0 3"

    @Test("messages come out as they went in")
    func wellFormed() throws {
        let text = "\(Self.head) 2\n5-1 -7 - 2 - -\n5-2 9 12 3 2 1\n{}{1}ab\u{0}"
        let growth = try #require(Announcement.growth(ByteBuffer(string: text)))
        #expect(growth.previous == MessageID(milliseconds: 5, sequence: 0))
        #expect(growth.bounds.epoch.id == 0xab && growth.bounds.count == 3)
        #expect(growth.messages.map { String(buffer: $0.payload) } == ["{}", "{1}"])
        #expect(growth.messages[0].timestamp == Timestamp(microseconds: -7))
        #expect(growth.messages[1].metadata == ByteBuffer(string: "ab"))
        #expect(growth.messages[1].audience == .one("\u{0}"))
        #expect(growth.messages[1].expiresAt == Timestamp(microseconds: 12))
    }

    @Test("a sender comes behind the audience, and what an older relay reads of it is nothing")
    func senders() throws {
        let text = "\(Self.head) 3\n5-0 1 - 2 - +3\n5-1 1 - 2 - 0+1\n5-2 1 - 2 1 2+4\n{}éx{}s{}mabsend"
        let older = "\(Self.head) 3\n4-1 1 - 2 - +3\n5-1 1 - 2 - 0+1\n5-2 1 - 2 1 2+4\n{}éx{}s{}mabsend"
        #expect(Announcement.growth(ByteBuffer(string: text)) == nil)
        let growth = try #require(
            Announcement.growth(ByteBuffer(string: older.replacing(" 5-0 5-2", with: " 4-0 5-2")))
        )
        #expect(growth.messages.map(\.sender) == ["éx", "s", "send"])
        #expect(growth.messages.map(\.audience) == [.everyone, .others, .one("ab")])
        #expect(growth.messages[2].metadata == ByteBuffer(string: "m"))
        let bytes = Array(older.replacing(" 5-0 5-2", with: " 4-0 5-2").utf8)
        for count in 0..<bytes.count { #expect(Announcement.growth(ByteBuffer(bytes: bytes[..<count])) == nil) }
        for last in ["+", "2+", "+-", "-+2", "+2+1", "1+99", "+99999999999999999999"] {
            #expect(Announcement.growth(ByteBuffer(string: "\(Self.head) 1\n5-2 1 - 2 - \(last)\n{}xx")) == nil)
        }
    }

    @Test("a binary payload's length has a b before it")
    func formats() throws {
        let text = "\(Self.head) 2\n5-1 1 - b3 - -\n5-2 1 - 2 - -\n\u{0}\n {}"
        let growth = try #require(Announcement.growth(ByteBuffer(string: text)))
        #expect(growth.messages.map(\.format) == [.binary, .json])
        #expect(growth.messages[0].payload == ByteBuffer(string: "\u{0}\n "))
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count { #expect(Announcement.growth(ByteBuffer(bytes: bytes[..<count])) == nil) }
        for length in ["b", "bb2", "b-2", "2b", "b+2", "B2", "b99"] {
            #expect(Announcement.growth(ByteBuffer(string: "\(Self.head) 1\n5-2 1 - \(length) - -\n{}")) == nil)
        }
    }

    @Test("an epoch may have holes")
    func holes() throws {
        let growth = try #require(Announcement.growth(ByteBuffer(string: "ab,1-0,2-0,3-1,4-0 3-1 5-0 5-2 4-0 3 0\n")))
        let id = { (milliseconds, sequence) in MessageID(milliseconds: milliseconds, sequence: sequence) }
        let holes = [StreamHole(after: id(1, 0), through: id(2, 0)), StreamHole(after: id(3, 1), through: id(4, 0))]
        #expect(growth.bounds.epoch == StreamEpoch(id: 0xab, start: id(3, 1), holes: holes))
    }

    @Test(
        "nonsense is refused",
        arguments: [
            "", " ", "x", "\(head)", "\(head) 1\n", "\(head) 99999999999999999999\n", "\(head) -1\n",
            "\(head) 9223372036854775807\n", "\(head) 1\n5-2 9 - 3 - -\n{}", "\(head) 1\n5-2 9 - 1 - -\n{}",
            "\(head) 1\n5-2 9 - 9223372036854775807 - -\n{}", "\(head) 1\n5-1 9 - 2 - -\n{}",
            "\(head) 1\n5-0 9 - 2 - -\n{}", "\(head) 2\n5-2 9 - 1 - -\n5-1 9 - 1 - -\nab",
            "00000000000000zz 0-0 5-0 5-2 4-0 3 0\n", "ab 0-0 6-0 5-2 4-0 3 0\n", "ab 0-0 5 5-2 4-0 3 0\n",
            "ab, 0-0 5-0 5-2 4-0 3 0\n", "ab,1-0 0-0 5-0 5-2 4-0 3 0\n", "ab,2-0,1-0 0-0 5-0 5-2 4-0 3 0\n",
            "ab,1-0,x 0-0 5-0 5-2 4-0 3 0\n", "ab,1-0,3-0,2-0,4-0 0-0 5-0 5-2 4-0 3 0\n",
            "ab 0-0 5-0 5-2 4-0 3 1\n5-2 - - 2 - -\n{}",
        ]
    )
    func malformed(text: String) {
        #expect(Announcement.growth(ByteBuffer(string: text)) == nil)
    }

    @Test("every prefix of an announcement but the whole is refused")
    func cutShort() {
        let text = Array("\(Self.head) 2\n5-1 -7 - 2 - -\n5-2 9 12 3 2 1\n{}{1}ab\u{0}".utf8)
        for count in 0..<text.count {
            #expect(Announcement.growth(ByteBuffer(bytes: text[..<count])) == nil)
        }
    }

    @Test("changes are told one by one, and a jump in their numbers as everything")
    func counter() {
        var counter = ChangeCounter()
        let user = { (version: Int) in ChangeNotice(ByteBuffer(string: "\(version) user u")) }
        #expect(counter.subscribed() == nil)
        #expect(counter.announced(user(4)) == .user(UserID("u")))
        #expect(counter.announced(user(5)) == .user(UserID("u")))
        #expect(counter.announced(user(7)) == .everything)
        #expect(counter.announced(nil) == .everything)
        #expect(counter.announced(ChangeNotice(ByteBuffer(string: "x"))) == .everything)
        #expect(counter.subscribed() == .everything)
    }

    @Test("a number that a poll found counts as missed only if it stays untold")
    func polls() {
        var counter = ChangeCounter()
        _ = counter.subscribed()
        #expect(counter.polled(3) == nil && !counter.isInDoubt)
        #expect(counter.polled(4) == nil && counter.isInDoubt)
        #expect(counter.announced(ChangeNotice(ByteBuffer(string: "4 user u"))) == .user(UserID("u")))
        #expect(counter.polled(4) == nil && !counter.isInDoubt)
        #expect(counter.polled(6) == nil && counter.isInDoubt)
        #expect(counter.polled(6) == .everything && !counter.isInDoubt)
        #expect(counter.polled(0) == nil && counter.isInDoubt)
        #expect(counter.polled(0) == .everything)
    }
}
