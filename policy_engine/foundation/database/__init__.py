"""Stores: SQLite in a file, or PostgreSQL, behind one `Database` that shares its commits."""

from policy_engine.foundation.database.database import Database, is_postgres, place_of
from policy_engine.foundation.database.sqlite import store_path

__all__ = ["Database", "is_postgres", "place_of", "store_path"]
