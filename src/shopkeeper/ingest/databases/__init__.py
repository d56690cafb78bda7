"""Databases as sources: PostgreSQL, MySQL and MariaDB, SQLite; a table or a reading query, whole or by a cursor column."""
