//! The certificates of authorities that are trusted beside the system's.

use std::sync::Arc;

use reqwest::{Certificate, ClientBuilder};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;

/// Which certificates are trusted: the system's, and those of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    further: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Those of a PEM file too.
    pub(crate) fn with_file(path: &str) -> Result<Self, String> {
        let unread = |error: &dyn std::fmt::Display| format!("is {path:?}, which cannot be read: {error}");
        let pem = std::fs::read(path).map_err(|error| unread(&error))?;
        let further: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match further {
            Ok(further) if further.is_empty() => Err(format!("is {path:?}, which holds no certificate in PEM")),
            Ok(further) => Ok(Self { further }),
            Err(error) => Err(unread(&error)),
        }
    }

    /// An HTTP client that goes by them.
    pub(crate) fn trusted_by(&self, client: ClientBuilder) -> reqwest::Result<ClientBuilder> {
        let certificates: reqwest::Result<Vec<_>> = self.further.iter().map(|der| Certificate::from_der(der)).collect();
        Ok(client.tls_certs_merge(certificates?))
    }

    /// What makes TLS connections that go by them.
    pub(crate) fn connector(&self) -> Result<TlsConnector, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new_with_extra_roots(self.further.iter().cloned(), Arc::clone(&provider))?;
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// The cause of a failure of TLS, with what helps against it.
pub(crate) fn advised(cause: String) -> String {
    match cause.contains("invalid peer certificate") {
        true => cause + " (DEFENTRY_CA_FILE names a PEM file with the certificate of a private authority)",
        false => cause,
    }
}
