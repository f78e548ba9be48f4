import NIOCore
import RelayWire
import Testing

@Suite("Frames of Pulse's")
struct PulseFrameTests {
    @Test("clients' frames are read", arguments: PulseSamples.client)
    func clientFrames(frame: PulseClientFrame, bytes: String) throws {
        var whole = hex(bytes)
        #expect(frame.encoded == whole)
        let size = whole.readInteger(as: UInt32.self)
        #expect(size == UInt32(whole.readableBytes))
        let read = try PulseClientFrame(whole)
        #expect(read == frame)
    }

    @Test("servers' frames are written", arguments: PulseSamples.server)
    func serverFrames(frame: PulseServerFrame, bytes: String) throws {
        #expect(frame.size == hex(bytes).readableBytes)
        var buffer = ByteBuffer()
        frame.write(into: &buffer)
        #expect(buffer == hex(bytes))
        buffer.moveReaderIndex(forwardBy: PulseFraming.prefixSize)
        let read = try PulseClientFrame(buffer)
        switch frame {
        case .connected, .ack, .error: #expect(read == .ofServer)
        case .ping(let timestamp): #expect(read == .ping(timestamp: timestamp))
        case .pong(let timestamp): #expect(read == .pong(timestamp: timestamp))
        case .presence(let channel, _, _):
            guard case .presence(0, channel, let action, let data) = read else {
                Issue.record("\(read)")
                return
            }
            #expect(action != .sync && data?.text.hasPrefix(#"{"connection_id":"#) == true)
        case .presenceSync(let id, let channel, _):
            guard case .presence(id, channel, .sync, let data) = read else {
                Issue.record("\(read)")
                return
            }
            #expect(data?.text.hasPrefix(#"{"members":["#) == true)
        }
    }

    @Test("frames are written behind what is there")
    func behind() {
        var buffer = ByteBuffer(string: "x")
        PulseServerFrame.ack(.max).write(into: &buffer)
        PulseServerFrame.pong(timestamp: .max).write(into: &buffer)
        #expect(
            buffer
                == hex(
                    """
                    78 00000016 82 a474797065 a361636b a26964 cfffffffffffffffff
                    0000001e 82 a474797065 a4706f6e67 a974696d657374616d70 cfffffffffffffffff
                    """
                )
        )
    }

    @Test("data that is no JSON is none", arguments: ["", "{", "[1]]", "NaN"])
    func noData(text: String) throws {
        let (without, with) = (try self.update(nil), try self.update(ByteBuffer(string: text)))
        #expect(with == without)
    }

    @Test("data goes on as it came, whatever JSON it is", arguments: MessagePackJSONTests.both)
    func data(json: String, bytes: String) throws {
        let buffer = try self.update(ByteBuffer(string: json))
        guard case .presence(0, "c", .update, let state?) = try PulseClientFrame(buffer) else {
            Issue.record("\(buffer)")
            return
        }
        #expect(state.text == #"{"connection_id":"x","data":\#(json),"joined_at":1,"last_seen":2}"#)
    }

    /// A frame of a member with this data, without its length.
    private func update(_ data: ByteBuffer?) throws -> ByteBuffer {
        let state = PulsePresenceState(connectionID: "x", data: data, joinedAt: 1, lastSeen: 2)
        let frame = PulseServerFrame.presence(channel: "c", .updated, state)
        var buffer = ByteBuffer()
        frame.write(into: &buffer)
        #expect(frame.size == buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: PulseFraming.prefixSize)
        return buffer
    }

    @Test("a delivery is a publish without an id", arguments: [0, 1, 255, 256, 65_535, 65_536, 1 << 20])
    func delivery(size: Int) throws {
        let payload = inset((0..<size).map { UInt8(truncatingIfNeeded: $0) })
        for event in [nil, "", "é", String(repeating: "e", count: 300)] {
            for channel in ["c", String(repeating: "c", count: 32), String(repeating: "c", count: 256)] {
                let delivery = PulseDelivery(channel: channel, event: event, payload: payload)
                var buffer = ByteBuffer()
                delivery.write(into: &buffer)
                #expect(delivery.size == buffer.readableBytes)
                let frame = PulseClientFrame.publish(id: nil, channel: channel, event: event, payload: payload)
                #expect(buffer == frame.encoded)
                let length = buffer.readInteger(as: UInt32.self)
                #expect(length == UInt32(buffer.readableBytes))
                let read = try PulseClientFrame(buffer)
                #expect(read == frame)
            }
        }
    }

    @Test("the codes are the protocol's")
    func codes() {
        #expect(PulseErrorCode.allCases.map(\.rawValue) == Array(1_000...1_012))
        #expect(PulsePresenceAction.allCases.map(\.rawValue) == [0, 1, 2, 3])
    }
}
