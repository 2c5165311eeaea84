"""The policies in force: which one a request gets, where each comes from, and how they are changed.

files       what ships, the file TIDEGATE_POLICY and the folder TIDEGATE_POLICIES     service/policies/files.py
snapshot    files and journal together: everything by name, immutable              service/policies/snapshot.py
policies    one request's ruling; the snapshot kept current                        service/policies/policies.py
shadow      a candidate decided beside the policy in force, where they differ        service/policies/shadow.py
trial       what a candidate would have done with recent decisions                    service/policies/trial.py
document    from a request's body to a policy                                      service/policies/document.py
conditions  If-Match and If-None-Match                                           service/policies/conditions.py
changes     what must hold for each change                                          service/policies/changes.py
"""
