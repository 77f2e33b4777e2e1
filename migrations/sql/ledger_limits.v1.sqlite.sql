-- Limits: from when until when an account takes entries, which kinds its minimum and maximum bind, and sets of accounts with
-- a limit of their own. A set is never changed: another row of the same name takes its place from its first day on.

ALTER TABLE account ADD COLUMN limit_kinds TEXT;
ALTER TABLE account ADD COLUMN valid_from TEXT;
ALTER TABLE account ADD COLUMN valid_until TEXT;
ALTER TABLE chain_head ADD COLUMN set_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chain_head ADD COLUMN set_hash BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';

CREATE TABLE account_set (
    book_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    members TEXT NOT NULL,
    min_balance_cents INTEGER,
    max_balance_cents INTEGER,
    kinds TEXT,
    valid_from TEXT,
    valid_until TEXT,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    actor TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    CONSTRAINT pk_account_set PRIMARY KEY (book_id, number),
    CONSTRAINT fk_account_set_book_id FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT ck_account_set_texts CHECK (name <> '' AND actor <> ''),
    CONSTRAINT ck_account_set_members CHECK (json_valid(members) AND (kinds IS NULL OR json_valid(kinds))),
    CONSTRAINT ck_account_set_days CHECK (valid_from IS date(valid_from) AND valid_until IS date(valid_until)),
    CONSTRAINT ck_account_set_version CHECK (version = 1),
    CONSTRAINT ck_account_set_hash CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

-- uninstall
DROP TABLE account_set;
ALTER TABLE chain_head DROP COLUMN set_hash;
ALTER TABLE chain_head DROP COLUMN set_number;
ALTER TABLE account DROP COLUMN valid_until;
ALTER TABLE account DROP COLUMN valid_from;
ALTER TABLE account DROP COLUMN limit_kinds;
