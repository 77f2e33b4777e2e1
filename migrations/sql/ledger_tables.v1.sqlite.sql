-- The rows of the ledger. Legs come first, under the id of an entry that is not there yet (a deferred foreign key), and
-- carry the number of legs that their entry has: so a leg that comes later has no place left, even when two clients race.

CREATE TABLE book (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    CONSTRAINT pk_book PRIMARY KEY (id),
    CONSTRAINT uq_book_name UNIQUE (name),
    CONSTRAINT ck_book_currency CHECK (currency GLOB '[A-Z][A-Z][A-Z]')
) STRICT;

-- An account takes entries from valid_from until valid_until; its minimum and maximum bind the kinds in limit_kinds, or all.
CREATE TABLE account (
    id INTEGER NOT NULL,
    book_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    main TEXT GENERATED ALWAYS AS (substr(code, 1, instr(code || '.', '.') - 1)) STORED NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    layer TEXT NOT NULL,
    currency TEXT NOT NULL,
    normal_side TEXT NOT NULL,
    min_balance_cents INTEGER,
    max_balance_cents INTEGER,
    status TEXT NOT NULL DEFAULT 'open',
    limit_kinds TEXT,
    valid_from TEXT,
    valid_until TEXT,
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT uq_account_book_id_code UNIQUE (book_id, code),
    CONSTRAINT fk_account_book_id FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT ck_account_code CHECK (
        length(code) BETWEEN 1 AND 121 AND code NOT GLOB '*[^A-Za-z0-9_.-]*'
        AND code NOT GLOB '.*' AND code NOT GLOB '*.' AND code NOT GLOB '*.*.*'
    ),
    CONSTRAINT ck_account_type CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense', 'memo')),
    CONSTRAINT ck_account_layer CHECK (layer = CASE type WHEN 'memo' THEN 'commitment' ELSE 'actual' END),
    CONSTRAINT ck_account_currency CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT ck_account_normal_side CHECK (normal_side IN ('debit', 'credit')),
    CONSTRAINT ck_account_status CHECK (status IN ('open', 'closed'))
) STRICT;
CREATE INDEX ix_account_book_id_main ON account (book_id, main);

CREATE TABLE entry (
    book_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    effective_on TEXT NOT NULL,
    kind TEXT NOT NULL,
    memo TEXT NOT NULL,
    actor TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    metadata TEXT NOT NULL,
    reverses_seq INTEGER,
    reason TEXT,
    legs INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    CONSTRAINT pk_entry PRIMARY KEY (id),
    CONSTRAINT uq_entry_id_legs UNIQUE (id, legs),
    CONSTRAINT uq_entry_book_id_seq UNIQUE (book_id, seq),
    CONSTRAINT uq_entry_book_id_idempotency_key UNIQUE (book_id, idempotency_key),
    CONSTRAINT fk_entry_book_id FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT fk_entry_book_id_reverses_seq FOREIGN KEY (book_id, reverses_seq) REFERENCES entry (book_id, seq),
    CONSTRAINT ck_entry_texts CHECK (kind <> '' AND memo <> '' AND actor <> '' AND idempotency_key <> ''),
    CONSTRAINT ck_entry_reason CHECK (reverses_seq IS NULL OR coalesce(reason, '') <> ''),
    CONSTRAINT ck_entry_legs CHECK (legs >= 2),
    CONSTRAINT ck_entry_version CHECK (version = 1),
    CONSTRAINT ck_entry_effective_on CHECK (effective_on IS date(effective_on)),
    CONSTRAINT ck_entry_metadata CHECK (json_valid(metadata)),
    CONSTRAINT ck_entry_hash CHECK (length(hash) = 32 AND length(request_hash) = 32)
) STRICT;
CREATE UNIQUE INDEX uq_entry_book_id_reverses_seq ON entry (book_id, reverses_seq) WHERE reverses_seq IS NOT NULL;
CREATE INDEX ix_entry_book_id_kind ON entry (book_id, kind, seq);
CREATE INDEX ix_entry_event ON entry (book_id, json_extract(metadata, '$.event_id')) WHERE json_extract(metadata, '$.event_id') IS NOT NULL;
-- An entry says in its metadata, under "correction", of which entry it takes back a part and which it replaces.
CREATE INDEX ix_entry_part_of ON entry (book_id, json_extract(metadata, '$.correction.part_of')) WHERE json_extract(metadata, '$.correction.part_of') IS NOT NULL;
CREATE INDEX ix_entry_replaces ON entry (book_id, json_extract(metadata, '$.correction.replaces')) WHERE json_extract(metadata, '$.correction.replaces') IS NOT NULL;

CREATE TABLE posting (
    entry_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    legs INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    amount_cents INTEGER NOT NULL,
    CONSTRAINT pk_posting PRIMARY KEY (entry_id, position),
    CONSTRAINT fk_posting_entry_id_legs FOREIGN KEY (entry_id, legs) REFERENCES entry (id, legs) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT fk_posting_account_id FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT ck_posting_position CHECK (position BETWEEN 1 AND legs),
    CONSTRAINT ck_posting_amount CHECK (amount_cents <> 0 AND amount_cents > -9223372036854775807 - 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_posting_account_id ON posting (account_id, entry_id);

CREATE TABLE account_balance (
    account_id INTEGER NOT NULL,
    debit_cents INTEGER NOT NULL,
    credit_cents INTEGER NOT NULL,
    CONSTRAINT pk_account_balance PRIMARY KEY (account_id),
    CONSTRAINT fk_account_balance_account_id FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT;

CREATE TABLE balance_day (
    account_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    debit_cents INTEGER NOT NULL,
    credit_cents INTEGER NOT NULL,
    CONSTRAINT pk_balance_day PRIMARY KEY (account_id, day),
    CONSTRAINT fk_balance_day_account_id FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_head (
    book_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    period_number INTEGER NOT NULL,
    period_hash BLOB NOT NULL,
    set_number INTEGER NOT NULL DEFAULT 0,
    set_hash BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000',
    anchor_number INTEGER NOT NULL DEFAULT 0,
    anchor_hash BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000',
    chart_number INTEGER NOT NULL DEFAULT 0,
    chart_hash BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000',
    CONSTRAINT pk_chain_head PRIMARY KEY (book_id),
    CONSTRAINT fk_chain_head_book_id FOREIGN KEY (book_id) REFERENCES book (id)
) STRICT;

CREATE TABLE period (
    book_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    month TEXT NOT NULL,
    status TEXT NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    trial_balance_hash BLOB,
    actor TEXT NOT NULL,
    second_actor TEXT,
    reason TEXT,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    CONSTRAINT pk_period PRIMARY KEY (book_id, number),
    CONSTRAINT fk_period_book_id FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT ck_period_month CHECK (month IS strftime('%Y-%m', month || '-01')),
    CONSTRAINT ck_period_status CHECK (status IN ('open', 'locked', 'closed')),
    CONSTRAINT ck_period_frozen CHECK ((status = 'closed') = (trial_balance_hash IS NOT NULL)),
    CONSTRAINT ck_period_reopened CHECK (status <> 'open' OR (coalesce(reason, '') <> '' AND coalesce(second_actor, actor) <> actor)),
    CONSTRAINT ck_period_version CHECK (version = 1),
    CONSTRAINT ck_period_hash CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_period_book_id_month ON period (book_id, month, number);

-- Sets of accounts with a limit of their own. A set is never changed: another row of the same name takes its place from
-- its first day on.
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

CREATE TABLE account_change (
    book_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    layer TEXT NOT NULL,
    currency TEXT NOT NULL,
    normal_side TEXT NOT NULL,
    min_balance_cents INTEGER,
    max_balance_cents INTEGER,
    status TEXT NOT NULL,
    limit_kinds TEXT,
    valid_from TEXT,
    valid_until TEXT,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    CONSTRAINT pk_account_change PRIMARY KEY (book_id, number),
    CONSTRAINT fk_account_change_book_id FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT ck_account_change_version CHECK (version = 1),
    CONSTRAINT ck_account_change_hash CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_account_change_book_id_code ON account_change (book_id, code, number);

CREATE TABLE anchor (
    book_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    root BLOB NOT NULL,
    legs INTEGER NOT NULL,
    trial_balance_hash BLOB NOT NULL,
    periods INTEGER NOT NULL,
    period_hash BLOB NOT NULL,
    sets INTEGER NOT NULL,
    set_hash BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    previous_hash BLOB NOT NULL,
    version INTEGER NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL,
    CONSTRAINT pk_anchor PRIMARY KEY (book_id, number),
    CONSTRAINT fk_anchor_book_id FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT ck_anchor_hash CHECK (length(hash) = 32 AND length(signature) = 64),
    CONSTRAINT ck_anchor_version CHECK (version = 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE verification (
    id INTEGER NOT NULL,
    book_id INTEGER NOT NULL,
    everything INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    findings TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    CONSTRAINT pk_verification PRIMARY KEY (id),
    CONSTRAINT fk_verification_book_id FOREIGN KEY (book_id) REFERENCES book (id)
) STRICT;
CREATE INDEX ix_verification_book_id ON verification (book_id, ok, head_seq);

-- uninstall
DROP TABLE verification;
DROP TABLE anchor;
DROP TABLE account_change;
DROP TABLE account_set;
DROP TABLE period;
DROP TABLE chain_head;
DROP TABLE balance_day;
DROP TABLE account_balance;
DROP TABLE posting;
DROP TABLE entry;
DROP TABLE account;
DROP TABLE book;
