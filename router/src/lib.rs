//! Subscriptions, reservation, settlement, timeout and callback.
