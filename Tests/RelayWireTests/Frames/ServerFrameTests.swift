import Foundation
import NIOCore
import RelayWire
import Testing

@Suite("Server frame")
struct ServerFrameTests {
    static let samples: [(ServerFrame, String)] = [
        (.message(Samples.plain), #"{"type":"message",\#(Samples.plainCore),"metadata":null}"#),
        (
            .subscribed(
                .init(
                    topics: ["b", "a"],
                    sessionID: "sess_0123456789ab",
                    timestamp: Timestamp(microseconds: 0),
                    cursors: ["a": .zero, "b": Samples.id, "x": .zero]
                )
            ),
            #"{"type":"subscribed","topics":["b","a"],"session_id":"sess_0123456789ab","#
                + #""timestamp":"1970-01-01T00:00:00.000000Z","cursors":{"b":"1795251363585-10","a":"0-0"}}"#
        ),
        (
            .subscribed(
                .init(
                    topics: ["b", "a"],
                    sessionID: "sess_0123456789ab",
                    timestamp: Timestamp(microseconds: 0),
                    cursors: ["a": .zero],
                    epochs: ["a": "00000000000000ab", "x": "1"]
                )
            ),
            #"{"type":"subscribed","topics":["b","a"],"session_id":"sess_0123456789ab","#
                + #""timestamp":"1970-01-01T00:00:00.000000Z","cursors":{"a":"0-0"},"epochs":{"a":"00000000000000ab"}}"#
        ),
        (.pong(Timestamp(microseconds: 1)), #"{"type":"pong","timestamp":"1970-01-01T00:00:00.000001Z"}"#),
        (
            .error(.init(code: .unknownType, message: "What is \"x\"?")),
            #"{"type":"error","code":"UNKNOWN_MESSAGE_TYPE","message":"What is \"x\"?","details":null}"#
        ),
        (
            .error(
                .init(
                    code: .processing,
                    FrameError(message: "no", field: "payload", requestID: ByteBuffer(string: #""q\u0031""#))
                )
            ),
            #"{"type":"error","code":"PROCESSING_ERROR","message":"no","details":{"id":"q\u0031","field":"payload"}}"#
        ),
        (
            .gap(GapFields(topic: "a", after: .zero, resumedFrom: Samples.id)),
            #"{"type":"gap","topic":"a","after":"0-0","resumed_from":"1795251363585-10"}"#
        ),
        (
            .gap(GapFields(topic: "a", after: .zero, resumedFrom: nil, epoch: "00000000000000ab")),
            #"{"type":"gap","topic":"a","after":"0-0","resumed_from":null,"epoch":"00000000000000ab"}"#
        ),
        (
            .published(
                requestID: ByteBuffer(string: "7"),
                PublishReceipt(id: Samples.id, topic: "t", timestamp: Timestamp(microseconds: 0))
            ),
            #"{"type":"published","id":7,"message_id":"1795251363585-10","topic":"t","#
                + #""timestamp":"1970-01-01T00:00:00.000000Z"}"#
        ),
        (
            .acked(
                requestID: ByteBuffer(string: #""q\u0031""#),
                .init(topic: "t", messageID: Samples.id, epoch: "00000000000000ab")
            ),
            #"{"type":"acked","id":"q\u0031","topic":"t","message_id":"1795251363585-10","epoch":"00000000000000ab"}"#
        ),
        (
            .acked(requestID: ByteBuffer(string: "7"), .init(topic: "t", messageID: .zero, epoch: nil)),
            #"{"type":"acked","id":7,"topic":"t","message_id":"0-0"}"#
        ),
    ]

    @Test("is written byte for byte, and read by Foundation", arguments: samples)
    func exact(frame: ServerFrame, json: String) throws {
        var buffer = ByteBuffer()
        frame.write(into: &buffer)
        #expect(buffer.text == json)
        #expect(frame.size == json.utf8.count)
        #expect(try buffer.foundationObject()["type"] as? String == frame.name.description)
    }

    @Test("frames follow each other in one buffer")
    func framed() {
        var buffer = ByteBuffer()
        for (frame, _) in Self.samples {
            let before = buffer.readableBytes
            frame.writeFramed(into: &buffer)
            #expect(buffer.readableBytes - before == frame.framedSize)
        }
        for (_, json) in Self.samples {
            #expect(buffer.readInteger(as: UInt8.self) == 0x81)
            var length = buffer.readInteger(as: UInt8.self).map(Int.init) ?? -1
            if length == 126 { length = buffer.readInteger(as: UInt16.self).map(Int.init) ?? -1 }
            #expect(buffer.readString(length: length) == json)
        }
        #expect(buffer.readableBytes == 0)
    }
}
