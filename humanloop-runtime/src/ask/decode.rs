//! A model's text into a value: also when the JSON stands in a fence, or in prose.

use serde::de::DeserializeOwned;

use super::Decoded;
use crate::response::Response;

/// The text, without the white space around it.
pub(super) fn text(response: &Response) -> Result<Decoded<String>, String> {
    Ok(Decoded { value: response.text().trim().to_owned(), json: None })
}

/// The response as it is.
pub(super) fn whole(response: &Response) -> Result<Decoded<Response>, String> {
    Ok(Decoded { value: response.clone(), json: None })
}

/// The first value of the wanted type that stands in the text; else what is wrong with the nearest.
pub(super) fn value<T: DeserializeOwned>(response: &Response) -> Result<Decoded<T>, String> {
    of_text(response.text())
}

pub(super) fn of_text<T: DeserializeOwned>(text: &str) -> Result<Decoded<T>, String> {
    let mut words = None;
    for json in candidates(text) {
        match read(json) {
            Ok(value) => return Ok(Decoded { value, json: Some(json.to_owned()) }),
            Err(problem) => {
                // What cannot be an object of its own stands in one that has no other field.
                let inner = serde_json::from_str::<Wrapped>(json).ok();
                if let Some((inner, value)) = inner.and_then(|Wrapped { value }| Some((read(value.get()).ok()?, value)))
                {
                    return Ok(Decoded { value: inner, json: Some(value.get().to_owned()) });
                }
                words.get_or_insert(problem);
            }
        }
    }
    Err(words.unwrap_or_else(|| "there is no JSON in it".into()))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    value: Box<humanloop_api::RawValue>,
}

/// A value of JSON; the error names the place in it: `lines[2].price: invalid type: …`.
fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.inner().to_string());
        // Line and column say nothing to a model.
        let inner = inner.split(" at line ").next().unwrap_or_default();
        if path == "." { inner.to_owned() } else { format!("{path}: {inner}") }
    })
}

/// The parts of a text that are JSON, best first: the whole of it, what stands in fences, and what begins at a bracket.
fn candidates(text: &str) -> Vec<&str> {
    let fenced = text.split("```").skip(1).step_by(2).map(|fence| {
        // The word behind the fence is its language.
        fence
            .split_once('\n')
            .filter(|(word, _)| word.trim().chars().all(char::is_alphanumeric))
            .map_or(fence, |(_, json)| json)
    });
    let mut all: Vec<&str> = [text].into_iter().chain(fenced).map(str::trim).filter(|json| is_json(json)).collect();
    let mut from = 0;
    while let Some(start) = text[from..].find(['{', '[']).map(|start| from + start) {
        // A value ends where it is whole, whatever follows.
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<&humanloop_api::RawValue>();
        match values.next() {
            Some(Ok(value)) => {
                all.push(value.get());
                from = start + value.get().len();
            }
            _ => from = start + 1,
        }
    }
    all
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<&humanloop_api::RawValue>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Answer {
        country: String,
        year: u16,
    }

    #[test]
    fn json_is_found_in_a_fence_and_in_prose() {
        let json = r#"{"country": "Sweden", "year": 2023}"#;
        for text in [
            json.to_owned(),
            format!("```json\n{json}\n```"),
            format!("Here you are:\n```\n{json}\n```\nIs that {{fine}}?"),
            format!("The answer is {json}, as [1] says."),
            format!("[1] says: {json}"),
            format!("{{\"value\": {json}}}"),
        ] {
            let decoded: Decoded<Answer> = of_text(&text).unwrap_or_else(|words| panic!("{words}: {text}"));
            assert_eq!(decoded.value, Answer { country: "Sweden".into(), year: 2023 });
            assert_eq!(decoded.json.as_deref(), Some(json));
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_without_line_and_column() {
        for (text, words) in [
            ("Sweden", "there is no JSON in it"),
            (r#"{"country": "Sweden"}"#, "missing field `year`"),
            (r#"{"country": "Sweden", "year": 70000}"#, "year: invalid value: integer `70000`, expected u16"),
            (r#"{"country": "Sweden", "year": "2023"}"#, "year: invalid type: string \"2023\", expected u16"),
        ] {
            assert_eq!(of_text::<Answer>(text).err().as_deref(), Some(words), "{text}");
        }
        let words = of_text::<Vec<Answer>>(r#"[{"country": "a", "year": 1}, {"country": 2, "year": 1}]"#).err();
        assert_eq!(words.as_deref(), Some("[1].country: invalid type: integer `2`, expected a string"));
    }
}
