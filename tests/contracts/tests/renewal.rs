//! A year in the life of deployed programs: they end, and are kept running.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use alloy::primitives::{Address, U256, hex};
use contract_tests::{GENESIS_TIME, World, system::*};
use devchain::evm::{ARB_DEBUG, ARB_OWNER, ArbDebug, ArbOwner};
use devchain::{Chain as Devnet, ChainConfig, Config, DEV_ACCOUNTS, Devchain, Handle};
use functions_client::{
    Account, Chain,
    renewal::{Remedy, quote, renew, standing},
};
use functions_types::programs::Standing;

const DAY: u64 = 86_400;

struct Scene {
    server: Handle,
    chain: Chain,
    payer: Account,
    router: Address,
    coordinator: Address,
}

impl Scene {
    async fn new() -> Self {
        Self::on(World::new()).await
    }

    async fn on(world: World) -> Self {
        let mut system = System::on(world, billing_config());
        system.world.chain.set_balance(DEV_ACCOUNTS[0].address, U256::from(LINK));
        let (router, coordinator) = (system.router, system.coordinator);
        let server = Devchain::start(Config { port: 0, ..Config::default() }).await.unwrap();
        *server.api().chain_mut() = system.world.chain;
        let chain = Chain::connect(&server.rpc_url).await.unwrap();
        let payer = Account::from_hex(&hex::encode(DEV_ACCOUNTS[0].private_key)).unwrap();
        Self { server, chain, payer, router, coordinator }
    }

    fn wait(&self, days: u64) {
        let mut chain = self.server.api().chain_mut();
        chain.increase_time(days * DAY).unwrap();
        chain.mine();
    }

    async fn standing(&self, address: Address) -> Option<Standing> {
        standing(&self.chain, address).await.unwrap()
    }
}

#[tokio::test]
async fn programs_are_kept_alive_before_their_year_ends() {
    let scene = Scene::new().await;
    let fresh = scene.standing(scene.router).await.expect("a program");
    assert_eq!((fresh.days_left(), Remedy::of(&fresh)), (364, None));
    scene.wait(280);
    let late = scene.standing(scene.router).await.expect("a program");
    assert!(late.runs() && late.days_left() < 90, "{late}");
    let remedy = Remedy::of(&late).expect("it nears its end");
    assert_eq!(remedy, Remedy::KeepAlive);
    let quoted = quote(&scene.chain, scene.router, remedy).await.unwrap();
    assert!(quoted > U256::ZERO);
    let before = scene.chain.balance(scene.payer.address()).await.unwrap();
    let renewed = renew(&scene.chain, &scene.payer, scene.router, remedy).await.unwrap();
    // What was sent above the fee came back.
    let paid = before - scene.chain.balance(scene.payer.address()).await.unwrap();
    let gas = U256::from(renewed.gas_used) * U256::from(renewed.gas_price_wei);
    assert_eq!(paid, renewed.data_fee_wei + gas);
    let again = scene.standing(scene.router).await.expect("a program");
    assert_eq!((again.days_left(), Remedy::of(&again)), (364, None));
    // The others are as late as before.
    assert!(scene.standing(scene.coordinator).await.expect("a program").days_left() < 90);
}

#[tokio::test]
async fn programs_whose_year_is_over_are_activated_again() {
    let scene = Scene::new().await;
    scene.wait(366);
    let over = scene.standing(scene.coordinator).await.expect("a program");
    assert!(matches!(over, Standing::Expired { .. }), "{over}");
    let view = functions_client::abi::Coordinator::ownerCall {};
    scene.chain.call(scene.coordinator, &view).await.expect_err("it does not run");
    let remedy = Remedy::of(&over).expect("it is over");
    assert_eq!(remedy, Remedy::Activate);
    renew(&scene.chain, &scene.payer, scene.coordinator, remedy).await.unwrap();
    let again = scene.standing(scene.coordinator).await.expect("a program");
    assert_eq!((again.days_left(), Remedy::of(&again)), (364, None));
    assert_eq!(scene.chain.call(scene.coordinator, &view).await.unwrap(), OWNER);
}

#[tokio::test]
async fn programs_that_an_upgrade_of_the_chain_outdates_are_activated_again() {
    let mut world = World::new();
    let config =
        ChainConfig { arbos_version: 51, clock: Arc::new(|| GENESIS_TIME), ..ChainConfig::default() };
    world.chain = Devnet::new(config);
    world.run(OWNER, ARB_DEBUG, &ArbDebug::becomeChainOwnerCall {}).ok();
    let timestamp = GENESIS_TIME + 30 * DAY;
    world.run(OWNER, ARB_OWNER, &ArbOwner::scheduleArbOSUpgradeCall { newVersion: 60, timestamp }).ok();
    let scene = Scene::on(world).await;
    assert!(scene.standing(scene.router).await.expect("a program").runs());
    // The block that meets the time upgrades the chain; the next one has its rules.
    scene.wait(31);
    scene.wait(0);
    let outdated = scene.standing(scene.router).await.expect("a program");
    assert_eq!(outdated, Standing::Outdated { version: 2, stylus_version: 3 });
    let view = functions_client::abi::Router::ownerCall {};
    scene.chain.call(scene.router, &view).await.expect_err("it does not run");
    for contract in [scene.router, scene.coordinator] {
        let standing = scene.standing(contract).await.expect("a program");
        let remedy = Remedy::of(&standing).expect("it is outdated");
        assert_eq!(remedy, Remedy::Activate);
        renew(&scene.chain, &scene.payer, contract, remedy).await.unwrap();
        let again = scene.standing(contract).await.expect("a program");
        assert_eq!((again.days_left(), Remedy::of(&again)), (364, None));
    }
    assert_eq!(scene.chain.call(scene.router, &view).await.unwrap(), OWNER);
}

#[tokio::test]
async fn other_contracts_have_no_standing() {
    let scene = Scene::new().await;
    assert_eq!(scene.standing(DEV_ACCOUNTS[0].address).await, None);
    assert_eq!(scene.standing(functions_client::stylus::STYLUS_DEPLOYER).await, None);
}
