"""Text to a checked `PolicySet`, or to all that is wrong with it. Pure.

text ──parse──▶ Tree ──declare, check──▶ PolicySet
"""
