-- Anchors: what the ledger was, signed, and sent to others. Each follows the one before it and names the head it was made at.
-- Attacked by tests/ledger/test_anchors.py.

CREATE TRIGGER anchor_seals BEFORE INSERT ON anchor
BEGIN
    SELECT RAISE(ABORT, 'ledger: broken_chain')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head
                        WHERE book_id = NEW.book_id AND anchor_number = NEW.number - 1 AND anchor_hash = NEW.previous_hash
                          AND seq = NEW.head_seq AND hash = NEW.head_hash AND period_number = NEW.periods
                          AND period_hash = NEW.period_hash AND set_number = NEW.sets AND set_hash = NEW.set_hash
                          AND recorded_at <= NEW.recorded_at);
    SELECT RAISE(ABORT, 'ledger: wrong_instant') WHERE NEW.recorded_at NOT BETWEEN 0 AND 253402300799999999;
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
