"""The report in the formats that auditors' tools read: one module a format, all of them pure.

Each takes a `Material` and gives text or bytes; files are written elsewhere. The same record and
the same period give the same bytes from the same version: every time and every id comes from the
record.
"""
