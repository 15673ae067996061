//! Vectors made by the JavaScript toolkit 0.3.2 (V1 to V6) and by the Solidity library 1.3.0 (S1, S2, S4, S5), and
//! properties.

use proptest::prelude::*;

use super::*;

const V1: &str = "a366736f75726365782372657475726e2046756e6374696f6e732e656e636f646555696e74323536283432293b6c636f64654c616e6775616765006c636f64654c6f636174696f6e00";
const V2: &str = "a464617267738363455448635553446066736f75726365782772657475726e2046756e6374696f6e732e656e636f6465537472696e6728617267735b305d293b6c636f64654c616e6775616765006c636f64654c6f636174696f6e00";
const V3: &str = "a466736f75726365783572657475726e2046756e6374696f6e732e656e636f646555696e7432353628426967496e74286279746573417267735b305d29293b6962797465734172677383410144deadbeef406c636f64654c616e6775616765006c636f64654c6f636174696f6e00";
const V4: &str = "a6646172677381616166736f75726365782972657475726e2046756e6374696f6e732e656e636f6465537472696e6728736563726574732e6b293b67736563726574735000112233445566778899aabbccddeeff6c636f64654c616e6775616765006c636f64654c6f636174696f6e006f736563726574734c6f636174696f6e01";
const V5: &str = "a7646172677381617866736f75726365783e72657475726e2046756e6374696f6e732e656e636f6465537472696e6728736563726574732e6b2b617267735b305d2b6279746573417267735b305d293b677365637265747356a266736c6f744964006776657273696f6e1a6553f100696279746573417267738141ff6c636f64654c616e6775616765006c636f64654c6f636174696f6e006f736563726574734c6f636174696f6e02";
const V6: &str = "a564617267738066736f75726365672f2fc3a9e29c9369627974657341726773806c636f64654c616e6775616765006c636f64654c6f636174696f6e00";
const S1: &str = "6c636f64654c6f636174696f6ec258200000000000000000000000000000000000000000000000000000000000000000686c616e6775616765c25820000000000000000000000000000000000000000000000000000000000000000066736f75726365782372657475726e2046756e6374696f6e732e656e636f646555696e74323536283432293b";
const S2: &str = "6c636f64654c6f636174696f6ec258200000000000000000000000000000000000000000000000000000000000000000686c616e6775616765c25820000000000000000000000000000000000000000000000000000000000000000066736f75726365782772657475726e2046756e6374696f6e732e656e636f6465537472696e6728617267735b305d293b64617267739f634554486355534460ff";
const S4: &str = "6c636f64654c6f636174696f6ec258200000000000000000000000000000000000000000000000000000000000000000686c616e6775616765c25820000000000000000000000000000000000000000000000000000000000000000066736f75726365782972657475726e2046756e6374696f6e732e656e636f6465537472696e6728736563726574732e6b293b64617267739f6161ff6f736563726574734c6f636174696f6ec25820000000000000000000000000000000000000000000000000000000000000000167736563726574735000112233445566778899aabbccddeeff";
const S5: &str = "6c636f64654c6f636174696f6ec258200000000000000000000000000000000000000000000000000000000000000000686c616e6775616765c25820000000000000000000000000000000000000000000000000000000000000000066736f75726365783e72657475726e2046756e6374696f6e732e656e636f6465537472696e6728736563726574732e6b2b617267735b305d2b6279746573417267735b305d293b64617267739f6178ff6f736563726574734c6f636174696f6ec25820000000000000000000000000000000000000000000000000000000000000000267736563726574735566736c6f744944006776657273696f6e1a6553f100696279746573417267739f41ffff";

const MAX: usize = 30_720;
const MAP: Framing = Framing::Map(EmptyArrays::Omit);

fn request(source: &str, args: &[&str], bytes_args: &[&[u8]]) -> FunctionsRequest {
    FunctionsRequest {
        source: source.into(),
        args: args.iter().map(|arg| (*arg).into()).collect(),
        bytes_args: bytes_args.iter().map(|arg| arg.to_vec()).collect(),
        ..FunctionsRequest::default()
    }
}

fn with_secrets(request: FunctionsRequest, location: Location, secrets: Vec<u8>) -> FunctionsRequest {
    FunctionsRequest { secrets_location: location, secrets, ..request }
}

fn remote_reference() -> Vec<u8> {
    hex::decode("00112233445566778899aabbccddeeff").unwrap()
}

fn v4() -> FunctionsRequest {
    with_secrets(
        request("return Functions.encodeString(secrets.k);", &["a"], &[]),
        Location::Remote,
        remote_reference(),
    )
}

fn v5(framing: Framing) -> FunctionsRequest {
    let secrets = DonHostedSecrets { slot_id: 0, version: 1_700_000_000 }.encode(framing);
    let source = "return Functions.encodeString(secrets.k+args[0]+bytesArgs[0]);";
    with_secrets(request(source, &["x"], &[&[0xff]]), Location::DonHosted, secrets)
}

#[test]
fn vectors_encode_and_decode() {
    let v1 = request("return Functions.encodeUint256(42);", &[], &[]);
    let v2 = request("return Functions.encodeString(args[0]);", &["ETH", "USD", ""], &[]);
    let source = "return Functions.encodeUint256(BigInt(bytesArgs[0]));";
    let v3 = request(source, &[], &[&[1], &[0xde, 0xad, 0xbe, 0xef], &[]]);
    let v6 = request("//é✓", &[], &[]);
    let cases = [
        (V1, &v1, MAP),
        (V2, &v2, MAP),
        (V3, &v3, MAP),
        (V4, &v4(), MAP),
        (V5, &v5(MAP), MAP),
        (V6, &v6, Framing::Map(EmptyArrays::Keep)),
        (S1, &v1, Framing::Pairs),
        (S2, &v2, Framing::Pairs),
        (S4, &v4(), Framing::Pairs),
        (S5, &v5(Framing::Pairs), Framing::Pairs),
    ];
    for (vector, request, framing) in cases {
        assert_eq!(hex::encode(request.encode(framing)), vector);
        assert_eq!(FunctionsRequest::decode(&hex::decode(vector).unwrap(), MAX).as_ref(), Ok(request));
    }
}

#[test]
fn hosted_references_encode_and_decode() {
    let reference = DonHostedSecrets { slot_id: 255, version: 1 << 32 };
    let map = hex::decode("a266736c6f74496418ff6776657273696f6e1b0000000100000000").unwrap();
    let pairs = hex::decode("66736c6f74494418ff6776657273696f6e1b0000000100000000").unwrap();
    assert_eq!(reference.encode(MAP), map);
    assert_eq!(reference.encode(Framing::Pairs), pairs);
    assert_eq!(DonHostedSecrets::decode(&map), Ok(reference));
    assert_eq!(DonHostedSecrets::decode(&pairs), Ok(reference));
}

fn decode(hex: &str) -> Result<FunctionsRequest, DecodeError> {
    FunctionsRequest::decode(&hex::decode(hex).unwrap(), MAX)
}

#[test]
fn lenient_forms_decode() {
    assert_eq!(decode(""), Ok(FunctionsRequest::default()));
    assert_eq!(decode("a0"), Ok(FunctionsRequest::default()));
    assert_eq!(decode("bfff"), Ok(FunctionsRequest::default()));
    let source = Ok(request("x", &[], &[]));
    assert_eq!(decode("66736f757263656178"), source); // bare pair
    assert_eq!(decode("66534f555243456178"), source); // SOURCE
    assert_eq!(decode("bf66736f75726365617866736f757263656179ff"), source); // duplicate: the first counts
    assert_eq!(decode("66736f757263657f617860ff"), source); // chunked text
    assert_eq!(decode("66736f75726365617863666f6f8201a16162f97e00"), source); // unknown key, nested value
    assert_eq!(decode("66736f7572636561786461726773f6"), source); // null is empty
    assert_eq!(decode("66736f7572636561786c636f64654c6f636174696f6ec240"), source); // empty bignum is 0
}

#[test]
fn decode_fails_when_bytes_are_hostile() {
    use DecodeError::*;
    assert_eq!(FunctionsRequest::decode(&[0; 11], 10), Err(TooBig(10)));
    for (bytes, error) in [
        ("a1", Malformed),                                               // a pair is missing
        ("a000", Malformed),                                             // bytes behind the map
        ("ff", WrongType),                                               // break outside
        ("00", WrongType),                                               // a key that is no text
        ("66736f7572636501", Source),                                    // source is a number
        ("66736f75726365ff", Malformed),                                 // value is a break
        ("66736f757263657bffffffffffffffff", Malformed),                 // text longer than the input
        ("64617267739bffffffffffffffff", Malformed),                     // array longer than the input
        ("6461726773814101", ArgsItem),                                  // bytes among texts
        ("66736f7572636561ff", Malformed),                               // not UTF-8
        ("6c636f64654c6f636174696f6e03", Unsupported(3)),                // location 3
        ("6c636f64654c6f636174696f6ec249010000000000000000", WrongType), // 65-bit bignum
        ("6c636f64654c6f636174696f6e20", WrongType),                     // negative
        ("686c616e677561676501", Unsupported(1)),                        // language 1
        ("6178f810", Malformed),                                         // badly written simple value
        ("61781c", Malformed),                                           // reserved head
    ] {
        assert_eq!(decode(bytes), Err(error), "{bytes}");
    }
    let deep = ["6178".to_owned(), "81".repeat(40), "00".to_owned()].concat();
    assert_eq!(decode(&deep), Err(TooDeep));
}

#[test]
fn decode_fails_quickly_when_lengths_are_huge() {
    // 2^63 pairs announced: the walk must end with the input, not with the count.
    assert_eq!(decode("bb8000000000000000"), Err(DecodeError::Malformed));
    assert_eq!(decode("6178bb8000000000000000"), Err(DecodeError::Malformed));
}

fn any_request() -> impl Strategy<Value = FunctionsRequest> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    (
        ".{0,300}",
        prop::collection::vec(".{0,40}", 0..4),
        prop::collection::vec(bytes(), 0..4),
        bytes(),
        0..3u64,
    )
        .prop_map(|(source, args, bytes_args, secrets, location)| FunctionsRequest {
            code_location: Location::Inline,
            source,
            args,
            bytes_args,
            secrets_location: if secrets.is_empty() {
                Location::Inline
            } else {
                Location::from_code(location).unwrap()
            },
            secrets,
        })
}

proptest! {
    #[test]
    fn decode_returns_what_encode_wrote(request in any_request()) {
        for framing in [MAP, Framing::Map(EmptyArrays::Keep), Framing::Pairs] {
            let decoded = FunctionsRequest::decode(&request.encode(framing), MAX);
            prop_assert_eq!(decoded.as_ref(), Ok(&request));
        }
    }

    #[test]
    fn decode_never_panics(data in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = FunctionsRequest::decode(&data, MAX);
        let _ = DonHostedSecrets::decode(&data);
    }

    #[test]
    fn decode_never_panics_when_a_request_is_damaged(request in any_request(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        for framing in [MAP, Framing::Pairs] {
            let mut data = request.encode(framing);
            let index = at.index(data.len());
            data[index] = byte;
            data.truncate(cut.index(data.len() + 1));
            let _ = FunctionsRequest::decode(&data, MAX);
        }
    }
}
