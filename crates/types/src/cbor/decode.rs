//! Reading requests, from both encoders and from strangers.
//!
//! | rule | behaviour |
//! | --- | --- |
//! | size | checked on the raw bytes before anything else |
//! | framing | first byte of major type 5: a map, and nothing may follow it; otherwise bare pairs up to the last byte |
//! | keys | text; exact spelling or any case; unknown keys are passed over, but must be well formed |
//! | duplicates | the first occurrence counts; later ones, in whatever spelling, are passed over |
//! | integers | plain or tag 2 bignum of any length, at most 64 significant bits |
//! | arrays, strings, maps | definite or indefinite |
//! | missing or null | 0, empty |
//! | source, args, bytesArgs of another type | an error of their own, once all else has proved well formed |
//! | depth | at most 32 levels in passed-over values |
//!
//! Upstream: the decoder of the official node (`core/cbor`, 2.x), which wraps bare pairs in an indefinite map.

use alloc::{string::String, vec::Vec};

use super::{DonHostedSecrets, FunctionsRequest, Location, error::DecodeError, reader::Reader};

impl FunctionsRequest {
    /// Decodes request data of at most `max_bytes` bytes.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::on_chain`] says which text a node answers with.
    pub fn decode(data: &[u8], max_bytes: usize) -> Result<Self, DecodeError> {
        if data.len() > max_bytes {
            return Err(DecodeError::TooBig(max_bytes));
        }
        let mut fields = Fields::default();
        pairs(data, |key, reader| fields.read(key, reader))?;
        // In upstream's order, whatever order the request has.
        if let Some(wrong) =
            [fields.wrong_source, fields.wrong_args, fields.wrong_bytes_args].into_iter().flatten().next()
        {
            return Err(wrong);
        }
        Ok(Self {
            code_location: location(fields.code_location)?,
            source: fields.source.unwrap_or_default(),
            args: fields.args.unwrap_or_default(),
            bytes_args: fields.bytes_args.unwrap_or_default(),
            secrets_location: location(fields.secrets_location)?,
            secrets: fields.secrets.unwrap_or_default(),
        })
    }
}

impl DonHostedSecrets {
    /// Decodes a reference, in either framing and with either spelling of the slot's key.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let (mut slot, mut version) = (None, None);
        pairs(data, |key, reader| {
            let field = match key {
                _ if key.eq_ignore_ascii_case("slotId") => &mut slot,
                _ if key.eq_ignore_ascii_case("version") => &mut version,
                _ => return reader.skip(0),
            };
            once(field, reader, integer)
        })?;
        Ok(Self { slot_id: slot.unwrap_or(0), version: version.unwrap_or(0) })
    }
}

#[derive(Default)]
struct Fields {
    code_location: Option<u64>,
    language: Option<u64>,
    source: Option<String>,
    args: Option<Vec<String>>,
    bytes_args: Option<Vec<Vec<u8>>>,
    secrets_location: Option<u64>,
    secrets: Option<Vec<u8>>,
    wrong_source: Option<DecodeError>,
    wrong_args: Option<DecodeError>,
    wrong_bytes_args: Option<DecodeError>,
}

impl Fields {
    fn read(&mut self, key: &str, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        if is("codeLocation") {
            once(&mut self.code_location, reader, integer)
        } else if is("language") || is("codeLanguage") {
            once(&mut self.language, reader, integer)?;
            match self.language {
                Some(0) | None => Ok(()),
                Some(code) => Err(DecodeError::Unsupported(code)),
            }
        } else if is("source") {
            noted(
                &mut self.source,
                &mut self.wrong_source,
                reader,
                text,
                DecodeError::Source,
                DecodeError::Source,
            )
        } else if is("args") {
            let read = |reader: &mut Reader<'_>| array(reader, text);
            noted(
                &mut self.args,
                &mut self.wrong_args,
                reader,
                read,
                DecodeError::Args,
                DecodeError::ArgsItem,
            )
        } else if is("bytesArgs") {
            let read = |reader: &mut Reader<'_>| array(reader, byte_string);
            let (whole, item) = (DecodeError::BytesArgs, DecodeError::BytesArgsItem);
            noted(&mut self.bytes_args, &mut self.wrong_bytes_args, reader, read, whole, item)
        } else if is("secretsLocation") {
            once(&mut self.secrets_location, reader, integer)
        } else if is("secrets") {
            once(&mut self.secrets, reader, byte_string)
        } else {
            reader.skip(0)
        }
    }
}

/// Walks the pairs of a map or of bare pairs; `read` must consume one value.
fn pairs(
    data: &[u8],
    mut read: impl FnMut(&str, &mut Reader<'_>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(data);
    let is_map = reader.peek().is_some_and(|first| first >> 5 == 5);
    let mut left = if is_map { reader.head()?.argument } else { None };
    loop {
        match &mut left {
            Some(0) => break,
            Some(count) => *count -= 1,
            None if is_map => {
                if reader.take_break() {
                    break;
                }
            }
            None => {
                if reader.is_empty() {
                    break;
                }
            }
        }
        let key = text(&mut reader)?;
        read(&key, &mut reader)?;
    }
    if reader.is_empty() { Ok(()) } else { Err(DecodeError::Malformed) }
}

/// Reads a value into an empty field, or passes over it when the field is filled.
fn once<T: Default>(
    field: &mut Option<T>,
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<(), DecodeError> {
    if field.is_some() {
        return reader.skip(0);
    }
    let is_null = matches!(reader.peek(), Some(0xf6 | 0xf7));
    *field = Some(if is_null { reader.skip(0).map(|()| T::default())? } else { read(reader)? });
    Ok(())
}

/// As [`once`], but a well-formed value of another type is passed over and noted: as `item` when it is an array, else
/// as `whole`.
fn noted<T: Default>(
    field: &mut Option<T>,
    wrong: &mut Option<DecodeError>,
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
    whole: DecodeError,
    item: DecodeError,
) -> Result<(), DecodeError> {
    let start = *reader;
    match once(field, reader, read) {
        Err(DecodeError::WrongType) => {
            *reader = start;
            *field = Some(T::default());
            *wrong = Some(if reader.peek().is_some_and(|first| first >> 5 == 4) { item } else { whole });
            reader.skip(0)
        }
        done => done,
    }
}

fn location(code: Option<u64>) -> Result<Location, DecodeError> {
    let code = code.unwrap_or(0);
    Location::from_code(code).ok_or(DecodeError::Unsupported(code))
}

fn integer(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    let head = reader.head()?;
    match (head.major, head.argument) {
        (0, Some(value)) => Ok(value),
        (6, Some(2)) => {
            let bytes = byte_string(reader)?;
            let significant = bytes.iter().skip_while(|byte| **byte == 0);
            if significant.clone().count() > 8 {
                return Err(DecodeError::WrongType);
            }
            Ok(significant.fold(0, |value, byte| value << 8 | u64::from(*byte)))
        }
        _ => Err(DecodeError::WrongType),
    }
}

fn byte_string(reader: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    let head = reader.head()?;
    if head.major != 2 {
        return Err(DecodeError::WrongType);
    }
    reader.string(head)
}

fn text(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let head = reader.head()?;
    if head.major != 3 {
        return Err(DecodeError::WrongType);
    }
    String::from_utf8(reader.string(head)?).map_err(|_| DecodeError::Malformed)
}

fn array<T>(
    reader: &mut Reader<'_>,
    item: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let head = reader.head()?;
    if head.major != 4 {
        return Err(DecodeError::WrongType);
    }
    let mut items = Vec::new();
    match head.argument {
        Some(count) => {
            for _ in 0..count {
                items.push(item(reader)?); // ends at the latest with the input
            }
        }
        None => {
            while !reader.take_break() {
                items.push(item(reader)?);
            }
        }
    }
    Ok(items)
}
