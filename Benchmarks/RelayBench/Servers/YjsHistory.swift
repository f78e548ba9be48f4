import Foundation

/// A document's history, written by Yjs: so many small updates of four people, who type, delete and move about in one text.
///
/// The same number gives the same updates in every run.
struct YjsHistory: Sendable {
    /// In the order in which they were made.
    let updates: [[UInt8]]

    /// - Throws: ``LaunchError/notInstalled(_:)`` without Debian's node-yjs.
    init(updates count: Int) async throws {
        let node = try Launcher.node
        guard FileManager.default.fileExists(atPath: "\(Launcher.nodeModules)/yjs/package.json") else {
            throw LaunchError.notInstalled("node-yjs")
        }
        let writer = try ServerProcess(executable: node, environment: ["NODE_PATH": Launcher.nodeModules]) { _ in
            ["-e", Self.script, String(count)]
        }
        try await writer.awaitEnd(within: .seconds(60 + count / 1000))
        let (written, said) = (try? Data(contentsOf: writer.directory.appending(path: "updates")), writer.lastWords)
        await writer.stop()
        guard let written, let updates = Self.updates(in: Array(written)), updates.count == count else {
            throw LoadError.unreadable(said)
        }
        self.updates = updates
    }

    /// - Parameter file: each update behind its size, four bytes, the lowest first.
    /// - Returns: nil where the file ends within an update.
    static func updates(in file: [UInt8]) -> [[UInt8]]? {
        var updates: [[UInt8]] = []
        var offset = 0
        while offset < file.count {
            guard offset + 4 <= file.count else { return nil }
            let size = (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
            guard offset + 4 + size <= file.count else { return nil }
            updates.append(Array(file[offset + 4..<offset + 4 + size]))
            offset += 4 + size
        }
        return updates
    }

    /// All edit one document in turns, so that each sees what the others have done.
    private static let script = """
        const Y = require('yjs'), fs = require('fs')
        const count = Number(process.argv[1])
        let state = 9
        const random = () => {
          state = (state + 0x6D2B79F5) | 0
          let t = Math.imul(state ^ (state >>> 15), 1 | state)
          t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
          return ((t ^ (t >>> 14)) >>> 0) / 4294967296
        }
        const below = n => Math.floor(random() * n)
        const doc = new Y.Doc(), text = doc.getText('t'), parts = []
        doc.on('update', update => {
          const size = Buffer.alloc(4)
          size.writeUInt32LE(update.length)
          parts.push(size, Buffer.from(update))
        })
        const people = [1, 2, 3, 4].map(() => ({ client: below(4294967296), place: 0 }))
        for (let made = 0; made < count; made++) {
          const person = people[below(people.length)]
          doc.clientID = person.client
          if (random() < 0.02) person.place = below(text.length + 1)
          person.place = Math.min(person.place, text.length)
          if (person.place > 0 && random() < 0.12) {
            text.delete(--person.place, 1)
          } else {
            text.insert(person.place++, 'abcdefghijklmnopqrstuvwxyz '[below(27)])
          }
        }
        fs.writeFileSync('updates', Buffer.concat(parts))
        """
}
