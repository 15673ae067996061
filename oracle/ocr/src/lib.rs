//! The agreement protocol as a pure state machine.
