//! Bodies: read up to a limit, unpacked, and read as JSON whatever type they claim to be.

use std::io::Read;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use humanloop_api::{OneOrMany, RawValue, json};
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::Problem;

/// The most bytes of a body, as it comes and unpacked.
const MOST: usize = 64 << 20;
/// The most items of a list.
const MOST_ITEMS: usize = 50_000;

/// The bytes of a request's body, unpacked.
#[derive(Debug)]
pub(crate) struct Body(Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let headers = request.headers();
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let packed = header(header::CONTENT_ENCODING).map(str::to_ascii_lowercase);
        let length = header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if length.is_some_and(|length| length > MOST as u64) {
            return Err(too_big());
        }
        let body = request.into_body();
        let bytes = to_bytes(body, MOST).await.map_err(|error| {
            use std::error::Error;
            match error.source() {
                Some(cause) if cause.to_string().contains("limit") => too_big(),
                _ => Problem::new(StatusCode::BAD_REQUEST, "the body broke off before its end"),
            }
        })?;
        match packed.as_deref() {
            None | Some("" | "identity") => Ok(Self(bytes)),
            Some(name @ ("gzip" | "x-gzip" | "zstd")) => {
                let name = name.to_owned();
                let unpacked = tokio::task::spawn_blocking(move || unpack(&name, &bytes)).await;
                unpacked.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?
            }
            Some(name) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!("the body is packed as `{name}`: send it plain, or as gzip or zstd"),
            )),
        }
    }
}

fn too_big() -> Problem {
    let text = format!("the body is bigger than {} MiB: send less at a time", MOST >> 20);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, text)
}

fn unpack(name: &str, bytes: &[u8]) -> Result<Body, Problem> {
    let wrong = |error: &dyn std::fmt::Display| {
        Problem::new(StatusCode::BAD_REQUEST, format!("the body is not the {name} that it claims to be: {error}"))
    };
    let mut unpacked = Vec::new();
    let limit = MOST as u64 + 1;
    if name == "zstd" {
        let decoder = ruzstd::decoding::StreamingDecoder::new(bytes).map_err(|error| wrong(&error))?;
        decoder.take(limit).read_to_end(&mut unpacked).map_err(|error| wrong(&error))?;
    } else {
        let decoder = flate2::read::MultiGzDecoder::new(bytes);
        decoder.take(limit).read_to_end(&mut unpacked).map_err(|error| wrong(&error))?;
    }
    if unpacked.len() > MOST { Err(too_big()) } else { Ok(Body(unpacked.into())) }
}

impl Body {
    /// The body as JSON.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // A body that is right is read once; the second time is for the place of what is wrong.
        serde_json::from_slice(&self.0).or_else(|_| read(&self.0))
    }

    /// The body as JSON, where no body means an empty object.
    pub(crate) fn read_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.0.is_empty() { Ok(T::default()) } else { self.read() }
    }

    /// One thing, or a list of them.
    pub(crate) fn read_one_or_many<T: DeserializeOwned>(&self) -> Result<OneOrMany<T>, Problem> {
        if self.0.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
            return self.read().map(OneOrMany::One);
        }
        let items: Vec<T> = self.read()?;
        if items.len() > MOST_ITEMS {
            let text = format!("the list has {} items: send at most {MOST_ITEMS} at a time", items.len());
            return Err(Problem::field(&["body"], text));
        }
        Ok(OneOrMany::Many(items))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut source);
    let read = read.map_err(|error| Problem::at(place(error.path()), error.into_inner().to_string()))?;
    source.end().map_err(|error| Problem::field(&["body"], error.to_string()))?;
    Ok(read)
}

fn place(path: &Path) -> Vec<Box<RawValue>> {
    let parts = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(json(index)),
        Segment::Map { key } => Some(json(key)),
        Segment::Enum { variant } => Some(json(variant)),
        Segment::Unknown => None,
    });
    std::iter::once(json("body")).chain(parts).collect()
}
