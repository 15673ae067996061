//! The tool a developer or subscription owner types.
//!
//! Standard output carries results and nothing else; progress and errors go to standard error.

mod abi;
mod bench;
mod clock;
mod copied;
mod demo;
mod deploy;
mod don;
mod key;
mod network;
mod output;
mod paths;
mod remedy;
mod replay;
mod request;
mod secrets;
mod simulate;
mod sub;
mod value;
mod visible;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, CommandFactory as _, FromArgMatches as _, Parser};
use functions_failure::{Result, WrapErr as _};

/// Runs scripts, deploys, demonstrates and measures a self-hosted network of Functions oracles
#[derive(Parser, Debug)]
#[command(name = "functions", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand, Debug)]
enum Verb {
    Abi(abi::Options),
    Bench(bench::Options),
    Demo(demo::Options),
    Deploy(deploy::Options),
    #[command(subcommand)]
    Don(don::Verb),
    Replay(replay::Options),
    #[command(subcommand)]
    Request(request::Verb),
    #[command(subcommand)]
    Secrets(secrets::Verb),
    Simulate(simulate::Options),
    #[command(subcommand)]
    Sub(sub::Verb),
}

/// The command line, where help about `help` is that of the command it belongs to: the parser has no other.
fn words(mut words: Vec<OsString>) -> Vec<OsString> {
    let mut at = &command();
    for word in words.iter().skip(1) {
        if word == "help" && at.has_subcommands() {
            words.retain(|word| word != "--help" && word != "-h");
            break;
        }
        match at.find_subcommand(word) {
            Some(inner) => at = inner,
            None => break,
        }
    }
    words
}

fn main() -> ExitCode {
    if output::is_closed() {
        return ExitCode::FAILURE;
    }
    let code = perform();
    output::end(code).into()
}

/// Does what the command line says; the exit code.
fn perform() -> u8 {
    let matches = match command().try_get_matches_from(words(std::env::args_os().collect())) {
        Ok(matches) => matches,
        Err(error) => {
            let as_json = std::env::args_os().any(|word| word == "--json");
            return output::usage(&error, as_json);
        }
    };
    let as_json = wants_json(&matches);
    copied::keep(innermost(&matches));
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error, as_json),
    };
    match run(cli) {
        Ok(()) => 0,
        Err(error) => {
            let code = error.exit_code();
            output::failure(error, as_json);
            code
        }
    }
}

/// The command line. A negative number is a value everywhere, so that it is answered by what the value must be.
fn command() -> Command {
    fn with_negatives(command: Command) -> Command {
        // The environment may hold an endpoint's key, or by mistake that of an account.
        let takes = |arg: Arg| match arg.get_action().takes_values() {
            true => arg.allow_negative_numbers(true).hide_env_values(true),
            false => arg,
        };
        command.mut_args(takes).mut_subcommands(with_negatives)
    }
    with_negatives(Cli::command())
}

/// Whether the verb was told `--json`: then a failure is an object on standard output, too.
fn wants_json(matches: &ArgMatches) -> bool {
    innermost(matches).try_get_one("json").ok().flatten().copied().unwrap_or(false)
}

/// What the verb itself was given.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| innermost(inner))
}

fn run(cli: Cli) -> Result<()> {
    // One thread: children are told to die with the thread that started them.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("the system gives no resources to begin with")?;
    runtime.block_on(async {
        match cli.verb {
            Verb::Abi(options) => abi::run(&options),
            Verb::Bench(options) => bench::run(options).await,
            Verb::Demo(options) => demo::run(options).await,
            Verb::Deploy(options) => deploy::run(options).await,
            Verb::Don(verb) => don::run(verb).await,
            Verb::Replay(options) => replay::run(options).await,
            Verb::Request(verb) => request::run(verb).await,
            Verb::Secrets(verb) => secrets::run(verb).await,
            Verb::Simulate(options) => simulate::run(options).await,
            Verb::Sub(verb) => sub::run(verb).await,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_number_is_a_value_like_another() {
        for line in [
            "sub fund 1 -1 --key-file x",
            "sub info -1",
            "sub info 1 --from-block -5",
            "demo --fund -1",
            "demo --port -1",
            "demo --nodes -4",
            "bench load --rate -2",
            "don withdraw --amount -3 --key-file x",
        ] {
            let words = std::iter::once("functions").chain(line.split(' '));
            let error = command().try_get_matches_from(words).unwrap_err();
            assert_eq!(error.kind(), clap::error::ErrorKind::ValueValidation, "{line}: {error}");
            let told = output::words_of(&error, false);
            assert!(told.contains("invalid value '-") && !told.contains("-- -"), "{line}: {told}");
            assert!(!told.contains("found in string"), "{line}: {told}");
        }
        let fund = command().try_get_matches_from(["functions", "sub", "info", "-1"]).unwrap_err();
        assert!(output::words_of(&fund, false).contains("it is no whole number from 0 on"));
    }

    #[test]
    fn a_missing_script_is_answered_with_where_one_may_be() {
        for line in [
            "simulate",
            "simulate --source",
            "simulate --source=",
            "demo --source=",
            "request send --source=",
        ] {
            let words = std::iter::once("functions").chain(line.split(' '));
            let error = command().try_get_matches_from(words).unwrap_err();
            let told = output::words_of(&error, false);
            assert!(
                told.contains("tip: name the file of the script, or - for standard input"),
                "{line}: {told}"
            );
        }
    }

    #[test]
    fn of_options_that_exclude_each_other_none_is_shown_as_needed() {
        let line = "functions request send --don-id x --call a() --consumer 0x00000000000000000000000000000000000000aa";
        let told = output::words_of(&command().try_get_matches_from(line.split(' ')).unwrap_err(), false);
        assert!(told.contains("cannot be used with") && !told.contains("Usage"), "{told}");
        assert!(told.contains("--help"), "{told}");
    }

    #[test]
    fn help_about_help_is_help() {
        for line in
            ["help --help", "help -h", "sub help --help", "help sub --help", "help help", "sub help -h"]
        {
            let given = std::iter::once("functions").chain(line.split(' ')).map(OsString::from).collect();
            let told = command().try_get_matches_from(words(given)).unwrap_err();
            assert_eq!(told.kind(), clap::error::ErrorKind::DisplayHelp, "{line}: {told}");
        }
        let file = ["functions", "replay", "help", "--help"].map(OsString::from).to_vec();
        assert_eq!(words(file.clone()), file);
    }

    #[test]
    fn json_is_wanted_by_the_verb_that_was_told_so() {
        let wants = |line: &str| wants_json(&Cli::command().get_matches_from(line.split(' ')));
        assert!(wants("functions sub info 1 --json"));
        assert!(wants("functions demo --json"));
        assert!(wants("functions simulate --source x.js --json"));
        assert!(!wants("functions sub info 1"));
        // A verb without the flag has none.
        assert!(!wants("functions deploy --rpc-url http://x --config x.toml"));
    }
}
