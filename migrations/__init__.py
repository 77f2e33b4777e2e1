"""The way from an empty database to the newest version, and back where data allows."""
