-- A ledger written by hand for PostgreSQL: the yardstick of benchmarks/README.md. Everything is written by two functions
-- that belong to the owner of the tables; the role of the application may call these and read, no more. The guards are those
-- of the ledger; the canonical bytes and hashes too. As there, no foreign key repeats what the functions prove anyway.

CREATE SCHEMA by_hand;
SET search_path = by_hand;

CREATE TABLE book (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$')
);

-- Apart from the book, so that no foreign key points to the row that is locked.
CREATE TABLE head (
    book_id integer PRIMARY KEY REFERENCES book,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    recorded_at bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE account (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    book_id integer NOT NULL REFERENCES book,
    code text COLLATE "C" NOT NULL CHECK (code ~ '^[A-Za-z0-9_-]{1,40}([.][A-Za-z0-9_-]{1,80})?$'),
    name text NOT NULL,
    type text NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense', 'memo')),
    layer text NOT NULL CHECK (layer = CASE type WHEN 'memo' THEN 'commitment' ELSE 'actual' END),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    min_balance_cents bigint,
    max_balance_cents bigint,
    limit_kinds text[],
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    valid_from date,
    valid_until date,
    UNIQUE (book_id, code)
);

CREATE TABLE period (
    book_id integer NOT NULL REFERENCES book,
    month text COLLATE "C" NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'locked', 'closed')),
    PRIMARY KEY (book_id, month)
);

CREATE TABLE entry (
    id text COLLATE "C" PRIMARY KEY,
    book_id integer NOT NULL,
    seq bigint NOT NULL,
    effective_on date NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
    memo text COLLATE "C" NOT NULL CHECK (memo <> ''),
    actor text COLLATE "C" NOT NULL CHECK (actor <> ''),
    idempotency_key text COLLATE "C" NOT NULL CHECK (idempotency_key <> ''),
    request_hash bytea NOT NULL,
    metadata text COLLATE "C" NOT NULL,
    reverses_seq bigint,
    reason text COLLATE "C",
    legs integer NOT NULL CHECK (legs >= 2),
    recorded_at bigint NOT NULL,
    version integer NOT NULL CHECK (version = 1),
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (book_id, seq),
    UNIQUE (book_id, idempotency_key),
    CHECK (reverses_seq IS NULL OR coalesce(reason, '') <> '')
);
CREATE UNIQUE INDEX entry_reverses ON entry (book_id, reverses_seq) WHERE reverses_seq IS NOT NULL;
CREATE INDEX entry_kind ON entry (book_id, kind, seq);
CREATE INDEX entry_event ON entry (book_id, ((metadata::jsonb) ->> 'event_id')) WHERE ((metadata::jsonb) ->> 'event_id') IS NOT NULL;

CREATE TABLE posting (
    entry_id text COLLATE "C" NOT NULL REFERENCES entry,
    position integer NOT NULL,
    account_id integer NOT NULL,
    amount_cents bigint NOT NULL CHECK (amount_cents <> 0 AND amount_cents > -9223372036854775808),
    PRIMARY KEY (entry_id, position)
);
CREATE INDEX posting_account ON posting (account_id, entry_id);

CREATE TABLE balance (
    account_id integer PRIMARY KEY,
    debit_cents bigint NOT NULL,
    credit_cents bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE balance_day (
    account_id integer NOT NULL,
    day date NOT NULL,
    debit_cents bigint NOT NULL,
    credit_cents bigint NOT NULL,
    PRIMARY KEY (account_id, day)
) WITH (fillfactor = 90);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'append only: % %', TG_OP, TG_TABLE_NAME;
END
$body$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON book FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One field as a netstring; the database is in UTF-8, so a text's octets are its bytes. Written so that it can be inlined:
-- nothing in it is less than immutable (an integer is cast before it is joined to a text), and the value is cheap.
CREATE FUNCTION field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT coalesce(octet_length(value)::text || ':' || value || ',', '-,')
$body$;

-- The limits of the accounts that an entry moved, on its day and every later one.
CREATE FUNCTION keep_limits(of_entry text, of_kind text, on_day date) RETURNS void
    LANGUAGE plpgsql SET search_path = by_hand, pg_catalog, pg_temp AS $body$
DECLARE
    bound record;
    lowest numeric;
    highest numeric;
BEGIN
    FOR bound IN
        SELECT account.id, account.code, account.min_balance_cents AS least, account.max_balance_cents AS most,
               sum(posting.amount_cents) AS moved, max(balance.debit_cents - balance.credit_cents) AS stood
          FROM posting JOIN account ON account.id = posting.account_id JOIN balance ON balance.account_id = account.id
         WHERE posting.entry_id = of_entry
           AND (account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL)
           AND (account.limit_kinds IS NULL OR of_kind = ANY (account.limit_kinds))
         GROUP BY account.id
    LOOP
        SELECT least(bound.stood, min(bound.stood - later.sum)), greatest(bound.stood, max(bound.stood - later.sum))
          INTO lowest, highest
          FROM (SELECT sum(debit_cents - credit_cents) OVER (ORDER BY day DESC) AS sum
                  FROM balance_day WHERE account_id = bound.id AND day > on_day) later;
        IF (bound.moved < 0 AND lowest < bound.least) OR (bound.moved > 0 AND highest > bound.most) THEN
            RAISE EXCEPTION 'limit exceeded on account %', bound.code;
        END IF;
    END LOOP;
END
$body$;

-- How the month stands: as it was set, or closed where it lies before every month that was.
CREATE FUNCTION standing(of_book integer, of_month text) RETURNS text LANGUAGE sql STABLE AS $body$
    SELECT coalesce((SELECT status FROM by_hand.period WHERE book_id = of_book AND month = of_month),
                    CASE WHEN of_month < (SELECT min(month) FROM by_hand.period WHERE book_id = of_book)
                         THEN 'closed' ELSE 'open' END)
$body$;

-- One entry: checked, sealed and counted in one round trip.
CREATE FUNCTION post(
    of_book integer, p_id text, p_key text, p_day date, p_kind text, p_memo text, p_actor text, p_metadata text,
    p_reverses bigint, p_reason text, p_recorded bigint, p_codes text[], p_cents bigint[],
    OUT o_seq bigint, OUT o_hash bytea, OUT o_replayed boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = by_hand, pg_catalog, pg_temp AS $body$
DECLARE
    last record;
    found_entry record;
    legs record;
    request text;
    asked bytea;
    at bigint;
    of_month text;
BEGIN
    SELECT book.name, head.seq, head.hash, head.recorded_at INTO last
      FROM head JOIN book ON book.id = head.book_id WHERE head.book_id = of_book FOR UPDATE OF head;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', of_book;
    END IF;

    -- The legs with their accounts, once: ids, the bytes to seal, and everything that may be wrong.
    SELECT array_agg(account.id ORDER BY leg.place) AS ids, count(*) AS counted, count(account.id) AS known,
           string_agg(field(account.code) || field(account.type) || field(account.layer) || field(account.currency)
                      || field(leg.cents::text), '' ORDER BY leg.place) AS bytes,
           bool_and(account.status = 'open') AS all_open,
           bool_and((account.valid_from IS NULL OR account.valid_from <= p_day)
                    AND (account.valid_until IS NULL OR account.valid_until >= p_day)) AS all_valid,
           bool_or(account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL) AS limited,
           min(account.layer) = max(account.layer) AND min(account.currency) = max(account.currency) AS plain,
           sum(leg.cents) AS total
      INTO legs
      FROM unnest(p_codes, p_cents) WITH ORDINALITY AS leg (code, cents, place)
           LEFT JOIN account ON account.book_id = of_book AND account.code = leg.code;
    IF legs.counted < 2 THEN
        RAISE EXCEPTION 'too few legs';
    END IF;
    IF legs.known < legs.counted THEN
        RAISE EXCEPTION 'unknown account';
    END IF;

    request := field(last.name) || field(p_key) || field(to_char(p_day, 'YYYY-MM-DD')) || field(p_kind) || field(p_memo)
        || field(p_actor) || field(p_metadata) || field(p_reverses::text) || field(p_reason) || field(legs.bytes);
    asked := sha256(convert_to('7:request,1:1,64:' || repeat('0', 64) || ',' || field(request), 'UTF8'));
    SELECT seq, hash, request_hash INTO found_entry FROM entry WHERE book_id = of_book AND idempotency_key = p_key;
    IF FOUND THEN
        IF found_entry.request_hash <> asked THEN
            RAISE EXCEPTION 'key % is used for something else', p_key;
        END IF;
        o_seq := found_entry.seq;
        o_hash := found_entry.hash;
        o_replayed := true;
        RETURN;
    END IF;

    IF p_memo IS NOT NFC NORMALIZED OR p_kind IS NOT NFC NORMALIZED OR p_actor IS NOT NFC NORMALIZED
        OR p_key IS NOT NFC NORMALIZED OR p_metadata IS NOT NFC NORMALIZED OR p_reason IS NOT NFC NORMALIZED THEN
        RAISE EXCEPTION 'a text is not in normal form C';
    END IF;
    IF NOT legs.all_open OR NOT legs.all_valid THEN
        RAISE EXCEPTION 'an account is closed or not valid on %', p_day;
    END IF;
    IF legs.plain THEN
        IF legs.total <> 0 THEN
            RAISE EXCEPTION 'not balanced';
        END IF;
    ELSIF EXISTS (
        SELECT 1 FROM unnest(legs.ids, p_cents) AS leg (account_id, cents) JOIN account ON account.id = leg.account_id
         GROUP BY account.layer, account.currency HAVING sum(leg.cents) <> 0) THEN
        RAISE EXCEPTION 'not balanced';
    END IF;
    of_month := to_char(p_day, 'YYYY-MM');
    IF coalesce((SELECT status FROM period WHERE book_id = of_book AND month = of_month),
                CASE WHEN of_month < (SELECT min(month) FROM period WHERE book_id = of_book) THEN 'closed' ELSE 'open' END)
        IN ('closed', CASE WHEN p_kind IN ('adjusting', 'closing') THEN 'closed' ELSE 'locked' END) THEN
        RAISE EXCEPTION 'the month of % is closed', p_day;
    END IF;
    IF p_reverses IS NOT NULL THEN
        SELECT id, entry.legs INTO found_entry FROM entry WHERE book_id = of_book AND seq = p_reverses;
        IF NOT FOUND OR found_entry.legs <> legs.counted OR EXISTS (
            SELECT 1 FROM posting was WHERE was.entry_id = found_entry.id
               AND (legs.ids[was.position] <> was.account_id OR p_cents[was.position] <> -was.amount_cents)) THEN
            RAISE EXCEPTION 'not the mirror of %', p_reverses;
        END IF;
    END IF;

    at := greatest(coalesce(p_recorded, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), last.recorded_at);
    o_seq := last.seq + 1;
    request := field(o_seq::text) || field(at::text) || field(p_id) || request;
    o_hash := sha256(convert_to('5:entry,1:1,64:' || encode(last.hash, 'hex') || ',' || field(request), 'UTF8'));
    o_replayed := false;
    INSERT INTO entry VALUES (p_id, of_book, o_seq, p_day, p_kind, p_memo, p_actor, p_key, asked, p_metadata, p_reverses,
                              p_reason, legs.counted, at, 1, last.hash, o_hash);
    INSERT INTO posting SELECT p_id, leg.place, leg.account_id, leg.cents
      FROM unnest(legs.ids, p_cents) WITH ORDINALITY AS leg (account_id, cents, place);
    INSERT INTO balance AS kept
    SELECT leg.account_id, sum(greatest(leg.cents, 0)), sum(greatest(-leg.cents, 0))
      FROM unnest(legs.ids, p_cents) AS leg (account_id, cents) GROUP BY leg.account_id
    ON CONFLICT (account_id) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    INSERT INTO balance_day AS kept
    SELECT leg.account_id, p_day, sum(greatest(leg.cents, 0)), sum(greatest(-leg.cents, 0))
      FROM unnest(legs.ids, p_cents) AS leg (account_id, cents) GROUP BY leg.account_id
    ON CONFLICT (account_id, day) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    IF legs.limited THEN
        PERFORM keep_limits(p_id, p_kind, p_day);
    END IF;
    UPDATE head SET seq = o_seq, hash = o_hash, recorded_at = at WHERE book_id = of_book;
END
$body$;

-- Many entries, all or nothing; p_entry says of each leg to which entry it belongs (1, 2, ...), p_places where it stands in it.
-- What needs the entries one by one (a key that is there, a reversal, an account with a limit) goes one by one.
CREATE FUNCTION post_many(
    of_book integer, p_ids text[], p_keys text[], p_days date[], p_kinds text[], p_memos text[], p_actors text[],
    p_metadata text[], p_reverses bigint[], p_reasons text[], p_recorded bigint[],
    p_entry integer[], p_places integer[], p_codes text[], p_cents bigint[]
) RETURNS TABLE (o_seq bigint, o_hash bytea, o_replayed boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = by_hand, pg_catalog, pg_temp AS $body$
DECLARE
    last record;
    legs record;
    one record;
    account_ids integer[];
    requests text[];
    body text;
    counts integer[];
    asked bytea[];
    recorded bigint[];
    previous bytea[];
    hashes bytea[];
    number integer := 0;
    first_seq bigint;
    now_micros bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
BEGIN
    SELECT book.name, head.seq, head.hash, head.recorded_at INTO last
      FROM head JOIN book ON book.id = head.book_id WHERE head.book_id = of_book FOR UPDATE OF head;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no book %', of_book;
    END IF;

    SELECT array_agg(account.id ORDER BY leg.place) AS ids, count(*) AS counted, count(account.id) AS known,
           bool_and(account.status = 'open') AS all_open,
           bool_and((account.valid_from IS NULL OR account.valid_from <= p_days[leg.entry])
                    AND (account.valid_until IS NULL OR account.valid_until >= p_days[leg.entry])) AS all_valid,
           bool_or(account.min_balance_cents IS NOT NULL OR account.max_balance_cents IS NOT NULL) AS limited
      INTO legs
      FROM unnest(p_entry, p_codes, p_cents) WITH ORDINALITY AS leg (entry, code, cents, place)
           LEFT JOIN account ON account.book_id = of_book AND account.code = leg.code;
    IF legs.known < legs.counted THEN
        RAISE EXCEPTION 'unknown account';
    END IF;

    IF legs.limited OR array_remove(p_reverses, NULL) <> '{}'
        OR (SELECT count(DISTINCT key) FROM unnest(p_keys) AS key) < cardinality(p_keys)
        OR EXISTS (SELECT 1 FROM entry WHERE book_id = of_book AND idempotency_key = ANY (p_keys)) THEN
        FOR one IN
            SELECT draft.place, array_agg(leg.code ORDER BY leg.place) AS codes, array_agg(leg.cents ORDER BY leg.place) AS cents
              FROM generate_subscripts(p_ids, 1) AS draft (place)
                   LEFT JOIN unnest(p_entry, p_codes, p_cents) WITH ORDINALITY AS leg (entry, code, cents, place)
                          ON leg.entry = draft.place
             GROUP BY draft.place ORDER BY draft.place
        LOOP
            SELECT made.o_seq, made.o_hash, made.o_replayed INTO o_seq, o_hash, o_replayed
              FROM post(of_book, p_ids[one.place], p_keys[one.place], p_days[one.place], p_kinds[one.place],
                        p_memos[one.place], p_actors[one.place], p_metadata[one.place], p_reverses[one.place],
                        p_reasons[one.place], p_recorded[one.place], one.codes, one.cents) AS made;
            RETURN NEXT;
        END LOOP;
        RETURN;
    END IF;

    IF NOT legs.all_open OR NOT legs.all_valid THEN
        RAISE EXCEPTION 'an account is closed or not valid';
    END IF;
    account_ids := legs.ids;
    IF EXISTS (SELECT 1 FROM unnest(p_entry, account_ids, p_cents) AS leg (entry, account_id, cents)
                 JOIN account ON account.id = leg.account_id
                GROUP BY leg.entry, account.layer, account.currency HAVING sum(leg.cents) <> 0) THEN
        RAISE EXCEPTION 'not balanced';
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(p_memos, p_kinds, p_actors, p_keys, p_metadata, p_reasons)
                             AS draft (memo, kind, actor, key, metadata, reason)
                WHERE memo IS NOT NFC NORMALIZED OR kind IS NOT NFC NORMALIZED OR actor IS NOT NFC NORMALIZED
                   OR key IS NOT NFC NORMALIZED OR metadata IS NOT NFC NORMALIZED OR reason IS NOT NFC NORMALIZED) THEN
        RAISE EXCEPTION 'a text is not in normal form C';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT to_char(day, 'YYYY-MM') AS month, kind
                                FROM unnest(p_days, p_kinds) AS given (day, kind) OFFSET 0) AS draft  -- few
                WHERE standing(of_book, draft.month)
                      IN ('closed', CASE WHEN draft.kind IN ('adjusting', 'closing') THEN 'closed' ELSE 'locked' END)) THEN
        RAISE EXCEPTION 'a month is closed';
    END IF;

    WITH leg AS (
        SELECT given.entry, count(*) AS counted,
               string_agg(field(account.code) || field(account.type) || field(account.layer) || field(account.currency)
                          || field(given.cents::text), '' ORDER BY given.place) AS bytes
          FROM unnest(p_entry, account_ids, p_cents) WITH ORDINALITY AS given (entry, account_id, cents, place)
               JOIN account ON account.id = given.account_id
         GROUP BY given.entry
    ), draft AS (
        SELECT leg.entry, leg.counted,
               field(last.name) || field(p_keys[leg.entry]) || field(to_char(p_days[leg.entry], 'YYYY-MM-DD'))
               || field(p_kinds[leg.entry]) || field(p_memos[leg.entry]) || field(p_actors[leg.entry])
               || field(p_metadata[leg.entry]) || field(p_reverses[leg.entry]::text) || field(p_reasons[leg.entry])
               || field(leg.bytes) AS request
          FROM leg
    )
    SELECT array_agg(request ORDER BY entry), array_agg(counted ORDER BY entry),
           array_agg(sha256(convert_to('7:request,1:1,64:' || repeat('0', 64) || ',' || field(request), 'UTF8')) ORDER BY entry)
      INTO requests, counts, asked FROM draft;
    IF cardinality(requests) <> cardinality(p_ids) THEN
        RAISE EXCEPTION 'too few legs';
    END IF;

    first_seq := last.seq + 1;
    FOR one IN
        SELECT draft.place, draft.id, draft.request, draft.recorded
          FROM unnest(p_ids, requests, p_recorded) WITH ORDINALITY AS draft (id, request, recorded, place) ORDER BY draft.place
    LOOP
        number := number + 1;
        previous[number] := last.hash;
        last.seq := last.seq + 1;
        last.recorded_at := greatest(coalesce(one.recorded, now_micros), last.recorded_at);
        body := field(last.seq::text) || field(last.recorded_at::text) || field(one.id) || one.request;
        last.hash := sha256(convert_to('5:entry,1:1,64:' || encode(last.hash, 'hex') || ',' || field(body), 'UTF8'));
        recorded[number] := last.recorded_at;
        hashes[number] := last.hash;
    END LOOP;

    INSERT INTO entry
    SELECT id, of_book, first_seq + place - 1, day, kind, memo, actor, key, request_hash, metadata, reverses, reason, counted,
           at, 1, previous_hash, hash
      FROM unnest(p_ids, p_days, p_kinds, p_memos, p_actors, p_keys, asked, p_metadata, p_reverses, p_reasons, counts,
                  recorded, previous, hashes)
           WITH ORDINALITY AS draft (id, day, kind, memo, actor, key, request_hash, metadata, reverses, reason, counted, at,
                                     previous_hash, hash, place);
    INSERT INTO posting
    SELECT p_ids[leg.entry], leg.place, leg.account_id, leg.cents
      FROM unnest(p_entry, p_places, account_ids, p_cents) AS leg (entry, place, account_id, cents);
    INSERT INTO balance AS kept
    SELECT leg.account_id, sum(greatest(leg.cents, 0)), sum(greatest(-leg.cents, 0))
      FROM unnest(account_ids, p_cents) AS leg (account_id, cents) GROUP BY leg.account_id
    ON CONFLICT (account_id) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    INSERT INTO balance_day AS kept
    SELECT leg.account_id, p_days[leg.entry], sum(greatest(leg.cents, 0)), sum(greatest(-leg.cents, 0))
      FROM unnest(p_entry, account_ids, p_cents) AS leg (entry, account_id, cents) GROUP BY leg.account_id, p_days[leg.entry]
    ON CONFLICT (account_id, day) DO UPDATE
       SET debit_cents = kept.debit_cents + excluded.debit_cents, credit_cents = kept.credit_cents + excluded.credit_cents;
    UPDATE head SET seq = last.seq, hash = last.hash, recorded_at = last.recorded_at WHERE book_id = of_book;
    RETURN QUERY SELECT first_seq + place - 1, hash, false FROM unnest(hashes) WITH ORDINALITY AS made (hash, place);
END
$body$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA by_hand FROM PUBLIC;
GRANT USAGE ON SCHEMA by_hand TO by_hand_app;
GRANT SELECT ON ALL TABLES IN SCHEMA by_hand TO by_hand_app;
GRANT EXECUTE ON FUNCTION post, post_many TO by_hand_app;
