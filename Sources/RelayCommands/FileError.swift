import Foundation

/// A file that can't be read or written.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }

    init(_ description: String, errno code: Int32) {
        self.description = unsafe "\(description): \(String(cString: strerror(code)))"
    }
}
