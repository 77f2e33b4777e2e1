-- The guards of the ledger. Whoever writes, with whatever client: an entry that is unbalanced, half written, out of the
-- chain or in a closed month cannot exist; what is written is not changed; balances and heads are kept here.
-- SQLite has no SHA-256, so the hash itself is computed by fund/ledger/seal.py inside BEGIN IMMEDIATE; a false one is
-- found by verification. Refusals are 'ledger: <code>'; fund/ledger/store/refusals.py names them.
-- Attacked by tests/ledger/test_attacks.py. INSERT OR REPLACE fires no DELETE trigger: hence the checks on existing rows.

CREATE TRIGGER book_opens AFTER INSERT ON book
BEGIN
    INSERT INTO chain_head (book_id, seq, hash, recorded_at, period_number, period_hash)
    VALUES (NEW.id, 0, zeroblob(32), 0, 0, zeroblob(32));
END;

CREATE TRIGGER book_not_replaced BEFORE INSERT ON book
WHEN EXISTS (SELECT 1 FROM book WHERE id = NEW.id OR name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'ledger: book_exists');
END;

CREATE TRIGGER book_not_changed BEFORE UPDATE ON book
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER book_not_removed BEFORE DELETE ON book
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER account_not_replaced BEFORE INSERT ON account
WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.id OR (book_id = NEW.book_id AND code = NEW.code))
BEGIN
    SELECT RAISE(ABORT, 'ledger: account_exists');
END;

-- date() alone lets pass what it is given, as the 30th of February; what it adds to is a day of the calendar.
CREATE TRIGGER account_has_days BEFORE INSERT ON account
WHEN NEW.valid_from IS NOT date(NEW.valid_from, '+0 days') OR NEW.valid_until IS NOT date(NEW.valid_until, '+0 days')
    OR NEW.valid_from NOT BETWEEN '0001-01-01' AND '9999-12-31' OR NEW.valid_until NOT BETWEEN '0001-01-01' AND '9999-12-31'
BEGIN
    SELECT RAISE(ABORT, 'ledger: wrong_day');
END;

CREATE TRIGGER account_keeps_days BEFORE UPDATE OF valid_from, valid_until ON account
WHEN NEW.valid_from IS NOT date(NEW.valid_from, '+0 days') OR NEW.valid_until IS NOT date(NEW.valid_until, '+0 days')
    OR NEW.valid_from NOT BETWEEN '0001-01-01' AND '9999-12-31' OR NEW.valid_until NOT BETWEEN '0001-01-01' AND '9999-12-31'
BEGIN
    SELECT RAISE(ABORT, 'ledger: wrong_day');
END;

CREATE TRIGGER account_kept BEFORE UPDATE ON account
WHEN OLD.id IS NOT NEW.id OR OLD.book_id IS NOT NEW.book_id OR OLD.code IS NOT NEW.code OR OLD.type IS NOT NEW.type
    OR OLD.layer IS NOT NEW.layer OR OLD.currency IS NOT NEW.currency OR OLD.normal_side IS NOT NEW.normal_side
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER account_not_removed BEFORE DELETE ON account
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER posting_not_changed BEFORE UPDATE ON posting
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER posting_not_removed BEFORE DELETE ON posting
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER entry_not_changed BEFORE UPDATE ON entry
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER entry_not_removed BEFORE DELETE ON entry
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

-- A month is locked after the month before it, closed after the month before it, and only the latest is reopened.
CREATE VIEW ledger_period_status AS
SELECT book_id, month, status FROM period AS latest
 WHERE number = (SELECT max(number) FROM period WHERE book_id = latest.book_id AND month = latest.month);

CREATE TRIGGER period_seals BEFORE INSERT ON period
BEGIN
    SELECT RAISE(ABORT, 'ledger: wrong_instant') WHERE NEW.recorded_at NOT BETWEEN 0 AND 253402300799999999;
    SELECT RAISE(ABORT, 'ledger: broken_chain')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head
                        WHERE book_id = NEW.book_id AND period_number = NEW.number - 1 AND period_hash = NEW.previous_hash
                          AND seq = NEW.head_seq AND hash = NEW.head_hash AND recorded_at <= NEW.recorded_at);
    SELECT RAISE(ABORT, 'ledger: period_out_of_order')
     WHERE coalesce((SELECT status FROM ledger_period_status WHERE book_id = NEW.book_id AND month = NEW.month), 'open')
           || ' ' || NEW.status NOT IN ('open locked', 'locked closed', 'locked open', 'closed open');
    SELECT RAISE(ABORT, 'ledger: period_out_of_order')
     WHERE NEW.status = 'locked' AND NEW.number = 1
       AND EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id AND effective_on < NEW.month || '-01');
    SELECT RAISE(ABORT, 'ledger: period_out_of_order')
     WHERE NEW.status = 'locked' AND NEW.number > 1
       AND NEW.month IS NOT (SELECT min(month) FROM period WHERE book_id = NEW.book_id)
       AND coalesce((SELECT status FROM ledger_period_status WHERE book_id = NEW.book_id
                        AND month = strftime('%Y-%m', NEW.month || '-01', '-1 day')), 'open') = 'open';
    SELECT RAISE(ABORT, 'ledger: period_out_of_order')
     WHERE NEW.status = 'closed'
       AND coalesce((SELECT status FROM ledger_period_status WHERE book_id = NEW.book_id
                        AND month = strftime('%Y-%m', NEW.month || '-01', '-1 day')), 'closed') <> 'closed';
    SELECT RAISE(ABORT, 'ledger: period_out_of_order')
     WHERE NEW.status = 'open'
       AND coalesce((SELECT status FROM ledger_period_status WHERE book_id = NEW.book_id
                        AND month = strftime('%Y-%m', NEW.month || '-01', '+1 month')), 'open') <> 'open';
END;

CREATE TRIGGER period_counts AFTER INSERT ON period
BEGIN
    UPDATE chain_head SET period_number = NEW.number, period_hash = NEW.hash WHERE book_id = NEW.book_id;
END;

CREATE TRIGGER period_not_changed BEFORE UPDATE ON period
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER period_not_removed BEFORE DELETE ON period
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

-- A set is made at a head, after the set before it, of accounts of its book.
CREATE TRIGGER account_set_seals BEFORE INSERT ON account_set
BEGIN
    SELECT RAISE(ABORT, 'ledger: wrong_instant') WHERE NEW.recorded_at NOT BETWEEN 0 AND 253402300799999999;
    SELECT RAISE(ABORT, 'ledger: wrong_day')
     WHERE NEW.valid_from IS NOT date(NEW.valid_from, '+0 days') OR NEW.valid_until IS NOT date(NEW.valid_until, '+0 days')
        OR NEW.valid_from NOT BETWEEN '0001-01-01' AND '9999-12-31' OR NEW.valid_until NOT BETWEEN '0001-01-01' AND '9999-12-31';
    SELECT RAISE(ABORT, 'ledger: broken_chain')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head
                        WHERE book_id = NEW.book_id AND set_number = NEW.number - 1 AND set_hash = NEW.previous_hash
                          AND seq = NEW.head_seq AND hash = NEW.head_hash AND recorded_at <= NEW.recorded_at);
    SELECT RAISE(ABORT, 'ledger: unknown_account')
     WHERE EXISTS (SELECT 1 FROM json_each(NEW.members) AS member
                    WHERE NOT EXISTS (SELECT 1 FROM account WHERE book_id = NEW.book_id AND code = member.key));
END;

CREATE TRIGGER account_set_counts AFTER INSERT ON account_set
BEGIN
    UPDATE chain_head SET set_number = NEW.number, set_hash = NEW.hash WHERE book_id = NEW.book_id;
END;

CREATE TRIGGER account_set_not_changed BEFORE UPDATE ON account_set
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER account_set_not_removed BEFORE DELETE ON account_set
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

-- uninstall
DROP TRIGGER account_set_not_removed;
DROP TRIGGER account_set_not_changed;
DROP TRIGGER account_set_counts;
DROP TRIGGER account_set_seals;
DROP TRIGGER period_not_removed;
DROP TRIGGER period_not_changed;
DROP TRIGGER period_counts;
DROP TRIGGER period_seals;
DROP VIEW ledger_period_status;
DROP TRIGGER entry_not_removed;
DROP TRIGGER entry_not_changed;
DROP TRIGGER posting_not_removed;
DROP TRIGGER posting_not_changed;
DROP TRIGGER account_not_removed;
DROP TRIGGER account_kept;
DROP TRIGGER account_keeps_days;
DROP TRIGGER account_has_days;
DROP TRIGGER account_not_replaced;
DROP TRIGGER book_not_removed;
DROP TRIGGER book_not_changed;
DROP TRIGGER book_not_replaced;
DROP TRIGGER book_opens;
