import Foundation
import NIOCore
import RelayWire
import Testing

@Suite("Presence news")
struct PresenceNewsTests {
    private static let member = PresenceMemberFields(
        connectionID: "conn_1",
        user: "al\"ice",
        data: ByteBuffer(string: #"{"x": [1]}"#),
        joinedAt: Timestamp(microseconds: 0),
        lastSeen: Timestamp(microseconds: 1)
    )
    private static let bare = PresenceMemberFields(
        connectionID: "conn_2",
        user: "bob",
        data: nil,
        joinedAt: Timestamp(microseconds: 2),
        lastSeen: Timestamp(microseconds: 3)
    )
    private static let memberJSON =
        #"{"connection_id":"conn_1","user":"al\"ice","data":{"x": [1]},"joined_at":"1970-01-01T00:00:00.000000Z","#
        + #""last_seen":"1970-01-01T00:00:00.000001Z"}"#
    private static let bareJSON =
        #"{"connection_id":"conn_2","user":"bob","data":null,"joined_at":"1970-01-01T00:00:00.000002Z","#
        + #""last_seen":"1970-01-01T00:00:00.000003Z"}"#
    private static let one = ByteBuffer(string: "1")

    private static let sync = PresenceReport(
        topic: "t",
        content: .sync([member, bare]),
        users: 2,
        connections: 9,
        cursor: "ab@1-0"
    )
    private static let syncJSON =
        #""action":"sync","topic":"t","members":[\#(memberJSON),\#(bareJSON)],"users":2,"connections":9,"cursor":"ab@1-0"}"#

    static let samples: [(PresenceNews, String)] = [
        (
            .answer(requestID: one, .joined(connectionID: "conn_1"), topic: "t"),
            #""action":"joined","id":1,"topic":"t","connection_id":"conn_1"}"#
        ),
        (
            .answer(requestID: one, .updated(connectionID: "conn_1"), topic: "t"),
            #""action":"updated","id":1,"topic":"t","connection_id":"conn_1"}"#
        ),
        (.answer(requestID: one, .left, topic: "t"), #""action":"left","id":1,"topic":"t"}"#),
        (.answer(requestID: one, .watching, topic: "t"), #""action":"watching","id":1,"topic":"t"}"#),
        (.answer(requestID: one, .unwatched, topic: "t"), #""action":"unwatched","id":1,"topic":"t"}"#),
        (.report(sync), syncJSON), (.roster(requestID: nil, sync), syncJSON),
        (.roster(requestID: one, sync), #""id":1,"# + syncJSON),
        (
            .report(PresenceReport(topic: "t", content: .sync([]), users: 0, connections: 0, cursor: "0-0")),
            #""action":"sync","topic":"t","members":[],"users":0,"connections":0,"cursor":"0-0"}"#
        ),
        (
            .report(
                PresenceReport(
                    topic: "t",
                    content: .changes(joined: [bare, bare], updated: [member], left: ["a", "\""]),
                    users: 1,
                    connections: 2,
                    cursor: "ab@1-0"
                )
            ),
            #""action":"changes","topic":"t","joined":[\#(bareJSON),\#(bareJSON)],"updated":[\#(memberJSON)],"#
                + #""left":["a","\""],"users":1,"connections":2,"cursor":"ab@1-0"}"#
        ),
        (
            .report(
                PresenceReport(
                    topic: "t",
                    content: .changes(joined: [], updated: [], left: ["a"]),
                    users: 0,
                    connections: 0,
                    cursor: "1-0"
                )
            ),
            #""action":"changes","topic":"t","left":["a"],"users":0,"connections":0,"cursor":"1-0"}"#
        ),
    ]

    @Test("a report is an object of its own, too")
    func report() {
        var buffer = ByteBuffer()
        Self.sync.write(into: &buffer)
        #expect(buffer.text == "{" + Self.syncJSON)
        #expect(Self.sync.size == buffer.readableBytes)
    }

    @Test("is written byte for byte, and read by Foundation", arguments: samples)
    func exact(news: PresenceNews, json: String) throws {
        let frame = ServerFrame.presence(news)
        var buffer = ByteBuffer()
        frame.write(into: &buffer)
        #expect(buffer.text == #"{"type":"presence","# + json)
        #expect(frame.size == buffer.readableBytes)
        let object = try buffer.foundationObject()
        #expect(object["type"] as? String == frame.name.description)
    }
}
