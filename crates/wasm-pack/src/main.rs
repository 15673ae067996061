//! `functions-wasm-pack OUT_DIR LINKED.wasm…`: writes each artefact and its ABI to `OUT_DIR` and prints the size table.
#![expect(clippy::disallowed_macros, reason = "a tool of two lines is its own output room")]
#![allow(clippy::print_stdout, reason = "the table is this program's result")]

use std::{env, ffi::OsString, fs, path::Path, process::ExitCode};

use eyre::{Context, Result, bail};
use functions_abi::Contract;
use functions_wasm_pack::{CODE_LIMIT, Footprint, strip};

fn main() -> ExitCode {
    match run(env::args_os().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Vec<OsString>) -> Result<()> {
    let Some((out, inputs)) = args.split_first().filter(|(_, inputs)| !inputs.is_empty()) else {
        bail!("usage: functions-wasm-pack OUT_DIR LINKED.wasm…");
    };
    let out = Path::new(out);
    fs::create_dir_all(out).wrap_err_with(|| format!("cannot create {}", out.display()))?;
    println!(
        "{:<18} {:>7} {:>10} {:>6} {:>9} {:>5} {:>12} {:>10}",
        "contract", "wasm", "compressed", "limit", "functions", "pages", "entry gas", "if cached"
    );
    let mut too_large = vec![];
    for input in inputs {
        let input = Path::new(input);
        let name = input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let linked = fs::read(input).wrap_err_with(|| format!("cannot read {}", input.display()))?;
        let wasm = strip(&linked).wrap_err_with(|| name.clone())?;
        let footprint = Footprint::new(&wasm).wrap_err_with(|| name.clone())?;
        let Footprint { wasm: bytes, code, functions, pages, uncached_gas, cached_gas } = footprint;
        println!(
            "{name:<18} {bytes:>7} {code:>10} {CODE_LIMIT:>6} {functions:>9} {pages:>5} {uncached_gas:>12} {cached_gas:>10}"
        );
        let target = out.join(format!("{name}.wasm"));
        fs::write(&target, &wasm).wrap_err_with(|| format!("cannot write {}", target.display()))?;
        if let Some(contract) = Contract::named(&name) {
            let target = out.join(format!("{name}.abi.json"));
            fs::write(&target, contract.json())
                .wrap_err_with(|| format!("cannot write {}", target.display()))?;
        }
        if code > CODE_LIMIT {
            too_large.push(format!("{name} by {} bytes", code - CODE_LIMIT));
        }
    }
    if !too_large.is_empty() {
        bail!("over the chain's limit of {CODE_LIMIT} bytes: {}", too_large.join(", "));
    }
    Ok(())
}
