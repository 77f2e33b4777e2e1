-- Corrections: an entry says in its metadata, under "correction", of which entry it takes back a part and which it replaces.

CREATE INDEX ix_entry_part_of ON entry (book_id, ((metadata::jsonb) #>> '{correction,part_of}')) WHERE ((metadata::jsonb) #>> '{correction,part_of}') IS NOT NULL;
CREATE INDEX ix_entry_replaces ON entry (book_id, ((metadata::jsonb) #>> '{correction,replaces}')) WHERE ((metadata::jsonb) #>> '{correction,replaces}') IS NOT NULL;

-- uninstall
DROP INDEX ix_entry_replaces;
DROP INDEX ix_entry_part_of;
