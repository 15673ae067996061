//! An ERC-677 LINK token for development chains.
