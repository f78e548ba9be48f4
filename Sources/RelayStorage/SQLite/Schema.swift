import Foundation
import GRDB
import RelayCore

/// The tables, and how they came to be. Migrations that were released are never edited.
///
/// Text is kept as BLOB, its UTF-8 bytes: SQLite's own text ends at a NUL when bound or read through C strings, and
/// usernames, e-mail addresses and idempotency keys come from clients. Moments are microseconds since the epoch; a
/// message id is two integers, so that the primary key orders messages as readers do.
enum Schema {
    /// Larger than SQLite's 4 KiB, because a WITHOUT ROWID table keeps whole rows in its inner pages as well. With the usual message of half a
    /// kilobyte they still have some 16 branches.
    static let pageBytes = 8192

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            for statement in self.streams + self.topics + self.accounts { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v2: epochs") { db in
            for statement in self.epochs { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v3: durability") { db in
            try db.execute(sql: "ALTER TABLE topics ADD COLUMN durability BLOB")
        }
        migrator.registerMigration("v4: digests of idempotency keys") { db in
            db.add(function: self.idempotencyDigest)
            try db.execute(sql: "UPDATE idempotency SET key = idempotency_digest(key)")
            db.remove(function: self.idempotencyDigest)
        }
        migrator.registerMigration("v5: room for probes") { db in
            try db.execute(sql: "ALTER TABLE pulse ADD COLUMN padding BLOB")
        }
        migrator.registerMigration("v6: password generations") { db in
            try db.execute(sql: "ALTER TABLE users ADD COLUMN password_generation INTEGER NOT NULL DEFAULT 0")
        }
        migrator.registerMigration("v7: topic counts") { db in
            for statement in self.topicCounts { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v8: states and senders") { db in
            for statement in self.states { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v9: formats and snapshots") { db in
            for statement in self.snapshots { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v10: named readers") { db in
            for statement in self.readers { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v11: what waits for somebody") { db in
            for statement in self.pending { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v12: service tokens") { db in
            for statement in self.serviceTokens { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v13: identities of other issuers") { db in
            for statement in self.identities { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v14: webhooks") { db in
            for statement in self.webhooks { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v15: audit log") { db in
            try db.execute(sql: self.audit)
        }
        return migrator
    }

    /// What ``AuditStore`` keeps.
    private static let audit = """
        CREATE TABLE audit (at INTEGER NOT NULL, id BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY (at, id)) WITHOUT ROWID
        """

    /// `streams.count` and `trimmed_*` are what readers see. Rows of `messages` at or below `trimmed_*` are gone for
    /// readers; they are deleted later, many at once.
    private static let streams = [
        """
        CREATE TABLE streams (
            id INTEGER PRIMARY KEY,
            key BLOB NOT NULL UNIQUE,
            name BLOB NOT NULL,
            namespace BLOB,
            last_ms INTEGER NOT NULL DEFAULT 0,
            last_seq INTEGER NOT NULL DEFAULT 0,
            trimmed_ms INTEGER NOT NULL DEFAULT 0,
            trimmed_seq INTEGER NOT NULL DEFAULT 0,
            count INTEGER NOT NULL DEFAULT 0
        )
        """,
        "CREATE INDEX streams_empty ON streams (last_ms) WHERE count = 0",
        """
        CREATE TABLE messages (
            stream INTEGER NOT NULL,
            ms INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            timestamp INTEGER NOT NULL,
            expires_at INTEGER,
            audience BLOB,
            metadata BLOB,
            payload BLOB NOT NULL,
            PRIMARY KEY (stream, ms, seq)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX messages_expiry ON messages (expires_at) WHERE expires_at IS NOT NULL",
        """
        CREATE TABLE idempotency (
            key BLOB NOT NULL,
            idx INTEGER NOT NULL,
            total INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            name BLOB NOT NULL,
            namespace BLOB,
            ms INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            timestamp INTEGER NOT NULL,
            PRIMARY KEY (key, idx)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX idempotency_expiry ON idempotency (expires_at)",
    ]

    /// From a key's text, which the table had before, to what it has now.
    private static let idempotencyDigest = DatabaseFunction("idempotency_digest", argumentCount: 1, pure: true) {
        values in
        let text = Data.fromDatabaseValue(values[0]) ?? Data()
        return DatabaseValue(IdempotencyKey(text: Array(text)).bytes)
    }

    /// The epoch's id is 64 bits without a sign, kept as an INTEGER of the same bits.
    private static let epochs = [
        "ALTER TABLE streams ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE streams ADD COLUMN epoch_ms INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE streams ADD COLUMN epoch_seq INTEGER NOT NULL DEFAULT 0",
        "UPDATE streams SET epoch = random()",
    ]

    private static let topics = [
        """
        CREATE TABLE topics (
            key BLOB NOT NULL PRIMARY KEY,
            id BLOB NOT NULL,
            name BLOB NOT NULL,
            namespace BLOB,
            kind BLOB NOT NULL,
            owner BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            is_public INTEGER NOT NULL,
            description BLOB
        ) WITHOUT ROWID
        """,
        "CREATE INDEX topics_owner ON topics (owner)",
        """
        CREATE TABLE grants (
            topic BLOB NOT NULL REFERENCES topics (key) ON DELETE CASCADE,
            user BLOB NOT NULL,
            granted_at INTEGER NOT NULL,
            PRIMARY KEY (topic, user)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX grants_user ON grants (user)",
    ]

    /// What kinds keep with their topics. A table of its own: `topics` has its whole rows in its tree, and states are large.
    private static let states = [
        """
        CREATE TABLE states (
            topic BLOB NOT NULL PRIMARY KEY REFERENCES topics (key) ON DELETE CASCADE,
            kind BLOB NOT NULL,
            owner BLOB NOT NULL,
            revision INTEGER NOT NULL,
            state BLOB NOT NULL
        )
        """,
        "CREATE INDEX states_kind ON states (kind, topic)",
        // How many each owner has of a kind, and below an empty owner all have: as `topic_counts`.
        "CREATE TABLE state_counts (kind BLOB, owner BLOB, count INTEGER NOT NULL, PRIMARY KEY (kind, owner)) WITHOUT ROWID",
        """
        CREATE TRIGGER state_added AFTER INSERT ON states BEGIN
            INSERT INTO state_counts VALUES (new.kind, new.owner, 1), (new.kind, '', 1)
            ON CONFLICT (kind, owner) DO UPDATE SET count = count + 1;
        END
        """,
        """
        CREATE TRIGGER state_removed AFTER DELETE ON states BEGIN
            UPDATE state_counts SET count = count - 1 WHERE kind = old.kind AND owner IN (old.owner, '');
            DELETE FROM state_counts WHERE kind = old.kind AND owner = old.owner AND count = 0;
        END
        """,
        "ALTER TABLE messages ADD COLUMN sender BLOB",
    ]

    /// `streams.snapshot_*` is the id of the newest snapshot: readers get no rows before it, unless they ask for them. Rows before `kept_*` are
    /// gone for all, as those at or below `trimmed_*`. Both are 0 where there is none.
    private static let snapshots = [
        "ALTER TABLE messages ADD COLUMN format INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE messages ADD COLUMN is_snapshot INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX messages_snapshots ON messages (stream, ms, seq) WHERE is_snapshot",
        "ALTER TABLE streams ADD COLUMN snapshot_ms INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE streams ADD COLUMN snapshot_seq INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE streams ADD COLUMN kept_ms INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE streams ADD COLUMN kept_seq INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE topics ADD COLUMN anonymous BLOB",
    ]

    /// Where named readers stand. The epoch is kept as that of `streams`.
    private static let readers = [
        """
        CREATE TABLE readers (
            topic BLOB NOT NULL REFERENCES topics (key) ON DELETE CASCADE,
            user BLOB NOT NULL,
            name BLOB NOT NULL,
            epoch INTEGER NOT NULL,
            ms INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            used_at INTEGER NOT NULL,
            PRIMARY KEY (topic, user, name)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX readers_user ON readers (user)",
        "CREATE INDEX readers_use ON readers (used_at)",
    ]

    private static let serviceTokens = [
        """
        CREATE TABLE service_tokens (
            id BLOB NOT NULL PRIMARY KEY,
            user BLOB NOT NULL,
            label BLOB,
            scope BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX service_tokens_order ON service_tokens (created_at, id)",
        "CREATE INDEX service_tokens_user ON service_tokens (user, created_at, id)",
        "CREATE INDEX service_tokens_expiry ON service_tokens (expires_at)",
    ]

    /// `definition` and `health` are what ``RelayAccess/StoredWebhook`` makes of itself.
    private static let webhooks = [
        """
        CREATE TABLE webhooks (
            id BLOB NOT NULL PRIMARY KEY,
            user BLOB NOT NULL,
            definition BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            is_paused INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            health BLOB NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX webhooks_user ON webhooks (user, id)",
    ]

    /// Who a user is elsewhere: both are NULL for users who are nobody there.
    private static let identities = [
        "ALTER TABLE users ADD COLUMN issuer BLOB",
        "ALTER TABLE users ADD COLUMN subject BLOB",
        "CREATE UNIQUE INDEX users_identity ON users (issuer, subject) WHERE issuer IS NOT NULL",
    ]

    /// How many topics each owner has, and below an empty owner how many there are: counting rows would take longer the more there are.
    /// Triggers keep the numbers, in the transaction that changes `topics`.
    private static let topicCounts = [
        "CREATE TABLE topic_counts (owner BLOB NOT NULL PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO topic_counts SELECT owner, count(*) FROM topics GROUP BY owner",
        "INSERT INTO topic_counts SELECT '', count(*) FROM topics",
        """
        CREATE TRIGGER topic_added AFTER INSERT ON topics BEGIN
            INSERT INTO topic_counts VALUES (new.owner, 1) ON CONFLICT (owner) DO UPDATE SET count = count + 1;
            UPDATE topic_counts SET count = count + 1 WHERE owner = '';
        END
        """,
        """
        CREATE TRIGGER topic_removed AFTER DELETE ON topics BEGIN
            UPDATE topic_counts SET count = count - 1 WHERE owner IN (old.owner, '');
            DELETE FROM topic_counts WHERE owner = old.owner AND count = 0 AND owner <> '';
        END
        """,
    ]

    /// What ``PendingStore`` keeps.
    private static let pending = [
        """
        CREATE TABLE pending (
            kind BLOB NOT NULL,
            id BLOB NOT NULL,
            alias BLOB,
            value BLOB NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (kind, id)
        ) WITHOUT ROWID
        """,
        "CREATE UNIQUE INDEX pending_alias ON pending (kind, alias) WHERE alias IS NOT NULL",
        "CREATE INDEX pending_expiry ON pending (kind, expires_at)",
    ]

    private static let accounts = [
        """
        CREATE TABLE users (
            id BLOB NOT NULL PRIMARY KEY,
            username BLOB NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            email BLOB,
            is_active INTEGER NOT NULL,
            permissions INTEGER NOT NULL,
            password_hash BLOB
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE refresh_tokens (
            jti BLOB NOT NULL PRIMARY KEY,
            user BLOB NOT NULL,
            chain BLOB NOT NULL,
            secret_hash BLOB NOT NULL,
            issued_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            client_hint BLOB,
            last_used_at INTEGER,
            rotated_at INTEGER,
            successor BLOB,
            revoked_at INTEGER
        ) WITHOUT ROWID
        """,
        "CREATE INDEX refresh_tokens_user ON refresh_tokens (user)",
        "CREATE INDEX refresh_tokens_chain ON refresh_tokens (chain)",
        "CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at)",
        "CREATE TABLE denied_tokens (jti BLOB NOT NULL PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE INDEX denied_tokens_expiry ON denied_tokens (expires_at)",
        // Written by health checks alone.
        "CREATE TABLE pulse (id INTEGER PRIMARY KEY CHECK (id = 1), beats INTEGER NOT NULL)",
        "INSERT INTO pulse VALUES (1, 0)",
    ]
}
