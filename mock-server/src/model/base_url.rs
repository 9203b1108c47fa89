//! The address at which a client reached a world, where links to it begin.

/// Below this path every route is reached again, in the world of a sandbox.
pub(crate) const SANDBOX_PREFIX: &str = "/_sandbox/";

/// The address of a world, as the client of a request reached it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BaseUrl<'a> {
    /// The address that the server was told to have.
    pub(crate) public_url: Option<&'a str>,
    /// The `Host` of the request.
    pub(crate) host: &'a str,
    /// The name of the sandbox; none for the main world.
    pub(crate) sandbox: Option<&'a str>,
}

impl BaseUrl<'_> {
    /// The address without a slash at the end.
    pub(crate) fn url(self) -> String {
        let root = match self.public_url {
            Some(url) => url.to_owned(),
            None => format!("http://{}", self.host),
        };
        match self.sandbox {
            Some(sandbox) => sandbox_url(&root, sandbox),
            None => root,
        }
    }

    /// The address of a sandbox of the same server.
    pub(crate) fn of_sandbox(self, sandbox: &str) -> String {
        BaseUrl { sandbox: Some(sandbox), ..self }.url()
    }
}

/// The address of a sandbox of the server at `root`.
pub(crate) fn sandbox_url(root: &str, sandbox: &str) -> String {
    format!("{root}{SANDBOX_PREFIX}{sandbox}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_where_the_client_reached_the_world() {
        let base = BaseUrl { public_url: None, host: "mock:8650", sandbox: None };
        assert_eq!(base.url(), "http://mock:8650");
        assert_eq!(base.of_sandbox("abc"), "http://mock:8650/_sandbox/abc");
        let public = BaseUrl { public_url: Some("https://mock.example"), ..base };
        assert_eq!(public.of_sandbox("abc"), "https://mock.example/_sandbox/abc");
    }
}
