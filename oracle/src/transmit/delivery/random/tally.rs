//! That the histories contain everything.

/// Declares the counters once: as fields, and as the array in which each must have counted something.
macro_rules! tally {
    ($($counter:ident),+ $(,)?) => {
        /// How often what happened, over all histories: a property of nothing holds always.
        #[derive(Debug, Default)]
        pub(super) struct Tally {
            $(pub(super) $counter: u32,)+
        }

        impl Tally {
            /// Every counter with its name.
            pub(super) fn counts(&self) -> Vec<(&'static str, u32)> {
                vec![$((stringify!($counter), self.$counter)),+]
            }
        }
    };
}

tally! {
    sends,
    bumps,
    restarts,
    troubles,
    nonces_lost,
    paid,
    unpaid,
    undeliverable,
    unneeded,
    late_ends,
    reorganisations,
}
