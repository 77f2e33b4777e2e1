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

CREATE TRIGGER posting_not_late BEFORE INSERT ON posting
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id)
    OR EXISTS (SELECT 1 FROM posting WHERE entry_id = NEW.entry_id AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'ledger: entry_exists');
END;

CREATE TRIGGER posting_not_changed BEFORE UPDATE ON posting
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

CREATE TRIGGER posting_not_removed BEFORE DELETE ON posting
BEGIN
    SELECT RAISE(ABORT, 'ledger: append_only');
END;

-- The accounts of a set, each with the sign by which its balance (debit positive) counts.
CREATE VIEW account_set_member AS
SELECT bound.book_id, bound.number, account.id AS account_id, member.value AS sign
  FROM account_set AS bound JOIN json_each(bound.members) AS member
       JOIN account ON account.book_id = bound.book_id AND account.main = member.key;

-- The entry row seals its legs.
CREATE TRIGGER entry_seals BEFORE INSERT ON entry
BEGIN
    SELECT RAISE(ABORT, 'ledger: unknown_book')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head WHERE book_id = NEW.book_id);
    SELECT RAISE(ABORT, 'ledger: entry_exists')
     WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'ledger: idempotency_conflict')
     WHERE EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id AND idempotency_key = NEW.idempotency_key);
    -- The legs: all there, all on open accounts of this book, each layer and currency adding up to nothing.
    SELECT RAISE(ABORT, 'ledger: too_few_postings')
     WHERE (SELECT count(*) FROM posting WHERE entry_id = NEW.id) IS NOT NEW.legs
        OR (SELECT count(*) FROM posting WHERE entry_id = NEW.id) < 2
        OR EXISTS (SELECT 1 FROM posting WHERE entry_id = NEW.id AND legs IS NOT NEW.legs)
        OR EXISTS (SELECT 1 FROM posting WHERE entry_id = NEW.id AND amount_cents = 0);
    SELECT RAISE(ABORT, 'ledger: unknown_account')
     WHERE EXISTS (SELECT 1 FROM posting LEFT JOIN account ON account.id = posting.account_id
                    WHERE posting.entry_id = NEW.id AND account.book_id IS NOT NEW.book_id);
    SELECT RAISE(ABORT, 'ledger: closed_account')
     WHERE EXISTS (SELECT 1 FROM posting JOIN account ON account.id = posting.account_id
                    WHERE posting.entry_id = NEW.id AND account.status IS NOT 'open');
    SELECT RAISE(ABORT, 'ledger: account_not_valid')
     WHERE EXISTS (SELECT 1 FROM posting JOIN account ON account.id = posting.account_id
                    WHERE posting.entry_id = NEW.id
                      AND (account.valid_from > NEW.effective_on OR account.valid_until < NEW.effective_on));
    SELECT RAISE(ABORT, 'ledger: unbalanced_entry')
     WHERE EXISTS (SELECT 1 FROM posting JOIN account ON account.id = posting.account_id WHERE posting.entry_id = NEW.id
                    GROUP BY account.layer, account.currency HAVING sum(posting.amount_cents) <> 0);
    -- Sums that do not fit would become floats; found here and not below, where INSERT OR FAIL would leave half.
    SELECT RAISE(ABORT, 'ledger: amount_too_large')
     WHERE EXISTS (SELECT 1
                     FROM (SELECT account_id, sum(max(amount_cents, 0)) AS debits, sum(max(-amount_cents, 0)) AS credits
                             FROM posting WHERE entry_id = NEW.id GROUP BY account_id) AS moved
                     JOIN account_balance AS kept ON kept.account_id = moved.account_id
                    WHERE typeof(kept.debit_cents + moved.debits) <> 'integer'
                       OR typeof(kept.credit_cents + moved.credits) <> 'integer');
    -- The month.
    SELECT RAISE(ABORT, 'ledger: closed_period')
     WHERE coalesce((SELECT status FROM period WHERE book_id = NEW.book_id AND month = substr(NEW.effective_on, 1, 7)
                      ORDER BY number DESC LIMIT 1),
                    CASE WHEN substr(NEW.effective_on, 1, 7) < (SELECT min(month) FROM period WHERE book_id = NEW.book_id)
                         THEN 'closed' ELSE 'open' END)
           IN ('closed', CASE WHEN NEW.kind IN ('adjusting', 'closing') THEN 'closed' ELSE 'locked' END);
    -- A reversal undoes its original leg by leg, once.
    SELECT RAISE(ABORT, 'ledger: unknown_entry')
     WHERE NEW.reverses_seq IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id AND seq = NEW.reverses_seq);
    SELECT RAISE(ABORT, 'ledger: already_reversed')
     WHERE EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id AND reverses_seq = NEW.reverses_seq);
    SELECT RAISE(ABORT, 'ledger: partly_reversed')
     WHERE NEW.reverses_seq IS NOT NULL
       AND EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id
                      AND json_extract(metadata, '$.correction.part_of') = NEW.reverses_seq);
    SELECT RAISE(ABORT, 'ledger: not_the_mirror')
     WHERE NEW.reverses_seq IS NOT NULL
       AND EXISTS (SELECT 1 FROM entry JOIN posting AS was ON was.entry_id = entry.id
                     LEFT JOIN posting AS now ON now.entry_id = NEW.id AND now.position = was.position
                    WHERE entry.book_id = NEW.book_id AND entry.seq = NEW.reverses_seq
                      AND (entry.legs IS NOT NEW.legs OR now.account_id IS NOT was.account_id
                           OR now.amount_cents IS NOT -was.amount_cents));
    -- What it corrects. Parts take back, all together and account by account, at most what their original moved; what
    -- replaces an entry comes once, after that was taken back.
    SELECT RAISE(ABORT, 'ledger: not_canonical')
     WHERE coalesce(json_type(NEW.metadata, '$.correction.part_of'), 'integer') <> 'integer'
        OR coalesce(json_type(NEW.metadata, '$.correction.replaces'), 'integer') <> 'integer';
    SELECT RAISE(ABORT, 'ledger: unknown_entry')
      FROM (SELECT json_extract(NEW.metadata, '$.correction.part_of') AS seq
            UNION ALL SELECT json_extract(NEW.metadata, '$.correction.replaces')) AS named
     WHERE named.seq IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id AND entry.seq = named.seq);
    SELECT RAISE(ABORT, 'ledger: empty_text')
     WHERE json_extract(NEW.metadata, '$.correction.part_of') IS NOT NULL AND coalesce(NEW.reason, '') = '';
    SELECT RAISE(ABORT, 'ledger: already_reversed')
     WHERE EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id
                      AND reverses_seq = json_extract(NEW.metadata, '$.correction.part_of'));
    SELECT RAISE(ABORT, 'ledger: beyond_original')
     WHERE json_extract(NEW.metadata, '$.correction.part_of') IS NOT NULL
       AND EXISTS (
        SELECT 1
          FROM (SELECT posting.account_id,
                       sum(CASE WHEN entry.seq IS json_extract(NEW.metadata, '$.correction.part_of') THEN amount_cents ELSE 0 END) AS was,
                       sum(CASE WHEN entry.seq IS json_extract(NEW.metadata, '$.correction.part_of') THEN 0 ELSE amount_cents END) AS taken
                  FROM posting LEFT JOIN entry ON entry.id = posting.entry_id
                 WHERE posting.entry_id = NEW.id
                    OR posting.entry_id IN (
                        SELECT id FROM entry WHERE book_id = NEW.book_id
                           AND json_extract(metadata, '$.correction.part_of') = json_extract(NEW.metadata, '$.correction.part_of')
                        UNION ALL SELECT id FROM entry WHERE book_id = NEW.book_id
                           AND seq = json_extract(NEW.metadata, '$.correction.part_of'))
                 GROUP BY posting.account_id) AS moved
         WHERE (moved.taken > 0 AND moved.taken > -moved.was) OR (moved.taken < 0 AND moved.taken < -moved.was));
    SELECT RAISE(ABORT, 'ledger: not_reversed')
     WHERE json_extract(NEW.metadata, '$.correction.replaces') IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id
                          AND reverses_seq = json_extract(NEW.metadata, '$.correction.replaces'))
       AND NOT EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id
                          AND json_extract(metadata, '$.correction.part_of') = json_extract(NEW.metadata, '$.correction.replaces'));
    SELECT RAISE(ABORT, 'ledger: already_replaced')
     WHERE EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id
                      AND json_extract(metadata, '$.correction.replaces') = json_extract(NEW.metadata, '$.correction.replaces'));
    -- The chain.
    SELECT RAISE(ABORT, 'ledger: broken_chain')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head
                        WHERE book_id = NEW.book_id AND seq = NEW.seq - 1 AND hash = NEW.previous_hash
                          AND recorded_at <= NEW.recorded_at);
END;

CREATE TRIGGER entry_counts AFTER INSERT ON entry
BEGIN
    UPDATE chain_head SET seq = NEW.seq, hash = NEW.hash, recorded_at = NEW.recorded_at WHERE book_id = NEW.book_id;
    -- What the legs do to the balances, today and on their day.
    INSERT INTO account_balance (account_id, debit_cents, credit_cents)
    SELECT account_id, sum(max(amount_cents, 0)), sum(max(-amount_cents, 0))
      FROM posting WHERE entry_id = NEW.id GROUP BY account_id
    ON CONFLICT (account_id) DO UPDATE
       SET debit_cents = debit_cents + excluded.debit_cents, credit_cents = credit_cents + excluded.credit_cents;
    INSERT INTO balance_day (account_id, day, debit_cents, credit_cents)
    SELECT account_id, NEW.effective_on, sum(max(amount_cents, 0)), sum(max(-amount_cents, 0))
      FROM posting WHERE entry_id = NEW.id GROUP BY account_id
    ON CONFLICT (account_id, day) DO UPDATE
       SET debit_cents = debit_cents + excluded.debit_cents, credit_cents = credit_cents + excluded.credit_cents;
    -- The limits of the accounts and sets that it moves, on its day and every later one; an entry of a kind that is not
    -- bound passes, and one that does not lower a minimum or raise a maximum. A balance at the end of a day is the balance
    -- of all days less what moves later: that costs the later days only.
    SELECT RAISE(ABORT, 'ledger: limit_exceeded')
     WHERE EXISTS (
        SELECT 1
          FROM (SELECT account.id, account.min_balance_cents, account.max_balance_cents, sum(posting.amount_cents) AS delta,
                       (SELECT debit_cents - credit_cents FROM account_balance WHERE account_id = account.id) AS stood
                  FROM posting JOIN account ON account.id = posting.account_id
                 WHERE posting.entry_id = NEW.id
                   AND (account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL)
                   AND (account.limit_kinds IS NULL OR NEW.kind IN (SELECT value FROM json_each(account.limit_kinds)))
                 GROUP BY account.id) AS moved
         WHERE (moved.delta < 0 AND moved.min_balance_cents > min(moved.stood, coalesce(
                    (SELECT moved.stood - max(later.sum)
                       FROM (SELECT sum(debit_cents - credit_cents) OVER (ORDER BY day DESC) AS sum
                               FROM balance_day WHERE account_id = moved.id AND day > NEW.effective_on) AS later), moved.stood)))
            OR (moved.delta > 0 AND moved.max_balance_cents < max(moved.stood, coalesce(
                    (SELECT moved.stood - min(later.sum)
                       FROM (SELECT sum(debit_cents - credit_cents) OVER (ORDER BY day DESC) AS sum
                               FROM balance_day WHERE account_id = moved.id AND day > NEW.effective_on) AS later), moved.stood))));
    SELECT RAISE(ABORT, 'ledger: set_limit_exceeded')
     WHERE EXISTS (
        SELECT 1
          FROM (SELECT bound.number, bound.min_balance_cents, bound.max_balance_cents,
                       (SELECT sum(posting.amount_cents * member.sign)
                          FROM posting JOIN account_set_member AS member ON member.account_id = posting.account_id
                         WHERE posting.entry_id = NEW.id AND member.book_id = NEW.book_id AND member.number = bound.number) AS delta,
                       (SELECT sum((kept.debit_cents - kept.credit_cents) * member.sign)
                          FROM account_set_member AS member JOIN account_balance AS kept ON kept.account_id = member.account_id
                         WHERE member.book_id = NEW.book_id AND member.number = bound.number) AS stood
                  FROM account_set AS bound
                 WHERE bound.book_id = NEW.book_id
                   AND bound.number = (SELECT max(number) FROM account_set
                                        WHERE book_id = NEW.book_id AND name = bound.name
                                          AND (valid_from IS NULL OR valid_from <= NEW.effective_on)
                                          AND (valid_until IS NULL OR valid_until >= NEW.effective_on))
                   AND (bound.kinds IS NULL OR NEW.kind IN (SELECT value FROM json_each(bound.kinds)))) AS moved
         WHERE (moved.delta < 0 AND moved.min_balance_cents > min(moved.stood, coalesce(
                    (SELECT moved.stood - max(later.sum)
                       FROM (SELECT sum(sum((kept.debit_cents - kept.credit_cents) * member.sign)) OVER (ORDER BY kept.day DESC) AS sum
                               FROM account_set_member AS member JOIN balance_day AS kept ON kept.account_id = member.account_id
                              WHERE member.book_id = NEW.book_id AND member.number = moved.number AND kept.day > NEW.effective_on
                              GROUP BY kept.day) AS later), moved.stood)))
            OR (moved.delta > 0 AND moved.max_balance_cents < max(moved.stood, coalesce(
                    (SELECT moved.stood - min(later.sum)
                       FROM (SELECT sum(sum((kept.debit_cents - kept.credit_cents) * member.sign)) OVER (ORDER BY kept.day DESC) AS sum
                               FROM account_set_member AS member JOIN balance_day AS kept ON kept.account_id = member.account_id
                              WHERE member.book_id = NEW.book_id AND member.number = moved.number AND kept.day > NEW.effective_on
                              GROUP BY kept.day) AS later), moved.stood))));
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
DROP TRIGGER entry_counts;
DROP TRIGGER entry_seals;
DROP VIEW account_set_member;
DROP TRIGGER posting_not_removed;
DROP TRIGGER posting_not_changed;
DROP TRIGGER posting_not_late;
DROP TRIGGER account_not_removed;
DROP TRIGGER account_kept;
DROP TRIGGER account_not_replaced;
DROP TRIGGER book_not_removed;
DROP TRIGGER book_not_changed;
DROP TRIGGER book_not_replaced;
DROP TRIGGER book_opens;
