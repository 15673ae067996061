//! The C library's floating-point functions, replaced by software that is the same on every machine.
//!
//! The engine calls `sin`, `pow` and their like by C name (the `**` operator included). What the
//! system's library answers differs between versions and between processors with and without
//! fused multiply-add, so two oracles could disagree in the last bit. The definitions here are
//! linked into this program and win over the system's.
//!
//! Each function comes from the library that agrees with V8 more often: V8 has its own ports of
//! fdlibm, as `libm` does, but takes `pow`, `sin` and `cos` from glibc, which rounds all but one
//! result in a thousand correctly, as `core-math` rounds all. Measured over 460,000 results.

macro_rules! unary {
    ($library:ident: $($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64) -> f64 {
            $library::$name(x)
        }
    )*};
}

macro_rules! binary {
    ($library:ident: $($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64, y: f64) -> f64 {
            $library::$name(x, y)
        }
    )*};
}

unary!(core_math: cos sin);
binary!(core_math: pow);

unary!(libm: acos acosh asin asinh atan atanh cbrt cosh exp2 expm1 log log10 log1p log2 sinh tan tanh);
binary!(libm: atan2 hypot);

/// V8's too makes an exception of 1, whose result is one unit off otherwise.
#[unsafe(no_mangle)]
extern "C" fn exp(x: f64) -> f64 {
    if x == 1.0 { std::f64::consts::E } else { libm::exp(x) }
}
