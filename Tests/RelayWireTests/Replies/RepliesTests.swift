import Foundation
import NIOCore
import RelayWire
import Testing

@Suite("Replies")
struct RepliesTests {
    /// Checks that the size is exact and that Foundation can read it, and returns it.
    private func written(_ size: Int, _ write: (inout ByteBuffer) -> Void) throws -> String {
        var buffer = ByteBuffer(string: "before")
        write(&buffer)
        buffer.moveReaderIndex(forwardBy: 6)
        #expect(buffer.readableBytes == size)
        #expect(try buffer.foundationObject().count > 0)
        return buffer.text
    }

    @Test(
        "a message has one shape a place",
        arguments: [
            (MessageFields.Shape.webSocket, #"{"type":"message",\#(Samples.plainCore),"metadata":null}"#),
            (.poll, #"{"type":"message",\#(Samples.plainCore),"metadata":{},"stream_id":"1795251363585-10"}"#),
            (.history, #"{\#(Samples.plainCore),"metadata":{}}"#),
        ]
    )
    func shapes(shape: MessageFields.Shape, json: String) throws {
        let text = try self.written(Samples.plain.size(as: shape)) { Samples.plain.write(as: shape, into: &$0) }
        #expect(text == json)
    }

    @Test(
        "metadata and escaped topics",
        arguments: [
            (MessageFields.Shape.webSocket, #"{"type":"message",\#(Samples.taggedCore)}"#),
            (.poll, #"{"type":"message",\#(Samples.taggedCore),"stream_id":"5-0"}"#),
            (.history, #"{\#(Samples.taggedCore)}"#),
        ]
    )
    func metadata(shape: MessageFields.Shape, json: String) throws {
        let text = try self.written(Samples.tagged.size(as: shape)) { Samples.tagged.write(as: shape, into: &$0) }
        #expect(text == json)
    }

    @Test(
        "bytes are base64, and say so",
        arguments: [
            (MessageFields.Shape.webSocket, #"{"type":"message",\#(Samples.binaryCore),"metadata":null}"#),
            (.poll, #"{"type":"message",\#(Samples.binaryCore),"metadata":{},"stream_id":"1795251363585-10"}"#),
            (.history, #"{\#(Samples.binaryCore),"metadata":{}}"#),
        ]
    )
    func binary(shape: MessageFields.Shape, json: String) throws {
        let message = Samples.binary
        #expect(try self.written(message.size(as: shape)) { message.write(as: shape, into: &$0) } == json)
    }

    @Test("bytes of any number are sized and written exactly, on each wire")
    func binarySizes() throws {
        for count in 0..<70 {
            var message = Samples.binary
            message.payload = inset((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151) })
            let base64 = Data(message.payload.readableBytesView).base64EncodedString()
            let poll = PollResponse(messages: [message, message])
            let texts = [
                try self.written(message.size(as: .history)) { message.write(as: .history, into: &$0) },
                try self.written(poll.size, poll.write),
                try self.written(ServerFrame.message(message).size, ServerFrame.message(message).write),
            ]
            for text in texts { #expect(text.contains(#","payload":"\#(base64)","encoding":"base64","timestamp":"#)) }
            var framed = ByteBuffer()
            ServerFrame.message(message).writeFramed(into: &framed)
            #expect(framed.readableBytes == ServerFrame.message(message).framedSize)
        }
    }

    @Test("a snapshot says that it is one, whatever it carries")
    func snapshot() throws {
        var message = Samples.binary
        message.isSnapshot = true
        let bytes = try self.written(message.size(as: .history)) { message.write(as: .history, into: &$0) }
        #expect(bytes.contains(#""encoding":"base64","snapshot":true,"timestamp":"#))
        message = Samples.tagged
        message.isSnapshot = true
        let object = try self.written(message.size(as: .poll)) { message.write(as: .poll, into: &$0) }
        #expect(object.contains(#""payload":{},"snapshot":true,"timestamp":"#))
    }

    @Test("a poll's answer")
    func poll() throws {
        let empty = PollResponse()
        #expect(try self.written(empty.size, empty.write) == #"{"messages":[],"has_more":false}"#)
        let full = PollResponse(
            messages: [Samples.plain, Samples.tagged],
            hasMore: true,
            gaps: [
                GapFields(topic: "a", after: .zero, resumedFrom: Samples.id),
                GapFields(topic: "b", after: Samples.id, resumedFrom: nil),
            ]
        )
        let items =
            #"{"type":"message",\#(Samples.plainCore),"metadata":{},"stream_id":"1795251363585-10"},"#
            + #"{"type":"message",\#(Samples.taggedCore),"stream_id":"5-0"}"#
        let gaps =
            #"{"a":{"after":"0-0","resumed_from":"1795251363585-10"},"#
            + #""b":{"after":"1795251363585-10","resumed_from":null}}"#
        #expect(
            try self.written(full.size, full.write) == #"{"messages":[\#(items)],"has_more":true,"gaps":\#(gaps)}"#
        )
    }

    @Test("who is on a topic is told where it was asked for")
    func presence() throws {
        let poll = PollResponse(presence: [
            .init(topic: "a", report: ByteBuffer(string: #"{"x":1}"#)),
            .init(topic: "b", report: ByteBuffer(string: "{}")),
        ])
        #expect(
            try self.written(poll.size, poll.write)
                == #"{"messages":[],"has_more":false,"presence":{"a":{"x":1},"b":{}}}"#
        )
    }

    @Test("epochs are told where there are any")
    func epochs() throws {
        let epoch = "00000000000000ab"
        let gap = GapFields(topic: "a", after: .zero, resumedFrom: nil, epoch: epoch)
        let poll = PollResponse(
            gaps: [gap],
            epochs: [EpochFields(topic: "a", epoch: epoch), .init(topic: "b", epoch: "1")]
        )
        #expect(
            try self.written(poll.size, poll.write)
                == #"{"messages":[],"has_more":false,"gaps":{"a":{"after":"0-0","resumed_from":null,"#
                + #""epoch":"00000000000000ab"}},"epochs":{"a":"00000000000000ab","b":"1"}}"#
        )
        let page = HistoryResponse(limit: 1, order: "asc", epoch: epoch, gap: gap)
        #expect(
            self.written(page, [[]])
                == #"{"messages":[],"total":0,"limit":1,"order":"asc","cursor":null,"next_cursor":null,"#
                + #""epoch":"00000000000000ab","gap":{"after":"0-0","resumed_from":null,"epoch":"00000000000000ab"}}"#
        )
    }

    @Test("a page of history")
    func history() throws {
        let page = HistoryResponse(limit: 10, order: "desc", cursor: "x\"")
        let expected =
            #"{"messages":[{\#(Samples.plainCore),"metadata":{}},{\#(Samples.taggedCore)}],"total":2,"limit":10,"#
            + #""order":"desc","cursor":"x\"","next_cursor":"5-0"}"#
        let (first, second) = (Samples.plain, Samples.tagged)
        for stretches in [[[first, second]], [[first], [second]], [[], [first], [], [second], []]] {
            #expect(self.written(page, stretches) == expected)
        }
        let empty = HistoryResponse(limit: 100, order: "asc")
        let nothing = #"{"messages":[],"total":0,"limit":100,"order":"asc","cursor":null,"next_cursor":null}"#
        #expect(self.written(empty, [[]]) == nothing)
        #expect(self.written(empty, [[], []]) == nothing)
    }

    private func written(_ page: HistoryResponse, _ stretches: [[MessageFields]]) -> String {
        var page = page
        var buffer = ByteBuffer()
        for stretch in stretches { page.write(stretch, into: &buffer) }
        page.writeEnd(into: &buffer)
        return String(buffer: buffer)
    }

    @Test("a receipt")
    func receipt() throws {
        let receipt = PublishReceipt(id: Samples.id, topic: "t", timestamp: Samples.timestamp)
        #expect(
            try self.written(receipt.size, receipt.write)
                == #"{"message_id":"1795251363585-10","topic":"t","timestamp":"2026-11-21T08:56:03.585010Z"}"#
        )
        let early = PublishReceipt(id: nil, topic: "t", timestamp: Samples.timestamp, durability: "memory")
        #expect(
            try self.written(early.size, early.write)
                == #"{"message_id":null,"topic":"t","timestamp":"2026-11-21T08:56:03.585010Z","durability":"memory"}"#
        )
    }

    @Test("a bulk's results")
    func bulk() throws {
        let response = BulkResponse(results: [
            .init(topic: "a", outcome: .accepted(Samples.id)), .init(topic: "b", outcome: .rejected("disk \"full\"")),
            .init(topic: "c", outcome: .accepted(nil)),
        ])
        #expect(
            try self.written(response.size, response.write)
                == #"{"results":[{"message_id":"1795251363585-10","topic":"a","status":"accepted","error":null},"#
                + #"{"message_id":null,"topic":"b","status":"rejected","error":"disk \"full\""},"#
                + #"{"message_id":null,"topic":"c","status":"accepted","error":null}],"#
                + #""summary":{"total":3,"accepted":2,"rejected":1}}"#
        )
    }

    @Test("a reply is one allocation, of its exact size")
    func oneAllocation() {
        let payload = ByteBuffer(string: #"{"a":"\#(String(repeating: "x", count: 1000))"}"#)
        var message = Samples.plain
        message.payload = payload
        var buffer = ByteBuffer()
        message.write(as: .poll, into: &buffer)
        #expect(buffer.capacity < 2 * message.size(as: .poll))
    }
}
