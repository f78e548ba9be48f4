import Foundation

extension ConfigurationLoader {
    /// The `readFile` of a real process. Relative paths are below the working directory.
    ///
    /// - Returns: nil where there is no such file.
    /// - Throws: where it is no file, may not be read, or is not UTF-8.
    @Sendable public static func readFromDisk(_ path: String) throws -> String? {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            return nil
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CocoaError(.fileReadInapplicableStringEncoding)
        }
        return text
    }
}
