extension JSONDocument {
    func string(_ key: String) throws(JSONDocumentError) -> String {
        guard case .string(let text)? = self[key] else { throw JSONDocumentError(reason: "no text '\(key)'") }
        return text
    }

    /// Nil where the member is absent or null.
    func optionalString(_ key: String) throws(JSONDocumentError) -> String? {
        guard let value = self[key], !value.isNull else { return nil }
        return try self.string(key)
    }

    func integer(_ key: String) throws(JSONDocumentError) -> Int {
        guard case .number(let number)? = self[key], let integer = number.integer else {
            throw JSONDocumentError(reason: "no whole number '\(key)'")
        }
        return integer
    }

    func flag(_ key: String) throws(JSONDocumentError) -> Bool {
        guard case .bool(let flag)? = self[key] else { throw JSONDocumentError(reason: "no boolean '\(key)'") }
        return flag
    }

    func value(_ key: String) throws(JSONDocumentError) -> JSONDocument {
        guard let value = self[key] else { throw JSONDocumentError(reason: "no member '\(key)'") }
        return value
    }

    func elements(_ key: String) throws(JSONDocumentError) -> [JSONDocument] {
        guard case .array(let elements)? = self[key] else { throw JSONDocumentError(reason: "no list '\(key)'") }
        return elements
    }

    func strings(_ key: String) throws(JSONDocumentError) -> [String] {
        var strings: [String] = []
        for element in try self.elements(key) {
            guard case .string(let text) = element else {
                throw JSONDocumentError(reason: "'\(key)' holds more than texts")
            }
            strings.append(text)
        }
        return strings
    }

    /// The texts by key of a member that is an object; empty where it is absent or null.
    func texts(_ key: String) throws(JSONDocumentError) -> [String: String] {
        guard let value = self[key], !value.isNull else { return [:] }
        guard case .object(let object) = value else { throw JSONDocumentError(reason: "'\(key)' is no object") }
        return try object.texts(of: key)
    }
}

extension JSONObject {
    fileprivate func texts(of key: String) throws(JSONDocumentError) -> [String: String] {
        var texts: [String: String] = [:]
        for member in self.members {
            guard case .string(let text) = member.value else {
                throw JSONDocumentError(reason: "'\(key)' holds more than texts")
            }
            texts[member.key] = text
        }
        return texts
    }
}
