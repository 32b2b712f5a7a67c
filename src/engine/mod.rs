//! pull, plan, push, verify: emits events, prints nothing.
