//! What linear memory costs: a linear price for open pages, an exponential one for the peak.

use std::sync::OnceLock;

use crate::StylusParams;

/// Memory pages (64 KiB each) of one transaction, shared by all its frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pages {
    /// Pages open now; a frame gives its own back when it ends.
    pub open: u16,
    /// The most pages that were ever open at once; never falls within a transaction.
    pub ever: u16,
}

impl Pages {
    /// Gas of opening `new` further pages. `u64::MAX` when the peak would pass 128 pages for the first time in the
    /// transaction, and when all open pages would pass the limit, where it holds for them.
    ///
    /// Upstream: `MemoryModel.GasCost` (Nitro, `arbos/programs/memory.go`), `enforceStylusPageLimit`
    /// (`arbos/programs/api.go`).
    #[must_use]
    pub fn gas(self, new: u16, params: &StylusParams) -> u64 {
        let open = self.open.saturating_add(new);
        if params.limits_open_pages && params.page_limit > 0 && open > params.page_limit {
            return u64::MAX;
        }
        let ever = self.ever.max(open);
        if ever <= params.free_pages {
            return 0;
        }
        let beyond = |pages: u16| u64::from(pages.saturating_sub(params.free_pages));
        let linear = (beyond(open) - beyond(self.open)).saturating_mul(u64::from(params.page_gas));
        linear.saturating_add(exponential(ever) - exponential(self.ever))
    }

    /// Opens `new` pages.
    pub fn open(&mut self, new: u16) {
        self.open = self.open.saturating_add(new);
        self.ever = self.ever.max(self.open);
    }
}

/// floor(b^p) with b the 128th root of 31 874 000, `u64::MAX` beyond 128 pages.
fn exponential(pages: u16) -> u64 {
    static TABLE: OnceLock<[u64; 129]> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let ln_base = 31_874_000f64.ln() / 128.0;
        std::array::from_fn(|page| {
            // The table ends one below the round number: upstream's last entry is 31 873 999.
            if page == 128 { 31_873_999 } else { (page as f64 * ln_base).exp().floor() as u64 }
        })
    });
    table.get(usize::from(pages)).copied().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_equals_upstream_where_documented() {
        for (pages, gas) in
            [(0, 1), (5, 1), (36, 128), (52, 1117), (68, 9687), (84, 83_971), (128, 31_873_999)]
        {
            assert_eq!(exponential(pages), gas, "at {pages} pages");
        }
        assert_eq!(exponential(129), u64::MAX);
    }

    #[test]
    fn gas_is_zero_within_the_free_pages_and_linear_after() {
        let params = StylusParams::default();
        assert_eq!(Pages::default().gas(2, &params), 0);
        assert_eq!(Pages { open: 2, ever: 2 }.gas(1, &params), 1_000);
        assert_eq!(Pages { open: 1, ever: 4 }.gas(2, &params), 1_000);
        assert_eq!(Pages { open: 0, ever: 4 }.gas(2, &params), 0);
        assert_eq!(Pages::default().gas(129, &params), u64::MAX);
    }

    #[test]
    fn gas_is_infinite_above_the_limit_of_open_pages_where_there_is_one() {
        let limited = StylusParams { page_limit: 10, limits_open_pages: true, ..StylusParams::default() };
        let at = |open, ever, new, params: &StylusParams| Pages { open, ever }.gas(new, params);
        assert_eq!(at(7, 7, 3, &limited), 3_000 + 3 - 2);
        assert_eq!(at(7, 7, 4, &limited), u64::MAX);
        // The peak was passed before, so that only the limit stops this.
        assert_eq!(at(100, 200, 50, &StylusParams::default()), 50_000);
        assert_eq!(at(100, 200, 50, &StylusParams { limits_open_pages: true, ..limited }), u64::MAX);
        assert_eq!(at(7, 7, 4, &StylusParams { page_limit: 0, ..limited }), 4_000 + 4 - 2);
        assert_eq!(at(7, 7, 4, &StylusParams { limits_open_pages: false, ..limited }), 4_000 + 4 - 2);
    }
}
