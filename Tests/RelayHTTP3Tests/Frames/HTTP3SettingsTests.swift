import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayHTTP3

@Suite("Settings")
struct HTTP3SettingsTests {
    @Test("what is written is read, and what Chromium asks for is in it")
    func roundTrip() throws {
        var settings = HTTP3Settings()
        settings.maxFieldSectionSize = 100_000
        settings.enablesConnectProtocol = true
        settings.hasDatagrams = true
        settings.enablesWebTransport = true
        var bytes = ByteBuffer()
        settings.write(into: &bytes)
        let asWritten = try ByteBuffer(hex: "0418068001" + "86a0" + "0801" + "3301" + "80ffd27701" + "ab60374201")
        #expect(
            bytes
                == ByteBuffer(
                    bytes: [0x04, UInt8(asWritten.readableBytes - 2)] + asWritten.readableBytesView.dropFirst(2)
                )
        )
        var payload = bytes
        payload.moveReaderIndex(forwardBy: 2)
        #expect(try HTTP3Settings(payload) == settings)
    }

    @Test("unknown settings are passed over; others may come once, and as they are meant")
    func others() throws {
        #expect(try HTTP3Settings(try ByteBuffer(hex: "0140642105")) == HTTP3Settings())
        for (hex, code) in [
            ("08", HTTP3ErrorCode.frameError), ("0801" + "0801", .settingsError), ("0802", .settingsError),
            ("0201", .settingsError), ("0400", .settingsError), ("3302", .settingsError),
        ] {
            let payload = try ByteBuffer(hex: hex)
            let violation = #expect(throws: HTTP3Violation.self, "\(hex)") { try HTTP3Settings(payload) }
            #expect(violation?.code == code && violation?.scope == .connection)
        }
    }

    @Test("whatever comes is read or refused, and what is read can be written", arguments: 0..<10 as Range<UInt64>)
    func noise(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let numbers: [UInt64] = [0x06, 0x08, 0x33, 0xFFD277, 0x2B60_3742, 0x02, 0x21, QUICVarint.maximum]
        for _ in 0..<200 {
            var payload = ByteBuffer()
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                payload.writeQUICVarint(numbers.randomElement(using: &random) ?? 0)
                payload.writeQUICVarint(
                    UInt64.random(in: 0...(random.chance(80) ? 1 : QUICVarint.maximum), using: &random)
                )
            }
            if random.chance(20) { payload.writeImmutableBuffer(.random(5, using: &random)) }
            guard let settings = try? HTTP3Settings(payload) else { continue }
            var written = ByteBuffer()
            settings.write(into: &written)
            let kind = written.readQUICVarint()
            let length = written.readQUICVarint()
            #expect(kind == HTTP3FrameKind.settings && length == UInt64(written.readableBytes))
            #expect(try HTTP3Settings(written) == settings)
        }
    }

    @Test("an application's codes leave out the reserved ones")
    func codes() {
        #expect(HTTP3ErrorCode.application(0).rawValue == 0x52E4_A40F_A8DB)
        #expect(HTTP3ErrorCode.application(.max).rawValue == 0x52E5_AC98_3162)
        for code in UInt32(0)..<100 { #expect((HTTP3ErrorCode.application(code).rawValue - 0x21) % 0x1F != 0) }
    }
}
