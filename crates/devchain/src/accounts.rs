//! The funded accounts of a fresh chain. Their keys are printed in public documentation: never send them anything of
//! value.

use alloy::{
    consensus::{EthereumTxEnvelope, EthereumTypedTransaction, SignableTransaction, TxEip4844},
    primitives::{Address, B256, Signature, U256, address, b256, utils::Unit},
};
use k256::ecdsa::SigningKey;

/// Address and private key of one account.
#[derive(Clone, Copy)]
pub struct DevAccount {
    /// The account.
    pub address: Address,
    /// Its secp256k1 key. Public knowledge.
    pub private_key: B256,
}

/// Account 0 is the one a Nitro development node funds; 1 to 11 come from the mnemonic
/// `test test test test test test test test test test test junk` at `m/44'/60'/0'/0/0..10`.
pub const DEV_ACCOUNTS: [DevAccount; 12] = [
    account(
        address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E"),
        b256!("b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659"),
    ),
    account(
        address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    ),
    account(
        address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    ),
    account(
        address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    ),
    account(
        address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
        b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    ),
    account(
        address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
        b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    ),
    account(
        address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
        b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    ),
    account(
        address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
        b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    ),
    account(
        address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
        b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    ),
    account(
        address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
        b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    ),
    account(
        address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
        b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
    ),
    account(
        address!("Bcd4042DE499D14e55001CcbB24a551F3b954096"),
        b256!("f214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897"),
    ),
];

/// Balance of every dev account at genesis: 10 000 ether, in wei.
pub fn dev_balance() -> U256 {
    Unit::ETHER.wei() * U256::from(10_000)
}

const fn account(address: Address, private_key: B256) -> DevAccount {
    DevAccount { address, private_key }
}

/// Signs a transaction for a dev account; `None` when the address is not one of them.
pub(crate) fn sign(
    from: Address,
    transaction: EthereumTypedTransaction<TxEip4844>,
) -> Option<EthereumTxEnvelope<TxEip4844>> {
    let signature = sign_hash(from, transaction.signature_hash())?;
    Some(EthereumTxEnvelope::new_unhashed(transaction, signature))
}

/// Signs a hash for a dev account; `None` when the address is not one of them.
pub(crate) fn sign_hash(from: Address, hash: B256) -> Option<Signature> {
    let account = DEV_ACCOUNTS.iter().find(|account| account.address == from)?;
    let key = SigningKey::from_slice(account.private_key.as_slice()).ok()?;
    let (signature, recovery) = key.sign_prehash_recoverable(hash.as_slice()).ok()?;
    Some(Signature::from((signature, recovery)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn addresses_belong_to_their_keys() {
        for account in DEV_ACCOUNTS {
            let key = SigningKey::from_slice(account.private_key.as_slice()).unwrap();
            assert_eq!(Address::from_private_key(&key), account.address);
        }
    }
}
