"""A segment: consecutive entries as one Parquet file, which any tool reads.

    number   int64                  from 1
    at       string                 the time as the record has it
    instant  timestamp[us, UTC]     the same time, for queries
    kind     string
    body     string                 canonical JSON; null where it was erased
    salt     binary                 16 bytes; null where the body is
    digest   fixed binary, 32       of the salt and the body
    leaf     fixed binary, 32       the hash of the entry in the tree

The file says of what log it is, from which entry on, and of how many. Rows are verified on Arrow's
buffers, some at a time, so that a segment needs little memory. This module alone of the ledger
knows Arrow; it comes with the extra `audit`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from itertools import batched, pairwise
from pathlib import Path
from typing import BinaryIO
