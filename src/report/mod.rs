//! Files for people and machines from the ledger.
