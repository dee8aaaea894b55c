//! Which endpoints may be touched, in what order and how fast: prefixes, blocklist, permutation, shards, budgets.
