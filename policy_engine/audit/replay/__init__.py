"""What another policy would have said to the past: every action decided again, and what flips.

    source.py     tables in Parquet and lines of JSON, as streams
    recorded.py   the same of a ledger
    kernel.py     a batch of a table at once; `cases.py`: one action, where a batch does not do
    past.py       what limits and windows see: the replayed past itself
    answer.py     what came of it all

Whoever imports something from here needs the extra `audit`.
"""
