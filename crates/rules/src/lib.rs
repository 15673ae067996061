//! Pure rules: reservation, cost, fee split, timeouts.
