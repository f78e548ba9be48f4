import HTTPTypes

/// Tells a form of the relay's own pages from one of another page, which would let a visitor say what that page wants.
enum SameSite {
    /// Browsers say where a request comes from in headers that pages can't set. Programs that are no browsers send neither header, and act
    /// for nobody who doesn't know of it.
    ///
    /// - Parameter own: where the relay is for browsers, where that is configured.
    static func sent(_ request: HTTPRequest, own: PublicURL?) -> Bool {
        if let site = Self.value("Sec-Fetch-Site", of: request) { return site == "same-origin" || site == "none" }
        guard let origin = Self.value("Origin", of: request) else { return true }
        if let own, origin.lowercased() == own.origin { return true }
        guard let authority = request.authority?.lowercased(), !authority.isEmpty else { return false }
        return ["https://\(authority)", "http://\(authority)"].contains(origin.lowercased())
    }

    /// Whether a link was followed on one of the relay's own pages. A browser that does not say so, and a program that is none, is let pass:
    /// this only spares people a page that they have not asked for.
    static func isFollowedFromOwnPage(_ request: HTTPRequest) -> Bool {
        Self.value("Sec-Fetch-Site", of: request).map { $0 == "same-origin" } ?? true
    }

    private static func value(_ name: String, of request: HTTPRequest) -> String? {
        HTTPField.Name(name).flatMap { request.headerFields[$0] }
    }
}
