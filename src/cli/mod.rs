//! The only place that prints, asks or knows a terminal.
