-- Limits: from when until when an account takes entries, which kinds its minimum and maximum bind, and sets of accounts with
-- a limit of their own. A set is never changed: another row of the same name takes its place from its first day on.

ALTER TABLE account ADD COLUMN limit_kinds text COLLATE "C";
ALTER TABLE account ADD COLUMN valid_from date;
ALTER TABLE account ADD COLUMN valid_until date;
ALTER TABLE chain_head ADD COLUMN set_number integer NOT NULL DEFAULT 0;
ALTER TABLE chain_head ADD COLUMN set_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex');

CREATE TABLE account_set (
    book_id integer NOT NULL,
    number integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    members text COLLATE "C" NOT NULL,
    min_balance_cents bigint,
    max_balance_cents bigint,
    kinds text COLLATE "C",
    valid_from date,
    valid_until date,
    head_seq bigint NOT NULL,
    head_hash bytea NOT NULL,
    actor text COLLATE "C" NOT NULL,
    recorded_at bigint NOT NULL,
    version integer NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_account_set PRIMARY KEY (book_id, number),
    CONSTRAINT fk_account_set_book_id FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT ck_account_set_texts CHECK (name <> '' AND actor <> ''),
    CONSTRAINT ck_account_set_version CHECK (version = 1)
);

-- uninstall
DROP TABLE account_set;
ALTER TABLE chain_head DROP COLUMN set_hash;
ALTER TABLE chain_head DROP COLUMN set_number;
ALTER TABLE account DROP COLUMN valid_until;
ALTER TABLE account DROP COLUMN valid_from;
ALTER TABLE account DROP COLUMN limit_kinds;
