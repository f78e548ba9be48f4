import NIOCore

/// What `type` says where a message is for the relay itself, and not for other peers.
enum SignalRequest: String, CaseIterable {
    case join
    case leave
    case ping
    case pong
    case kick = "kick_user"
    case requestLock = "request_lock"
    case releaseLock = "release_lock"
    case requestPermission = "request_permission"
}

/// A client's text message while it is being read. `type` may come last, so all members are kept until it is known.
struct SignalMembers {
    private var scanner: JSONScanner
    /// Those that are no part of the envelope.
    private var others: [(name: String, start: Int, value: JSONValue)] = []
    private var envelope: [String: JSONValue] = [:]
    private var requestID: ByteBuffer?

    /// What every message may have, and no message's payload keeps. The relay writes its own of these.
    private static let envelopeNames: Set<String> = [
        "type", "session_id", "peer_id", "from_peer_id", "id", "v", "seq", "cursor",
    ]

    init(_ json: ByteBuffer) {
        self.scanner = JSONScanner(json)
    }

    mutating func read() throws(SignalProblem) -> SignalFrame {
        do throws(JSONError) {
            try self.scan()
        } catch {
            throw self.bad("\(error.message) at byte \(error.offset)")
        }
        // First, so that every refusal says which message it is about.
        self.requestID = try self.readRequestID()
        if self.others.count > SignalFrame.maximumMembers {
            throw self.bad("A message has at most \(SignalFrame.maximumMembers) members")
        }
        if let repeated = self.repeated { throw self.bad("\(repeated) is there twice") }
        guard let value = self.envelope["type"], let type = self.scanner.text(of: value) else {
            throw self.bad("type has to be a string")
        }
        let session = try self.name(self.envelope["session_id"], "session_id")
        let peer = try self.name(self.envelope["peer_id"], "peer_id")
        let sender = try self.name(self.envelope["from_peer_id"], "from_peer_id")
        guard peer == nil || sender == nil || peer == sender else {
            throw self.bad("peer_id and from_peer_id are two peers")
        }
        let content = try self.content(type, isNamed: peer != nil)
        return SignalFrame(content, requestID: self.requestID, session: session, peer: peer ?? sender)
    }

    // MARK: Scanning

    private var repeatedName: String?

    private mutating func scan() throws(JSONError) {
        try self.scanner.enterObject()
        while let name = try self.scanner.nextMember() {
            let value = try self.scanner.value()
            // What is too many is checked on, and not kept.
            guard self.others.count <= SignalFrame.maximumMembers else { continue }
            let text = self.scanner.text(of: name) ?? ""
            if Self.envelopeNames.contains(text) {
                if self.envelope.updateValue(value, forKey: text) != nil { self.repeatedName = text }
            } else {
                self.others.append((text, name.range.lowerBound, value))
            }
        }
        try self.scanner.finish()
    }

    /// A name that comes twice could mean one thing here and another where it is read next.
    private var repeated: String? {
        if let name = self.repeatedName { return name }
        let names = self.others.map(\.name).sorted()
        return zip(names, names.dropFirst()).contains { $0 == $1 } ? "A member" : nil
    }

    private func bad(_ message: String) -> SignalProblem {
        SignalProblem(code: .badMessage, message: message, requestID: self.requestID)
    }

    private func readRequestID() throws(SignalProblem) -> ByteBuffer? {
        guard let value = self.envelope["id"], value.kind != .null else { return nil }
        guard value.kind == .string || self.scanner.wholeNumber(of: value) != nil else {
            throw self.bad("id has to be a string or a whole number")
        }
        guard value.range.count <= SignalFrame.maximumRequestIDSize else { throw self.bad("id is too long") }
        return self.scanner.copy(value.range)
    }

    /// Nil for nothing, null, and the empty text.
    private func name(_ value: JSONValue?, _ name: String, upTo limit: Int = SignalFrame.maximumNameSize)
        throws(SignalProblem) -> String?
    {
        guard let value, value.kind != .null else { return nil }
        guard let text = self.scanner.text(of: value) else { throw self.bad("\(name) has to be a string") }
        guard text.utf8.count <= limit else { throw self.bad("\(name) is longer than \(limit) bytes") }
        return text.isEmpty ? nil : text
    }

    private func member(_ name: String) -> JSONValue? {
        self.others.first { $0.name == name }?.value
    }

    private func text(_ name: String, upTo limit: Int = SignalFrame.maximumNameSize) throws(SignalProblem) -> String? {
        try self.name(self.member(name), name, upTo: limit)
    }

    private func required(_ name: String) throws(SignalProblem) -> String {
        guard let text = try self.text(name) else { throw self.bad("\(name) is missing") }
        return text
    }

    // MARK: Types

    private func content(_ type: String, isNamed: Bool) throws(SignalProblem) -> SignalFrame.Content {
        switch SignalRequest(rawValue: type) {
        case .join: return .join(try self.join(isNamed: isNamed))
        case .leave: return .leave
        case .ping: return .ping
        case .pong: return .pong
        case .kick:
            let peer = try self.required("target_peer_id")
            return .kick(peer: peer, reason: try self.text("reason", upTo: SignalFrame.maximumReasonSize) ?? "")
        case .requestLock: return .requestLock(element: try self.required("element_id"))
        case .releaseLock:
            return .releaseLock(element: try self.required("element_id"), fence: try self.fence())
        case .requestPermission:
            return .requestPermission(
                element: try self.required("element_id"),
                permission: try self.required("permission")
            )
        case nil:
            guard let known = SignalType.of(type) else {
                throw SignalProblem(
                    code: .unknownType,
                    message: "There is no message of this type that a peer sends",
                    requestID: self.requestID
                )
            }
            return .publish(try self.publish(known, tag: type))
        }
    }

    private func fence() throws(SignalProblem) -> UInt64? {
        guard let value = self.member("fence"), value.kind != .null else { return nil }
        guard let fence = self.scanner.wholeNumber(of: value) else { throw self.bad("fence has to be a whole number") }
        return fence
    }

    // MARK: Publishing

    private func publish(_ type: SignalType, tag: String) throws(SignalProblem) -> SignalFrame.Publish {
        try self.check(type)
        let recipient = try self.text("to_peer_id")
        let spelling: ConnectionSpelling? =
            if tag.hasPrefix("p2_p_") { .split } else if tag.hasPrefix("p2p_") { .documented } else { nil }
        return SignalFrame.Publish(
            type: type.name,
            topic: type.topic,
            payload: self.payload(type, isCoreChat: tag == "chat"),
            recipient: recipient,
            spelling: spelling
        )
    }

    private func check(_ type: SignalType) throws(SignalProblem) {
        let shape = type.shapes.first { shape in
            shape.allSatisfy { $0.isOptional || self.member($0.name) != nil }
        }
        guard let shape else {
            let missing = type.shapes[0].first { !$0.isOptional && self.member($0.name) == nil }
            throw self.bad("\(missing?.name ?? "A member") is missing")
        }
        for field in shape {
            guard let value = self.member(field.name) else { continue }
            guard field.allows(value, in: self.scanner) else { throw self.bad("\(field.name) is not valid") }
        }
    }

    private func payload(_ type: SignalType, isCoreChat: Bool) -> ByteBuffer {
        let isChat = type.name == "chat_message"
        var payload = ByteBuffer()
        payload.reserveCapacity(self.scanner.buffer.readableBytes)
        payload.writeStaticString(#"{"type":"#)
        payload.writeJSONString(type.name)
        for (name, start, value) in self.others {
            // The relay says when chat came, and who sent it.
            if isChat, ["timestamp", "sender_id", "sender_name"].contains(name) { continue }
            payload.writeStaticString(",")
            if isCoreChat, name == "text" {
                payload.writeStaticString(#""message":"#)
                self.write(value.range, into: &payload)
            } else {
                self.write(start..<value.range.upperBound, into: &payload)
            }
        }
        payload.writeStaticString("}")
        return payload
    }

    private func write(_ range: Range<Int>, into payload: inout ByteBuffer) {
        let text = self.scanner.buffer
        payload.writeImmutableBuffer(
            text.getSlice(at: text.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
        )
    }

    // MARK: Joining

    private func join(isNamed: Bool) throws(SignalProblem) -> SignalFrame.Join {
        let token = try self.text("join_token", upTo: SignalFrame.maximumTokenSize)
        let coreToken = try self.text("token", upTo: SignalFrame.maximumTokenSize)
        var join = SignalFrame.Join(
            dialect: self.dialect(isNamed: isNamed),
            token: token ?? coreToken ?? "",
            displayName: try self.text("display_name"),
            avatarURL: try self.text("avatar_url", upTo: 1024),
            githubLogin: try self.text("github_login"),
            resume: try self.text("resume")
        )
        join.cursors = try self.cursors()
        join.candidates = try self.candidates()
        join.joinKey = try self.text("join_key")
        join.proof = try self.proof()
        return join
    }

    private func dialect(isNamed: Bool) -> SignalDialect {
        if self.member("candidates") != nil || self.member("pubkey") != nil { return .g1 }
        if self.member("join_token") != nil { return .g3 }
        return isNamed && self.member("token") == nil ? .g3 : .core
    }

    private func proof() throws(SignalProblem) -> SignalFrame.Proof? {
        let parts = (try self.text("key"), try self.text("nonce"), try self.text("signature"))
        switch parts {
        case (nil, nil, nil): return nil
        case (let key?, let nonce?, let signature?):
            return SignalFrame.Proof(key: key, nonce: nonce, signature: signature)
        default: throw self.bad("key, nonce and signature come together")
        }
    }

    private func cursors() throws(SignalProblem) -> [SignalTopic: SignalCursor] {
        guard let value = self.member("cursors"), value.kind != .null else { return [:] }
        guard value.kind == .object else { throw self.bad("cursors has to be an object") }
        guard let cursors = self.scanner.at(value).readCursors() else { throw self.bad("cursors is not valid") }
        return cursors
    }

    private func candidates() throws(SignalProblem) -> [ByteBuffer] {
        guard let value = self.member("candidates"), value.kind != .null else { return [] }
        guard value.kind == .array else { throw self.bad("candidates has to be an array") }
        guard let ranges = self.scanner.at(value).readElements(upTo: SignalFrame.maximumCandidates) else {
            throw self.bad("There may be \(SignalFrame.maximumCandidates) candidates at most")
        }
        return ranges.map(self.scanner.copy)
    }
}

extension JSONScanner {
    /// Of an object that was checked: topics' names and cursors. Nil where it has anything else.
    fileprivate consuming func readCursors() -> [SignalTopic: SignalCursor]? {
        var cursors: [SignalTopic: SignalCursor] = [:]
        do throws(JSONError) {
            try self.enterObject()
            while let name = try self.nextMember() {
                let cursor = try self.value()
                guard let topic = self.text(of: name).flatMap(SignalTopic.init),
                    let cursor = self.text(of: cursor).flatMap(SignalCursor.init)
                else { return nil }
                cursors[topic] = cursor
            }
            return cursors
        } catch {
            return nil
        }
    }

    /// Where the elements are of an array that was checked; nil for too many.
    fileprivate consuming func readElements(upTo limit: Int) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        do throws(JSONError) {
            try self.enterArray()
            while try self.nextElement() {
                guard ranges.count < limit else { return nil }
                ranges.append(try self.value().range)
            }
            return ranges
        } catch {
            return nil
        }
    }
}
