//! Typed client for subscriptions, requests and deployment.
