import HTTPTypes

/// Which paths there are and which methods each takes: decides between 404, 405 and a redirect before any route runs.
///
/// Paths are compared byte by byte and are not percent-decoded: see ``RequestTarget``.
struct RouteTable: Sendable {
    struct Entry: Sendable {
        /// As given, `/auth/users/{user_id}`: for metrics and logs.
        let template: String
        fileprivate let segments: [Substring]
        /// In the order in which they were added.
        fileprivate(set) var methods: [(method: HTTPRequest.Method, admission: Admission)]
        /// Those whose requests are recorded in the audit log.
        fileprivate(set) var audited: Set<HTTPRequest.Method> = []
        /// Those whose requests sign somebody in.
        fileprivate(set) var signIns: [HTTPRequest.Method: SignInWay] = [:]

        /// The value of the `Allow` header. `HEAD` goes with `GET` where the router answers it.
        var allow: String { self.methods.map(\.method.rawValue).joined(separator: ", ") }

        /// - Returns: nil where the path does not take the method.
        func admission(_ method: HTTPRequest.Method) -> Admission? {
            self.methods.first { $0.method == method }?.admission
        }
    }

    private(set) var entries: [Entry] = []

    mutating func add(
        _ method: HTTPRequest.Method,
        _ template: String,
        _ admission: Admission = .caller([]),
        isAudited: Bool = false,
        signsIn way: SignInWay? = nil
    ) {
        let index: Int
        if let known = self.entries.firstIndex(where: { $0.template == template }) {
            index = known
            self.entries[index].methods.append((method, admission))
        } else {
            index = self.entries.count
            self.entries.append(
                Entry(template: template, segments: Self.segments(template), methods: [(method, admission)])
            )
        }
        if isAudited { self.entries[index].audited.insert(method) }
        self.entries[index].signIns[method] = way
    }

    /// The entry for a path; where several fit, the one whose segments are spelled out.
    func match(_ path: some StringProtocol) -> Entry? {
        let segments = Self.segments(path)
        var best: Entry?
        for entry in self.entries where Self.fits(entry.segments, segments) {
            if best == nil || entry.isMoreLiteral(than: best) { best = entry }
        }
        return best
    }

    private static func fits(_ template: [Substring], _ path: [Substring]) -> Bool {
        template.count == path.count
            && zip(template, path).allSatisfy { part, text in
                part.first == "{" ? !text.isEmpty : part.utf8.elementsEqual(text.utf8)
            }
    }

    private static func segments(_ path: some StringProtocol) -> [Substring] {
        Substring(path).split(separator: "/", omittingEmptySubsequences: false)
    }
}

extension RouteTable.Entry {
    fileprivate func isMoreLiteral(than other: RouteTable.Entry?) -> Bool {
        let first = zip(self.segments, other?.segments ?? []).first { $0.0 != $0.1 }
        return first?.1.first == "{"
    }
}
