//! `functions-wasm-pack OUT_DIR LINKED.wasm…`: writes each artefact to `OUT_DIR` and prints the size table.
#![allow(clippy::print_stdout, reason = "the table is this program's result")]

use std::{env, ffi::OsString, fs, path::Path, process::ExitCode};

use eyre::{Context, Result, bail};
use functions_wasm_pack::{CODE_LIMIT, deployed_code, strip};

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
    println!("{:<20} {:>8} {:>10} {:>7} {:>9}", "contract", "wasm", "compressed", "limit", "functions");
    let mut too_large = vec![];
    for input in inputs {
        let input = Path::new(input);
        let name = input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let linked = fs::read(input).wrap_err_with(|| format!("cannot read {}", input.display()))?;
        let wasm = strip(&linked).wrap_err_with(|| name.clone())?;
        let code = deployed_code(&wasm).wrap_err_with(|| name.clone())?;
        println!(
            "{:<20} {:>8} {:>10} {:>7} {:>9}",
            name,
            wasm.len(),
            code.len(),
            CODE_LIMIT,
            functions(&wasm)?
        );
        let target = out.join(format!("{name}.wasm"));
        fs::write(&target, &wasm).wrap_err_with(|| format!("cannot write {}", target.display()))?;
        if code.len() > CODE_LIMIT {
            too_large.push(format!("{name} by {} bytes", code.len() - CODE_LIMIT));
        }
    }
    if !too_large.is_empty() {
        bail!("over the chain's limit of {CODE_LIMIT} bytes: {}", too_large.join(", "));
    }
    Ok(())
}

fn functions(wasm: &[u8]) -> Result<u32> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CodeSectionStart { count, .. } = payload? {
            return Ok(count);
        }
    }
    Ok(0)
}
