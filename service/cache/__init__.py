"""Scores kept for texts seen before: raw logits under keyed hashes, never text and never decisions.

    key    HMAC-SHA256(secret, bundle digest, role, text, context)       service/cache/record.py
    value  logits (float16) and coverage of one text                     service/cache/record.py
    stores off, memory, memory in front of Redis, behind one interface   service/cache/store.py

The bundle's digest is in the key, so a new model never reads an old one's scores. Policies are not: changing a
threshold empties nothing.
"""
