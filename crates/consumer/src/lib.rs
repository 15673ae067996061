//! What a Stylus consumer inherits.
