"""The policies in force: which one a request gets, and where each comes from.

files      what is shipped, in TIDEGATE_POLICY and in the folder TIDEGATE_POLICIES      service/policies/files.py
snapshot   files and journal together: everything by name, immutable                  service/policies/snapshot.py
policies   one request's ruling; the snapshot kept current                            service/policies/policies.py
shadow     a candidate decided beside the policy in force, and where they differ      service/policies/shadow.py
"""
