import HTTPTypes
import Hummingbird
import NIOHTTP1
import RelayAccess

/// Why somebody has not been signed in, as they are told: as a page in browsers, else as JSON.
enum SignInFailure {
    /// Nothing waits by what the browser has brought, or not for this browser.
    case unknown
    /// The provider has said no.
    case refused(String)
    /// The provider's answer proves nothing. The log says why.
    case unproven
    case localAccount
    case inactive
    case deviceGone

    private static let longestError = 64

    /// - Returns: nil for an error that is no answer to who signs in.
    init?(_ error: AccessError) {
        switch error.code {
        case .localAccount: self = .localAccount
        case .accountInactive: self = .inactive
        default: return nil
        }
    }

    private var status: HTTPResponseStatus {
        switch self {
        case .unknown, .refused, .unproven, .deviceGone: .badRequest
        case .localAccount: .conflict
        case .inactive: .forbidden
        }
    }

    private var text: String {
        switch self {
        case .unknown: "This sign-in has expired, was used, or belongs to another browser: begin anew"
        case .refused(let error): "The identity provider has refused: \(Self.code(error))"
        case .unproven: "The identity provider's answer could not be verified"
        case .localAccount: AccessError(.localAccount).detail
        case .inactive: AccessError(.accountInactive).detail
        case .deviceGone: "No device waits any more"
        }
    }

    /// What may be an error's code (RFC 6749, 4.1.2.1). A text of somebody's own is not shown in the relay's name.
    private static func code(_ text: String) -> String {
        let isCode =
            text.utf8.count <= Self.longestError
            && text.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_") }
        return isCode ? text : "an error without a code"
    }

    func reply(_ call: RESTCall) -> Reply {
        call.note?.note(signIn: .refused)
        guard call.request.headers[.accept]?.contains("text/html") ?? false else {
            return Reply(self.status, detail: self.text)
        }
        return SignInPage.reply(self.status, "Not signed in", "<p>\(self.text).</p>")
    }
}
