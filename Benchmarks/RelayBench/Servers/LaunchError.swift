/// Why a server could not be measured; shown in its row of the table.
enum LaunchError: Error, CustomStringConvertible {
    case notInstalled(String)
    case notReady(ServerKind, log: String)
    case noToken(String)

    var description: String {
        switch self {
        case .notInstalled(let what): "\(what) isn't there"
        case .notReady(let kind, let log): "\(kind.rawValue) didn't get ready; the end of its log: \(log)"
        case .noToken(let answer): "the relay's login didn't answer with a token: \(answer)"
        }
    }
}
