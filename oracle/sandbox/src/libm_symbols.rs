//! The C library's floating-point functions, replaced by software that is the same on every machine.
//!
//! The engine calls `sin`, `pow` and their like by C name (the `**` operator included). What the
//! system's library answers differs between versions and between processors with and without
//! fused multiply-add, so two oracles could disagree in the last bit. The definitions here are
//! linked into this program and win over the system's.
//!
//! Each function is the one that agrees with V8 more often: V8 has its own ports of fdlibm, as
//! `libm` does for the most part, but takes `pow`, `sin` and `cos` from glibc, which rounds all but
//! one result in a thousand correctly, as `core-math` rounds all. Measured over 460,000 results.

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

unary!(libm: acos acosh asin asinh atan atanh cbrt exp2 expm1 log log10 log1p log2 sinh tan);
binary!(libm: atan2 hypot);

/// V8's too makes an exception of 1, whose result is one unit off otherwise.
#[unsafe(no_mangle)]
extern "C" fn exp(x: f64) -> f64 {
    if x == 1.0 { std::f64::consts::E } else { libm::exp(x) }
}

/// By the formulas of fdlibm, as in V8; `libm` has others.
#[unsafe(no_mangle)]
extern "C" fn cosh(x: f64) -> f64 {
    const HALF_LN_2: f64 = 0.5 * std::f64::consts::LN_2;
    /// Beyond it, e^x overflows while cosh x does not.
    const EXP_MAX: f64 = 709.78;
    let x = x.abs();
    if x < HALF_LN_2 {
        let t = libm::expm1(x);
        1.0 + t * t / (2.0 * (1.0 + t))
    } else if x < 22.0 {
        let t = exp(x);
        0.5 * t + 0.5 / t
    } else if x < EXP_MAX {
        0.5 * exp(x)
    } else {
        let root = exp(0.5 * x);
        0.5 * root * root
    }
}

/// By the formulas of fdlibm, as in V8; `libm` has others.
#[unsafe(no_mangle)]
extern "C" fn tanh(x: f64) -> f64 {
    let size = x.abs();
    let tanh = if size >= 22.0 {
        1.0
    } else if size >= 1.0 {
        1.0 - 2.0 / (libm::expm1(2.0 * size) + 2.0)
    } else {
        let t = libm::expm1(-2.0 * size);
        -t / (t + 2.0)
    };
    if x.is_nan() { x } else { tanh.copysign(x) }
}
