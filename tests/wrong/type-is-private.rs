mod inner {
    struct Secret;

    pub struct Public;

    impl Public {
        fn hidden(&self) {}
    }

    #[humanloop::tool]
    pub fn reveals(secret: Secret) -> Secret {
        secret
    }

    #[humanloop::tool]
    pub async fn reveals_async() -> Secret {
        Secret
    }

    #[humanloop::tool]
    fn unreachable() {}
}

pub use inner::{Public, reveals, reveals_async};

#[humanloop::tool]
pub async fn calls(public: &Public) {
    public.hidden();
    inner::unreachable();
}
