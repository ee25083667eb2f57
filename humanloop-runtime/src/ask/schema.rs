//! The JSON Schema of a type, as providers take it.

use humanloop_api::{Object, json};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// `response_format` for answers of the type `T`: `{"type": "json_schema", …}`.
///
/// It is strict, so that the provider keeps to it, where the schema says of every object which fields it has and needs
/// all of them; a field that may be `null` counts as needed, which changes nothing for the decoder.
pub(super) fn format_of<T: JsonSchema>() -> Option<Object> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let mut schema: Value = schema.into();
    let root = schema.as_object_mut()?;
    root.remove("$schema");
    let title = root.remove("title");
    let name = title.as_ref().and_then(Value::as_str).map_or_else(|| T::schema_name().into_owned(), str::to_owned);
    let is_object = root.get("type").and_then(Value::as_str) == Some("object");
    // Providers want an object at the top.
    let mut schema = if is_object { schema } else { wrapped(root.clone()) };
    let strict = tighten(&mut schema);
    let format = json!({
        "type": "json_schema",
        "json_schema": {"name": plain(&name), "schema": schema, "strict": strict},
    });
    serde_json::from_str(json(&format).get()).ok()
}

/// A schema as that of the one field of an object.
fn wrapped(mut root: Map<String, Value>) -> Value {
    let definitions = root.remove("$defs");
    let mut schema = json!({"type": "object", "properties": {"value": root}, "required": ["value"]});
    if let (Some(definitions), Some(schema)) = (definitions, schema.as_object_mut()) {
        schema.insert("$defs".into(), definitions);
    }
    schema
}

/// Closes every object, and says whether all of them need all their fields.
fn tighten(schema: &mut Value) -> bool {
    let Some(object) = schema.as_object_mut() else { return true };
    let mut strict = true;
    if object.get("type").and_then(Value::as_str) == Some("object") {
        let names: Vec<(String, bool)> = object
            .get("properties")
            .and_then(Value::as_object)
            .map(|fields| fields.iter().map(|(name, field)| (name.clone(), may_be_null(field))).collect())
            .unwrap_or_default();
        let required = object.entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut() {
            for (name, nullable) in names {
                if required.iter().any(|known| known.as_str() == Some(&name)) {
                    continue;
                }
                if nullable {
                    required.push(Value::String(name));
                } else {
                    strict = false; // it has a default, which only leaving it out brings
                }
            }
        }
        // A map has no fields that are known beforehand.
        match object.get("additionalProperties") {
            None => drop(object.insert("additionalProperties".into(), Value::Bool(false))),
            Some(further) => strict &= *further == Value::Bool(false),
        }
    }
    for (key, inner) in object.iter_mut() {
        match inner {
            Value::Object(fields) if key == "properties" || key == "$defs" => {
                strict = fields.values_mut().all(tighten) && strict;
            }
            Value::Object(_) if key != "default" && key != "const" => strict &= tighten(inner),
            Value::Array(items) if ["anyOf", "allOf", "oneOf", "prefixItems"].contains(&key.as_str()) => {
                strict = items.iter_mut().all(tighten) && strict && key == "anyOf";
            }
            _ => {}
        }
    }
    strict
}

fn may_be_null(schema: &Value) -> bool {
    let null = |value: &Value| value.as_str() == Some("null");
    match (schema.get("type"), schema.get("anyOf")) {
        (Some(Value::Array(types)), _) => types.iter().any(null),
        (_, Some(Value::Array(any))) => any.iter().any(may_be_null),
        (Some(word), _) => null(word),
        _ => false,
    }
}

/// A name in the letters that providers take.
fn plain(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Invoice {
        number: String,
        lines: Vec<Line>,
        note: Option<String>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Line {
        count: u8,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Loose {
        #[schemars(default)]
        count: u8,
    }

    fn format<T: JsonSchema>() -> Value {
        serde_json::to_value(format_of::<T>().unwrap()).unwrap()
    }

    #[test]
    fn a_schema_is_closed_and_strict_where_it_can_be() {
        let format = format::<Invoice>();
        let inner = &format["json_schema"];
        assert_eq!(
            (&format["type"], &inner["name"], &inner["strict"]),
            (&json!("json_schema"), &json!("Invoice"), &json!(true))
        );
        assert_eq!(inner["schema"]["required"], json!(["number", "lines", "note"]));
        assert_eq!(inner["schema"]["additionalProperties"], json!(false));
        let line = &inner["schema"]["$defs"]["Line"];
        assert_eq!(
            (&line["additionalProperties"], &line["properties"]["count"]["maximum"]),
            (&json!(false), &json!(255))
        );
        assert_eq!(self::format::<Loose>()["json_schema"]["strict"], json!(false));
    }

    #[test]
    fn what_is_no_object_becomes_the_field_of_one() {
        let inner = &format::<Vec<Line>>()["json_schema"];
        assert_eq!(inner["schema"]["properties"]["value"]["type"], json!("array"));
        assert!(inner["schema"]["$defs"]["Line"].is_object());
        assert_eq!(inner["name"], json!("Array_of_Line"));
    }
}
