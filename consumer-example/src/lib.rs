//! A consumer small enough to read aloud.
