//! Stylus programs: activation, metering and resumable execution.
