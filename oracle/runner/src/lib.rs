//! Starts and kills sandbox processes and brokers their HTTP.
