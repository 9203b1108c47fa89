//! The command at a target that speaks TLS with a certificate of an authority that no system knows.

use std::fs;
use std::sync::Arc;

use mock_server::MockServer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{contract, ended, folder, results};

/// A server that speaks TLS in front of another, and the certificate of its authority in PEM.
async fn encrypted(behind: &str) -> (String, String) {
    let mut params = CertificateParams::new([]).expect("good parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("good parameters");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("good versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a good certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let behind = behind.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                // A client that does not trust it hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut other = TcpStream::connect(behind).await.expect("the server behind is there");
                drop(tokio::io::copy_bidirectional(&mut stream, &mut other).await);
            });
        }
    });
    (format!("https://localhost:{port}"), authority.pem())
}

#[tokio::test]
async fn a_certificate_is_trusted_once_a_file_names_its_authority() {
    let mock = MockServer::start().await;
    let (url, authority) = encrypted(mock.base_url()).await;
    let folder = folder("trust");
    fs::create_dir_all(&folder).expect("a folder");
    let (file, empty) = (folder.join("authority.pem"), folder.join("empty.pem"));
    fs::write(&file, authority).expect("a file");
    fs::write(&empty, "no certificate\n").expect("a file");
    let only = ["run", "--only", "login.crm"];

    let (code, text) = ended(contract(Some(&url), &folder, &only)).await;
    assert_eq!(code, 2, "{text}");
    let because = results(&folder)["because"].as_str().expect("text").to_owned();
    assert!(because.starts_with("the target of DEFENTRY_BASE_URL is not trusted: "), "{because}");
    assert!(because.contains("DEFENTRY_CA_FILE names a PEM file"), "{because}");

    let mut command = contract(Some(&url), &folder, &only);
    command.env("DEFENTRY_CA_FILE", &file);
    let (code, text) = ended(command).await;
    assert!(code == 4 && text.contains(" 0 fail"), "{text}");

    let mut command = contract(Some(&url.replace("localhost", "127.0.0.1")), &folder, &only);
    command.env("DEFENTRY_CA_FILE", &file);
    let (code, text) = ended(command).await;
    assert!(code == 2 && text.contains("is not trusted: ") && text.contains("not valid for name"), "{text}");

    for (file, expected) in [(&empty, "which holds no certificate in PEM"), (&folder, "which cannot be read")] {
        let mut command = contract(Some(&url), &folder, &only);
        command.env("DEFENTRY_CA_FILE", file);
        let (code, text) = ended(command).await;
        assert!(code == 2 && text.contains("DEFENTRY_CA_FILE is ") && text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn a_scheme_that_the_target_does_not_speak_is_told() {
    let mock = MockServer::start().await;
    let url = mock.base_url().replace("http:", "https:");
    let (code, text) = ended(contract(Some(&url), &folder("plain"), &["run"])).await;
    assert!(code == 2 && text.contains("the target of DEFENTRY_BASE_URL cannot be reached: "), "{text}");
}
