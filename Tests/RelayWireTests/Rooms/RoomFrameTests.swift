import NIOCore
import RelayWire
import Testing

@Suite("Texts of rooms")
struct RoomFrameTests {
    @Test("a join and a leave are read, and nothing else is one")
    func reading() {
        func read(_ json: String) -> RoomFrame? { RoomFrame(json: ByteBuffer(string: json)) }
        #expect(read(#"{"action":"join","room":"a\u00e9"}"#) == .join(room: "aé"))
        #expect(read(#" {"room":"x","more":[{}],"action":"join"} "#) == .join(room: "x"))
        #expect(read(#"{"action":"leave","room":"x"}"#) == .leave)
        #expect(read(#"{"action":"leave"}"#) == .leave)
        for json in [
            "", "[]", "{", #"{"action":"join"}"#, #"{"action":"join","room":1}"#, #"{"action":"dance","room":"x"}"#,
            #"{"room":"x"}"#, #"{"action":"join","room":"x"} x"#, #"{"action":"join","room":"\ud800"}"#,
        ] { #expect(read(json) == nil, "\(json)") }
        #expect(RoomFrame.isJoin(ByteBuffer(string: #"{"action":"join"}"#)))
        #expect(!RoomFrame.isJoin(ByteBuffer(string: #"{"type":"join","room":"x"}"#)))
        #expect(!RoomFrame.isJoin(ByteBuffer(string: #"{"action":"leave"}"#)))
        #expect(!RoomFrame.isJoin(ByteBuffer(string: #"{"type":"presence","action":"join","topic":"x"}"#)))
    }

    @Test("answers are text frames")
    func writing() {
        func text(_ notice: RoomNotice) -> String? {
            var frame = notice.framed
            return frame.readInteger(as: UInt8.self) == 0x81
                && frame.readInteger(as: UInt8.self) == UInt8(frame.readableBytes)
                ? String(buffer: frame) : nil
        }
        #expect(
            text(.joined(room: "a\"é", clientID: "c")) == #"{"action":"joined","room":"a\"é","clientId":"c"}"#
        )
        #expect(text(.failed(text: "Not joined", code: "X")) == #"{"action":"error","error":"Not joined","code":"X"}"#)
    }
}
