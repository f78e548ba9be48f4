import Foundation
import NIOHTTP1

extension ClientAuthentication {
    /// - Parameter methods: what the provider says that it takes; nil where it says nothing, which means a header (Discovery, 3).
    init(offered methods: [String]?) {
        let takesHeaders = methods?.contains(Self.basic.rawValue) ?? true
        self = !takesHeaders && methods?.contains(Self.post.rawValue) == true ? .post : .basic
    }

    /// Puts the secret where it belongs.
    ///
    /// - Parameter form: has the client's name already.
    func show(_ secret: Secret, of client: String, in form: inout [(String, String)], _ headers: inout HTTPHeaders) {
        switch self {
        case .post: form.append(("client_secret", secret.value))
        case .basic:
            // As RFC 6749 (2.3.1) has it: both are encoded as in forms first.
            let pair = "\(FormText.encoded(client)):\(FormText.encoded(secret.value))"
            headers.add(name: "authorization", value: "Basic \(Data(pair.utf8).base64EncodedString())")
        }
    }
}
