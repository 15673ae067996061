//! The example's unit tests, on the Router of [`functions_consumer::testing`].

use alloy_primitives::{Address, B256, address, b256};
use alloy_sol_types::{SolError, SolEvent};
use consumer_example::{ConsumerExample, OnlyOwner, Response};
use functions_consumer::{RequestBuilder, SendOptions, testing::TestRouter};

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const STRANGER: Address = address!("00000000000000000000000000000000000000bb");

fn deployed() -> (TestRouter, ConsumerExample) {
    let router = TestRouter::new();
    let mut consumer = ConsumerExample::from(&router);
    consumer.constructor(OWNER, router.address());
    router.vm().set_sender(OWNER);
    (router, consumer)
}

fn ask(consumer: &mut ConsumerExample, urls: &[u8], version: u64, args: &[&str]) -> Result<B256, Vec<u8>> {
    let args = args.iter().map(|arg| (*arg).into()).collect();
    consumer.send_request(
        "return 1".into(),
        urls.to_vec().into(),
        3,
        version,
        args,
        vec![vec![0xbe, 0xef].into()],
        7,
        100_000,
        B256::repeat_byte(4),
    )
}

#[test]
fn send_request_asks_for_what_the_owner_wants() {
    let (router, mut consumer) = deployed();
    let id = ask(&mut consumer, &[], 0, &["a", "b"]).unwrap();
    let sent = router.last();
    assert_eq!((sent.id, consumer.last_request_id()), (id, id));
    let options =
        SendOptions { subscription_id: 7, callback_gas_limit: 100_000, don_id: B256::repeat_byte(4) };
    assert_eq!(sent.options, options);
    assert_eq!((sent.request.source.as_str(), sent.request.args), ("return 1", vec!["a".into(), "b".into()]));
    assert_eq!((sent.request.bytes_args, sent.request.secrets), (vec![vec![0xbe, 0xef]], vec![]));
}

#[test]
fn send_request_names_secrets_at_urls_or_with_the_don() {
    let (router, mut consumer) = deployed();
    ask(&mut consumer, &[9; 40], 5, &[]).unwrap();
    assert_eq!(router.last().request.secrets, [9; 40]);
    ask(&mut consumer, &[], 5, &[]).unwrap();
    let hosted = RequestBuilder::inline("return 1".into()).unwrap().don_hosted_secrets(3, 5);
    let hosted = hosted.bytes_args(vec![vec![0xbe, 0xef]]).unwrap();
    assert_eq!(router.last().data, hosted.encode());
}

#[test]
fn send_request_fails_when_a_stranger_asks() {
    let (router, mut consumer) = deployed();
    router.vm().set_sender(STRANGER);
    assert_eq!(ask(&mut consumer, &[], 0, &[]), Err(OnlyOwner {}.abi_encode()));
    assert!(router.sent().is_empty());
}

#[test]
fn send_request_passes_the_refusal_of_the_router_on() {
    let (router, mut consumer) = deployed();
    router.refuse_next([1, 2, 3]);
    assert_eq!(ask(&mut consumer, &[], 0, &[]), Err(vec![1, 2, 3]));
    assert_eq!(consumer.last_request_id(), B256::ZERO);
}

#[test]
fn an_answer_is_stored_and_announced() {
    let (router, mut consumer) = deployed();
    let id = ask(&mut consumer, &[], 0, &[]).unwrap();
    router.respond(&mut consumer, id, &[7; 40]).unwrap();
    assert_eq!((consumer.last_response().to_vec(), consumer.last_error().to_vec()), (vec![7; 40], vec![]));
    let logs = router.vm().get_emitted_logs();
    let [_sent, response, fulfilled] = &logs[..] else { panic!("{logs:?}") };
    let response = Response::decode_raw_log(response.0.clone(), &response.1).unwrap();
    assert_eq!((response.requestId, response.response.to_vec()), (id, vec![7; 40]));
    assert_eq!(fulfilled.0[1], id);

    let next = ask(&mut consumer, &[], 0, &[]).unwrap();
    router.fail(&mut consumer, next, "no price").unwrap();
    assert_eq!(
        (consumer.last_response().to_vec(), consumer.last_error().to_vec()),
        (vec![], b"no price".to_vec())
    );
}

#[test]
fn an_answer_is_refused_when_it_is_not_the_routers_or_not_ours() {
    let (router, mut consumer) = deployed();
    let id = ask(&mut consumer, &[], 0, &[]).unwrap();
    let only_router = [0xc6, 0x82, 0x9f, 0x83];
    assert_eq!(router.call_back(&mut consumer, STRANGER, id, &[1], &[]), Err(only_router.to_vec()));
    router.respond(&mut consumer, id, &[1]).unwrap();
    for id in [id, b256!("00000000000000000000000000000000000000000000000000000000000000ff")] {
        let unexpected = [&[0xd0, 0x68, 0xbf, 0x5b], id.as_slice()].concat();
        assert_eq!(router.respond(&mut consumer, id, &[2]), Err(unexpected));
    }
    assert_eq!(consumer.last_response().to_vec(), [1]);
}
