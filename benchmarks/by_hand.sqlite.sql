-- A ledger written by hand for SQLite: the yardstick of benchmarks/README.md. Anybody may write to the file, so the guards
-- are triggers: legs first, under an entry that is not there yet, then the entry, whose trigger checks and counts.

CREATE TABLE by_hand_book (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]')
) STRICT;

CREATE TABLE by_hand_head (
    book_id INTEGER PRIMARY KEY REFERENCES by_hand_book,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE by_hand_account (
    id INTEGER PRIMARY KEY,
    book_id INTEGER NOT NULL REFERENCES by_hand_book,
    code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 121 AND code NOT GLOB '*[^A-Za-z0-9_.-]*'),
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense', 'memo')),
    layer TEXT NOT NULL CHECK (layer = CASE type WHEN 'memo' THEN 'commitment' ELSE 'actual' END),
    currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    min_balance_cents INTEGER,
    max_balance_cents INTEGER,
    limit_kinds TEXT CHECK (limit_kinds IS NULL OR json_valid(limit_kinds)),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    valid_from TEXT CHECK (valid_from IS date(valid_from)),
    valid_until TEXT CHECK (valid_until IS date(valid_until)),
    UNIQUE (book_id, code)
) STRICT;

CREATE TABLE by_hand_period (
    book_id INTEGER NOT NULL REFERENCES by_hand_book,
    month TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'locked', 'closed')),
    PRIMARY KEY (book_id, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE by_hand_entry (
    id TEXT PRIMARY KEY NOT NULL,
    book_id INTEGER NOT NULL REFERENCES by_hand_book,
    seq INTEGER NOT NULL,
    effective_on TEXT NOT NULL CHECK (effective_on IS date(effective_on)),
    kind TEXT NOT NULL CHECK (kind <> ''),
    memo TEXT NOT NULL CHECK (memo <> ''),
    actor TEXT NOT NULL CHECK (actor <> ''),
    idempotency_key TEXT NOT NULL CHECK (idempotency_key <> ''),
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    metadata TEXT NOT NULL CHECK (json_valid(metadata)),
    reverses_seq INTEGER,
    reason TEXT,
    legs INTEGER NOT NULL CHECK (legs >= 2),
    recorded_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version = 1),
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    UNIQUE (book_id, seq),
    UNIQUE (book_id, idempotency_key),
    FOREIGN KEY (book_id, reverses_seq) REFERENCES by_hand_entry (book_id, seq),
    CHECK (reverses_seq IS NULL OR coalesce(reason, '') <> '')
) STRICT;
CREATE UNIQUE INDEX by_hand_entry_reverses ON by_hand_entry (book_id, reverses_seq) WHERE reverses_seq IS NOT NULL;
CREATE INDEX by_hand_entry_kind ON by_hand_entry (book_id, kind, seq);
CREATE INDEX by_hand_entry_event ON by_hand_entry (book_id, json_extract(metadata, '$.event_id')) WHERE json_extract(metadata, '$.event_id') IS NOT NULL;

CREATE TABLE by_hand_posting (
    entry_id TEXT NOT NULL REFERENCES by_hand_entry DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    account_id INTEGER NOT NULL REFERENCES by_hand_account,
    amount_cents INTEGER NOT NULL CHECK (amount_cents <> 0 AND amount_cents > -9223372036854775807 - 1),
    PRIMARY KEY (entry_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX by_hand_posting_account ON by_hand_posting (account_id, entry_id);

CREATE TABLE by_hand_balance (
    account_id INTEGER PRIMARY KEY REFERENCES by_hand_account,
    debit_cents INTEGER NOT NULL,
    credit_cents INTEGER NOT NULL
) STRICT;

CREATE TABLE by_hand_balance_day (
    account_id INTEGER NOT NULL REFERENCES by_hand_account,
    day TEXT NOT NULL,
    debit_cents INTEGER NOT NULL,
    credit_cents INTEGER NOT NULL,
    PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER by_hand_entry_not_changed BEFORE UPDATE ON by_hand_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER by_hand_entry_not_removed BEFORE DELETE ON by_hand_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER by_hand_posting_not_changed BEFORE UPDATE ON by_hand_posting BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER by_hand_posting_not_removed BEFORE DELETE ON by_hand_posting BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER by_hand_book_not_changed BEFORE UPDATE ON by_hand_book BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER by_hand_book_not_removed BEFORE DELETE ON by_hand_book BEGIN SELECT RAISE(ABORT, 'append only'); END;

-- INSERT OR REPLACE fires no trigger for what it removes, hence the second question.
CREATE TRIGGER by_hand_posting_late BEFORE INSERT ON by_hand_posting
WHEN EXISTS (SELECT 1 FROM by_hand_entry WHERE id = NEW.entry_id)
    OR EXISTS (SELECT 1 FROM by_hand_posting WHERE entry_id = NEW.entry_id AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'the entry is written');
END;

CREATE TRIGGER by_hand_entry_checked BEFORE INSERT ON by_hand_entry
BEGIN
    SELECT RAISE(ABORT, 'the entry or its key is there')
     WHERE EXISTS (SELECT 1 FROM by_hand_entry WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM by_hand_entry WHERE book_id = NEW.book_id AND idempotency_key = NEW.idempotency_key);
    SELECT RAISE(ABORT, 'broken chain')
     WHERE NOT EXISTS (SELECT 1 FROM by_hand_head WHERE book_id = NEW.book_id AND seq = NEW.seq - 1
                          AND hash = NEW.previous_hash AND recorded_at <= NEW.recorded_at);
    SELECT CASE WHEN found.counted <> NEW.legs THEN RAISE(ABORT, 'legs are missing')
                WHEN found.bad THEN RAISE(ABORT, 'an account is of another book, closed or not valid')
                WHEN found.plain AND found.total <> 0 THEN RAISE(ABORT, 'not balanced') END
      FROM (SELECT count(*) AS counted, sum(leg.amount_cents) AS total,
                   max(account.book_id <> NEW.book_id OR account.status <> 'open'
                       OR ifnull(account.valid_from > NEW.effective_on, 0)
                       OR ifnull(account.valid_until < NEW.effective_on, 0)) AS bad,
                   min(account.layer) = max(account.layer) AND min(account.currency) = max(account.currency) AS plain
              FROM by_hand_posting AS leg JOIN by_hand_account AS account ON account.id = leg.account_id
             WHERE leg.entry_id = NEW.id) AS found;
    SELECT RAISE(ABORT, 'not balanced')
     WHERE EXISTS (SELECT 1 FROM by_hand_posting AS leg JOIN by_hand_account AS account ON account.id = leg.account_id
                    WHERE leg.entry_id = NEW.id
                    GROUP BY account.layer, account.currency HAVING sum(leg.amount_cents) <> 0);
    SELECT RAISE(ABORT, 'the month is closed')
     WHERE coalesce((SELECT status FROM by_hand_period WHERE book_id = NEW.book_id AND month = substr(NEW.effective_on, 1, 7)),
                    CASE WHEN substr(NEW.effective_on, 1, 7) < (SELECT min(month) FROM by_hand_period WHERE book_id = NEW.book_id)
                         THEN 'closed' ELSE 'open' END)
           IN ('closed', CASE WHEN NEW.kind IN ('adjusting', 'closing') THEN 'closed' ELSE 'locked' END);
END;

CREATE TRIGGER by_hand_reversal_checked BEFORE INSERT ON by_hand_entry WHEN NEW.reverses_seq IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'not the mirror')
     WHERE NOT EXISTS (SELECT 1 FROM by_hand_entry WHERE book_id = NEW.book_id AND seq = NEW.reverses_seq)
        OR EXISTS (SELECT 1 FROM by_hand_entry WHERE book_id = NEW.book_id AND reverses_seq = NEW.reverses_seq)
        OR EXISTS (SELECT 1 FROM by_hand_entry AS old JOIN by_hand_posting AS was ON was.entry_id = old.id
                     LEFT JOIN by_hand_posting AS leg ON leg.entry_id = NEW.id AND leg.position = was.position
                    WHERE old.book_id = NEW.book_id AND old.seq = NEW.reverses_seq
                      AND (old.legs <> NEW.legs OR leg.account_id IS NOT was.account_id
                           OR leg.amount_cents IS NOT -was.amount_cents));
END;

CREATE TRIGGER by_hand_entry_counted AFTER INSERT ON by_hand_entry
BEGIN
    UPDATE by_hand_head SET seq = NEW.seq, hash = NEW.hash, recorded_at = NEW.recorded_at WHERE book_id = NEW.book_id;
    INSERT INTO by_hand_balance
    SELECT account_id, max(amount_cents, 0), max(-amount_cents, 0) FROM by_hand_posting WHERE entry_id = NEW.id
    ON CONFLICT (account_id) DO UPDATE
       SET debit_cents = debit_cents + excluded.debit_cents, credit_cents = credit_cents + excluded.credit_cents;
    INSERT INTO by_hand_balance_day
    SELECT account_id, NEW.effective_on, max(amount_cents, 0), max(-amount_cents, 0) FROM by_hand_posting WHERE entry_id = NEW.id
    ON CONFLICT (account_id, day) DO UPDATE
       SET debit_cents = debit_cents + excluded.debit_cents, credit_cents = credit_cents + excluded.credit_cents;
    SELECT RAISE(ABORT, 'limit exceeded')
     WHERE EXISTS (
        SELECT 1
          FROM (SELECT account.id, account.min_balance_cents AS least, account.max_balance_cents AS most,
                       sum(leg.amount_cents) AS moved,
                       (SELECT debit_cents - credit_cents FROM by_hand_balance WHERE account_id = account.id) AS stood
                  FROM by_hand_posting AS leg JOIN by_hand_account AS account ON account.id = leg.account_id
                 WHERE leg.entry_id = NEW.id
                   AND (account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL)
                   AND (account.limit_kinds IS NULL OR NEW.kind IN (SELECT value FROM json_each(account.limit_kinds)))
                 GROUP BY account.id) AS bound
         WHERE (moved < 0 AND least > min(stood, ifnull((SELECT min(stood - later.sum)
                  FROM (SELECT sum(debit_cents - credit_cents) OVER (ORDER BY day DESC) AS sum
                          FROM by_hand_balance_day WHERE account_id = bound.id AND day > NEW.effective_on) AS later), stood)))
            OR (moved > 0 AND most < max(stood, ifnull((SELECT max(stood - later.sum)
                  FROM (SELECT sum(debit_cents - credit_cents) OVER (ORDER BY day DESC) AS sum
                          FROM by_hand_balance_day WHERE account_id = bound.id AND day > NEW.effective_on) AS later), stood))));
END;
