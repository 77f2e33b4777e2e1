-- The chart, sealed: one row for each time that an account was opened, renamed, closed, reopened or given other limits, with
-- all that it is from then on. Protects what entries do not say: names, normal sides, limits, days, whether an account is open.
-- The row is the act: it is written first, hashed by fund/ledger/store/chart.py, and brings about the account; an account that
-- its last row does not describe is refused, whoever writes it. A false hash is found by verification.
-- Attacked by tests/ledger/test_chart.py.

-- Accounts that are exactly what the last row of their code says.
CREATE VIEW account_as_charted AS
SELECT account.id FROM account JOIN account_change AS said ON said.book_id = account.book_id AND said.code = account.code
 WHERE said.number = (SELECT max(number) FROM account_change WHERE book_id = account.book_id AND code = account.code)
   AND said.name IS account.name AND said.type IS account.type AND said.layer IS account.layer
   AND said.currency IS account.currency AND said.normal_side IS account.normal_side
   AND said.min_balance_cents IS account.min_balance_cents AND said.max_balance_cents IS account.max_balance_cents
   AND said.status IS account.status AND said.limit_kinds IS account.limit_kinds
   AND said.valid_from IS account.valid_from AND said.valid_until IS account.valid_until;

CREATE TRIGGER account_change_seals BEFORE INSERT ON account_change
BEGIN
    SELECT RAISE(ABORT, 'ledger: broken_chain')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head
                        WHERE book_id = NEW.book_id AND chart_number = NEW.number - 1 AND chart_hash = NEW.previous_hash
                          AND seq = NEW.head_seq AND hash = NEW.head_hash AND recorded_at <= NEW.recorded_at);
    SELECT RAISE(ABORT, 'ledger: wrong_instant') WHERE NEW.recorded_at NOT BETWEEN 0 AND 253402300799999999;
END;

CREATE TRIGGER account_change_counts AFTER INSERT ON account_change
BEGIN
    UPDATE chain_head SET chart_number = NEW.number, chart_hash = NEW.hash WHERE book_id = NEW.book_id;
    UPDATE account
       SET name = NEW.name, min_balance_cents = NEW.min_balance_cents, max_balance_cents = NEW.max_balance_cents,
           status = NEW.status, limit_kinds = NEW.limit_kinds, valid_from = NEW.valid_from, valid_until = NEW.valid_until
     WHERE book_id = NEW.book_id AND code = NEW.code;
    INSERT INTO account (book_id, code, name, type, layer, currency, normal_side, min_balance_cents, max_balance_cents, status,
                         limit_kinds, valid_from, valid_until)
    SELECT NEW.book_id, NEW.code, NEW.name, NEW.type, NEW.layer, NEW.currency, NEW.normal_side, NEW.min_balance_cents,
           NEW.max_balance_cents, NEW.status, NEW.limit_kinds, NEW.valid_from, NEW.valid_until
     WHERE NOT EXISTS (SELECT 1 FROM account WHERE book_id = NEW.book_id AND code = NEW.code);
    -- INSERT OR IGNORE would leave out an account that its own checks refuse, and keep the row.
    SELECT RAISE(ABORT, 'ledger: unsealed_account')
     WHERE NOT EXISTS (SELECT 1 FROM account JOIN account_as_charted AS found ON found.id = account.id
                        WHERE account.book_id = NEW.book_id AND account.code = NEW.code);
END;

CREATE TRIGGER account_change_not_changed BEFORE UPDATE ON account_change
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER account_change_not_removed BEFORE DELETE ON account_change
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

-- A main account is the sum of its sub-accounts: they are of one type, layer and currency, and nothing new opens under a main
-- account that is closed. One other account speaks for them all, since each was looked at when it came.
CREATE TRIGGER account_fits AFTER INSERT ON account
BEGIN
    SELECT RAISE(ABORT, 'ledger: closed_account')
      FROM account WHERE book_id = NEW.book_id AND code = NEW.main AND status <> 'open' AND NEW.code <> NEW.main;
    SELECT RAISE(ABORT, 'ledger: unfit_account')
      FROM (SELECT type, layer, currency FROM account WHERE book_id = NEW.book_id AND main = NEW.main AND id <> NEW.id LIMIT 1) AS other
     WHERE other.type <> NEW.type OR other.layer <> NEW.layer OR other.currency <> NEW.currency;
END;

CREATE TRIGGER account_opens AFTER INSERT ON account
WHEN NOT EXISTS (SELECT 1 FROM account_as_charted WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'ledger: unsealed_account');
END;

CREATE TRIGGER account_changes AFTER UPDATE ON account
WHEN NOT EXISTS (SELECT 1 FROM account_as_charted WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'ledger: unsealed_account');
END;

-- uninstall
DROP TRIGGER account_changes;
DROP TRIGGER account_opens;
DROP TRIGGER account_fits;
DROP VIEW account_as_charted;
DROP TRIGGER account_change_not_removed;
DROP TRIGGER account_change_not_changed;
DROP TRIGGER account_change_counts;
DROP TRIGGER account_change_seals;
