//! What bounds a read and a write; a folder has no quotas.

/// Bytes of rows after which a page ends.
pub const PAGE_BYTES: u64 = 1024 * 1024;

/// Rows of a page.
pub const PAGE_ROWS: usize = 1000;

/// Records of one kind that are written, and brought to the disk, together.
pub const BATCH: usize = 500;

/// The longest row that is read, in bytes. What is longer is told and stepped over.
pub const ROW: usize = 64 * 1024 * 1024;
