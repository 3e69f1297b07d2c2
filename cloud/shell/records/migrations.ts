/**
 * The records' tables, in SQL that SQLite and PostgreSQL both understand; where they cannot agree (triggers) a
 * statement is given for each. A migration that was released is never edited: a new one follows it.
 */
export interface Migration {
  readonly name: string
  readonly statements: readonly (string | { readonly sqlite: string; readonly postgres: string })[]
}

const appendOnly = (operation: 'UPDATE' | 'DELETE', table = 'audit', called = 'the audit log') => ({
  sqlite: `CREATE TRIGGER ${table}_no_${operation.toLowerCase()} BEFORE ${operation} ON ${table}
    BEGIN SELECT RAISE(ABORT, '${called} is append-only'); END`,
  postgres: `CREATE RULE ${table}_no_${operation.toLowerCase()} AS ON ${operation} TO ${table} DO INSTEAD NOTHING`,
})

export const MIGRATIONS: readonly Migration[] = [
  {
    name: '001-audit',
    statements: [
      `CREATE TABLE audit (
        sequence BIGINT PRIMARY KEY,
        at DOUBLE PRECISION NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL,
        previous TEXT NOT NULL UNIQUE,
        hash TEXT NOT NULL UNIQUE
      )`,
      appendOnly('UPDATE'),
      appendOnly('DELETE'),
    ],
  },
  {
    name: '002-people',
    statements: [
      `CREATE TABLE users (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        department TEXT NOT NULL,
        role TEXT NOT NULL,
        active INTEGER NOT NULL
      )`,
      // A row here means that the token was used; the primary key is what makes it single-use.
      `CREATE TABLE sign_in_tokens (
        sha256 TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        redeemed_at DOUBLE PRECISION NOT NULL
      )`,
      `CREATE TABLE sessions (
        sha256 TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        created_at DOUBLE PRECISION NOT NULL,
        expires_at DOUBLE PRECISION NOT NULL
      )`,
    ],
  },
  {
    name: '003-orders',
    statements: [
      `CREATE TABLE orders (
        id TEXT PRIMARY KEY,
        sequence BIGINT NOT NULL UNIQUE,
        site TEXT NOT NULL,
        state TEXT NOT NULL,
        open INTEGER NOT NULL,
        version INTEGER NOT NULL,
        record TEXT NOT NULL,
        drafted_at DOUBLE PRECISION NOT NULL,
        ended_at DOUBLE PRECISION
      )`,
      // One open order a site, held by the database itself.
      'CREATE UNIQUE INDEX orders_one_open ON orders (site) WHERE open = 1',
      `CREATE TABLE order_events (
        order_id TEXT NOT NULL REFERENCES orders (id),
        number INTEGER NOT NULL,
        at DOUBLE PRECISION NOT NULL,
        what TEXT NOT NULL,
        detail TEXT NOT NULL,
        audit_sequence BIGINT NOT NULL REFERENCES audit (sequence),
        PRIMARY KEY (order_id, number)
      )`,
      `CREATE TABLE order_answers (
        sha256 TEXT PRIMARY KEY,
        order_id TEXT NOT NULL REFERENCES orders (id),
        received_at DOUBLE PRECISION NOT NULL
      )`,
    ],
  },
  {
    name: '004-evidence',
    statements: [
      // What an order rests on, word for word; the journal forgets it after its retention.
      `CREATE TABLE evidence (
        sha256 TEXT PRIMARY KEY,
        site TEXT NOT NULL,
        finding_at DOUBLE PRECISION NOT NULL,
        what TEXT NOT NULL,
        content TEXT NOT NULL,
        frozen_at DOUBLE PRECISION NOT NULL
      )`,
      appendOnly('UPDATE', 'evidence', 'frozen evidence'),
      appendOnly('DELETE', 'evidence', 'frozen evidence'),
    ],
  },
  {
    name: '005-checkpoints',
    statements: [
      // Signed, and copied to a file beside the database: whoever rewrites the log cannot sign them anew.
      `CREATE TABLE audit_checkpoints (
        number BIGINT PRIMARY KEY,
        sequence BIGINT NOT NULL,
        jws TEXT NOT NULL
      )`,
      appendOnly('UPDATE', 'audit_checkpoints', 'the list of checkpoints'),
      appendOnly('DELETE', 'audit_checkpoints', 'the list of checkpoints'),
      // What a supplier signed, and the key that it was verified with; answers of before have neither.
      'ALTER TABLE order_answers ADD COLUMN jws TEXT',
      'ALTER TABLE order_answers ADD COLUMN public_key TEXT',
    ],
  },
  {
    name: '006-proofs',
    statements: [
      // What was revoked stays: an old approval is held against the key of its time.
      `CREATE TABLE passkeys (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        name TEXT NOT NULL,
        spki TEXT NOT NULL,
        cose TEXT NOT NULL,
        algorithm INTEGER NOT NULL,
        counter BIGINT NOT NULL,
        created_at DOUBLE PRECISION NOT NULL,
        last_used_at DOUBLE PRECISION,
        revoked_at DOUBLE PRECISION
      )`,
      'CREATE INDEX passkeys_of ON passkeys (user_id)',
      `CREATE TABLE totp (
        user_id TEXT PRIMARY KEY,
        sealed TEXT NOT NULL,
        since DOUBLE PRECISION NOT NULL,
        last_step BIGINT NOT NULL
      )`,
      'ALTER TABLE users ADD COLUMN level TEXT',
      'ALTER TABLE users ADD COLUMN competent INTEGER NOT NULL DEFAULT 0',
    ],
  },
  {
    name: '007-standing',
    statements: [
      `CREATE TABLE standings (
        id TEXT PRIMARY KEY,
        site TEXT NOT NULL,
        version INTEGER NOT NULL,
        record TEXT NOT NULL,
        audit_sequence BIGINT NOT NULL REFERENCES audit (sequence)
      )`,
    ],
  },
  {
    name: '008-evidence-of-orders',
    statements: [
      // What came after the draft: an order's own pieces stand in its document.
      `CREATE TABLE evidence_supplements (
        order_id TEXT NOT NULL REFERENCES orders (id),
        sha256 TEXT NOT NULL REFERENCES evidence (sha256),
        audit_sequence BIGINT NOT NULL REFERENCES audit (sequence),
        PRIMARY KEY (order_id, sha256)
      )`,
      appendOnly('UPDATE', 'evidence_supplements', 'frozen evidence'),
      appendOnly('DELETE', 'evidence_supplements', 'frozen evidence'),
      `CREATE TABLE evidence_reviews (
        order_id TEXT NOT NULL REFERENCES orders (id),
        number INTEGER NOT NULL,
        record TEXT NOT NULL,
        audit_sequence BIGINT NOT NULL REFERENCES audit (sequence),
        PRIMARY KEY (order_id, number)
      )`,
      appendOnly('UPDATE', 'evidence_reviews', 'a review of evidence'),
      appendOnly('DELETE', 'evidence_reviews', 'a review of evidence'),
    ],
  },
  {
    name: '009-audit-by-subject',
    statements: ['CREATE INDEX audit_by_subject ON audit (subject, sequence)'],
  },
  {
    name: '010-law-of-sites',
    statements: [
      `CREATE TABLE site_law (
        site TEXT PRIMARY KEY,
        record TEXT NOT NULL,
        audit_sequence BIGINT NOT NULL REFERENCES audit (sequence)
      )`,
    ],
  },
]
