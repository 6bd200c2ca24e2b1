//! TLS to a broker: whose certificates are believed, and the client's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use crate::error::{Error, Result};

/// How TLS is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// File of the certificates that are believed, in PEM; without it those that browsers believe.
    pub ca: Option<PathBuf>,
    /// File of the client's own certificate and those above it, in PEM.
    pub certificate: Option<PathBuf>,
    /// File of its key, in PEM; without it the certificate's file has it.
    pub key: Option<PathBuf>,
    /// Whether the broker's name must be in its certificate.
    pub names: Names,
}

impl TlsOptions {
    /// Makes what all connections share.
    ///
    /// # Errors
    /// `Config` for files that cannot be read or contain no certificate.
    pub fn config(&self) -> Result<Arc<ClientConfig>> {
        config(self)
    }
}

/// Whether the broker's name must be in its certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Names {
    /// It must.
    #[default]
    Checked,
    /// Any certificate of a believed authority will do.
    Ignored,
}

fn config(options: &TlsOptions) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    match &options.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|e| unusable(path).with_source(e))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let failed = |e| Error::internal("cannot set TLS up").with_source(e);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let builder = match options.names {
        Names::Checked => builder.with_root_certificates(roots),
        Names::Ignored => {
            let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|e| Error::config("no certificate is believed").with_source(e))?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName(inner)))
        }
    };
    let config = match &options.certificate {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let key_path = options.key.as_ref().unwrap_or(path);
            let key = PrivateKeyDer::from_pem_file(key_path)
                .map_err(|e| unusable(key_path).with_source(e))?;
            builder
                .with_client_auth_cert(certificates(path)?, key)
                .map_err(|e| unusable(path).with_source(e))?
        }
    };
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = read.map_err(|e| unusable(path).with_source(e))?;
    if all.is_empty() { Err(unusable(path)) } else { Ok(all) }
}

fn unusable(path: &Path) -> Error {
    Error::config("cannot use the certificates or the key of a file")
        .with("file", path.display())
        .with_hint(
            "it must be PEM; make it of a keystore with keytool -importkeystore -deststoretype PKCS12 and openssl pkcs12 -nodes",
        )
}

/// Believes a certificate whatever name it has.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let checked =
            self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match checked {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
