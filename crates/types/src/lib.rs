//! Ids, units, ABI, limits and the request codec shared by contracts and node.
