//! The local database of all that was pulled, planned, sent and received.
