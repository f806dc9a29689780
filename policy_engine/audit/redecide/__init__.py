"""Every recorded decision made again from what was recorded: does each follow?

    kept.py        what the store has in full, where the record has digests
    sealed.py      whether that is what the digests are of
    known.py       one action, as far as the record has told of it
    said.py        what validations and people have said of it
    rejections.py  the noes that hold for all that is like it
    sessions.py    what sessions have seen
    before.py      what had happened before a decision
    again.py       one decision, made again and held against its entry
    answers.py     by each way to read what had been said
    redecide.py    all of a record
    tally.py       what came of it

The record binds: what is taken from the store must be what its digests are of.
"""
