extension SourceEntry {
    /// What stands in the file that this entry names. Line breaks at the end are no part of a secret.
    func secret(
        in value: ConfigurationValue,
        _ readFile: (String) throws -> String?
    ) throws(ConfigurationProblem) -> (path: String, secret: String) {
        func problem(_ message: String) -> ConfigurationProblem {
            ConfigurationProblem(key: self.spelling, message, place: self.place)
        }
        guard case .text(let path) = value else { throw problem("names one file") }
        let text: String?
        do {
            text = try readFile(path)
        } catch {
            throw problem("the file \(path) can't be read")
        }
        guard let text else { throw problem("there is no file \(path)") }
        let secret = text.prefix(upTo: text.lastIndex { !$0.isNewline }.map(text.index(after:)) ?? text.startIndex)
        guard !secret.isEmpty else { throw problem("the file \(path) is empty") }
        return (path, String(secret))
    }
}
