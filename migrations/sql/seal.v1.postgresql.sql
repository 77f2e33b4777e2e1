-- The canonical form and the sealing hash, as fund/ledger/seal.py writes them: one netstring per field, SHA-256 over
-- tag, version, previous hash and body. Protects: that whoever writes, the database hashes what is really stored.
-- Written so that the planner puts them into the query that calls them, instead of calling them for each field: lengths
-- are taken as they stand in the database, which is why it has to be one in UTF-8.
-- Attacked by tests/ledger/test_seal.py.

DO $do$
BEGIN
    IF getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'the ledger is kept in a database in UTF-8, and this one is in %', getdatabaseencoding();
    END IF;
END
$do$;

CREATE FUNCTION fund_field(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT coalesce(octet_length(value)::text || ':' || value || ',', '-,')
$body$;

CREATE FUNCTION fund_seal(tag text, version integer, previous bytea, body bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT sha256((fund_field(tag) || fund_field(version::text) || fund_field(encode(previous, 'hex'))
                   || octet_length(body)::text || ':')::bytea || body || decode('2c', 'hex'))
$body$;

CREATE FUNCTION fund_micros(at timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT (extract(epoch FROM at) * 1000000)::bigint
$body$;

-- uninstall
DROP FUNCTION fund_micros(timestamptz);
DROP FUNCTION fund_seal(text, integer, bytea, bytea);
DROP FUNCTION fund_field(text);
