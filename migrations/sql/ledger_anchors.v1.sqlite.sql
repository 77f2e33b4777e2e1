-- Anchors: what the ledger was, signed, and sent to others. Each follows the one before it and names the head it was made at.
-- Attacked by tests/ledger/test_anchors.py.

ALTER TABLE chain_head ADD COLUMN anchor_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chain_head ADD COLUMN anchor_hash BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';

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

CREATE TRIGGER anchor_seals BEFORE INSERT ON anchor
BEGIN
    SELECT RAISE(ABORT, 'ledger: broken_chain')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head
                        WHERE book_id = NEW.book_id AND anchor_number = NEW.number - 1 AND anchor_hash = NEW.previous_hash
                          AND seq = NEW.head_seq AND hash = NEW.head_hash AND period_number = NEW.periods
                          AND period_hash = NEW.period_hash AND set_number = NEW.sets AND set_hash = NEW.set_hash
                          AND recorded_at <= NEW.recorded_at);
END;

CREATE TRIGGER anchor_counts AFTER INSERT ON anchor
BEGIN
    UPDATE chain_head SET anchor_number = NEW.number, anchor_hash = NEW.hash WHERE book_id = NEW.book_id;
END;

CREATE TRIGGER anchor_not_changed BEFORE UPDATE ON anchor
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER anchor_not_removed BEFORE DELETE ON anchor
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

-- uninstall
DROP TRIGGER anchor_not_removed;
DROP TRIGGER anchor_not_changed;
DROP TRIGGER anchor_counts;
DROP TRIGGER anchor_seals;
DROP TABLE anchor;
ALTER TABLE chain_head DROP COLUMN anchor_hash;
ALTER TABLE chain_head DROP COLUMN anchor_number;
