import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct DeviceRequestTests {
    @Test(
        "A code is read as people type it, and nothing else is one",
        arguments: [
            ("BCDF-GHJK", "BCDF-GHJK"), ("bcdfghjk", "BCDF-GHJK"), (" 2345 6789 ", "2345-6789"),
            ("B-C-D-F-G-H-J-K", "BCDF-GHJK"),
            ("BCDFGHJ", nil), ("BCDFGHJKL", nil), ("BCDFGHJA", nil), ("BCDFGHJ0", nil), ("BCDF–GHJK", nil), ("", nil),
            ("ＢCDFGHJK", nil), ("BCDFGHJK\u{0}", nil),
        ] as [(String, String?)]
    )
    func userCode(text: String, expected: String?) {
        #expect(UserCode(text)?.description == expected)
    }

    @Test("Codes are of the alphabet, and of many that come none comes again")
    func randomCodes() {
        let codes = (0..<1000).map { _ in UserCode.random().description }
        #expect(Set(codes).count == codes.count)
        for code in codes {
            #expect(code.wholeMatch(of: /[BCDFGHJKLMNPQRSTVWXZ2-9]{4}-[BCDFGHJKLMNPQRSTVWXZ2-9]{4}/) != nil)
        }
    }

    @Test(
        "What a device calls itself can't pass for another line, nor turn what stands beside it",
        arguments: [
            ("a lamp", "a lamp"), ("a\r\nb\u{0}", "ab"), ("\u{202E}drawkcab\u{2066}", "drawkcab"), ("\u{7}", nil),
            ("", nil),
            ("a\u{2028}b", "ab"), ("<b>", "<b>"),
        ] as [(String, String?)]
    )
    func hint(given: String, shown: String?) {
        #expect(Self.request(hint: given).clientHint == shown)
    }

    @Test("A name that is too long is cut")
    func longHint() {
        #expect(Self.request(hint: String(repeating: "é", count: 5_000)).clientHint?.unicodeScalars.count == 100)
    }

    @Test("A request comes back as it was stored, whatever was decided, and other bytes are none")
    func coding() {
        var request = Self.request(hint: "\"<&>\u{1F4A1}")
        #expect(DeviceRequest(decoding: request.encoded()) == request)
        request.lastPolledAt = Timestamp(microseconds: 7)
        request.decision = .denied
        #expect(DeviceRequest(decoding: request.encoded()) == request)
        request.decision = .approved(UserID("u"), generation: 3)
        #expect(DeviceRequest(decoding: request.encoded()) == request)
        for text in ["", "{}", "null", #"{"code":"AAAA","address":"","at":0,"until":0,"pair":false}"#] {
            #expect(DeviceRequest(decoding: Array(text.utf8)) == nil)
        }
    }

    private static func request(hint: String) -> DeviceRequest {
        DeviceRequest(
            userCode: .random(),
            clientHint: hint,
            address: "192.0.2.7",
            requestedAt: Timestamp(microseconds: 1),
            expiresAt: Timestamp(microseconds: 2),
            wantsPair: true
        )
    }
}
