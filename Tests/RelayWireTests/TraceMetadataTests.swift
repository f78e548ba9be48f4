import NIOCore
import RelayWire
import Testing

@Suite struct TraceMetadataTests {
    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test(
        arguments: [
            (nil, "{T}"), ("{}", "{T}"), (" { } ", "{T}"), (#"{"a":"b"}"#, #"{"a":"b",T}"#),
            (#"{ "a" : "}" , "c":"\"" }"#, #"{"a" : "}" , "c":"\"",T}"#),
        ] as [(String?, String)]
    )
    func addsAMember(_ metadata: String?, _ expected: String) {
        let added = TraceMetadata.adding(Self.trace, to: metadata.map { ByteBuffer(string: $0) })
        #expect(String(buffer: added) == expected.replacing("T", with: #""traceparent":"\#(Self.trace)""#))
        #expect(TraceMetadata.traceparent(in: added) == .some(.some(Self.trace)))
    }

    @Test func knowsAMemberHoweverItIsWritten() {
        #expect(TraceMetadata.traceparent(in: ByteBuffer(string: #"{"a":"b"}"#)) == nil)
        #expect(TraceMetadata.traceparent(in: ByteBuffer(string: #"{"a":"traceparent"}"#)) == nil)
        #expect(TraceMetadata.traceparent(in: ByteBuffer(string: #"{"tracepar\u0065nt":"x"}"#)) == .some(.some("x")))
    }
}
