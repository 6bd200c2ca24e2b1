//! What a client says to prove who it is: PLAIN and SCRAM. Pure; the exchange is carried out by the connection.
//!
//! Source: RFC 4616, RFC 5802, RFC 7677.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256, Sha512};

use crate::error::{Error, Result};

/// Rounds of a password's hash that a server may ask for; more would only keep the client busy.
const MAX_ROUNDS: u32 = 1 << 20;
/// Rounds below which a server is not believed. Source: RFC 7677, and Kafka `ScramMechanism`.
const MIN_ROUNDS: u32 = 4096;

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// Name and password as they are: only over TLS.
    Plain,
    /// The password's hash by SHA-256.
    ScramSha256,
    /// The password's hash by SHA-512.
    ScramSha512,
}

impl Mechanism {
    /// Gives its name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

/// Who a client is; prints without the password.
#[derive(Clone)]
pub struct Credentials {
    /// How it is proved.
    pub mechanism: Mechanism,
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("mechanism", &self.mechanism)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Gives the only message of PLAIN.
    pub(super) fn plain(&self) -> Vec<u8> {
        format!("\0{}\0{}", self.user, self.password).into_bytes()
    }

    /// Begins SCRAM with a nonce that has not been used before.
    pub(super) fn scram(&self, nonce: &str) -> Scram {
        let user = self.user.replace('=', "=3D").replace(',', "=2C");
        Scram {
            mechanism: self.mechanism,
            password: self.password.clone(),
            nonce: nonce.to_owned(),
            first: format!("n={user},r={nonce}"),
        }
    }
}

/// A SCRAM exchange whose first message is made.
pub(super) struct Scram {
    mechanism: Mechanism,
    password: String,
    nonce: String,
    first: String,
}

fn refused(what: &str) -> Error {
    Error::config(format!("the broker's side of SCRAM is wrong: {what}"))
        .with_hint("check 'properties.sasl.mechanism' and the password")
}

impl Scram {
    pub(super) fn first_message(&self) -> Vec<u8> {
        format!("n,,{}", self.first).into_bytes()
    }

    /// Answers the server's challenge; gives the message and what the server must say to it.
    ///
    /// # Errors
    /// `Config` if the challenge is none, or not an answer to the first message.
    pub(super) fn final_message(&self, challenge: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let challenge = std::str::from_utf8(challenge).map_err(|_| refused("not text"))?;
        let field = |name: &str| challenge.split(',').find_map(|f| f.strip_prefix(name));
        let nonce = field("r=").ok_or_else(|| refused("no nonce"))?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(refused("not our nonce"));
        }
        let salt = field("s=").and_then(|s| BASE64.decode(s).ok());
        let salt = salt.ok_or_else(|| refused("no salt"))?;
        let rounds: u32 =
            field("i=").and_then(|i| i.parse().ok()).ok_or_else(|| refused("no rounds"))?;
        if !(MIN_ROUNDS..=MAX_ROUNDS).contains(&rounds) {
            return Err(refused("number of rounds").with("rounds", rounds));
        }
        let bare = format!("c=biws,r={nonce}");
        let signed = format!("{},{challenge},{bare}", self.first);
        let (proof, signature) = match self.mechanism {
            Mechanism::ScramSha512 => {
                prove::<Sha512>(self.password.as_bytes(), &salt, rounds, signed.as_bytes())
            }
            Mechanism::Plain | Mechanism::ScramSha256 => {
                prove::<Sha256>(self.password.as_bytes(), &salt, rounds, signed.as_bytes())
            }
        };
        let message = format!("{bare},p={}", BASE64.encode(proof)).into_bytes();
        Ok((message, format!("v={}", BASE64.encode(signature)).into_bytes()))
    }
}

/// Gives the client's proof and the server's signature.
fn prove<D: Digest>(
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    signed: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let salted = stretch::<D>(password, salt, rounds);
    let client_key = hmac::<D>(&salted, b"Client Key");
    let stored = D::digest(&client_key).to_vec();
    let signature = hmac::<D>(&stored, signed);
    let proof = client_key.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
    (proof, hmac::<D>(&hmac::<D>(&salted, b"Server Key"), signed))
}

/// PBKDF2 of one block.
fn stretch<D: Digest>(password: &[u8], salt: &[u8], rounds: u32) -> Vec<u8> {
    let mut last = hmac::<D>(password, &[salt, &[0, 0, 0, 1]].concat());
    let mut all = last.clone();
    for _ in 1..rounds {
        last = hmac::<D>(password, &last);
        all.iter_mut().zip(&last).for_each(|(a, b)| *a ^= b);
    }
    all
}

/// HMAC after RFC 2104.
fn hmac<D: Digest>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // Blocks of SHA-512 are twice as large as its 64 bytes, those of SHA-256 twice its 32.
    let block = <D as Digest>::output_size() * 2;
    let mut key = if key.len() > block { D::digest(key).to_vec() } else { key.to_vec() };
    key.resize(block, 0);
    let pad = |with: u8| key.iter().map(|k| k ^ with).collect::<Vec<_>>();
    let inner = D::new().chain_update(pad(0x36)).chain_update(message).finalize();
    D::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(mechanism: Mechanism, nonce: &str, challenge: &str) -> (String, String) {
        let credentials =
            Credentials { mechanism, user: "user".to_owned(), password: "pencil".to_owned() };
        let scram = credentials.scram(nonce);
        assert_eq!(scram.first_message(), format!("n,,n=user,r={nonce}").into_bytes());
        let (message, signature) = scram.final_message(challenge.as_bytes()).unwrap();
        (String::from_utf8(message).unwrap(), String::from_utf8(signature).unwrap())
    }

    #[test]
    fn the_example_of_rfc_7677() {
        let (message, signature) = exchange(
            Mechanism::ScramSha256,
            "rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        );
        assert!(message.ends_with(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), "{message}");
        assert_eq!(signature, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn a_challenge_that_is_none_is_refused() {
        let credentials = Credentials {
            mechanism: Mechanism::ScramSha512,
            user: "a=b,c".to_owned(),
            password: "x".to_owned(),
        };
        let scram = credentials.scram("abc");
        assert_eq!(scram.first_message(), b"n,,n=a=3Db=2Cc,r=abc");
        for challenge in [
            "",
            "r=abc,s=AA==,i=4096",
            "r=abd1,s=AA==,i=4096",
            "r=abc1,s=AA==,i=1",
            "r=abc1,s=?,i=4096",
            "r=abc1,s=AA==,i=99999999",
        ] {
            assert!(scram.final_message(challenge.as_bytes()).is_err(), "{challenge}");
        }
        assert!(!format!("{credentials:?}").contains('x'), "no password in logs");
    }
}
