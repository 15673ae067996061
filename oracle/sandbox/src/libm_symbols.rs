//! The C library's floating-point functions, replaced by one software implementation.
//!
//! The engine calls `sin`, `pow` and their like by C name (the `**` operator included). What the
//! system's library answers differs between versions and between processors with and without
//! fused multiply-add, so two oracles could disagree in the last bit. The definitions here are
//! linked into this program and win over the system's.

macro_rules! unary {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64) -> f64 {
            libm::$name(x)
        }
    )*};
}

macro_rules! binary {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64, y: f64) -> f64 {
            libm::$name(x, y)
        }
    )*};
}

unary!(acos acosh asin asinh atan atanh cbrt cos cosh exp exp2 expm1 log log10 log1p log2 sin sinh tan tanh);
binary!(atan2 hypot pow);
