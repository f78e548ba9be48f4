import Testing

@testable import RelayAccess

@Suite
struct BearerTokenTests {
    @Test(
        "The scheme is found in any case",
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  abc", "abc"), ("Bearer a b", "a b"),
            ("Bearer", nil), ("Bearer ", nil), ("Bearer   ", nil), ("Basic abc", nil), ("abc", nil), ("", nil),
            (" Bearer abc", nil), ("Bearerabc", nil), ("Bearers abc", nil), ("\u{2}earer abc", nil),
        ] as [(String, String?)]
    )
    func token(header: String, expected: String?) {
        #expect(BearerToken.token(inAuthorization: header) == expected)
    }
}
