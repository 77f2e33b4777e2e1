-- Posting. Legs come first, under the id of an entry that is not there yet; the entry row seals them, and what is not an
-- entry is refused, whoever writes. SQLite has no SHA-256: the hash is computed by fund/ledger/seal.py inside BEGIN IMMEDIATE;
-- a false one is found by verification. Refusals are 'ledger: <code>'; fund/ledger/store/refusals.py names them.
-- Attacked by tests/ledger/test_attacks.py. INSERT OR REPLACE fires no DELETE trigger: hence the checks on existing rows.

CREATE TRIGGER posting_not_late BEFORE INSERT ON posting
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id)
    OR EXISTS (SELECT 1 FROM posting WHERE entry_id = NEW.entry_id AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'ledger: entry_exists');
END;

-- The accounts of a set, each with the sign by which its balance (debit positive) counts.
CREATE VIEW account_set_member AS
SELECT bound.book_id, bound.number, account.id AS account_id, member.value AS sign
  FROM account_set AS bound JOIN json_each(bound.members) AS member
       JOIN account ON account.book_id = bound.book_id AND account.main = member.key;

-- The entry row seals its legs: all there, all on open accounts of this book, each layer and currency adding up to nothing.
CREATE TRIGGER entry_seals BEFORE INSERT ON entry
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id) THEN RAISE(ABORT, 'ledger: entry_exists')
        WHEN EXISTS (SELECT 1 FROM entry WHERE book_id = NEW.book_id AND idempotency_key = NEW.idempotency_key)
            THEN RAISE(ABORT, 'ledger: idempotency_conflict')
        WHEN NOT EXISTS (SELECT 1 FROM chain_head WHERE book_id = NEW.book_id) THEN RAISE(ABORT, 'ledger: unknown_book')
        -- What the constraints say too; a client may have switched those off.
        WHEN NEW.effective_on IS NOT date(NEW.effective_on, '+0 days') OR NEW.effective_on NOT BETWEEN '0001-01-01' AND '9999-12-31'
            THEN RAISE(ABORT, 'ledger: wrong_day')
        WHEN NEW.recorded_at NOT BETWEEN 0 AND 253402300799999999 THEN RAISE(ABORT, 'ledger: wrong_instant')
        WHEN NEW.kind = '' OR NEW.memo = '' OR NEW.actor = '' OR NEW.idempotency_key = ''
            OR (NEW.reverses_seq IS NOT NULL AND coalesce(NEW.reason, '') = '') THEN RAISE(ABORT, 'ledger: empty_text')
        WHEN NEW.version IS NOT 1 THEN RAISE(ABORT, 'ledger: broken_chain')
        WHEN NEW.metadata IS NOT '{}' AND (
                NOT json_valid(NEW.metadata) OR json_type(NEW.metadata) IS NOT 'object' OR json(NEW.metadata) IS NOT NEW.metadata
                OR (SELECT count(*) <> count(DISTINCT fullkey) FROM json_tree(NEW.metadata)))
            THEN RAISE(ABORT, 'ledger: not_canonical')
    END;
    SELECT CASE
        WHEN made.legs IS NOT NEW.legs OR made.legs < 2 OR made.other_number THEN RAISE(ABORT, 'ledger: too_few_postings')
        WHEN made.strange THEN RAISE(ABORT, 'ledger: unknown_account')
        WHEN made.closed THEN RAISE(ABORT, 'ledger: closed_account')
        WHEN made.early_or_late THEN RAISE(ABORT, 'ledger: account_not_valid')
        WHEN made.cents <> 0 OR (made.several AND EXISTS (
                SELECT 1 FROM posting JOIN account ON account.id = posting.account_id WHERE posting.entry_id = NEW.id
                 GROUP BY account.layer, account.currency HAVING sum(posting.amount_cents) <> 0))
            THEN RAISE(ABORT, 'ledger: unbalanced_entry')
        -- Sums that do not fit would become floats; found here and not below, where INSERT OR FAIL would leave half.
        WHEN (made.large OR made.highest > 4611686018427387903) AND EXISTS (
                SELECT 1
                  FROM (SELECT account_id, sum(max(amount_cents, 0)) AS debits, sum(max(-amount_cents, 0)) AS credits
                          FROM posting WHERE entry_id = NEW.id GROUP BY account_id) AS moved
                  LEFT JOIN account_balance AS kept ON kept.account_id = moved.account_id
                 WHERE typeof(kept.debit_cents + moved.debits) = 'real' OR typeof(kept.credit_cents + moved.credits) = 'real')
            THEN RAISE(ABORT, 'ledger: amount_too_large')
    END
      FROM (SELECT count(*) AS legs, sum(posting.amount_cents) AS cents,
                   max(posting.legs IS NOT NEW.legs OR posting.amount_cents = 0) AS other_number,
                   max(account.book_id IS NOT NEW.book_id) AS strange, max(account.status IS NOT 'open') AS closed,
                   max(account.valid_from > NEW.effective_on OR account.valid_until < NEW.effective_on) AS early_or_late,
                   min(account.layer) <> max(account.layer) OR min(account.currency) <> max(account.currency) AS several,
                   sum(max(posting.amount_cents, 0)) AS highest,
                   max(kept.debit_cents > 4611686018427387903 OR kept.credit_cents > 4611686018427387903) AS large
              FROM posting LEFT JOIN account ON account.id = posting.account_id
                   LEFT JOIN account_balance AS kept ON kept.account_id = posting.account_id
             WHERE posting.entry_id = NEW.id) AS made;
    -- The chain.
    SELECT RAISE(ABORT, 'ledger: broken_chain')
     WHERE NOT EXISTS (SELECT 1 FROM chain_head
                        WHERE book_id = NEW.book_id AND seq = NEW.seq - 1 AND hash = NEW.previous_hash
                          AND recorded_at <= NEW.recorded_at);
END;

-- The month.
CREATE TRIGGER entry_has_its_month BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM period WHERE book_id = NEW.book_id)
BEGIN
    SELECT RAISE(ABORT, 'ledger: closed_period')
     WHERE coalesce((SELECT status FROM period WHERE book_id = NEW.book_id AND month = substr(NEW.effective_on, 1, 7)
                      ORDER BY number DESC LIMIT 1),
                    CASE WHEN substr(NEW.effective_on, 1, 7) < (SELECT min(month) FROM period WHERE book_id = NEW.book_id)
                         THEN 'closed' ELSE 'open' END)
           IN ('closed', CASE WHEN NEW.kind IN ('adjusting', 'closing') THEN 'closed' ELSE 'locked' END);
END;

-- What it corrects, also where the word is written in escapes.
CREATE TRIGGER entry_corrects BEFORE INSERT ON entry
WHEN NEW.reverses_seq IS NOT NULL OR NEW.metadata LIKE '%"correction"%' OR instr(NEW.metadata, '\u') > 0
BEGIN
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
    -- Parts take back, all together and account by account, at most what their original moved; what
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

-- uninstall
DROP TRIGGER entry_counts;
DROP TRIGGER entry_corrects;
DROP TRIGGER entry_has_its_month;
DROP TRIGGER entry_seals;
DROP VIEW account_set_member;
DROP TRIGGER posting_not_late;
